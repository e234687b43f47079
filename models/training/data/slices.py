"""Slices for training: real ones kept in memory, label volumes and made-up ones, drawn as augmented scenes."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from data.augment import WHOLE, appearance, elastic, random_affine, warp, zoomed_affine
from data.synth import Scene
from data.synth.bodies import load_bodies
from data.synth.body_scene import body_scene
from data.synth.brains import BRAIN_SOURCE, brain_scene, load_heads
from data.synth.scan import SCAN_SOURCE, load_scan, scan_scene
from data.synth.shapes import shape_scene
from data.synth.ultrasound import ultrasound_scene
from net.model import CONTEXTS
from net.zoom import SMALL

Array = np.ndarray
# A source's weight = its numbers of images and of names, and the thickness of its objects, to these powers: what is thin is learned last.
IMAGE_POWER, NAME_POWER, THICKNESS_POWER = 0.25, 0.45, -0.4
KEEP_PARTS = True  # objects are what was connected at native size; off only to measure what that is worth
SPECK = 30  # pixels; smaller parts are no objects to zoom into
ZOOMED = 0.3  # of the real slices with small objects are framed as a client zooms
NAMED, NAMED_WHOLE, NAMED_ZOOMED = 5, 0.85, 0.1  # from so many names on a slice is framed whole more often: they tell each other apart
REAL_STRENGTH = 0.8  # of random appearance on real slices
SYNTHETIC = (0.5, 0.18, 0.14, 0.04, 0.14)  # bodies, heads, the trunk CT, ultrasound, shapes
STRENGTHS = (0.6, 0.9, 0.8, 0.4, 0.6)  # of random appearance on top of each


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
    parts: list[Array] = field(default_factory=list)  # uint16 [H,W] numbers of connected parts, per layer
    owners: list[Array] = field(default_factory=list)  # value of the layer that each part belongs to
    small: list[tuple[int, int, int, int]] = field(default_factory=list)  # boxes x, y, width, height that a client zooms into


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


def with_parts(item: Slice) -> Slice:
    """Number the connected parts of every layer at native size, and note the boxes of the parts that are smaller than a quarter
    of the slice and not just specks. Ids of an instance layer are parts already."""
    limit = SMALL * max(item.image.shape[:2])
    for index, layer in enumerate(item.layers):
        parts, owners = np.zeros(layer.shape, np.uint16), [0]
        for value in np.flatnonzero(np.bincount(layer.ravel()))[1:]:
            count, labels, stats, _ = cv2.connectedComponentsWithStats((layer == value).view(np.uint8))
            item.small += [tuple(s[:4].tolist()) for s in stats[1:] if s[cv2.CC_STAT_AREA] >= SPECK and max(s[2], s[3]) < limit]
            if index in item.instances:
                labels, count = (labels > 0).astype(labels.dtype), 2
            parts[labels > 0] = labels[labels > 0] + len(owners) - 1
            owners += [int(value)] * (count - 1)
        item.parts.append(parts)
        item.owners.append(np.array(owners, np.uint16))
    return item


def thickness(item: Slice) -> float:
    """Pixels per pixel at a border, over all objects of a slice: about half the radius of discs, half the width of lines; 1 at least."""
    inside = border = 1
    for parts in item.parts:
        beside = np.stack([np.roll(parts, step, axis) for axis in (0, 1) for step in (1, -1)])
        inside += np.count_nonzero(parts)
        border += np.count_nonzero((beside != parts).any(0) & (parts > 0))
    return inside / border


def source_weight(slices: list[Slice]) -> float:
    """How often a source is drawn, not normalised."""
    names = {name for item in slices for layer in item.names for name in layer.values()}
    thick = float(np.median([thickness(item) for item in slices]))
    return len(slices) ** IMAGE_POWER * max(1, len(names)) ** NAME_POWER * thick**THICKNESS_POWER


class Corpus:
    """All training slices and label volumes, sampled by source."""

    def __init__(self, root: Path):
        self.slices: dict[str, list[Slice]] = {}
        with ThreadPoolExecutor() as pool:
            for item in pool.map(lambda record: with_parts(read_slice(root, record)), read_index(root, "train")):
                self.slices.setdefault(item.source, []).append(item)
        self.sources = sorted(self.slices)
        with ThreadPoolExecutor() as pool:
            self.weight = np.array(list(pool.map(lambda source: source_weight(self.slices[source]), self.sources)))
        self.attend(np.zeros(len(self.sources)), 0)
        self.bodies, self.body_chance = load_bodies(root / "label-volumes")
        self.heads, self.scan = load_heads(root / "label-volumes"), load_scan(root / "label-volumes")

    def attend(self, dice: Array, power: float) -> None:
        """Draw sources more often where the running `dice` [sources] of training is low."""
        weight = self.weight * (1.1 - dice) ** power
        self.chance = weight / weight.sum()

    def synthetic_names(self) -> list[tuple[str, set[str]]]:
        """(source, names) of every label volume and of the trunk CT, as their scenes have them."""
        organs = [(body.source, set(body.naming.organ_names.values()) | set(body.naming.part_names.values())) for body in self.bodies]
        heads = [(BRAIN_SOURCE, set(head.names.values())) for head in self.heads]
        return [*organs, *heads, (SCAN_SOURCE, set(self.scan.naming.organ_names.values()) | set(self.scan.naming.part_names.values()))]

    def scene(self, rng: np.random.Generator, side: int, real: float) -> Scene:
        """A real slice with probability `real`, else a synthetic one; appearance already augmented."""
        if rng.random() < real:
            scene, strong = self.real_scene(rng, side), REAL_STRENGTH
        else:
            kind = int(rng.choice(5, p=SYNTHETIC))
            scene, strong = self.synthetic_scene(rng, side, kind), STRENGTHS[kind]
        scene.image = appearance(rng, scene.image.astype(np.uint8), strong=strong)
        scene.layers = [layer.astype(np.uint16) for layer in scene.layers]
        return scene

    def synthetic_scene(self, rng: np.random.Generator, side: int, kind: int) -> Scene:
        """A scene of one of the kinds of `SYNTHETIC`."""
        if kind == 0:
            return body_scene(rng, self.bodies, self.body_chance, side)
        if kind == 1:
            return brain_scene(rng, self.heads, side)
        if kind == 2:
            return scan_scene(rng, self.scan, side)
        return (ultrasound_scene if kind == 3 else shape_scene)(rng, side)

    def real_scene(self, rng: np.random.Generator, side: int) -> Scene:
        """A warped real slice."""
        group = self.slices[self.sources[int(rng.choice(len(self.sources), p=self.chance))]]
        item = group[int(rng.integers(len(group)))]
        height, width = item.image.shape[:2]
        pixels = np.flatnonzero(item.layers[int(rng.integers(len(item.layers)))][::4, ::4])
        focus = None
        if len(pixels):
            row, column = divmod(int(rng.choice(pixels)), (width + 3) // 4)
            focus = np.array([column * 4, row * 4])
        whole, zoomed = (NAMED_WHOLE, NAMED_ZOOMED) if sum(map(len, item.names)) >= NAMED else (WHOLE, ZOOMED)
        matrix = (zoomed_affine(rng, item.small[int(rng.integers(len(item.small)))], (width, height), side)
                  if item.small and rng.random() < zoomed else random_affine(rng, (width, height), side, focus, whole))
        field = elastic(rng, side, rng.uniform(0.002, 0.02)) if rng.random() < 0.3 else None
        image = warp(item.image, matrix, side, field, nearest=False).reshape(side, side, -1)
        parts = [warp(part, matrix, side, field, nearest=True) for part in item.parts]
        layers = [owners[part] for owners, part in zip(item.owners, parts)]
        upright = matrix[0, 1] == 0 and matrix[1, 1] > 0
        return Scene(image, layers, item.names, item.context, item.source, item.instances, parts if KEEP_PARTS else [], upright)
