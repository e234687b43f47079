"""Slices, targets and prompts for training: a cache of real slices in memory, and batches of scenes turned into tasks."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from augment import appearance, elastic, random_affine, warp
from model import CONTEXTS
from prompts import PADDING, first_prompt
from synth import Scene
from synth.shapes import shape_scene
from synth.ultrasound import ultrasound_scene
from synth.volumes import LabelVolume, load_scan, load_volumes, scan_scene, volume_scene
from text import tokenize
from vocabulary import Phrases

Array = np.ndarray
TOKENS = 40
SOURCE_POWER = 0.35  # weight of a source = its number of images to this power
MIN_PIXELS = 6  # of the half-resolution target
SYNTHETIC = (0.3, 0.2, 0.15, 0.35)  # label volumes, the trunk CT, ultrasound, shapes
TEXT_SHARE, ABSENT_SHARE = 0.2, 0.3


def context_of(modality: str) -> str:
    """One of the model's contexts for a data set's modality string."""
    first = modality.split()[0]
    special = {"X-ray": "XR", "mammography": "XR", "OCTA": "fundus", "blood": "microscopy", "PET": "PET"}
    return special.get(first, first if first in CONTEXTS else "auto")


@dataclass
class Slice:
    """One real slice in memory."""

    id: str
    source: str
    context: str
    modality: str
    image: Array  # uint8 [H,W,C]
    layers: list[Array]  # uint8 or uint16 [H,W]
    names: list[dict[int, str]]
    instances: list[int]


def read_slice(root: Path, record: dict) -> Slice:
    """Decode one line of the index."""
    flag = cv2.IMREAD_COLOR if record["color"] else cv2.IMREAD_GRAYSCALE
    image = cv2.imread(str(root / record["image"]), flag)
    image = image[..., ::-1] if record["color"] else image[..., None]
    layers = [cv2.imread(str(root / path), cv2.IMREAD_UNCHANGED) for path in record["layers"]]
    names: list[dict[int, str]] = [{} for _ in layers]
    instances = []
    for label in record["labels"]:
        if label["value"] == "instances":
            instances.append(label["layer"])
            names[label["layer"]][0] = label["name"]
        else:
            names[label["layer"]][label["value"]] = label["name"]
    return Slice(record["id"], record["source"], context_of(record["modality"]), record["modality"],
                 np.ascontiguousarray(image), layers, names, instances)


def read_index(root: Path, split: str) -> list[dict]:
    """Records of one split."""
    records = [json.loads(line) for line in (root / "index.jsonl").read_text().splitlines()]
    return [record for record in records if record["split"] == split]


class Corpus:
    """All training slices and label volumes, sampled by source."""

    def __init__(self, root: Path):
        self.slices: dict[str, list[Slice]] = {}
        for record in read_index(root, "train"):
            self.slices.setdefault(record["source"], []).append(read_slice(root, record))
        self.sources = sorted(self.slices)
        weight = np.array([len(self.slices[s]) for s in self.sources], float) ** SOURCE_POWER
        self.weight = weight / weight.sum()
        self.volumes: list[LabelVolume] = load_volumes(root / "label-volumes")
        self.scan = load_scan(root / "label-volumes")

    def scene(self, rng: np.random.Generator, side: int, real: float) -> Scene:
        """A real slice with probability `real`, else a synthetic one; appearance already augmented."""
        draw = rng.random()
        if draw < real:
            scene, strong = self.real_scene(rng, side), 1.0
        else:
            kind = int(rng.choice(4, p=SYNTHETIC))
            strong = (1.0, 0.8, 0.4, 0.6)[kind]
            scene = (volume_scene(rng, self.volumes, side) if kind == 0 else scan_scene(rng, self.scan, side) if kind == 1
                     else ultrasound_scene(rng, side) if kind == 2 else shape_scene(rng, side))
        scene.image = appearance(rng, scene.image, strong=strong)
        return scene

    def real_scene(self, rng: np.random.Generator, side: int) -> Scene:
        """A warped real slice."""
        group = self.slices[self.sources[int(rng.choice(len(self.sources), p=self.weight))]]
        item = group[int(rng.integers(len(group)))]
        height, width = item.image.shape[:2]
        pixels = np.flatnonzero(item.layers[int(rng.integers(len(item.layers)))][::4, ::4])
        focus = None
        if len(pixels):
            row, column = divmod(int(rng.choice(pixels)), (width + 3) // 4)
            focus = np.array([column * 4, row * 4])
        matrix = random_affine(rng, (width, height), side, focus)
        field = elastic(rng, side, rng.uniform(0.002, 0.02)) if rng.random() < 0.3 else None
        image = warp(item.image, matrix, side, field, nearest=False).reshape(side, side, -1).astype(np.float32)
        layers = [warp(layer, matrix, side, field, nearest=True).astype(np.int32) for layer in item.layers]
        return Scene(image, layers, item.names, item.context, item.source, item.instances)


def region_grown(rng: np.random.Generator, image: Array) -> Array:
    """A superpixel: what floods from a random pixel of the blurred slice within a random tolerance."""
    grey = cv2.resize(image.mean(2).astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.5, 3))
    side = grey.shape[0]
    mask = np.zeros((side + 2, side + 2), np.uint8)
    seed = (int(rng.integers(side)), int(rng.integers(side)))
    spread = float(rng.uniform(0.15, 0.8) * (grey.std() + 2))
    cv2.floodFill(grey, mask, seed, 0, spread, spread, cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8))
    return cv2.morphologyEx(mask[1:-1, 1:-1], cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))


def halve(mask: Array) -> Array:
    """Binary [S,S] -> uint8 coverage [S/2,S/2]."""
    return cv2.resize(mask.astype(np.uint8) * 255, (mask.shape[1] // 2, mask.shape[0] // 2), interpolation=cv2.INTER_AREA)


def component_at_random(rng: np.random.Generator, mask: Array) -> Array:
    """One connected component, larger ones more often."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    if count <= 2:
        return mask
    sizes = np.bincount(labels.ravel())[1:] ** 0.5
    return labels == 1 + int(rng.choice(count - 1, p=sizes / sizes.sum()))


