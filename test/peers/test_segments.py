"""Results in the formats of other tools, as their own libraries read them."""

import io
import json
import shutil
import subprocess
import zipfile

import highdicom
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pycocotools import mask as coco
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from shapely.geometry import shape

COLUMNS, ROWS, SLICES = 21, 22, 5  # frames end six bits behind a whole byte, where readers and writers have erred
SPACING = (0.7, 0.5)  # between rows, between columns
SEGMENTS = ["liver", "Größe", "spot"]


def rotation(tilt: float) -> np.ndarray:
    """Rows, columns and normal of an oblique stack, one a column."""
    a, b = 0.3, tilt
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    return turn @ np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])


def series(axes: np.ndarray, step: np.ndarray) -> list[bytes]:
    """A CT of noise whose files come in no order."""
    random = np.random.default_rng(7)
    study, uid, frame = generate_uid(), generate_uid(), generate_uid()
    files = []
    for k in random.permutation(SLICES):
        ds = pydicom.Dataset()
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.SpecificCharacterSet = "ISO_IR 100"
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, uid, frame
        ds.Modality, ds.PatientName, ds.PatientID = "CT", "Müller^Jürgen", "4711"
        ds.PatientBirthDate, ds.PatientSex = "19700102", "O"
        ds.StudyDate, ds.StudyTime, ds.StudyID = "20240102", "030405", "1"
        ds.AccessionNumber = ds.ReferringPhysicianName = ""
        ds.InstanceNumber = int(k) + 1
        ds.ImagePositionPatient = [round(float(v), 6) for v in np.array([-60, 20, -300]) + k * step]
        ds.ImageOrientationPatient = [float(f"{v:.12f}") for v in [*axes[:, 0], *axes[:, 1]]]
        ds.PixelSpacing = list(SPACING)
        ds.SliceThickness = 3.3
        ds.Rows, ds.Columns, ds.SamplesPerPixel = ROWS, COLUMNS, 1
        ds.PhotometricInterpretation = "MONOCHROME2"
        ds.BitsAllocated = ds.BitsStored = 16
        ds.HighBit, ds.PixelRepresentation = 15, 1
        ds.RescaleSlope, ds.RescaleIntercept = 1, 0
        ds.PixelData = random.integers(-900, 900, (ROWS, COLUMNS)).astype("<i2").tobytes()
        buffer = io.BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        files.append(buffer.getvalue())
    return files


def upload(server, files: list[bytes]) -> dict:
    boundary = "a-boundary-that-no-file-has"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'.encode() + file + b"\r\n" for file in files]
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return json.loads(server.call("/v1/images", body, kind=f"multipart/form-data; boundary={boundary}"))


def rle(mask: np.ndarray) -> dict:
    """Column-major run lengths, zeros first."""
    flat = mask.T.ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *edges, len(flat)]).tolist()
    return {"size": list(mask.shape), "counts": [0, *counts] if flat[0] else counts}


def masks() -> np.ndarray:
    """segment, k, j, i: asymmetric, and the second one covers the first."""
    out = np.zeros((len(SEGMENTS), SLICES, ROWS, COLUMNS), np.uint8)
    out[0, 1:4, 3:9, 2:20] = 1
    out[0, 2, 5, 5] = 0
    out[1, 1:3, 3:19, 2:6] = 1
    out[2, 4, ROWS - 1, COLUMNS - 1] = 1
    return out


