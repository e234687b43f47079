"""Scenes turned into tasks: targets with a first prompt or a name, and every named structure of a slice for the naming loss."""

from pathlib import Path

import cv2
import numpy as np
import torch

from data.beside import ROUGH, pair_beside, roughened
from data.prompts import MAX_FIRST, PADDING, first_prompt
from data.slices import Corpus
from data.synth import Scene
from data.vocabulary import Phrases
from net.model import CONTEXTS
from net.text import tokenize

Array = np.ndarray
TOKENS = 40
MIN_PIXELS = 6  # of the half-resolution target
DARK = 12.0  # grey of what is probably no tissue
THIN = 0.2  # share of a target's area in pixels that it covers wholly; lines have less
TEXT_SHARE = {"few": 0.38, "many": 0.46, "made": 0.6}  # of the targets are names: on real slices with few or many, on made-up ones
MANY_NAMES = 5
ABSENT_SHARE, ABSENT_MADE, WITH_CLICK = 0.2, 0.27, 0.12
NUMBERED_WEIGHT = 0.35  # of single vertebrae and ribs among the names of a made-up slice
OFTEN: dict[str, float] = {}  # words in names of a made-up slice, and how many times as often as others names with them are asked
BESIDE, REAL_BESIDE = 0.5, 0.08  # of the unnamed targets come with a mask, where the slice beside is known or not
ALONE = 0.85  # of these masks are all that is said
REGION_GROWN, UNION, WHOLE = 0.14, 0.03, 0.08  # of the targets without a name; the rest are single objects
MANY, SIZE_POWER = 7, 0.75  # structures of a slice from which on large ones are targets more often, and how much more
NAMES, ABSENT = 18, 2  # per slice in the naming loss, and how many of them are absent


def region_grown(rng: np.random.Generator, image: Array) -> Array:
    """A superpixel: what floods from a random pixel of the blurred slice within a random tolerance."""
    grey = cv2.resize(image if image.shape[2] == 1 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None, fx=0.5, fy=0.5,
                      interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), rng.uniform(0.5, 3))
    side = grey.shape[0]
    mask = np.zeros((side + 2, side + 2), np.uint8)
    seeds = [(int(x), int(y)) for x, y in rng.integers(side, size=(4, 2))]
    seed = next((s for s in seeds if grey[s[1], s[0]] > DARK), seeds[0])
    spread = float(rng.uniform(0.15, 0.8) * (grey.std() + 2))
    cv2.floodFill(grey, mask, seed, 0, spread, spread, cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8))
    return cv2.morphologyEx(mask[1:-1, 1:-1], cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))