def draw_target(rng: np.random.Generator, scene: Scene) -> tuple[Array, str]:
    """Half-resolution coverage of one target, and the name that text may call it ("" when none fits)."""
    layer = int(rng.integers(len(scene.layers)))
    labels, names = scene.layers[layer], scene.names[layer]
    present = np.unique(labels)
    present = present[present > 0]
    if layer not in scene.instances and names:
        present = np.array([v for v in present if int(v) in names])
    draw = rng.random()
    if len(present) == 0 or draw > 0.88:
        return region_grown(rng, scene.image), ""
    if layer in scene.instances:
        if draw < 0.12:
            return halve(labels > 0), names.get(0, "")
        return halve(labels == int(rng.choice(present))), ""
    if draw > 0.8 and len(present) > 1:
        chosen = rng.choice(present, int(rng.integers(2, min(4, len(present)) + 1)), replace=False)
        return halve(np.isin(labels, chosen)), ""
    value = int(rng.choice(present))
    mask = labels == value
    if draw < 0.42:
        name = names.get(value, "")
        mask = np.isin(labels, [v for v in present if names.get(int(v)) == name]) if name else mask
        return halve(mask), name
    part = component_at_random(rng, mask)
    alone = part is mask and sum(n == names.get(value) for n in names.values()) == 1
    return halve(part), names.get(value, "") if alone else ""


def pick_target(rng: np.random.Generator, scene: Scene) -> tuple[Array, str]:
    """A target of a usable size; after some tries, a disc of the slice."""
    for _ in range(8):
        target, name = draw_target(rng, scene)
        inside = int((target > 127).sum())
        if MIN_PIXELS <= inside <= 0.75 * target.size:
            return target, name
    side = scene.image.shape[0] // 2
    disc = np.zeros((side, side), np.uint8)
    cv2.circle(disc, rng.integers(side // 4, 3 * side // 4, 2).tolist(), side // 8, 255, -1)
    return disc, ""


class Batches:
    """Endless seeded batches of tensors."""

    def __init__(self, root: Path, seed: int):
        cv2.setNumThreads(1)
        self.corpus = Corpus(root)
        self.phrases = Phrases([(s.source, s.context, set(n for d in s.names for n in d.values()))
                                for group in self.corpus.slices.values() for s in group])
        self.rng = np.random.default_rng(seed)

    def make(self, images: int, targets: int, side: int, real: float) -> dict[str, torch.Tensor]:
        """One batch; per-target tensors have images*targets rows."""
        rows: dict[str, list] = {k: [] for k in ("truth", "points", "labels", "tokens", "has_text", "name")}
        pictures, contexts = [], []
        for _ in range(images):
            scene = self.corpus.scene(self.rng, side, real)
            image = np.round(scene.image).astype(np.uint8)
            pictures.append(np.repeat(image, 3, 2) if image.shape[2] == 1 else image)
            known = CONTEXTS.index(scene.context) if self.rng.random() < 0.6 else 0
            for _ in range(targets):
                contexts.append(known)
                self.add_task(rows, scene)
        batch = {key: torch.from_numpy(np.stack(value)) for key, value in rows.items()}
        batch["image"] = torch.from_numpy(np.stack(pictures))
        batch["context"] = torch.tensor(contexts)
        return batch

    def add_task(self, rows: dict[str, list], scene: Scene) -> None:
        """Append one target with its first prompt."""
        rng = self.rng
        target, name = pick_target(rng, scene)
        tokens, has_text, name_id = np.zeros(TOKENS, np.int64), 0.0, -1
        points, labels = first_prompt(rng, target > 127)
        points = (points + 0.5) / target.shape[0]
        if name:
            phrase, name_id = self.phrases.say(rng, name), self.phrases.id(name)
            has_text = float(rng.random() < TEXT_SHARE * 2.5)  # about two in five targets have a name
            if has_text and rng.random() < 0.75:
                labels[:] = PADDING
            if has_text and rng.random() < ABSENT_SHARE:
                absent = self.phrases.absent(rng, scene.source, scene.context, name)
                phrase, target, name_id = self.phrases.say(rng, absent), np.zeros_like(target), -1
                labels[:] = PADDING
            ids = tokenize(phrase)[:TOKENS]
            tokens[: len(ids)] = ids
        rows["truth"].append(target)
        rows["points"].append(points.astype(np.float32))
        rows["labels"].append(labels)
        rows["tokens"].append(tokens)
        rows["has_text"].append(np.float32(has_text))
        rows["name"].append(np.int64(name_id))
