"""Cuts through label volumes: bent planes through bodies that are themselves deformed, framed as a viewer shows them."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from data.augment import smooth_noise

Array = np.ndarray
PLANES = {2: (0, 1), 1: (0, 2), 0: (1, 2)}  # axis that is cut across -> axes that become columns and rows
AXES = (0.17, 0.25, 0.58)  # share of sagittal, coronal and axial cuts
WHOLE = 0.72  # of the cuts are framed whole and upright
MIRRORED, UPSIDE_DOWN = 0.45, 0.03
BEND, WARP, RIPPLE = (2, 14), (2, 12), (0.3, 1.6)  # mm of smooth displacement: through the plane, within it, and in its detail
SWELLING = (0.65, 1.5)  # of single organs
SWELLING_ORGANS = (
    "kidney", "spleen", "stomach", "urinary bladder", "gallbladder", "liver", "colon", "heart", "prostate", "uterus", "pancreas",
    "small bowel", "aorta", "inferior vena cava", "lung", "lateral ventricle", "hippocampus", "thalamus", "putamen", "cerebellum",
)
WIDTHS = (1.0, 1.35)  # of the field of view, in widths of the body
BODY_WIDTH = 520.0  # mm; what is wider has its arms spread
HEIGHTS = (180, 750)  # mm of the field of view of upright cuts
NEAR = (1.0, 8.0)  # mm to the slice beside
FAR_SHARE, FAR = 0.2, 25.0  # of the slices beside are up to so far away, where organs end


@dataclass
class Volume:
    """What is cut: labels [x,y,z] towards right, front and up, and voxel sizes in mm."""

    voxels: Array
    spacing: Array
    margin: float = 0.0  # mm of body around what is labelled


@dataclass
class View:
    """Where a frame's pixels lie: the axis cut across, the voxel in the middle, and the affine map of pixels to mm around it."""

    axis: int
    middle: Array  # voxel [3]
    to_mm: Array  # 2x3: pixel -> (columns, rows) in mm, rows downwards
    shown: tuple[float, float]  # pixels of the frame that hold the slice
    upright: bool

    @property
    def pixel(self) -> float:
        """mm per pixel."""
        return float(np.sqrt(abs(np.linalg.det(self.to_mm[:, :2]))))


@cache
def pixel_grid(side: int) -> tuple[Array, Array]:
    """Columns and rows of every pixel, float32."""
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    return columns, rows


def extent(section: Array) -> tuple[int, int, int, int] | None:
    """First and last occupied index of both axes of a cut."""
    first, second = (np.flatnonzero(section.any(axis)) for axis in (1, 0))
    return (int(first[0]), int(first[-1]), int(second[0]), int(second[-1])) if len(first) else None


def field_of_view(rng: np.random.Generator, volume: Volume, axis: int, focus: Array) -> tuple[Array, float, float]:
    """Middle voxel and size in mm of what a scanner would show around a body, cut through a voxel."""
    columns, rows = PLANES[axis]
    section = np.take(volume.voxels, int(focus[axis]), axis)
    c0, c1, r0, r1 = extent(section) or (0, section.shape[0] - 1, 0, section.shape[1] - 1)
    middle = focus.astype(float)
    width, height = (c1 - c0 + 1) * volume.spacing[columns], (r1 - r0 + 1) * volume.spacing[rows]
    middle[columns] = (c0 + c1) / 2
    if width > BODY_WIDTH:
        width, middle[columns] = BODY_WIDTH * rng.uniform(0.7, 1), volume.voxels.shape[columns] / 2
    if axis == 2:
        middle[rows] = (r0 + r1) / 2
        room, width, height = rng.uniform(*WIDTHS), width + volume.margin, height + volume.margin
        return middle, *((max(width, height) * room,) * 2 if rng.random() < 0.7 else (width * room, height * rng.uniform(*WIDTHS)))
    low, high = r0 * volume.spacing[rows], (r1 + 1) * volume.spacing[rows]
    tall = min(float(np.exp(rng.uniform(*np.log(HEIGHTS)))), high - low)
    at = np.clip(focus[rows] * volume.spacing[rows] + rng.uniform(-0.35, 0.35) * tall, low + tall / 2, high - tall / 2)
    middle[rows] = at / volume.spacing[rows]
    return middle, width * rng.uniform(*WIDTHS) + volume.margin, tall


