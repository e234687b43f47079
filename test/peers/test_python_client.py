"""Our Python client: installed as a user does it, in a virtual environment of its own, against a built server."""

import http.server
import json
import re
import subprocess
import sys
import threading
import venv

import nibabel
import numpy as np
import pytest
from conftest import ROOT
from jsonschema import Draft202012Validator
from pycocotools import mask as coco

FOLDER = ROOT / "python"
sys.path.insert(0, str(FOLDER))

from promptomy import Client, ServerError, box, lasso, point, scribble, text  # noqa: E402
from promptomy.masks import decode, encode  # noqa: E402
from promptomy.transport import Transport  # noqa: E402

DOCUMENT = json.loads((ROOT / "docs/openapi.json").read_text())


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment with nothing but the client and what it asks for."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    interpreter = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, FOLDER], check=True)
    return interpreter


@pytest.fixture(scope="module")
def ct(tmp_path_factory):
    """Six slices of a bright ball in water, as a NIfTI file."""
    k, j, i = np.mgrid[-3:3, -32:32, -32:32]
    voxels = np.where(i**2 + j**2 + (4 * k) ** 2 < 20**2, 200, 0).astype(np.int16)
    path = tmp_path_factory.mktemp("ct") / "ct.nii.gz"
    nibabel.save(nibabel.Nifti1Image(voxels.transpose(2, 1, 0), np.diag([1, 1, 4, 1])), path)
    return path


def phantom(client):
    [study] = client.studies()
    return client.image(study["imageId"])


def test_the_readme_runs_in_a_fresh_environment(python, server, ct, tmp_path):
    [example, *_] = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    assert len([line for line in example.splitlines() if line and "import" not in line]) <= 5
    here = example.replace("http://127.0.0.1:8080", server.url).replace("ct.nii.gz", str(ct))
    here = here.replace("point(212, 140)], slice=57", "point(32, 32)], slice=3").replace("(0, 90)", "(0, 5)")
    told = subprocess.run([python, "-c", here + "\nprint(mask.pixels.sum())"], cwd=tmp_path, capture_output=True, text=True)
    assert told.stderr == ""
    assert int(told.stdout) > 0
    [labels] = tmp_path.glob("*.nii.gz")
    assert nibabel.load(labels).shape == (64, 64, 6)


def test_every_request_is_one_of_the_document(server, ct, monkeypatch):
    sent = []
    send = Transport.send
    record = lambda self, method, path, body=None, kind="": sent.append((method, path, body, kind)) or send(self, method, path, body, kind)  # noqa: E731, E501
    monkeypatch.setattr(Transport, "send", record)
    client = Client(server.url)
    image = client.open(ct)
    prompts = [point(32, 32), box(10, 10, 54, 54), scribble([(30, 30), (34, 34)]), point(2, 2, "background")]
    image.masks(prompts, slice=3, window=(100, 300), multimask=True)
    image.masks([lasso([(12, 12), (52, 12), (32, 52)])], slice=2, plane="axial")
    segments = image.segment({3: [point(32, 32)]}, between=(1, 4), window=(100, 300))
    image.segment(find_all=True, between=(3, 3), context={"modality": "CT", "bodyPart": "abdomen", "task": "lesion"})
    image.export(segments, "seg-nrrd", name="ball")
    for method, path, body, kind in sent:
        pattern = re.sub(r"sha256:[0-9a-f]{64}", "{id}", path)
        operation = DOCUMENT["paths"][pattern][method.lower()]
        if kind == "application/json" and body:
            schema = {**operation["requestBody"]["content"][kind]["schema"], "components": DOCUMENT["components"]}
            Draft202012Validator(schema).validate(json.loads(body))
    assert {path.split("/")[2] for _, path, _, _ in sent} == {"images", "masks", "jobs", "exports"}


def test_masks_are_those_of_the_server(server):
    image = phantom(Client(server.url))
    [mask] = image.masks([point(80, 90)], slice=40, plane="axial")
    asked = {"imageId": image.id, "plane": "axial", "slice": 40, "prompts": [point(80, 90)]}
    rle = server.json("/v1/masks", asked)["masks"][0]["rle"]
    truth = coco.decode(coco.frPyObjects(rle, *rle["size"])).astype(bool)
    assert np.array_equal(mask.pixels, truth) and encode(mask.pixels) == rle


def test_every_structure_of_one_kind_is_found(server):
    image = phantom(Client(server.url))
    here = {"find_all": True, "between": (40, 40), "plane": "axial"}
    everything = {one.name for one in image.segment(**here)}
    organs = {one.name for one in image.segment(**here, context={"task": "organ"})}
    assert "liver" in organs and organs < everything
    [mask] = image.masks([text("liver")], slice=40, plane="axial", context={"modality": "CT", "bodyPart": "all"})
    assert mask.pixels.sum() > 100
    with pytest.raises(ServerError) as refused:
        image.segment(**here, context={"task": "everything"})
    assert refused.value.code == "InvalidRequest"


def test_run_lengths_come_back_as_they_were():
    rng = np.random.default_rng(1)
    for shape in [(1, 1), (3, 5), (17, 4)]:
        for pixels in [np.zeros(shape, bool), np.ones(shape, bool), rng.random(shape) < 0.5]:
            assert np.array_equal(decode(encode(pixels)), pixels)