@pytest.fixture(scope="module", params=["upright", "oblique", "gantry tilt", "downwards"])
def study(server, request):
    """An image, its geometry as DICOM says it, and a function that exports the masks."""
    axes = rotation(0.4 if request.param == "oblique" else 0)
    step = 3.3 * axes[:, 2]
    if request.param == "gantry tilt":
        step = step + np.array([0, 3.3 * np.tan(np.radians(17)), 0])
    if request.param == "downwards":
        axes = axes @ np.diag([1, -1, -1])
    files = series(axes, step)
    info = upload(server, files)
    affine = np.reshape(info["ijkToLps"], (4, 4))
    voxels = masks()

    def export(format: str, **more) -> bytes:
        segments = [
            {"name": name, "number": n + 1, "masks": [{"slice": k, "rle": rle(plane)} for k, plane in enumerate(volume) if plane.any()]}
            for n, (name, volume) in enumerate(zip(SEGMENTS, voxels))
        ]
        segments[0]["code"] = {"scheme": "SCT", "value": "10200004", "meaning": "Liver"}
        return server.call("/v1/exports", {"imageId": info["imageId"], "format": format, "segments": segments, **more}, accept="*/*")

    export.files = files
    return request.param, affine, voxels, export


def places(affine: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """LPS of every voxel inside, in an order of their own."""
    k, j, i = np.nonzero(mask)
    return np.array(sorted(map(tuple, np.round((affine @ [i, j, k, np.ones_like(i)])[:3].T, 3))))


def test_highdicom_reads_the_seg_voxel_by_voxel_and_in_its_place(study):
    _, affine, voxels, export = study
    seg = highdicom.seg.Segmentation.from_dataset(pydicom.dcmread(io.BytesIO(export("dicom-seg"))))
    assert [str(item.SegmentLabel) for item in seg.SegmentSequence] == SEGMENTS
    assert seg.PatientName == "Müller^Jürgen" and seg.PatientID == "4711"
    assert seg.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeValue == "10200004"
    assert seg.SegmentSequence[1].SegmentedPropertyTypeCodeSequence[0].CodingSchemeDesignator == "99PROMPTOMY"
    assert len(seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == SLICES
    assert seg.NumberOfFrames == voxels.any(axis=(2, 3)).sum()
    pixels = seg.pixel_array
    seen = np.zeros_like(voxels)
    for frame, item in zip(pixels, seg.PerFrameFunctionalGroupsSequence):
        position = np.array(item.PlanePositionSequence[0].ImagePositionPatient, float)
        distance = [np.abs(affine @ [0, 0, k, 1] - [*position, 1]).max() for k in range(SLICES)]
        assert min(distance) < 1e-4
        seen[item.SegmentIdentificationSequence[0].ReferencedSegmentNumber - 1, int(np.argmin(distance))] = frame
    np.testing.assert_array_equal(seen, voxels)
    shared = seg.SharedFunctionalGroupsSequence[0]
    row, column = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float).reshape(2, 3)
    between_rows, between_columns = map(float, shared.PixelMeasuresSequence[0].PixelSpacing)
    np.testing.assert_allclose(affine[:3, 0], row * between_columns, atol=1e-4 / COLUMNS)
    np.testing.assert_allclose(affine[:3, 1], column * between_rows, atol=1e-4 / ROWS)


def test_highdicom_reads_the_label_map_voxel_by_voxel(study):
    _, affine, voxels, export = study
    ds = pydicom.dcmread(io.BytesIO(export("dicom-seg-labelmap", overlap="later")))
    assert ds.SOPClassUID == "1.2.840.10008.5.1.4.1.1.66.7" and ds.SegmentationType == "LABELMAP"
    seg = highdicom.seg.Segmentation.from_dataset(ds)
    assert [str(item.SegmentLabel) for item in seg.SegmentSequence] == SEGMENTS
    expected = np.zeros(voxels.shape[1:], np.uint8)
    for n, volume in enumerate(voxels):
        expected[volume > 0] = n + 1
    seen = np.zeros_like(expected)
    for frame, item in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence):
        position = np.array(item.PlanePositionSequence[0].ImagePositionPatient, float)
        distance = [np.abs(affine @ [0, 0, k, 1] - [*position, 1]).max() for k in range(SLICES)]
        assert min(distance) < 1e-4
        seen[int(np.argmin(distance))] = frame
    np.testing.assert_array_equal(seen, expected)
    uids = [str(uid) for _, _, uid in seg.get_source_image_uids()]
    np.testing.assert_array_equal(seg.get_pixels_by_source_instance(uids, combine_segments=True).sum(), expected.sum(dtype=int))