def whole_view(rng: np.random.Generator, volume: Volume, axis: int, focus: Array, side: int) -> View:
    """The longest side fits, the rest of the frame stays empty at the right or bottom, as a client sends it."""
    middle, width, height = field_of_view(rng, volume, axis, focus)
    pixel = max(width, height) / side
    turn, stretch = rng.normal(0, 0.05), np.exp(rng.normal(0, 0.08, 2))
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.diag(stretch) * pixel
    centre = np.array([width, height]) / pixel / 2 + rng.normal(0, 0.02 * side, 2)
    to_mm, upright = np.column_stack([linear, -linear @ centre]), rng.random() >= UPSIDE_DOWN
    if rng.random() < MIRRORED:
        to_mm[0] *= -1
    if not upright:
        to_mm[1] *= -1
    return View(axis, middle, to_mm, (width / pixel, height / pixel), upright)


def close_view(rng: np.random.Generator, volume: Volume, axis: int, focus: Array, side: int) -> View:
    """Zoomed around the voxel, turned at random."""
    pixel = float(np.exp(rng.uniform(np.log(0.4), np.log(1.3)))) * (256 / side)
    turn = rng.normal(0, 0.25) if rng.random() < 0.6 else rng.uniform(-np.pi, np.pi)
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.diag(np.exp(rng.normal(0, 0.1, 2))) * pixel
    if rng.random() < 0.5:
        linear = linear @ np.diag([-1, 1])
    centre = side * (0.5 + rng.uniform(-0.3, 0.3, 2))
    return View(axis, focus.astype(float), np.column_stack([linear, -linear @ centre]), (side, side), False)


def swellings(rng: np.random.Generator, labels: Array, names: dict[int, str], step: int) -> list[tuple[float, float, float, float]]:
    """(column, row, radius, scale) in pixels of up to three organs of a coarse cut that are larger or smaller here."""
    counts = np.bincount(labels.ravel(), minlength=256)
    present = [v for v, name in names.items() if name in SWELLING_ORGANS and counts[v] >= 3]
    chosen = rng.permutation(present)[: int(rng.integers(0, 4))] if present else []
    found = []
    for value in chosen:
        rows, columns = np.nonzero(labels == value)
        pick = int(rng.integers(len(rows)))  # of two kidneys, the one that this pixel belongs to
        near = np.hypot(rows - rows[pick], columns - columns[pick]) < max(4.0, 1.6 * np.sqrt(len(rows) / np.pi))
        scale = float(np.exp(rng.uniform(*np.log(SWELLING))))
        found.append((columns[near].mean() * step, rows[near].mean() * step, np.sqrt(near.sum() / np.pi) * step, scale))
    return found


