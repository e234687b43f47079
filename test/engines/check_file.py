"""`python check_file.py compose|triton FILE`: fails, saying why, where a file of deployment is not what its reader takes."""

import sys
from pathlib import Path

ENCODER = Path(__file__).resolve().parents[2] / "models/default/encoder.onnx"


def compose(text: str) -> None:
    from compose_spec import PyOptions

    PyOptions(apply_merge=True).from_yaml(text).validate()


def triton(text: str) -> None:
    """Triton's own message, and the graph that it is written for: a batch is the first dimension and not among `dims`."""
    import onnxruntime
    from google.protobuf import text_format
    from tritonclient.grpc.model_config_pb2 import ModelConfig

    config = text_format.Parse(text, ModelConfig())
    graph = onnxruntime.InferenceSession(ENCODER, providers=["CPUExecutionProvider"])
    for said, has in ((config.input, graph.get_inputs()), (config.output, graph.get_outputs())):
        wanted = [(tensor.name, ["batch", *tensor.dims]) for tensor in said]
        found = [(tensor.name, tensor.shape) for tensor in has]
        if wanted != found:
            raise ValueError(f"{wanted} is written, the graph has {found}")


if __name__ == "__main__":
    {"compose": compose, "triton": triton}[sys.argv[1]](Path(sys.argv[2]).read_text())
