"""Whole heads: SynthSeg's label maps cut, deformed and painted, each class from its own Gaussian (Billot et al. 2023)."""

import json
from dataclasses import dataclass
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from data.augment import smooth_noise
from data.synth import Scene
from data.synth.bodies import compacted
from data.synth.cuts import cut, distance_beside
from data.synth.names import without_side
from data.synth.nifti import read_oriented

Array = np.ndarray
BRAIN_SOURCE = "synthetic brain"
LOOKS = {"T1": (110, 75, 25), "T2": (90, 120, 220), "FLAIR": (100, 125, 30), "CT": (105, 120, 90)}  # white, grey, fluid
LIKE_REAL = 0.6  # of the slices look like one of these, the others have a random grey per class
EXTRA = 500  # labels from here on lie outside the brain
CALM = 0.45  # of the deformation of a trunk
STRIPPED = 0.3  # of the heads are shown without what is outside the brain
BESIDE = 0.5  # of the scenes know the slice beside
UNIONS = [{"brain": ("",)}, {"cerebellum": ("cerebellum",), "basal ganglia": ("caudate", "putamen", "pallidum", "accumbens")}]


@dataclass
class Head:
    """One label map [x,y,z] towards right, front and up."""

    voxels: Array
    spacing: Array
    names: dict[int, str]
    outside: Array  # bool [256]: not of the brain
    inner: Array  # int [n,3]: voxels of structures
    margin: float = 0.0


def load_head(path: Path, names: dict[int, str]) -> Head:
    """Read one label map."""
    oriented = read_oriented(path)
    voxels, ids = compacted(oriented.voxels.astype(np.uint16))
    known = {i: without_side(names[int(v)]) for i, v in enumerate(ids) if v and int(v) in names}
    outside = np.ones(256, bool)
    outside[1 : len(ids)] = ids[1:] >= EXTRA
    deep = np.argwhere(np.isin(voxels[::4, ::4, ::4], list(known))) * 4
    return Head(voxels, oriented.spacing, known, outside, deep)


def load_heads(root: Path) -> list[Head]:
    """Every brain label map."""
    names = {int(k): v for k, v in json.loads((root / "brain" / "labels.json").read_text()).items()}
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda path: load_head(path, names), sorted((root / "brain").glob("*.nii*"))))


def greys_for(rng: np.random.Generator, head: Head) -> Array:
    """Mean grey of every label [256], the same on both sides."""
    means = rng.uniform(20, 230, 256)
    if rng.random() < LIKE_REAL:
        white, grey, fluid = LOOKS[str(rng.choice(list(LOOKS)))]
        for value, name in head.names.items():
            tissue = white if "white" in name or "brain stem" in name or "ventral" in name else grey
            means[value] = (fluid if "ventricle" in name or name == "csf" else tissue) + rng.normal(0, 8)
    first: dict[str, int] = {}
    for value, name in head.names.items():
        means[value] = means[first.setdefault(name, value)]
    means[0] = 0 if rng.random() < 0.6 else rng.uniform(0, 60)
    return means.astype(np.float32)


def paint(rng: np.random.Generator, head: Head, labels: Array) -> Array:
    """A slice as MR or CT may show it, 0..255."""
    side = len(labels)
    image = greys_for(rng, head)[labels]
    image = image + rng.uniform(2, 18, 256).astype(np.float32)[labels] * smooth_noise(rng, side, rng.uniform(1.2, 6)).reshape(side, side)
    if rng.random() < 0.5:
        image = image * np.exp(smooth_noise(rng, side, side / 3).reshape(side, side) * rng.uniform(0, 0.3))
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4))
    return np.clip(image + rng.standard_normal(labels.shape, dtype=np.float32) * rng.uniform(0, 10), 0, 255)


def layers_of(head: Head, labels: Array, unions: dict[str, tuple[str, ...]]) -> tuple[list[Array], list[dict[int, str]]]:
    """Structures, and in a second layer what several of them make up."""
    table, names = np.zeros(256, np.uint8), {}
    for number, (union, words) in enumerate(unions.items(), 1):
        names[number] = union
        for value, name in head.names.items():
            if any(word in name for word in words):
                table[value] = number
    return [labels, table[labels]], [dict(head.names), names]


def brain_scene(rng: np.random.Generator, heads: list[Head], side: int) -> Scene:
    """One slice through a head."""
    head = heads[int(rng.integers(len(heads)))]
    sampler = cut(rng, head, head.inner[int(rng.integers(len(head.inner)))], side, CALM)
    sampler.swell(rng, head.names, np.arange(256))
    kept = np.where(head.outside & (rng.random() < STRIPPED), 0, np.arange(256)).astype(np.uint8)
    labels = sampler.cover(kept[sampler.labels()])
    unions = UNIONS[int(rng.integers(len(UNIONS)))]
    layers, names = layers_of(head, labels, unions)
    beside = []
    if rng.random() < BESIDE:
        beside, _ = layers_of(head, sampler.cover(kept[sampler.labels(away=distance_beside(rng) * 0.6)]), unions)
    image = sampler.cover(paint(rng, head, labels))
    return Scene(image.astype(np.float32)[..., None], layers, names, "MR" if rng.random() < 0.85 else "CT", BRAIN_SOURCE,
                 upright=sampler.view.upright, beside=beside)
