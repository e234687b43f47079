"""HTTP: one place that knows addresses, headers and problem documents (RFC 9457)."""

import http.client
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

import numpy as np


class ServerError(Exception):
    """
    What the server refused: `code` and `info` as its documentation lists them. With `status` 0 nobody answered at all
    (`ServerUnreachable`), or not a Promptomy server (`NotAPromptomyServer`).
    """

    def __init__(self, status: int, code: str, message: str, info: dict[str, Any]) -> None:
        super().__init__(f"{message} {json.dumps(info, ensure_ascii=False)}" if info else message)
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
        if not url.startswith(("http://", "https://")):
            raise ValueError("Expected an address that begins with http:// or https://, such as http://127.0.0.1:8080.")
        self._url, self._headers, self._timeout_s = url.rstrip("/"), dict(headers), timeout_s

    def send(self, method: str, path: str, body: bytes | None = None, kind: str = "application/octet-stream") -> Answer:
        request = urllib.request.Request(self._url + path, body, {**self._headers, "Content-Type": kind}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as response:
                return Answer(response.read(), response.headers.get("Content-Disposition", ""))
        except urllib.error.HTTPError as error:
            raise _failure(error) from None
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, "reason", error))
            message = f"No answer from {self._url}: is the server up (promptomy serve), and is that its address?"
            raise ServerError(0, "ServerUnreachable", message, {"reason": reason}) from error

    def json(self, method: str, path: str, body: object = None) -> Any:
        answer = self.send(method, path, None if body is None else packed(body), "application/json")
        try:
            return json.loads(answer.body)
        except ValueError:
            message = f"What answers at {self._url} is no Promptomy server, or something stands before it."
            raise ServerError(0, "NotAPromptomyServer", message, {}) from None


def packed(body: object) -> bytes:
    """JSON; numbers and arrays of NumPy as well as Python's own."""
    return json.dumps(body, default=_plain).encode()


def _plain(value: object) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"Expected numbers, texts and lists, got {type(value).__name__}.")


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
