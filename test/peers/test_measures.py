"""Numbers of a segment as SimpleITK and scikit-image give them."""

import tempfile
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from skimage.measure import regionprops

SIZE = (24, 40, 32)  # k, j, i


def runs(mask: np.ndarray) -> dict:
    """COCO run lengths, down the columns."""
    flat = np.concatenate([[0], mask.T.ravel(), [0]]).astype(int)
    edges = np.flatnonzero(np.diff(flat))
    counts = np.diff(np.concatenate([[0], edges, [mask.size]])).tolist()
    return {"size": list(mask.shape), "counts": counts}


def ellipsoid() -> np.ndarray:
    k, j, i = np.indices(SIZE)
    return ((k - 12) / 7.3) ** 2 + ((j - 19 - 0.4 * (k - 12)) / 11.2) ** 2 + ((i - 15) / 8.1) ** 2 <= 1


def test_measures(server):
    random = np.random.default_rng(7)
    spacing = (0.7, 0.9, 2.4)
    image = sitk.GetImageFromArray(random.normal(60, 50, SIZE).round().astype(np.int16))
    image.SetSpacing(spacing)
    mask = ellipsoid()
    info = server.json("/v1/images", nifti(image))
    masks = [{"slice": k, "rle": runs(mask[k])} for k in range(SIZE[0]) if mask[k].any()]
    job = server.json(f"/v1/images/{info['imageId']}/segmentations", {"masks": masks})
    events = server.call(f"/v1/jobs/{job['jobId']}/events", accept="text/event-stream")
    assert b"event: end" in events
    found = server.json(f"/v1/jobs/{job['jobId']}")["segments"][0]["measurements"]

    values = sitk.LabelIntensityStatisticsImageFilter()
    labels = sitk.GetImageFromArray(mask.astype(np.uint8))
    labels.CopyInformation(image)
    values.Execute(labels, image)
    assert found["voxels"] == values.GetNumberOfPixels(1)
    np.testing.assert_allclose(found["volumeMl"], values.GetPhysicalSize(1) / 1000, rtol=1e-6)
    np.testing.assert_allclose(found["mean"], values.GetMean(1), rtol=1e-9)
    # SimpleITK divides by n - 1.
    np.testing.assert_allclose(found["sd"], values.GetStandardDeviation(1), rtol=1e-3)
    assert (found["min"], found["max"]) == (values.GetMinimum(1), values.GetMaximum(1))
    assert found["median"] == np.median(sitk.GetArrayFromImage(image)[mask])
    i, j, k, *size = values.GetBoundingBox(1)
    assert found["bounds"] == {"from": [i, j, k], "to": [a + b - 1 for a, b in zip((i, j, k), size)]}

    area = {int(k): v for k, v in found["areaMm2BySlice"].items()}
    for k in area:
        np.testing.assert_allclose(area[k], mask[k].sum() * spacing[0] * spacing[1], rtol=1e-6)


def test_diameters(server):
    random = np.random.default_rng(3)
    image = sitk.GetImageFromArray(random.normal(0, 9, SIZE).astype(np.int16))
    info = server.json("/v1/images", nifti(image))
    mask = ellipsoid()[14]
    job = server.json(f"/v1/images/{info['imageId']}/segmentations", {"masks": [{"slice": 14, "rle": runs(mask)}]})
    server.call(f"/v1/jobs/{job['jobId']}/events", accept="text/event-stream")
    found = server.json(f"/v1/jobs/{job['jobId']}")["segments"][0]["measurements"]
    [shape] = regionprops(mask.astype(int))
    # Between corners of pixels here, between middles of their edges there.
    assert abs(found["longestDiameter"] - shape.feret_diameter_max) <= 1
    assert abs(found["perpendicularDiameter"] - shape.axis_minor_length) <= 1.5


def nifti(image) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "volume.nii"
        sitk.WriteImage(image, str(path))
        return path.read_bytes()
