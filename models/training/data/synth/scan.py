"""Scenes from the one real CT of the trunk: a cut is deformed, every organ's density shifted, and shown under a window or as MR."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from data.augment import elastic, warp
from data.synth import Scene
from data.synth.bodies import Naming, compacted, naming_of
from data.synth.body_scene import BESIDE, body_layers, layers_beside
from data.synth.nifti import read_nifti

Array = np.ndarray
SCAN_SOURCE = "synthetic trunk"
TISSUES = (-1000, -500, -130, -70, 0, 60, 150, 300, 1000)  # HU: air, lung, fat, fat, water, soft tissue, blood, marrow, cortex
WHOLE = 0.6  # of the cuts are framed whole and upright
SMOOTH = 5  # pixels of the median that takes the steps of 3 mm voxels away
MR_LIKE = 0.35  # of the cuts of the CT are painted as MR might show them


@dataclass
class Scan:
    """A CT in HU with its labels."""

    hu: Array
    labels: Array
    naming: Naming


def load_scan(root: Path) -> Scan:
    """The trunk CT."""
    names = {int(k): v for k, v in json.loads((root / "trunk" / "labels.json").read_text()).items()}
    (image,), (map_,) = (sorted((root / "trunk").glob(pattern)) for pattern in ("ct-01.nii*", "ct-01-labels.nii*"))
    labels, ids = compacted(read_nifti(map_).astype(np.uint8))
    return Scan(read_nifti(image).astype(np.float32), labels, naming_of([names.get(int(label), "") for label in ids]))


def windowed(rng: np.random.Generator, hu: Array) -> Array:
    """HU under a usual window, a little off."""
    level, width = [(40, 400), (-500, 1500), (300, 1600), (60, 250), (0, 900)][int(rng.choice(5, p=[0.5, 0.2, 0.1, 0.1, 0.1]))]
    level, width = level + rng.normal(0, 20), width * np.exp(rng.normal(0, 0.15))
    return np.clip((hu - level) / width + 0.5, 0, 1) * 255


def like_mr(rng: np.random.Generator, hu: Array, labels: Array, sides: Array) -> Array:
    """Fat, fluid, soft tissue and each organ at a random grey, air and cortex dark; `sides` [256] is the first label of that name."""
    air, fat, soft, cortex = rng.uniform((0, 60, 60, 0), (20, 240, 190, 60))
    water, blood, marrow = soft + rng.normal(0, (25, 40, 50))
    organs = rng.normal(0, 22, 256)[sides]
    organs[0] = 0
    tissues = np.interp(cv2.GaussianBlur(hu, (0, 0), 1.5), TISSUES, (air, air, fat, fat, water, soft, blood, marrow, cortex))
    return np.clip(tissues + cv2.GaussianBlur(organs[labels], (0, 0), 1), 0, 255)


def section(volume: Array, axis: int, index: int) -> Array:
    """One slice, front or head up."""
    return np.ascontiguousarray(np.moveaxis(volume, axis, 0)[index].T[::-1])


def place(labels: Array, matrix: Array, side: int, field: Array | None) -> Array:
    """Labels in the square frame, their borders smooth."""
    return cv2.medianBlur(warp(labels, matrix, side, field, nearest=True), SMOOTH)


def scan_scene(rng: np.random.Generator, scan: Scan, side: int) -> Scene:
    """A deformed cut of the CT, each organ's density shifted a little (contrast agent, disease): under a random window, or as MR."""
    axis = int(rng.choice(3, p=[0.15, 0.25, 0.6]))
    index = int(rng.uniform(0.05, 0.95) * scan.hu.shape[axis])
    hu, labels = section(scan.hu, axis, index), section(scan.labels, axis, index)
    whole = rng.random() < WHOLE
    matrix, field = (whole_pose if whole else pose)(rng, hu.shape, side)
    placed = place(labels, matrix, side, field)
    smooth = warp(hu + 1000, matrix, side, field, nearest=False) - 1000
    mr = rng.random() < MR_LIKE
    image = like_mr(rng, smooth, placed, scan.naming.alike) if mr else shifted_ct(rng, smooth, placed)
    layers, beside = body_layers(scan.naming, placed), []
    if rng.random() < BESIDE:
        near = int(np.clip(index + rng.choice([-1, 1]) * rng.integers(1, 4), 0, scan.hu.shape[axis] - 1))
        beside = layers_beside(scan.naming, place(section(scan.labels, axis, near), matrix, side, field), len(layers))
    names = [dict(scan.naming.organ_names), dict(scan.naming.part_names)][: len(layers)]
    return Scene(image.astype(np.float32)[..., None], layers, names, "MR" if mr else "CT", SCAN_SOURCE, upright=whole, beside=beside)


def shifted_ct(rng: np.random.Generator, hu: Array, labels: Array) -> Array:
    """HU with every organ's density off by some, under a window."""
    shift = rng.normal(0, 35, 256) * (rng.random() < 0.7)
    shift[0] = 0
    return windowed(rng, hu + cv2.GaussianBlur(shift[labels], (0, 0), 1) + rng.standard_normal(hu.shape) * rng.uniform(0, 25))


def whole_pose(rng: np.random.Generator, shape: tuple[int, ...], side: int) -> tuple[Array, Array | None]:
    """As `pose`, for a cut that is framed whole and upright."""
    height, width = shape
    room, turn, stretch = rng.uniform(1.0, 1.25), rng.normal(0, 0.05), np.exp(rng.normal(0, 0.07, 2))
    scale = side / max(height, width) / room
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.diag(stretch) * scale
    if rng.random() < 0.45:
        linear = linear @ np.diag([-1.0, 1.0])
    target = np.array([width, height]) * scale * room / 2 + rng.normal(0, 0.02 * side, 2)
    matrix = np.column_stack([linear, target - linear @ [width / 2, height / 2]]).astype(np.float32)
    return matrix, elastic(rng, side, rng.uniform(0, 0.03))


def pose(rng: np.random.Generator, shape: tuple[int, ...], side: int) -> tuple[Array, Array | None]:
    """Random affine matrix and elastic field that bring a cut (rows, columns) into the square frame."""
    height, width = shape
    scale = side / max(height, width) * np.exp(rng.normal(0.1, 0.3))
    turn = np.pi / 2 * rng.integers(4) * (rng.random() < 0.2) + rng.normal(0, 0.2)
    stretch, shear = np.exp(rng.normal(0, 0.1)), rng.normal(0, 0.03)
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = linear @ np.array([[stretch, shear], [shear, 1 / stretch]]) * scale
    if rng.random() < 0.3:
        linear = linear @ np.diag([-1.0, 1.0])
    target = side * (0.5 + rng.uniform(-0.12, 0.12, 2))
    matrix = np.column_stack([linear, target - linear @ [width / 2, height / 2]]).astype(np.float32)
    return matrix, elastic(rng, side, rng.uniform(0, 0.025)) if rng.random() < 0.7 else None
