"""Label maps and images of single-file NIfTI-1, turned so that the axes point right, front and up (RAS)."""

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Array = np.ndarray
DTYPES = {2: np.uint8, 4: np.int16, 8: np.int32, 16: np.float32, 64: np.float64, 256: np.int8, 512: np.uint16}


def read_nifti(path: Path) -> Array:
    """Voxels [i,j,k] as they are stored, scaled."""
    return read_bytes(raw_bytes(path))


def raw_bytes(path: Path) -> bytes:
    """A file's bytes, unpacked if it is compressed."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def read_bytes(raw: bytes) -> Array:
    """Voxels [i,j,k] of a NIfTI-1 file in memory, scaled."""
    shape = struct.unpack_from("<8h", raw, 40)
    code, offset = struct.unpack_from("<h", raw, 70)[0], int(struct.unpack_from("<f", raw, 108)[0])
    slope, shift = struct.unpack_from("<2f", raw, 112)
    count = int(np.prod(shape[1:4]))
    voxels = np.frombuffer(raw, DTYPES[code], count, offset).reshape(shape[1:4], order="F")
    return voxels * slope + shift if slope not in (0, 1) or shift else voxels


@dataclass
class Oriented:
    """Voxels [x,y,z] towards right, front and up, and their spacing in millimetres."""

    voxels: Array
    spacing: Array


def read_oriented(path: Path) -> Oriented:
    """Voxels turned to RAS by the file's sform, which must be along the axes."""
    raw = raw_bytes(path)
    affine = np.array(struct.unpack_from("<12f", raw, 280)).reshape(3, 4)[:, :3]
    order = np.abs(affine).argmax(1)  # the stored axis of each of x, y, z
    voxels = read_bytes(raw).transpose(order)
    for axis, stored in enumerate(order):
        if affine[axis, stored] < 0:
            voxels = np.flip(voxels, axis)
    return Oriented(voxels, np.linalg.norm(affine, axis=0)[order])
