"""A built server on loopback, as a Python user meets it."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    url: str

    def call(self, path: str, body: object = None, accept: str = "application/json", kind: str = "application/octet-stream") -> bytes:
        """GET, or POST when there is a body: bytes as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = kind if isinstance(body, bytes) else "application/json"
        request = urllib.request.Request(self.url + path, raw, {"Accept": accept, "Content-Type": kind})
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.read()

    def json(self, path: str, body: object = None) -> dict:
        return json.loads(self.call(path, body))


    def problem(self, path: str, body: object) -> dict:
        """What the server says of a request that it refuses."""
        with pytest.raises(urllib.error.HTTPError) as refused:
            self.call(path, body)
        return json.loads(refused.value.read())


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """`promptomy serve` with the embedded model and an empty cache."""
    with serve(tmp_path_factory.mktemp("cache")) as running:
        yield running


@contextmanager
def serve(cache: Path, *options: str):
    command = ["node", str(ROOT / "dist/server/cli.js"), "serve", "--port", "0", "--json", "--quiet", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PROMPTOMY_CACHE_DIR": str(cache)})
    try:
        yield Server(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(60)
