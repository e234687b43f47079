"""A model's encoder on Ray Serve, by the Open Inference Protocol v2 with its binary tensor extension.

    pip install "ray[serve]" onnxruntime
    ENCODER=models/default/encoder.onnx serve run app:app
    promptomy serve --encoder oip://127.0.0.1:8000/encoder

Requests that wait at the same time run as one batch; replicas and GPUs are set at `serve.deployment`.
"""

import asyncio
import json
import os

import numpy
import onnxruntime
from fastapi import FastAPI, HTTPException, Request, Response
from ray import serve

NAME = "encoder"
LENGTH = "Inference-Header-Content-Length"
MOST_BYTES = 64 * 2**20

api = FastAPI()


# Serve pickles the class where it is decorated: what it calls stands before it.
def describe(info) -> dict:
    shape = [side if isinstance(side, int) else -1 for side in info.shape]
    return {"name": info.name, "shape": shape, "datatype": "FP32"}


def image_of(body: bytes, length: str | None) -> tuple:
    """The one float32 tensor of a request. 400 for anything else."""
    try:
        if len(body) > MOST_BYTES:
            raise ValueError("too large")
        at = int(length or "")
        header = json.loads(body[:at])
        (tensor,) = header["inputs"]
        values = numpy.frombuffer(body, "<f4", offset=at, count=tensor["parameters"]["binary_data_size"] // 4)
        return values.reshape(tensor["shape"]), str(header.get("id", ""))
    except (KeyError, TypeError, ValueError) as error:
        raise HTTPException(400, "expected one float32 tensor in binary") from error


@serve.deployment(num_replicas=1, max_ongoing_requests=16, ray_actor_options={"num_cpus": 1})
@serve.ingress(api)
class Encoder:
    def __init__(self, path: str):
        providers = [p for p in ("CUDAExecutionProvider", "CPUExecutionProvider") if p in onnxruntime.get_available_providers()]
        self.session = onnxruntime.InferenceSession(path, providers=providers)
        self.input = self.session.get_inputs()[0]

    @api.get("/v2/health/ready")
    async def ready(self):
        return {"ready": True}

    @api.get("/v2/models/" + NAME)
    async def metadata(self):
        return {
            "name": NAME,
            "versions": ["1"],
            "platform": "onnxruntime",
            "inputs": [describe(self.input)],
            "outputs": [describe(output) for output in self.session.get_outputs()],
        }

    @api.post("/v2/models/" + NAME + "/infer")
    async def infer(self, request: Request):
        image, request_id = image_of(await request.body(), request.headers.get(LENGTH))
        tensors = await self.run(image)
        outputs = [
            {"name": name, "shape": list(t.shape), "datatype": "FP32", "parameters": {"binary_data_size": t.nbytes}}
            for name, t in tensors.items()
        ]
        header = json.dumps({"model_name": NAME, "id": request_id, "outputs": outputs}).encode()
        body = header + b"".join(t.tobytes() for t in tensors.values())
        return Response(body, media_type="application/octet-stream", headers={LENGTH: str(len(header))})

    @serve.batch(max_batch_size=4, batch_wait_timeout_s=0.005)
    async def run(self, images: list) -> list:
        names = [output.name for output in self.session.get_outputs()]
        batch = numpy.concatenate(images)
        results = await asyncio.to_thread(self.session.run, names, {self.input.name: batch})
        return [dict(zip(names, (r[n : n + 1] for r in results))) for n in range(len(images))]


app = Encoder.bind(os.environ["ENCODER"])
