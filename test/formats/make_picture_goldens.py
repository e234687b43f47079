"""Small pictures and volumes written by Pillow and SimpleITK, with the values that those read back.

    python -m venv venv && venv/bin/pip install pillow numpy SimpleITK
    venv/bin/python test/formats/make_picture_goldens.py test/formats/golden/pictures.json
"""

import argparse
import base64
import io
import json
import math
import tempfile
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from PIL import Image

SIZE = (17, 23)


def picture(image: Image.Image, kind: str, **options) -> dict:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    values = np.asarray(Image.open(io.BytesIO(buffer.getvalue())))
    return entry(buffer.getvalue(), values)


def entry(file: bytes, values: np.ndarray) -> dict:
    values = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<")))
    encode = lambda data: base64.b64encode(data).decode()
    return {"type": values.dtype.name, "shape": list(values.shape), "file": encode(file), "values": encode(values.tobytes())}


def volume(name: str, image: sitk.Image, compress: bool) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        sitk.WriteImage(image, str(path), compress)
        corner = image.TransformIndexToPhysicalPoint([size - 1 for size in image.GetSize()])
        return entry(path.read_bytes(), sitk.GetArrayFromImage(image)) | {"origin": image.GetOrigin(), "corner": corner}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    random = np.random.default_rng(1)
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    grey = ((np.sin(columns / 4) + np.cos(rows / 3) + 2) * 60).astype(np.uint8)
    rgb = np.stack([grey, 255 - grey, grey // 2], -1).astype(np.uint8)
    deep = (grey.astype(np.uint16) * 200 + random.integers(0, 100, SIZE)).astype(np.uint16)
    g8, colour, g16 = Image.fromarray(grey), Image.fromarray(rgb), Image.fromarray(deep)
    goldens = {
        "grey.png": picture(g8, "PNG"),
        "colour.png": picture(colour, "PNG"),
        "16 bit.png": picture(g16, "PNG"),
        "grey.jpg": picture(g8, "JPEG", quality=90),
        "colour.jpg": picture(colour, "JPEG", quality=90),
        "progressive.jpg": picture(colour, "JPEG", quality=90, progressive=True),
        "lossless.webp": picture(colour, "WEBP", lossless=True),
        "lossy.webp": picture(colour, "WEBP", quality=80),
        "raw.tif": picture(g8, "TIFF"),
        "16 bit lzw.tif": picture(g16, "TIFF", compression="tiff_lzw"),
        "differenced lzw.tif": picture(colour, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}),
        "deflate.tif": picture(colour, "TIFF", compression="tiff_adobe_deflate"),
        "packbits.tif": picture(g8, "TIFF", compression="packbits"),
        "float.tif": picture(Image.fromarray(deep.astype(np.float32)), "TIFF"),
    }
    image = sitk.GetImageFromArray(random.integers(-500, 500, (3, 4, 5)).astype(np.int16))
    image.SetSpacing((0.5, 0.7, 3.3))
    image.SetOrigin((1.0, -2.0, 3.0))
    c, s = math.cos(0.3), math.sin(0.3)
    image.SetDirection((1, 0, 0, 0, c, -s, 0, s, c))
    for name, compress in [("raw.nrrd", False), ("gzip.nrrd", True), ("raw.mha", False), ("zlib.mha", True), ("itk.nii.gz", True)]:
        goldens[name] = volume(name, image, compress)
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in goldens.items()]
    arguments.output.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
