"""Which part of a slice a client encodes anew for a small object: the same rule as core/model/zoom.ts."""

import numpy as np

Array = np.ndarray
SMALL = 0.25  # of the slice's longest side: an object below that is worth a closer look
ROOM = 2.5  # side of the crop, in sides of the object
LEAST = 0.125  # side of the smallest crop, in longest sides of the slice


def crop_around(mask: Array, points: Array) -> tuple[int, int, int, int] | None:
    """x0, y0, x1, y1 (half-open) of a square around a small mask and the points [n,2]; None if it is large or empty.

    One click alone is not zoomed into: around it, the whole slice tells better what is meant (measured on `val`).
    """
    if len(points) < 2 or not mask.any():
        return None
    height, width = mask.shape
    longest = max(width, height)
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    low = np.minimum([columns[0], rows[0]], points.min(0))
    high = np.maximum([columns[-1] + 1, rows[-1] + 1], points.max(0) + 1)
    extent = float((high - low).max())
    if extent > SMALL * longest:
        return None
    side = min(int(np.ceil(max(ROOM * extent, LEAST * longest))), width, height)
    corner = np.clip(np.floor((low + high) / 2 - side / 2), 0, [width - side, height - side]).astype(int)
    return int(corner[0]), int(corner[1]), int(corner[0]) + side, int(corner[1]) + side
