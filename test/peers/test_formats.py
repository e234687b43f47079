"""Volumes as SimpleITK and nibabel write them lie and hold what those libraries say."""

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

TYPES = [sitk.sitkUInt8, sitk.sitkInt16, sitk.sitkUInt16, sitk.sitkInt32, sitk.sitkFloat32, sitk.sitkFloat64]
RAS_TO_LPS = np.diag([-1, -1, 1, 1])


def voxels(server, info: dict) -> np.ndarray:
    """Stored values as k, j, i."""
    raw = b"".join(
        server.call(f"/v1/images/{info['imageId']}/slices/native/{k}", accept="application/octet-stream")
        for k in range(info["size"][2])
    )
    return np.frombuffer(raw, info["dtype"]).reshape(info["size"][::-1])


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".nii.gz"])
@pytest.mark.parametrize("kind", range(len(TYPES)))
def test_simpleitk(server, tmp_path, suffix, kind):
    random = np.random.default_rng(10 * kind + len(suffix))
    image = sitk.Cast(sitk.GetImageFromArray(random.normal(60, 50, random.integers(3, 9, 3))), TYPES[kind])
    image.SetSpacing(random.uniform(0.3, 4, 3).tolist())
    image.SetOrigin(random.uniform(-99, 99, 3).tolist())
    image.SetDirection(np.linalg.qr(random.normal(size=(3, 3)))[0].ravel().tolist())
    path = tmp_path / f"volume{suffix}"
    sitk.WriteImage(image, str(path), useCompression=bool(kind % 2))
    read = sitk.ReadImage(str(path))
    info = server.json("/v1/images", path.read_bytes())
    assert info["size"] == list(read.GetSize())
    np.testing.assert_array_equal(voxels(server, info), sitk.GetArrayFromImage(read))
    affine = np.reshape(info["ijkToLps"], (4, 4))
    for index in ([0, 0, 0], [size - 1 for size in read.GetSize()]):
        np.testing.assert_allclose((affine @ [*index, 1])[:3], read.TransformIndexToPhysicalPoint(index), atol=1e-3)


@pytest.mark.parametrize("form", ["sform", "qform", "nan slope", "flat sform"])
def test_nibabel(server, form):
    random = np.random.default_rng(len(form))
    rotation = np.linalg.qr(random.normal(size=(3, 3)))[0]
    affine = np.eye(4)
    affine[:3, :3] = rotation * random.uniform(0.5, 3, 3)
    affine[:3, 3] = random.uniform(-50, 50, 3)
    image = nibabel.Nifti1Image(random.integers(0, 999, (4, 5, 6)).astype("i2"), affine)
    image.set_qform(affine, 1)
    image.set_sform(affine, 0 if form == "qform" else 1)
    raw = bytearray(image.to_bytes())
    if form == "nan slope":
        raw[112:116] = np.float32("nan").tobytes()
    if form == "flat sform":
        raw[280:328] = bytes(48)
    info = server.json("/v1/images", bytes(raw))
    expected = image.get_qform() if form in ("qform", "flat sform") else affine
    np.testing.assert_allclose(np.reshape(info["ijkToLps"], (4, 4)), RAS_TO_LPS @ expected, atol=1e-3)
    np.testing.assert_array_equal(voxels(server, info), np.asarray(image.dataobj).T)
    assert info["rescale"] == {"slope": 1, "intercept": 0}