def stored(files, affine):
    """Stored values by k, j, i; a slice is where the geometry says its file is."""
    out = np.zeros((SLICES, ROWS, COLUMNS))
    for ds in (pydicom.dcmread(io.BytesIO(file)) for file in files):
        distance = [np.abs(affine @ [0, 0, k, 1] - [*map(float, ds.ImagePositionPatient), 1]).max() for k in range(SLICES)]
        out[int(np.argmin(distance))] = ds.pixel_array
    return out


def feret(plane, pitch):
    """The longest distance between corners of pixels inside, in mm; rows of the array are rows of the image."""
    y, x = np.nonzero(plane)
    corners = np.concatenate([np.stack([x + dx, y + dy], axis=1) for dx in (0, 1) for dy in (0, 1)]) * pitch
    return np.sqrt(((corners[:, None] - corners[None]) ** 2).sum(axis=2)).max()


@pytest.mark.parametrize("deidentify", [False, True])
def test_highdicom_reads_the_report_and_finds_its_segmentation(study, tmp_path, deidentify):
    _, affine, voxels, export = study
    archive = zipfile.ZipFile(io.BytesIO(export("dicom-sr", deidentify=deidentify, name="x")))
    report, seg = (pydicom.dcmread(io.BytesIO(archive.read(f"x.{kind}.dcm"))) for kind in ("sr", "seg"))
    document = highdicom.sr.Comprehensive3DSR.from_dataset(report)
    assert (document.PatientID == "") == deidentify
    groups = document.content.get_volumetric_roi_measurement_groups()
    assert len(groups) == len(SEGMENTS)
    voxel = abs(np.linalg.det(affine[:3, :3])) / 1000
    pixels = stored(export.files, affine)
    for n, group in enumerate(groups):
        [volume] = group.get_measurements(name=highdicom.sr.CodedConcept("118565006", "SCT", "Volume"))
        assert volume.value == pytest.approx(voxels[n].sum() * voxel, rel=1e-3) and volume.unit.value == "ml"
        [long], [short] = (
            group.get_measurements(name=highdicom.sr.CodedConcept(value, "SCT", meaning))
            for value, meaning in (("103339001", "Long Axis"), ("103340004", "Short Axis"))
        )
        pitch = np.linalg.norm(affine[:3, :2], axis=0)
        widest = max(feret(plane, pitch) for plane in voxels[n] if plane.any())
        assert long.unit.value == "mm" and long.value == pytest.approx(widest, rel=1e-4)
        assert 0 < short.value <= long.value
        attenuation = group.get_measurements(name=highdicom.sr.CodedConcept("112031", "DCM", "Attenuation Coefficient"))
        inside = pixels[voxels[n] > 0]
        expected = {"Mean": inside.mean(), "Standard Deviation": inside.std(), "Minimum": inside.min(), "Maximum": inside.max()}
        assert {m.derivation.meaning: m.value for m in attenuation} == {name: pytest.approx(value, rel=1e-6, abs=1e-9) for name, value in expected.items()}
        assert group.tracking_uid == seg.SegmentSequence[n].TrackingUID
        [item] = [item for item in group[0].ContentSequence if item.ValueType == "IMAGE"]
        assert item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == seg.SOPInstanceUID
    if shutil.which("dciodvfy"):
        (tmp_path / "x.dcm").write_bytes(archive.read("x.sr.dcm"))
        said = subprocess.run(["dciodvfy", str(tmp_path / "x.dcm")], capture_output=True, text=True)
        assert [line for line in (said.stdout + said.stderr).splitlines() if "Error" in line] == []


