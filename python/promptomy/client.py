"""The server from Python: open an image, ask for masks, segment a volume, export."""

import errno
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .masks import Mask, Segment, decode, encode
from .nrrd import nrrd
from .prompts import Plane, Prompt
from .transport import ServerError, Transport, multipart, packed


class Client:
    """A server. `headers` go with every request, as `{"Authorization": "Bearer …"}`."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, timeout_s: float = 120) -> None:
        self._transport = Transport(url, headers or {}, timeout_s)

    def open(self, *paths: str | Path) -> "Image":
        """A file, several files of one series, or a folder with them. The same pixels again are the same image."""
        given = [Path(path) for path in paths]
        files = [file for path in given for file in (sorted(path.rglob("*")) if path.is_dir() else [path]) if file.is_file()]
        for missing in (path for path in given if not path.exists()):
            raise FileNotFoundError(errno.ENOENT, "No such file or folder", str(missing))
        if not files:
            raise ValueError(f"Expected files, got {len(given)} folders with none.")
        body, kind = multipart(files) if len(files) > 1 else (files[0].read_bytes(), "application/octet-stream")
        return self._upload(body, kind)

    def open_array(
        self, voxels: NDArray[Any], *, ijk_to_lps: ArrayLike | None = None, modality: str | None = None
    ) -> "Image":
        """
        Grey voxels as `[slice, row, column]`, or one slice as `[row, column]`. `ijk_to_lps` is 4 × 4, from (column, row, slice)
        to millimetres of DICOM's patient axes; `modality` a code of DICOM, as `"CT"`, whose voxels are then HU.
        """
        return self._upload(nrrd(np.asarray(voxels), ijk_to_lps, modality), "application/octet-stream")

    def _upload(self, body: bytes, kind: str) -> "Image":
        answer = self._transport.send("POST", "/v1/images", body, kind)
        return Image(self._transport, json.loads(answer.body))

    def image(self, image_id: str) -> "Image":
        """An image that the server has."""
        return Image(self._transport, self._transport.json("GET", f"/v1/images/{image_id}"))

    def studies(self) -> list[dict[str, Any]]:
        """What the server was started with; an entry with an `imageId` is open."""
        return list(self._transport.json("GET", "/v1/studies"))


class Image:
    """An open image. `info` is the answer of `GET /v1/images/{id}`."""

    def __init__(self, transport: Transport, info: dict[str, Any]) -> None:
        self._transport, self.info = transport, info
        self.id: str = info["imageId"]
        self.modality: str = info["modality"]
        self.size: tuple[int, int, int] = tuple(info["size"])
        self.ijk_to_lps: NDArray[np.float64] = np.array(info["ijkToLps"], float).reshape(4, 4)

    def count(self, plane: Plane = "native") -> int:
        """Slices of a plane."""
        return next(int(stack["count"]) for stack in self.info["planes"] if stack["plane"] == plane)

    def masks(
        self,
        prompts: Sequence[Prompt],
        *,
        slice: int = 0,
        plane: Plane = "native",
        window: tuple[float, float] | None = None,
        multimask: bool = False,
        context: Mapping[str, str] | None = None,
    ) -> list[Mask]:
        """
        Masks of a slice, the best predicted first; several only with `multimask`. A name that is not there gives an empty one.
        `context` may say `modality`, `bodyPart` and `task`; what it leaves out the file says.
        """
        body = {"imageId": self.id, "plane": plane, "slice": slice, "prompts": list(prompts), "multimask": multimask}
        answer = self._transport.json("POST", "/v1/masks", {**body, **_windowed(window), **_said(context)})
        return [Mask(slice, decode(mask["rle"]), mask["predictedIou"]) for mask in answer["masks"]]

    def segment(
        self,
        prompts: Mapping[int, Sequence[Prompt]] | None = None,
        *,
        text: str | None = None,
        find_all: bool = False,
        context: Mapping[str, str] | None = None,
        between: tuple[int, int] | None = None,
        plane: Plane = "native",
        window: tuple[float, float] | None = None,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        poll_s: float = 0.5,
    ) -> list[Segment]:
        """
        A volume job: prompts by slice, or a name, through the slices `between` two, both included; or with `find_all` every
        structure on them whose name was measured to work, of the kind that `context` names as its `task`. Waits until it is done;
        whatever interrupts the wait, Ctrl+C too, stops the job.
        """
        given = [{"slice": at, "prompts": list(some)} for at, some in (prompts or {}).items()]
        what = {**({"prompts": given} if given else {}), **({"text": text} if text else {}), **({"find": "all"} if find_all else {})}
        asked = {"plane": plane, **what, **_said(context)}
        reach = {"propagate": {"from": between[0], "to": between[1]}} if between else {}
        job = self._transport.json("POST", f"/v1/images/{self.id}/segmentations", {**asked, **reach, **_windowed(window)})
        done = self._wait(job, on_progress, poll_s)
        return [_segment(one, plane) for one in done["segments"]]

    def export(self, segments: Sequence[Segment], format: str, *, name: str | None = None) -> dict[str, bytes]:
        """Files by name, in one of the server's formats: `nifti`, `dicom-seg`, `rtstruct`, `coco`, …"""
        listed = [{"name": one.name, "masks": [_exported(mask, one.plane) for mask in one.masks]} for one in segments]
        body = {"imageId": self.id, "segments": listed, "format": format, **({"name": name} if name else {})}
        return self._transport.send("POST", "/v1/exports", packed(body), "application/json").files()

    def _wait(self, job: dict[str, Any], on_progress: Callable[[int, int], None], poll_s: float) -> dict[str, Any]:
        path = f"/v1/jobs/{job['jobId']}"
        try:
            while job["state"] in ("queued", "running"):
                time.sleep(poll_s)
                job = self._transport.json("GET", path)
                on_progress(job["progress"]["done"], job["progress"]["total"])
        except BaseException:
            self._transport.send("DELETE", path)
            raise
        if job["state"] == "done":
            return job
        problem = job.get("problem", {"code": "Cancelled", "info": {}})
        raise ServerError(500, problem["code"], f"The job is {job['state']}.", problem["info"])


def _segment(one: dict[str, Any], plane: Plane) -> Segment:
    masks = (Mask(m["slice"], decode(m["rle"]), m["predictedIou"], m["doubtful"]) for m in one["masks"])
    return Segment(one["name"], plane, tuple(sorted(masks, key=lambda mask: mask.slice)), one.get("measurements"))


def _exported(mask: Mask, plane: str) -> dict[str, Any]:
    return {"plane": plane, "slice": mask.slice, "rle": encode(mask.pixels)}


def _said(context: Mapping[str, str] | None) -> dict[str, Any]:
    return {"context": dict(context)} if context else {}


def _windowed(window: tuple[float, float] | None) -> dict[str, Any]:
    return {"window": {"center": window[0], "width": window[1]}} if window else {}
