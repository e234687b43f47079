"""Digests of decoded DICOM pixels by pydicom, for test/formats/dicom-zoo.test.ts.

    python -m venv venv && venv/bin/pip install pydicom numpy pylibjpeg pylibjpeg-openjpeg pylibjpeg-libjpeg pyjpegls
    venv/bin/python test/formats/make_goldens.py ../shared/data/tests/dicom_zoo test/formats/golden/dicom-zoo.json

For each file: the array type, its shape (frames, rows, columns, samples), the sha256 of its little-endian bytes, and 32
values at evenly spaced positions for codecs that are allowed to differ by rounding. Grey is stored values without rescale;
colour is 8-bit RGB: the high byte of wider samples, palettes applied, YBR converted. Files that pydicom cannot decode say so.
"""

import argparse
import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pydicom
from pydicom.pixels import apply_color_lut

SAMPLES = 32


def to_bytes(values: np.ndarray) -> np.ndarray:
    return (values >> (8 * (values.dtype.itemsize - 1))).astype(np.uint8)


def keep_stored_bits(values: np.ndarray, dataset: pydicom.Dataset) -> np.ndarray:
    """Uncompressed and RLE frames may carry other things beside the stored bits."""
    stored, allocated = dataset.BitsStored, dataset.BitsAllocated
    if stored == allocated or values.dtype.kind == "f":
        return values
    shift = values.dtype.itemsize * 8 - stored
    return (values << shift) >> shift


def decode(dataset: pydicom.Dataset) -> np.ndarray:
    values = dataset.pixel_array
    frames = int(dataset.get("NumberOfFrames", 1))
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        values = apply_color_lut(values, dataset)
        values = to_bytes(values) if values.dtype.itemsize > 1 else values
    elif dataset.get("SamplesPerPixel", 1) == 3:
        values = to_bytes(values)
    elif "PixelData" in dataset:
        values = keep_stored_bits(values, dataset)
    samples = values.shape[-1] if values.ndim > 2 + (frames > 1) else 1
    return values.reshape(frames, dataset.Rows, dataset.Columns, samples)


def golden(path: Path) -> dict:
    try:
        dataset = pydicom.dcmread(path, force=True)
        values = decode(dataset)
    except Exception as error:  # whatever a decoder throws means that there is nothing to compare
        return {"undecodable": type(error).__name__}
    values = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<")))
    flat = values.reshape(-1)
    at = [int((i + 0.5) * flat.size / SAMPLES) for i in range(SAMPLES)]
    return {
        "type": values.dtype.name,
        "shape": list(values.shape),
        "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
        "samples": [flat[i].item() for i in at],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    files = sorted(path for path in arguments.folder.iterdir() if path.suffix != ".csv")
    goldens = {path.name: golden(path) for path in files}
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in goldens.items()]
    arguments.output.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{sum('sha256' in value for value in goldens.values())} of {len(goldens)} files decoded", file=sys.stderr)


if __name__ == "__main__":
    main()
