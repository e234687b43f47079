"""A built server on loopback, as a Python user meets it."""

import json
import os
import subprocess
import urllib.request
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


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """`promptomy serve` with the embedded model and an empty cache."""
    cache = str(tmp_path_factory.mktemp("cache"))
    command = ["node", str(ROOT / "dist/server/cli.js"), "serve", "--port", "0", "--json", "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PROMPTOMY_CACHE_DIR": cache})
    try:
        yield Server(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(60)
