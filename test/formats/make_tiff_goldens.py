"""Small TIFF files of tifffile with the pixels that it reads back: writes golden/tiff.json.

    pip install tifffile imagecodecs numpy && python test/formats/make_tiff_goldens.py
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
import tifffile

GREY = (np.arange(10 * 12).reshape(10, 12) * 2 % 256).astype("u1")
RGB = np.stack([GREY, GREY[::-1], 255 - GREY], -1)
STACK = np.stack([GREY, GREY // 2, GREY // 3]).astype("u2") * 100
PLANES = np.moveaxis(RGB, -1, 0).copy()
LONG = {"tile": (16, 16)}

# name: (array as written, options, array as we read it: slices × rows × columns [× 3])
CASES = {
    "BigTIFF": (GREY, {"bigtiff": True}, GREY[None]),
    "big-endian BigTIFF stack": (STACK, {"bigtiff": True, "byteorder": ">", "photometric": "minisblack"}, STACK),
    "stack": (STACK, {"photometric": "minisblack"}, STACK),
    "LZW stack with predictor": (STACK, {"photometric": "minisblack", "compression": "lzw", "predictor": True}, STACK),
    "tiled Deflate": (STACK, {"photometric": "minisblack", "compression": "zlib", "predictor": True, **LONG}, STACK),
    "float predictor": (
        STACK.astype("f4") / 7,
        {"photometric": "minisblack", "compression": "zlib", "predictor": 3},
        STACK.astype("f4") / 7,
    ),
    "planes": (PLANES, {"photometric": "rgb", "planarconfig": "separate"}, RGB[None]),
    "tiled planes": (PLANES, {"photometric": "rgb", "planarconfig": "separate", "compression": "lzw", **LONG}, RGB[None]),
    "JPEG grey": (GREY, {"photometric": "minisblack", "compression": "jpeg"}, None),
    "JPEG YCbCr": (RGB, {"photometric": "ycbcr", "compression": "jpeg", "subsampling": (2, 2)}, None),
    "JPEG RGB": (RGB, {"photometric": "rgb", "compression": "jpeg"}, None),
    "one bit": (GREY > 100, {"photometric": "minisblack"}, ((GREY > 100) * 255).astype("u1")[None]),
    "RGB stack": (np.stack([RGB, RGB // 2]), {"photometric": "rgb"}, np.stack([RGB, RGB // 2])),
    "five channels": (np.stack([GREY] + [GREY // 3] * 4, -1), {"photometric": "minisblack", "planarconfig": "contig"}, GREY[None]),
}


def main():
    goldens = {}
    for name, (array, options, expected) in CASES.items():
        file = io.BytesIO()
        tifffile.imwrite(file, array, metadata=None, **options)
        values = tifffile.imread(io.BytesIO(file.getvalue()))[None] if expected is None else expected
        goldens[name] = {
            "type": str(values.dtype),
            "shape": list(values.shape),
            "file": base64.b64encode(file.getvalue()).decode(),
            "values": base64.b64encode(np.ascontiguousarray(values).tobytes()).decode(),
        }
    path = Path(__file__).parent / "golden" / "tiff.json"
    path.write_text(json.dumps(goldens, indent=1) + "\n")


main()
