"""deploy/ray/app.py on a port of its own: `python ray_encoder.py PORT encoder.onnx`."""

import os
import pathlib
import sys

import ray
from ray import serve

port, path = sys.argv[1:]
os.environ["ENCODER"] = path
folder = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "ray"
sys.path.insert(0, str(folder))
import app  # noqa: E402  # it reads ENCODER

ray.init(num_cpus=2, include_dashboard=False, runtime_env={"env_vars": {"PYTHONPATH": str(folder)}})
serve.start(http_options={"host": "127.0.0.1", "port": int(port)})
serve.run(app.app, blocking=True)
