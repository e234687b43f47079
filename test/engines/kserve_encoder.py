"""KServe's own model server with an ONNX encoder: `python kserve_encoder.py PORT encoder.onnx`, Open Inference Protocol v2."""

import sys

import onnxruntime
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer


class Encoder(Model):
    def __init__(self, name: str, path: str):
        super().__init__(name)
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.ready = True

    async def get_input_types(self):
        return [{"name": i.name, "datatype": "FP32", "shape": [-1, 3, 512, 512]} for i in self.session.get_inputs()]

    async def get_output_types(self):
        return [{"name": o.name, "datatype": "FP32", "shape": [-1, 128, 32, 32]} for o in self.session.get_outputs()]

    def predict(self, payload: InferRequest, headers=None, response_headers=None) -> InferResponse:
        values = {tensor.name: tensor.as_numpy() for tensor in payload.inputs}
        results = self.session.run(None, values)
        outputs = []
        for meta, array in zip(self.session.get_outputs(), results):
            output = InferOutput(meta.name, list(array.shape), "FP32")
            output.set_data_from_numpy(array, binary_data=True)
            outputs.append(output)
        return InferResponse(payload.id, self.name, outputs, requested_outputs=payload.request_outputs)


if __name__ == "__main__":
    ModelServer(http_port=int(sys.argv[1]), enable_grpc=False, workers=1).start([Encoder("encoder", sys.argv[2])])