def test_highdicom_makes_a_volume_of_a_regular_seg(study):
    kind, affine, voxels, export = study
    if kind == "gantry tilt":
        pytest.skip("highdicom makes volumes of right-angled stacks only")
    seg = highdicom.seg.Segmentation.from_dataset(pydicom.dcmread(io.BytesIO(export("dicom-seg"))))
    volume = seg.get_volume(combine_segments=False)
    for n, expected in enumerate(voxels):
        k, j, i = np.nonzero(volume.array[..., n])
        found = (volume.affine @ [k, j, i, np.ones_like(k)])[:3].T
        np.testing.assert_allclose(np.array(sorted(map(tuple, np.round(found, 3)))), places(affine, expected), atol=1.1e-3)


@pytest.mark.parametrize("deidentify", [False, True])
@pytest.mark.parametrize("format", ["dicom-seg", "rtstruct"])
@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (Debian dicom3tools) is not installed")
def test_dciodvfy_finds_no_error(study, tmp_path, format, deidentify):
    _, _, _, export = study
    (tmp_path / "x.dcm").write_bytes(export(format, deidentify=deidentify))
    said = subprocess.run(["dciodvfy", str(tmp_path / "x.dcm")], capture_output=True, text=True)
    # The term for rings with holes is younger than the dciodvfy that Debian has.
    lines = [line for line in (said.stdout + said.stderr).splitlines() if "<CLOSEDPLANAR_XOR>" not in line]
    assert [line for line in lines if "Error" in line] == []


def test_simpleitk_reads_the_seg_nrrd_with_its_layers(study, tmp_path):
    kind, affine, voxels, export = study
    (tmp_path / "x.seg.nrrd").write_bytes(export("seg-nrrd"))
    image = sitk.ReadImage(str(tmp_path / "x.seg.nrrd"))
    layers = sitk.GetArrayFromImage(image)
    assert layers.shape[-1] == 2
    names = {int(image.GetMetaData(f"Segment{n}_LabelValue")): n for n in range(3)}
    for value, n in names.items():
        assert image.GetMetaData(f"Segment{n}_Name") == SEGMENTS[n]
        k, j, i = np.nonzero(layers[..., int(image.GetMetaData(f"Segment{n}_Layer"))] == value)
        found = [image.TransformIndexToPhysicalPoint((int(a), int(b), int(c))) for a, b, c in zip(i, j, k)]
        expected = places(affine, voxels[n])
        # A tilted gantry is straightened by whole pixels: each within half a pixel of its place.
        within = 0.36 if kind == "gantry tilt" else 1.1e-3
        assert len(found) == len(expected)
        np.testing.assert_allclose(np.array(sorted(map(tuple, np.round(found, 3))))[:, 2].sum(), expected[:, 2].sum(), atol=within * len(found))
        if kind != "gantry tilt":
            np.testing.assert_allclose(np.array(sorted(map(tuple, np.round(found, 3)))), expected, atol=within)


@pytest.mark.parametrize("format", ["coco", "coco-compressed"])
def test_pycocotools_decodes_every_annotation(study, format):
    _, _, voxels, export = study
    answer = json.loads(export(format))
    images = {image["id"]: image["file_name"] for image in answer["images"]}
    assert len(answer["annotations"]) == voxels.any(axis=(2, 3)).sum()
    for annotation in answer["annotations"]:
        runs = annotation["segmentation"]
        packed = coco.frPyObjects(runs, *runs["size"]) if isinstance(runs["counts"], list) else runs
        k = int(images[annotation["image_id"]].rsplit("-", 1)[1].split(".")[0]) - 1
        np.testing.assert_array_equal(coco.decode(packed), voxels[annotation["category_id"] - 1, k])


def test_shapely_finds_valid_polygons_of_the_masks_area(study):
    _, _, voxels, export = study
    features = json.loads(export("geojson"))["features"]
    for feature in features:
        polygon = shape(feature["geometry"])
        properties = feature["properties"]
        assert polygon.is_valid
        assert polygon.area == voxels[SEGMENTS.index(properties["name"]), properties["slice"] - 1].sum()
