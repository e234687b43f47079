"""Masks as NumPy arrays, and as the run lengths that travel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rle = dict[str, list[int]]


def decode(rle: Rle) -> NDArray[np.bool_]:
    """COCO's uncompressed run lengths (column-major, the first run counts zeros) → `[row, column]`."""
    height, width = rle["size"]
    inside = np.arange(len(rle["counts"])) % 2 == 1
    return np.repeat(inside, rle["counts"]).reshape(width, height).T


def encode(pixels: NDArray[np.bool_]) -> Rle:
    """`[row, column]` → run lengths."""
    columns = np.asarray(pixels, bool).T.ravel()
    edges = np.flatnonzero(np.diff(columns)) + 1
    counts = np.diff(np.concatenate([[0], edges, [columns.size]])).tolist()
    return {"size": list(pixels.shape), "counts": [0, *counts] if columns.size and columns[0] else counts}


@dataclass(frozen=True)
class Mask:
    """A structure on one slice. `predicted_iou` is the model's own guess of how good it is."""

    slice: int
    pixels: NDArray[np.bool_]
    predicted_iou: float
    doubtful: bool = False


@dataclass(frozen=True)
class Segment:
    """A structure through the slices of a plane; `measurements` as in `GET /v1/jobs/{id}`."""

    name: str
    plane: str
    masks: tuple[Mask, ...]
    measurements: dict[str, Any] | None = None

    def voxels(self, count: int) -> NDArray[np.bool_]:
        """`[slice, row, column]` for a plane of `count` slices."""
        if not self.masks:
            raise ValueError("Expected a segment with masks, got an empty one: its slices have no size.")
        out = np.zeros((count, *self.masks[0].pixels.shape), bool)
        for mask in self.masks:
            out[mask.slice] = mask.pixels
        return out