class Sampler:
    """One bent, deformed plane: samples any volume of a body's grid, at any distance from the plane."""

    def __init__(self, rng: np.random.Generator, volume: Volume, view: View, side: int, calm: float = 1.0):
        """`calm` below 1 deforms less."""
        self.volume, self.view, self.side = volume, view, side
        columns, rows = pixel_grid(side)
        m = view.to_mm.astype(np.float32)
        self.across = m[0, 0] * columns + m[0, 1] * rows + m[0, 2]
        self.down = m[1, 0] * columns + m[1, 1] * rows + m[1, 2]
        size = side * view.pixel  # mm across the frame
        bend, warp = calm * rng.uniform(*BEND), calm * rng.uniform(*WARP)
        cell = side / rng.uniform(2.5, 6) * min(1.0, 320 / size)
        noise = smooth_noise(rng, side, max(cell, side / 24), 3)
        tilt = [float(t) for t in rng.normal(0, 0.08 * calm, 2)]
        self.depth = noise[..., 2] * bend + tilt[0] * self.across + tilt[1] * self.down
        self.across = self.across + noise[..., 0] * warp
        self.down = self.down + noise[..., 1] * warp
        ripple = smooth_noise(rng, side, side / rng.uniform(12, 40), 2) * (calm * rng.uniform(*RIPPLE))
        self.across += ripple[..., 0]
        self.down += ripple[..., 1]

    def swell(self, rng: np.random.Generator, names: dict[int, str], organs: Array) -> None:
        """Let single organs be larger or smaller, their neighbours giving way; `organs` [label] are the values of `names`."""
        step = 8
        coarse = organs[self.labels(step=step)]
        columns, rows = (grid[::4, ::4] for grid in pixel_grid(self.side))
        m, moved = self.view.to_mm.astype(np.float32), np.zeros((*columns.shape, 2), np.float32)
        for x, y, radius, scale in swellings(rng, coarse, names, step):
            dx, dy = columns - np.float32(x), rows - np.float32(y)
            gain = np.float32(1 / scale - 1) * np.exp((dx * dx + dy * dy) * np.float32(-0.5 / (1.1 * radius + 2) ** 2))
            moved += gain[..., None] * np.stack([m[0, 0] * dx + m[0, 1] * dy, m[1, 0] * dx + m[1, 1] * dy], -1)
        if moved.any():
            moved = cv2.resize(moved, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
            self.across, self.down = self.across + moved[..., 0], self.down + moved[..., 1]

    def labels(self, away: float = 0.0, step: int = 1) -> Array:
        """Labels [side/step,side/step] so many mm off the plane; what lies beside the volume is 0, above and below goes on."""
        columns, rows = PLANES[self.view.axis]
        voxels, spacing, middle = self.volume.voxels, self.volume.spacing, self.view.middle
        part = np.s_[::step, ::step]
        index: list[Array] = [np.empty(0)] * 3
        for axis, mm in ((columns, self.across[part]), (rows, -self.down[part]), (self.view.axis, self.depth[part] + np.float32(away))):
            index[axis] = np.rint(mm * np.float32(1 / spacing[axis]) + np.float32(middle[axis])).astype(np.int32)
        outside = (index[0] < 0) | (index[0] >= voxels.shape[0]) | (index[1] < 0) | (index[1] >= voxels.shape[1])
        limits = voxels.shape
        flat = [np.clip(i, 0, n - 1) for i, n in zip(index, limits)]
        found = voxels.reshape(-1)[(flat[0] * limits[1] + flat[1]) * limits[2] + flat[2]]
        found[outside] = 0
        if step == 1:
            found = smoothed(found, float(spacing.mean()) / self.view.pixel)
        return found

    def cover(self, labels: Array) -> Array:
        """Labels with nothing where the frame shows no slice."""
        width, height = (int(np.ceil(length)) for length in self.view.shown)
        labels[height:] = 0
        labels[:, width:] = 0
        return labels


def smoothed(labels: Array, enlarged: float) -> Array:
    """Voxels that cover several pixels without their steps; a median of numbers is always one of them."""
    size = 0 if enlarged < 1.2 else 3 if enlarged < 1.8 else 5 if enlarged < 3.2 else 9
    return cv2.medianBlur(labels, size) if size else labels


def distance_beside(rng: np.random.Generator) -> float:
    """mm to a slice beside, on either side; some are far enough for organs to end."""
    far = rng.random() < FAR_SHARE
    return float(rng.uniform(*((NEAR[1], FAR) if far else NEAR)) * rng.choice([-1, 1]))


def cut(rng: np.random.Generator, volume: Volume, focus: Array, side: int, calm: float = 1.0) -> Sampler:
    """A plane through about a voxel; `calm` below 1 deforms less."""
    axis = int(rng.choice(3, p=AXES))
    limits = np.array(volume.voxels.shape) - 1
    focus = np.clip(focus + rng.normal(0, 3, 3) / volume.spacing, 0, limits).astype(int)
    whole = rng.random() < WHOLE
    view = (whole_view if whole else close_view)(rng, volume, axis, focus, side)
    return Sampler(rng, volume, view, side, calm=calm if rng.random() < 0.75 else 0.4 * calm)