def test_a_segment_lies_where_its_nifti_does(server, ct, tmp_path):
    image = Client(server.url).open(ct)
    seen = []
    [ball] = image.segment({3: [point(32, 32)]}, between=(0, 5), on_progress=lambda done, total: seen.append((done, total)))
    assert ball.measurements["volumeMl"] > 0 and (not seen or seen[-1][0] <= seen[-1][1])
    files = image.export([ball], "nifti", name="ball")
    [name] = [name for name in files if name.endswith(".nii.gz")]
    (tmp_path / name).write_bytes(files[name])
    labels = nibabel.load(tmp_path / name)
    truth = np.asarray(labels.dataobj).transpose(2, 1, 0) > 0
    assert np.array_equal(ball.voxels(image.count()), truth)
    assert np.allclose(np.diag([-1, -1, 1, 1]) @ image.ijk_to_lps, labels.affine)


def test_several_files_are_one_series_and_their_names_stay_here(server, tmp_path, monkeypatch):
    bodies = []
    send = Transport.send
    monkeypatch.setattr(Transport, "send", lambda self, *given: bodies.append(given) or send(self, *given))
    import pydicom
    from pydicom.data import get_testdata_file

    for n in range(2):
        slice = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        slice.SOPInstanceUID = slice.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.{n + 1}"
        slice.ImagePositionPatient = [0, 0, 5 * n]
        slice.InstanceNumber = n + 1
        slice.save_as(tmp_path / f"Doe^Jane-{n}.dcm")
    assert Client(server.url).open(tmp_path).size == (128, 128, 2)
    assert b"Doe^Jane-" not in bodies[0][2].split(b"\r\n\r\n")[0]


def test_a_refusal_says_its_code(server):
    image = phantom(Client(server.url))
    with pytest.raises(ServerError) as refused:
        image.masks([text("no such thing at all")], slice=40, plane="axial")
    assert (refused.value.status, refused.value.code) == (422, "UnknownTerm")
    with pytest.raises(ServerError) as missing:
        Client(server.url).image("sha256:" + "0" * 64)
    assert missing.value.code == "ImageNotFound"


def test_a_refusal_can_be_read_without_looking_into_it(server):
    image = phantom(Client(server.url))
    with pytest.raises(ServerError, match=r"\(9999, 1\) is outside the 256×192 slice"):
        image.masks([point(9999, 1)], slice=40, plane="axial")


@pytest.fixture
def stranger():
    """A web server that is not ours."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def test_a_wrong_address_is_told_from_a_refusal(stranger):
    with pytest.raises(ServerError, match="is the server up") as nobody:
        Client("http://127.0.0.1:9").studies()
    assert (nobody.value.status, nobody.value.code) == (0, "ServerUnreachable")
    with pytest.raises(ServerError) as other:
        Client(stranger).studies()
    assert other.value.code == "NotAPromptomyServer"
    with pytest.raises(ValueError, match="http://"):
        Client("127.0.0.1:8080")


def test_a_file_that_is_not_there_is_named(server, tmp_path):
    with pytest.raises(FileNotFoundError, match="ct.nii.gz"):
        Client(server.url).open(tmp_path / "ct.nii.gz")


def test_numbers_of_numpy_are_numbers(server):
    image = phantom(Client(server.url))
    [row, column] = np.array([90, 80])
    given = [point(column, row), box(*np.array([40, 50, 180, 120])), scribble(np.array([[70, 85], [80, 85]]))]
    plain = [point(80, 90), box(40, 50, 180, 120), scribble([(70, 85), (80, 85)])]
    [mask], [same] = (image.masks(some, slice=np.int64(40), plane="axial") for some in (given, plain))
    assert np.array_equal(mask.pixels, same.pixels)
    [segment] = image.segment({np.int64(40): given}, between=(np.int32(39), np.int32(41)), plane="axial")
    assert [one.slice for one in segment.masks] == [39, 40, 41]


def test_an_array_is_the_image_that_its_file_is(server, ct):
    client = Client(server.url)
    file = client.open(ct)
    voxels = np.asarray(nibabel.load(ct).dataobj).transpose(2, 1, 0)
    for given in (voxels, voxels.astype(np.int64), voxels.astype(">i2"), np.asfortranarray(voxels)):
        image = client.open_array(given, ijk_to_lps=file.ijk_to_lps, modality="CT")
        assert (image.size, image.modality) == ((64, 64, 6), "CT") and np.allclose(image.ijk_to_lps, file.ijk_to_lps)
        prompts = {"prompts": [point(32, 32)], "slice": 3, "window": (100, 300)}
        assert np.array_equal(image.masks(**prompts)[0].pixels, file.masks(**prompts)[0].pixels)
    [mask] = client.open_array(voxels[3]).masks([point(32, 32)])
    assert mask.pixels[32, 32] and mask.pixels.shape == (64, 64)
    for wrong in (np.zeros(3), np.zeros((2, 2), complex), np.full((2, 2), 2**40)):
        with pytest.raises(ValueError, match="Expected"):
            client.open_array(wrong)


def test_types_hold_under_mypy_strict():
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "promptomy"], cwd=FOLDER, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
