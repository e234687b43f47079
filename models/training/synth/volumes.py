"""Scenes from label volumes: a random cut is deformed and every class is drawn from its own random Gaussian."""

import gzip
import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from augment import elastic, smooth_noise, warp
from synth import Scene

Array = np.ndarray
DTYPES = {2: np.uint8, 4: np.int16, 8: np.int32, 16: np.float32, 64: np.float64, 256: np.int8, 512: np.uint16}
SCAN_SOURCE = "synthetic trunk"
TISSUES = (-1000, -500, -130, -70, 0, 60, 150, 300, 1000)  # HU: air, lung, fat, fat, water, soft tissue, blood, marrow, cortex
MR_LIKE = 0.35  # of the cuts of the CT are painted as MR might show them
LOOKS = {"T1": (110, 75, 25), "T2": (90, 120, 220), "FLAIR": (100, 125, 30), "CT": (105, 120, 90)}  # white, grey, fluid


def read_nifti(path: Path) -> Array:
    """Voxels [i,j,k] of a single-file NIfTI-1 image."""
    raw = gzip.decompress(path.read_bytes())
    shape = struct.unpack_from("<8h", raw, 40)
    code, offset = struct.unpack_from("<h", raw, 70)[0], int(struct.unpack_from("<f", raw, 108)[0])
    slope, shift = struct.unpack_from("<2f", raw, 112)
    count = int(np.prod(shape[1:4]))
    voxels = np.frombuffer(raw, DTYPES[code], count, offset).reshape(shape[1:4], order="F")
    return voxels * slope + shift if slope not in (0, 1) or shift else voxels


def without_side(name: str) -> str:
    """A name without left and right: cuts are mirrored at random, so that sides mean nothing here."""
    words = re.split(r"[_\s-]+", name)
    return " ".join(word for word in words if word.lower() not in ("left", "right", "lt", "rt")).lower()


@dataclass
class Scan:
    """A CT in HU with its labels."""

    hu: Array
    labels: Array
    names: dict[int, str]

    @property
    def sides(self) -> Array:
        """For each label, the first one of the same name: left and right look alike."""
        first: dict[str, int] = {}
        return np.array([first.setdefault(self.names.get(value, ""), value) for value in range(int(self.labels.max()) + 1)])


def load_scan(root: Path) -> Scan:
    """The trunk CT."""
    names = {int(k): without_side(v) for k, v in json.loads((root / "trunk" / "labels.json").read_text()).items()}
    hu = read_nifti(root / "trunk" / "ct-01.nii.gz").astype(np.float32)
    labels = read_nifti(root / "trunk" / "ct-01-labels.nii.gz").astype(np.int32)
    return Scan(hu, labels, {k: v for k, v in names.items() if (labels == k).any()})


def windowed(rng: np.random.Generator, hu: Array) -> Array:
    """HU under a usual window, a little off."""
    level, width = [(40, 400), (-500, 1500), (300, 1600), (60, 250), (0, 900)][int(rng.choice(5, p=[0.5, 0.2, 0.1, 0.1, 0.1]))]
    level, width = level + rng.normal(0, 20), width * np.exp(rng.normal(0, 0.15))
    return np.clip((hu - level) / width + 0.5, 0, 1) * 255


def like_mr(rng: np.random.Generator, hu: Array, labels: Array, sides: Array) -> Array:
    """Fat, fluid, soft tissue and each organ at a random grey, air and cortex dark; `sides` [label] has the first label of that name."""
    air, fat, soft, cortex = rng.uniform((0, 60, 60, 0), (20, 240, 190, 60))
    water, blood, marrow = soft + rng.normal(0, (25, 40, 50))
    organs = rng.normal(0, 22, len(sides))[sides]
    organs[0] = 0
    tissues = np.interp(cv2.GaussianBlur(hu, (0, 0), 1.5), TISSUES, (air, air, fat, fat, water, soft, blood, marrow, cortex))
    return np.clip(tissues + cv2.GaussianBlur(organs[labels], (0, 0), 1), 0, 255)


def scan_scene(rng: np.random.Generator, scan: Scan, side: int) -> Scene:
    """A deformed cut of the CT, each organ's density shifted a little (contrast agent, disease): under a random window, or as MR."""
    axis = int(rng.choice(3, p=[0.15, 0.25, 0.6]))
    index = int(rng.uniform(0.05, 0.95) * scan.hu.shape[axis])
    hu, labels = (np.ascontiguousarray(np.moveaxis(v, axis, 0)[index].T[::-1]) for v in (scan.hu, scan.labels))
    shift = rng.normal(0, 35, int(scan.labels.max()) + 1) * (rng.random() < 0.7)
    shift[0] = 0
    matrix, field = pose(rng, hu.shape, side)
    placed = warp(labels.astype(np.uint16), matrix, side, field, nearest=True)
    smooth = warp(hu + 1000, matrix, side, field, nearest=False) - 1000
    mr = rng.random() < MR_LIKE
    image = like_mr(rng, smooth, placed, scan.sides) if mr else windowed(
        rng, smooth + cv2.GaussianBlur(shift[placed], (0, 0), 1) + rng.standard_normal((side, side)) * rng.uniform(0, 25))
    return Scene(image.astype(np.float32)[..., None], [placed], [scan.names], "MR" if mr else "CT", SCAN_SOURCE)


