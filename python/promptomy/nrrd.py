"""Voxels of NumPy as a file that the server reads: NRRD (teem.sourceforge.net/nrrd/format.html), gzipped."""

import gzip
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

TYPES = {"i1": "int8", "u1": "uint8", "i2": "int16", "u2": "uint16", "i4": "int32", "u4": "uint32", "f4": "float", "f8": "double"}


def nrrd(voxels: NDArray[Any], ijk_to_lps: ArrayLike | None, modality: str | None) -> bytes:
    """`[slice, row, column]`, or `[row, column]` for one slice; without a geometry lengths are pixels."""
    if voxels.ndim not in (2, 3) or voxels.size == 0:
        raise ValueError(f"Expected voxels as [slice, row, column] or [row, column], got shape {voxels.shape}.")
    stack = _stored(voxels.reshape(-1, *voxels.shape[-2:]))
    geometry = [] if ijk_to_lps is None else _geometry(np.asarray(ijk_to_lps, float))
    header = [
        "NRRD0004",
        f"type: {TYPES[stack.dtype.str[1:]]}",
        "dimension: 3",
        *geometry,
        f"sizes: {' '.join(map(str, stack.shape[::-1]))}",
        "endian: little",
        "encoding: gzip",
        *([f"promptomy_modality:={''.join(filter(str.isalpha, modality)).upper()}"] if modality else []),
    ]
    return "\n".join([*header, "", ""]).encode() + gzip.compress(stack.tobytes(), 1)


def _stored(voxels: NDArray[Any]) -> NDArray[Any]:
    """In a type that NRRD and the server have, without loss, little-endian."""
    if voxels.dtype == bool:
        return voxels.astype("<u1")
    if voxels.dtype == np.float16:
        return voxels.astype("<f4")
    if voxels.dtype in (np.int64, np.uint64):
        narrow = voxels.astype("<i4")
        if not np.array_equal(narrow, voxels):
            raise ValueError("Expected integers of at most 32 bits, got larger ones.")
        return narrow
    if voxels.dtype.str[1:] not in TYPES:
        raise ValueError(f"Expected grey voxels, integers or floats, got {voxels.dtype}.")
    return voxels.astype(voxels.dtype.newbyteorder("<"))


def _geometry(ijk_to_lps: NDArray[np.float64]) -> list[str]:
    if ijk_to_lps.shape != (4, 4):
        raise ValueError(f"Expected ijk_to_lps as 4 × 4, got {ijk_to_lps.shape}.")
    vectors = [f"({','.join(map(repr, ijk_to_lps[:3, n].tolist()))})" for n in range(4)]
    return ["space: left-posterior-superior", f"space directions: {' '.join(vectors[:3])}", f"space origin: {vectors[3]}"]
