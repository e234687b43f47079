"""HTTP: one place that knows addresses, headers and problem documents (RFC 9457)."""

import io
import json
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ServerError(Exception):
    """What the server refused: `code` and `info` as its documentation lists them."""

    def __init__(self, status: int, code: str, message: str, info: dict[str, Any]) -> None:
        super().__init__(message)
        self.status, self.code, self.info = status, code, info


@dataclass(frozen=True)
class Answer:
    body: bytes
    disposition: str

    def files(self) -> dict[str, bytes]:
        """The file by its name, or the files of a zip."""
        name = urllib.parse.unquote(self.disposition.rpartition("UTF-8''")[2])
        if not name.endswith(".zip"):
            return {name: self.body}
        with zipfile.ZipFile(io.BytesIO(self.body)) as archive:
            return {entry: archive.read(entry) for entry in archive.namelist()}


class Transport:
    def __init__(self, url: str, headers: Mapping[str, str], timeout_s: float) -> None:
        self._url, self._headers, self._timeout_s = url.rstrip("/"), dict(headers), timeout_s

    def send(self, method: str, path: str, body: bytes | None = None, kind: str = "application/octet-stream") -> Answer:
        request = urllib.request.Request(self._url + path, body, {**self._headers, "Content-Type": kind}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as response:
                return Answer(response.read(), response.headers.get("Content-Disposition", ""))
        except urllib.error.HTTPError as error:
            raise _failure(error) from None

    def json(self, method: str, path: str, body: object = None) -> Any:
        raw = None if body is None else json.dumps(body).encode()
        return json.loads(self.send(method, path, raw, "application/json").body)


def _failure(error: urllib.error.HTTPError) -> ServerError:
    raw = error.read()
    if not error.headers.get("Content-Type", "").startswith("application/problem+json"):
        return ServerError(error.code, "NotAPromptomyServer", f"HTTP {error.code} {error.reason}", {})
    problem = json.loads(raw)
    return ServerError(error.code, problem["code"], f"{problem['title']}: {problem['detail']}", problem["info"])


def multipart(files: Sequence[Path]) -> tuple[bytes, str]:
    """A form of files, and its media type. Names of files stay here: they may tell of a patient."""
    boundary = uuid.uuid4().hex
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="file"; filename="%d%s"\r\n\r\n%s\r\n'
        % (boundary.encode(), n, path.suffix.encode(), path.read_bytes())
        for n, path in enumerate(files)
    ]
    return b"".join([*parts, b"--%s--\r\n" % boundary.encode()]), f"multipart/form-data; boundary={boundary}"