class LabelVolume:
    """One volume with its names, ids packed into uint8."""

    def __init__(self, path: Path, names: dict[int, str], kind: str):
        voxels = read_nifti(path).astype(np.uint16)
        ids = np.flatnonzero(np.bincount(voxels.ravel(order="K")))
        rank = np.zeros(int(ids[-1]) + 1, np.uint8)
        rank[ids] = np.arange(len(ids))
        self.voxels = rank[voxels]
        self.names = {i: without_side(names[int(v)]) for i, v in enumerate(ids) if int(v) in names and int(v) != 0}
        self.kind, self.source = kind, f"synthetic {kind}"

    def cut(self, rng: np.random.Generator) -> Array:
        """A 2-D cut along a random axis through some named structure, upright in the array sense."""
        axis = int(rng.integers(3))
        length = self.voxels.shape[axis]
        for _ in range(20):
            section = np.moveaxis(self.voxels, axis, 0)[int(rng.uniform(0.1, 0.9) * length)]
            if len(np.intersect1d(np.unique(section), list(self.names))) >= 2:
                break
        return np.ascontiguousarray(section.T[::-1]).astype(np.int32)


def load_volumes(root: Path, kinds: tuple[str, ...] = ("brain", "head-neck")) -> list[LabelVolume]:
    """Every label volume of the named folders."""
    volumes = []
    for kind in kinds:
        names = {int(k): v for k, v in json.loads((root / kind / "labels.json").read_text()).items()}
        volumes += [LabelVolume(path, names, kind) for path in sorted((root / kind).glob("*.nii.gz"))]
    return volumes


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


def place(rng: np.random.Generator, section: Array, side: int) -> Array:
    """Random pose, zoom and elastic deformation of a cut of labels."""
    matrix, field = pose(rng, section.shape, side)
    return warp(section.astype(np.uint16), matrix, side, field, nearest=True).astype(np.int32)


def means_for(rng: np.random.Generator, volume: LabelVolume, count: int) -> Array:
    """Mean intensity of each class: random, or like T1, T2, FLAIR or CT for brains."""
    means = rng.uniform(20, 230, count)
    if volume.kind == "brain" and rng.random() < 0.5:
        white, grey, fluid = LOOKS[str(rng.choice(list(LOOKS)))]
        for value, name in volume.names.items():
            low = name.lower()
            tissue = white if "white" in low or "brain stem" in low or "ventral" in low else grey
            means[value] = (fluid if "ventricle" in low or low == "csf" else tissue) + rng.normal(0, 8)
    if volume.kind == "head-neck":  # organs without a body around them: soft tissue, air and bone by chance
        means = np.full(count, rng.uniform(80, 150)) + rng.normal(0, 18, count)
        for value, name in volume.names.items():
            if "lung" in name:
                means[value] = rng.uniform(0, 50)
            elif "mandible" in name:
                means[value] = rng.uniform(190, 255)
    means[0] = 0 if rng.random() < 0.5 else rng.uniform(0, 200)
    return means


def tie_sides(volume: LabelVolume, means: Array) -> Array:
    """Left and right of an organ look alike, or the model would learn that they do not."""
    first: dict[str, int] = {}
    for value, name in volume.names.items():
        means[value] = means[first.setdefault(name, value)]
    return means


def add_body(rng: np.random.Generator, labels: Array, count: int) -> Array:
    """A body outline around floating organs, as class `count`."""
    organs = (labels > 0).astype(np.uint8)
    points = cv2.findNonZero(organs)
    if points is None:
        return labels
    hull = cv2.fillConvexPoly(np.zeros_like(organs), cv2.convexHull(points), 1)
    radius = int(labels.shape[0] * rng.uniform(0.03, 0.12))
    body = cv2.dilate(hull, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))
    return np.where((labels == 0) & (body > 0), count, labels)


def volume_scene(rng: np.random.Generator, volumes: list[LabelVolume], side: int) -> Scene:
    """One synthetic MR- or CT-like slice."""
    volume = volumes[int(rng.integers(len(volumes)))]
    labels = place(rng, volume.cut(rng), side)
    count = int(volume.voxels.max()) + 2
    drawn = add_body(rng, labels, count - 1) if volume.kind == "head-neck" else labels
    means = tie_sides(volume, means_for(rng, volume, count))
    deviations = rng.uniform(2, 20, count)
    if volume.kind == "head-neck":
        means[count - 1] = np.median(means[1:]) + rng.normal(0, 25)
    image = means[drawn] + deviations[drawn] * rng.standard_normal((side, side))
    image = image.astype(np.float32)[..., None]
    if rng.random() < 0.5:
        image = image * np.exp(smooth_noise(rng, side, side / 3).reshape(side, side, 1) * rng.uniform(0, 0.3))
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4)).reshape(side, side, 1)
    context = "MR" if volume.kind == "brain" else "CT"
    return Scene(np.clip(image, 0, 255), [labels], [dict(volume.names)], context, volume.source)
