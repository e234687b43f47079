"""What Python users read with their own libraries is what the server meant."""

import io
import json
import subprocess

import nibabel
import numpy as np
import pytest
from conftest import ROOT
from PIL import Image
from pycocotools import mask as coco
from safetensors.numpy import load

CLICK = {"kind": "point", "x": 80, "y": 90, "label": "foreground"}
MEDIA = "application/vnd.promptomy.embedding+"


@pytest.fixture(scope="module")
def study(server):
    [study] = server.json("/v1/studies")
    return server.json(f"/v1/images/{study['imageId']}")


@pytest.fixture(scope="module")
def embedding(server, study):
    return server.json(f"/v1/images/{study['imageId']}/embeddings", {"plane": "axial", "slice": 40})


def tensors(server, embedding, kind):
    return load(server.call(f"/v1/embeddings/{embedding['embeddingId']}", accept=MEDIA + kind))


def test_safetensors_reads_every_wire_type(server, embedding):
    exact = tensors(server, embedding, "f32")["image_embeddings"]
    half = tensors(server, embedding, "f16")["image_embeddings"]
    assert exact.dtype == np.float32 and half.dtype == np.float16
    assert list(exact.shape)[-3:] == embedding["shape"][-3:]
    assert np.abs(exact - half.astype(np.float32)).max() <= np.abs(exact).max() * 2**-10


def test_int8_is_scale_and_offset_per_channel(server, embedding):
    exact = tensors(server, embedding, "f32")["image_embeddings"]
    wire = tensors(server, embedding, "i8")
    scale, offset = (wire[name].reshape(1, -1, 1, 1) for name in ("scale", "offset"))
    restored = wire["image_embeddings"].astype(np.float32) * scale + offset
    assert (np.abs(restored - exact) <= scale * 0.51 + 1e-6).all()


def test_pycocotools_decodes_the_run_lengths(server, study):
    answer = server.json("/v1/masks", {"imageId": study["imageId"], "plane": "axial", "slice": 40, "prompts": [CLICK]})
    best = answer["masks"][0]
    height, width = best["rle"]["size"]
    pixels = coco.decode(coco.frPyObjects(best["rle"], height, width))
    assert pixels.sum() == best["area"]
    rows, columns = np.nonzero(pixels)
    box = best["bbox"]
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (box["x0"], box["y0"], box["x1"], box["y1"])


def test_pillow_reads_the_windowed_slice(server, study):
    path = f"/v1/images/{study['imageId']}/slices/axial/40?window=40,400"
    picture = np.asarray(Image.open(io.BytesIO(server.call(path, accept="image/png"))))
    raw = np.frombuffer(server.call(f"/v1/images/{study['imageId']}/slices/axial/40", accept="*/*"), "<i2")
    values = raw.reshape(picture.shape) * study["rescale"]["slope"] + study["rescale"]["intercept"]
    # DICOM PS3.3 C.11.2.1.2.1, center 40, width 400
    expected = np.clip(((values - 39.5) / 399 + 0.5) * 255, 0, 255)
    assert np.abs(picture - expected).max() <= 0.51


def test_nibabel_reads_the_mask_in_the_place_of_its_image(tmp_path):
    """A NIfTI with an oblique affine in, a NIfTI mask out: same grid, same affine."""
    affine = nibabel.affines.from_matvec(
        nibabel.eulerangles.euler2mat(0.2, 0.1, -0.3) @ np.diag([0.9, 1.1, 3.0]), [-40, 25, 10]
    )
    grid = np.indices((64, 48, 5)).astype(np.float32)
    bright = ((grid[0] - 30) ** 2 + (grid[1] - 20) ** 2 < 100) * 900 + 50
    nibabel.save(nibabel.Nifti1Image(bright.astype(np.int16), affine), tmp_path / "in.nii.gz")
    command = ["node", str(ROOT / "dist/server/cli.js"), "segment", str(tmp_path / "in.nii.gz"), "--slice", "2",
               "--point", "30,20", "-o", str(tmp_path / "mask.nii.gz"), "--json"]
    printed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    mask = nibabel.load(tmp_path / "mask.nii.gz")
    assert mask.shape == (64, 48, 5)
    assert np.allclose(mask.affine, affine, atol=1e-4)
    voxels = np.asarray(mask.dataobj)
    assert voxels[:, :, 2].sum() == voxels.sum() > 0
    assert printed