def coverage(mask: Array, factor: int = 2) -> Array:
    """Binary [S,S] -> uint8 coverage [S/factor,S/factor]. A line so thin that it would fall into dots is drawn a pixel wider."""
    size = (mask.shape[1] // factor, mask.shape[0] // factor)
    small = cv2.resize(mask.view(np.uint8) * 255, size, interpolation=cv2.INTER_AREA)
    if cv2.countNonZero((small > 254).view(np.uint8)) >= THIN * small.sum(dtype=np.int64) / 255:
        return small
    return cv2.resize(cv2.dilate(mask.view(np.uint8), np.ones((2, 2), np.uint8)) * 255, size, interpolation=cv2.INTER_AREA)


def part_at_random(rng: np.random.Generator, mask: Array, parts: Array | None) -> Array:
    """One connected part of a mask, larger ones more often; `parts` numbers them where the slice knows better than its pixels."""
    numbers = cv2.connectedComponents(mask.view(np.uint8))[1] if parts is None else np.where(mask, parts, 0)
    sizes = np.bincount(numbers.ravel())[1:] ** 0.5
    return mask if np.count_nonzero(sizes) < 2 else numbers == 1 + int(rng.choice(len(sizes), p=sizes / sizes.sum()))


def present_values(scene: Scene, layer: int) -> Array:
    """Positive values of a layer that stand for a structure."""
    values = np.flatnonzero(np.bincount(scene.layers[layer].ravel()))
    values = values[values > 0]
    names = scene.names[layer]
    if layer not in scene.instances and names:
        values = np.array([v for v in values if int(v) in names], int)
    return values


def pick_value(rng: np.random.Generator, labels: Array, present: Array) -> int:
    """A structure of a layer; of many, the larger ones more often, as more clicks land in them."""
    if len(present) < MANY:
        return int(rng.choice(present))
    sizes = np.bincount(labels.ravel())[present] ** SIZE_POWER
    return int(rng.choice(present, p=sizes / sizes.sum()))


def draw_target(rng: np.random.Generator, scene: Scene, values: list[Array]) -> Array:
    """Half-resolution coverage of one target without a name."""
    layer = int(rng.integers(len(scene.layers)))
    labels, present = scene.layers[layer], values[layer]
    draw = rng.random()
    if len(present) == 0 or draw < REGION_GROWN:
        return region_grown(rng, scene.image)
    if layer in scene.instances:
        return coverage(labels > 0) if draw < REGION_GROWN + UNION else coverage(labels == int(rng.choice(present)))
    if draw < REGION_GROWN + UNION and len(present) > 1:
        return coverage(np.isin(labels, rng.choice(present, int(rng.integers(2, min(4, len(present)) + 1)), replace=False)))
    mask = labels == pick_value(rng, labels, present)
    parts = scene.parts[layer] if scene.parts else None
    return coverage(mask if draw < REGION_GROWN + UNION + WHOLE else part_at_random(rng, mask, parts))


def pick_target(rng: np.random.Generator, scene: Scene, values: list[Array]) -> Array:
    """A target of a usable size; after some tries, a disc of the slice."""
    for _ in range(6):
        target = draw_target(rng, scene, values)
        if MIN_PIXELS <= cv2.countNonZero((target > 127).view(np.uint8)) <= 0.75 * target.size:
            return target
    side = scene.image.shape[0] // 2
    disc = np.zeros((side, side), np.uint8)
    cv2.circle(disc, rng.integers(side // 4, 3 * side // 4, 2).tolist(), side // 8, 255, -1)
    return disc


def named_masks(scene: Scene, values: list[Array]) -> dict[str, Array]:
    """Everything on the slice that carries a name, as one binary [S,S] per name."""
    masks: dict[str, Array] = {}
    for layer, labels in enumerate(scene.layers):
        names = scene.names[layer]
        if layer in scene.instances:
            groups = {names.get(0, ""): labels > 0} if len(values[layer]) else {}
        else:
            by_name: dict[str, list[int]] = {}
            for value in values[layer]:
                by_name.setdefault(names.get(int(value), ""), []).append(int(value))
            groups = {name: np.isin(labels, some) if len(some) > 1 else labels == some[0] for name, some in by_name.items()}
        for name, mask in groups.items():
            if name:
                masks[name] = masks[name] | mask if name in masks else mask
    return masks


class Batches:
    """Endless seeded batches of tensors. Points are in pixels of the frame; masks are coverages of 0 to 255."""

    def __init__(self, root: Path, seed: int):
        cv2.setNumThreads(1)
        self.corpus = Corpus(root)
        named = [(s.source, {n for d in s.names for n in d.values()}) for group in self.corpus.slices.values() for s in group]
        self.phrases = Phrases(named + self.corpus.synthetic_names())
        self.rng = np.random.default_rng(seed)

    def make(self, images: int, targets: int, side: int, real: float) -> dict[str, torch.Tensor]:
        """One batch: `targets` tasks and `NAMES` names per image."""
        rows: dict[str, list] = {k: [] for k in ("truth", "points", "labels", "tokens", "has_text", "context", "source", "image", "cover",
                                                 "cover_tokens", "cover_weight", "previous", "has_previous")}
        for _ in range(images):
            scene = self.corpus.scene(self.rng, side, real)
            values = [present_values(scene, layer) for layer in range(len(scene.layers))]
            masks = named_masks(scene, values)
            masks |= {whole: np.logical_or.reduce([masks[n] for n in pieces]) for whole, pieces in self.phrases.wholes(list(masks)).items()}
            masks = {name: mask for name, mask in masks.items() if scene.upright or not self.phrases.counted(name)}
            rows["image"].append(np.repeat(scene.image, 3, 2) if scene.image.shape[2] == 1 else scene.image)
            known = CONTEXTS.index(scene.context) if self.rng.random() < 0.6 else 0
            source = self.corpus.sources.index(scene.source) if scene.source in self.corpus.slices else -1
            for _ in range(targets):
                rows["context"].append(known)
                rows["source"].append(source)
                self.add_task(rows, scene, values, masks)
            self.add_names(rows, scene, masks)
        return {key: torch.from_numpy(np.stack(value)) for key, value in rows.items()}

    def ids(self, phrase: str) -> Array:
        """Token ids, padded."""
        tokens, found = np.zeros(TOKENS, np.int64), tokenize(phrase)[:TOKENS]
        tokens[: len(found)] = found
        return tokens

    def add_task(self, rows: dict[str, list], scene: Scene, values: list[Array], masks: dict[str, Array]) -> None:
        """Append one target with its first prompt."""
        rng = self.rng
        name = self.name_to_ask(scene, masks)
        target, previous = (coverage(masks[name]), None) if name else self.target_and_mask(scene, values)
        there = cv2.countNonZero((target > 127).view(np.uint8)) > 0
        points, labels = first_prompt(rng, target > 127) if there else (np.zeros((MAX_FIRST, 2), np.float32), self.nothing())
        if previous is not None and rng.random() < ALONE:
            labels = self.nothing()
        tokens = np.zeros(TOKENS, np.int64)
        if name:
            if rng.random() > WITH_CLICK:
                labels = self.nothing()
            if rng.random() < (ABSENT_MADE if scene.source.startswith("synthetic") else ABSENT_SHARE):
                name, target, labels = self.phrases.absent(rng, scene.source, list(masks)), np.zeros_like(target), self.nothing()
            tokens = self.ids(self.phrases.say(rng, name))
        rows["truth"].append(target)
        rows["points"].append((points * 2 + 0.5).astype(np.float32))
        rows["labels"].append(labels)
        rows["tokens"].append(tokens)
        rows["has_text"].append(np.float32(bool(name)))
        rows["previous"].append(np.zeros_like(target) if previous is None else previous)
        rows["has_previous"].append(np.float32(previous is not None))

    @staticmethod
    def nothing() -> Array:
        """Labels of a prompt without points."""
        return np.full(MAX_FIRST, PADDING, np.float32)

    def name_to_ask(self, scene: Scene, masks: dict[str, Array]) -> str:
        """A name of the slice whose structure is large enough to ask for, or "" for a target without a name."""
        made = scene.source.startswith("synthetic")
        share = TEXT_SHARE["made" if made else "many" if len(masks) >= MANY_NAMES else "few"]
        if not masks or self.rng.random() >= share:
            return ""
        names = list(masks)
        weight = np.array([self.weight_of(n) if made else 1.0 for n in names])
        name = names[int(self.rng.choice(len(names), p=weight / weight.sum()))]
        return name if cv2.countNonZero((coverage(masks[name]) > 127).view(np.uint8)) >= MIN_PIXELS else ""

    def weight_of(self, name: str) -> float:
        """How often a name of a made-up slice is asked, against others."""
        often = max((times for word, times in OFTEN.items() if word in name.split()), default=1.0)
        return often * (NUMBERED_WEIGHT if self.phrases.counted(name) or name[-1].isdigit() else 1.0)

    def target_and_mask(self, scene: Scene, values: list[Array]) -> tuple[Array, Array | None]:
        """A target without a name, and for some the mask of the slice beside as its prompt."""
        rng = self.rng
        if scene.beside and rng.random() < BESIDE and (pair := pair_beside(rng, scene)):
            target, mask = coverage(pair[0]), coverage(pair[1])
            return target, roughened(rng, mask, 0.7) if rng.random() < ROUGH else mask
        target = pick_target(rng, scene, values)
        rough = not scene.source.startswith("synthetic") and rng.random() < REAL_BESIDE
        return target, roughened(rng, target, 1.4) if rough else None

    def add_names(self, rows: dict[str, list], scene: Scene, masks: dict[str, Array]) -> None:
        """Append up to `NAMES` names with their coverage at stride 16; the rest of the rows have weight 0."""
        rng, cells = self.rng, scene.image.shape[0] // 16
        names = [str(n) for n in rng.permutation(list(masks))[: NAMES - ABSENT]] if masks else []
        covers = [cv2.resize(coverage(masks[n], 4), (cells, cells), interpolation=cv2.INTER_AREA) for n in names]
        if names:
            names += [self.phrases.absent(rng, scene.source, list(masks)) for _ in range(ABSENT)]
        empty = np.zeros((cells, cells), np.uint8)
        for i in range(NAMES):
            rows["cover"].append(covers[i] if i < len(covers) else empty)
            rows["cover_tokens"].append(self.ids(self.phrases.say(rng, names[i])) if i < len(names) else np.zeros(TOKENS, np.int64))
            rows["cover_weight"].append(np.float32(i < len(names)))
