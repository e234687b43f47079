"""Write the four ONNX graphs, the manifest and the golden files of a checkpoint.

    python models/training/export.py --checkpoint ../run/last.pt --data ../shared/data/train --out models/default
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from fit_quality import fit_quality
from graphs import INTERNAL, PREPARED, SIDE, DecoderGraph, EncoderGraph, PrepareGraph, TextGraph, inference
from model import CONTEXTS, HEADS, S4, S8, S16, WIDTH, Promptomy
from text import tokenize

OPSET, VERSION = 18, "2026.11.0"
HALF_FROM = 64  # initialisers with at least so many values are stored as fp16
FINE, GRID = INTERNAL // 4, INTERNAL // 16
SHAPES = {
    "image": [1, 3, SIDE, SIDE], "image_embeddings": [1, WIDTH, SIDE // 16, SIDE // 16],
    "features_s4": [1, S4, FINE, FINE], "features_s8": [1, S8, FINE // 2, FINE // 2], "features_s16": [1, S16, GRID, GRID],
    "image_units": [GRID * GRID, WIDTH], "image_keys": [HEADS, WIDTH // HEADS, GRID * GRID],
    "image_values": [HEADS, GRID * GRID, WIDTH // HEADS], "image_queries": [HEADS, GRID * GRID, WIDTH // HEADS],
    "point_coords": [1, "points", 2], "point_labels": [1, "points"], "mask_input": [1, 1, SIDE // 2, SIDE // 2],
    "has_mask_input": [1], "text_embeddings": [1, "texts", WIDTH], "has_text": [1], "context": [1, len(CONTEXTS)],
    "low_res_masks": [1, 4, SIDE // 2, SIDE // 2], "iou_predictions": [1, 4], "presence": [1], "token_ids": [1, "tokens"],
}
INPUTS = {
    "encoder": ["image"],
    "prepare": ["image", "image_embeddings"],
    "decoder": ["image_embeddings", *PREPARED, "point_coords", "point_labels", "mask_input", "has_mask_input",
                "text_embeddings", "has_text", "context"],
    "text-encoder": ["token_ids"],
}
OUTPUTS = {
    "encoder": ["image_embeddings"], "prepare": PREPARED,
    "decoder": ["low_res_masks", "iou_predictions", "presence"], "text-encoder": ["text_embeddings"],
}
SAMPLE_TEXTS = ["liver", "Left kidney", "tumour", "kidney stone", "Barrett's œsophagus", "the vertebra L4", "Région pulmonaire",
                "cell nucleus", "intervertebral disc L5-S1", ""]


def example(name: str) -> torch.Tensor:
    """A tensor of the declared shape; dynamic axes get 3."""
    shape = [3 if isinstance(n, str) else n for n in SHAPES[name]]
    return torch.ones(shape, dtype=torch.long) if name == "token_ids" else torch.zeros(shape)


def dynamic(graph: str, name: str) -> dict[int, object] | None:
    """The dynamic axes of an input."""
    axes: dict[int, object] = {i: torch.export.Dim(n) for i, n in enumerate(SHAPES[name]) if isinstance(n, str)}
    if graph == "encoder":
        axes[0] = torch.export.Dim("batch")
    return axes or None


def to_onnx(module: torch.nn.Module, graph: str, path: Path) -> None:
    """Trace, optimise and store with fp16 weights."""
    names = INPUTS[graph]
    args = tuple(example(name) for name in names)
    if graph == "encoder":
        args = (torch.zeros(2, 3, SIDE, SIDE),)
    shapes = tuple(dynamic(graph, name) for name in names)
    program = torch.onnx.export(module.eval(), args, input_names=names, output_names=OUTPUTS[graph], opset_version=OPSET,
                                dynamic_shapes=shapes, dynamo=True, optimize=True, verbose=False)
    model = program.model_proto
    del model.graph.value_info[:]
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    model.ClearField("metadata_props")
    halve_weights(model)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def halve_weights(model: onnx.ModelProto) -> None:
    """Store large fp32 initialisers as fp16 and cast them back; onnxruntime folds the casts when it loads the graph."""
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < HALF_FROM:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + ".half"))
        casts.append(helper.make_node("Cast", [name + ".half"], [name], name=name + ".cast", to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)


def round_weights(model: Promptomy) -> None:
    """Round to fp16 what will be stored so, to compare like with like."""
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.is_floating_point() and tensor.numel() >= HALF_FROM:
            tensor.data = tensor.data.half().float()


def synthetic_image() -> np.ndarray:
    """Grey 512 x 512 test slice in integer arithmetic: a ramp, a bright disc, a dark ellipse."""
    y, x = np.mgrid[:SIDE, :SIDE]
    image = 40 + (x + 2 * y) // 24
    image = np.where((x - 200) ** 2 + (y - 260) ** 2 < 90**2, 190 + (x * 7 + y * 13) % 17, image)
    image = np.where((x - 370) ** 2 + 4 * (y - 180) ** 2 < 80**2, 12, image)
    return image.astype(np.uint8)


def session(path: Path) -> onnxruntime.InferenceSession:
    """One-thread CPU session."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def golden(folder: Path) -> None:
    """What the exported graphs answer to one click on the synthetic slice."""
    grey = synthetic_image()
    image = np.repeat((grey / np.float32(255))[None, None], 3, 1).astype(np.float32)
    embedding = session(folder / "encoder.onnx").run(None, {"image": image})[0]
    prepared = dict(zip(PREPARED, session(folder / "prepare.onnx").run(None, {"image": image, "image_embeddings": embedding})))
    context = np.eye(len(CONTEXTS), dtype=np.float32)[:1]
    points, labels = np.array([[[200, 260]]], np.float32), np.ones((1, 1), np.float32)
    feeds = prepared | {
        "image_embeddings": embedding, "point_coords": points, "point_labels": labels,
        "mask_input": np.zeros((1, 1, 256, 256), np.float32), "has_mask_input": np.zeros(1, np.float32),
        "text_embeddings": np.zeros((1, 1, WIDTH), np.float32), "has_text": np.zeros(1, np.float32), "context": context,
    }
    decoder = session(folder / "decoder.onnx")
    feeds = {i.name: feeds[i.name] for i in decoder.get_inputs()}
    masks, iou, presence = decoder.run(None, feeds)
    save_file({"image": grey, "image_embeddings": embedding.astype(np.float16), "point_coords": points, "point_labels": labels,
               "low_res_masks": masks.astype(np.float16), "iou_predictions": iou, "presence": presence},
              folder / "golden.safetensors")


def file_entry(path: Path) -> dict:
    """Path, size and digest for the manifest."""
    data = path.read_bytes()
    return {"path": path.name, "bytes": len(data), "digest": "sha256:" + hashlib.sha256(data).hexdigest()}


def signature(session_: onnxruntime.InferenceSession, graph: str) -> dict:
    """Inputs and outputs as the file has them."""
    def describe(values: list) -> dict:
        kinds = {"tensor(float)": "float32", "tensor(int64)": "int64"}
        shapes = {v.name: ["batch", *SHAPES[v.name][1:]] if graph == "encoder" else SHAPES[v.name] for v in values}
        return {v.name: {"type": kinds[v.type], "shape": shapes[v.name]} for v in values}

    return {"inputs": describe(session_.get_inputs()), "outputs": describe(session_.get_outputs())}


def manifest(folder: Path) -> dict:
    """Everything that a server or browser must know of the model."""
    graphs = {}
    for graph, key in (("encoder", "encoder"), ("prepare", "prepare"), ("decoder", "decoder"), ("text-encoder", "textEncoder")):
        path = folder / f"{graph}.onnx"
        graphs[key] = file_entry(path) | signature(session(path), graph)
    return {
        "id": "promptomy-s", "family": "promptomy", "version": VERSION, "name": "Promptomy S", "licence": "Apache-2.0",
        "intendedUse": "research use, not for diagnosis",
        "modalities": ["CT", "MR", "US", "XR", "fundus", "endoscopy", "pathology", "microscopy", "PET"],
        "input": {"size": SIDE, "mean": [0, 0, 0], "std": [255, 255, 255], "resize": "longest-side", "pad": "bottom-right"},
        "embedding": {"shape": SHAPES["image_embeddings"], "wire": "i8"}, "logits": {"size": SIDE // 2, "threshold": 0},
        "prompts": ["point", "box", "scribble", "lasso", "mask", "text"], "contexts": CONTEXTS,
        "graphs": graphs, "golden": file_entry(folder / "golden.safetensors"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--out", default="models/default")
    parser.add_argument("--data", help="refit the IoU head on the training slices of this folder first")
    parser.add_argument("--weights", choices=["ema", "model"], default="ema")
    args = parser.parse_args()
    torch.set_num_threads(1)
    state = torch.load(args.checkpoint, weights_only=False, map_location="cpu")
    model = Promptomy()
    model.load_state_dict(state[args.weights])
    if args.data:
        print(json.dumps(fit_quality(model, Path(args.data), INTERNAL)))
    write(model, Path(args.out))


def write(model: Promptomy, folder: Path) -> None:
    """All files of one model version."""
    folder.mkdir(parents=True, exist_ok=True)
    fused = inference(model)
    to_onnx(EncoderGraph(fused.encoder), "encoder", folder / "encoder.onnx")
    to_onnx(PrepareGraph(fused.prepare), "prepare", folder / "prepare.onnx")
    to_onnx(DecoderGraph(fused.decoder), "decoder", folder / "decoder.onnx")
    to_onnx(TextGraph(fused.text), "text-encoder", folder / "text-encoder.onnx")
    golden(folder)
    tokens = [{"text": text, "ids": tokenize(text)} for text in SAMPLE_TEXTS]
    (folder / "golden-tokens.json").write_text(json.dumps(tokens, indent=1, ensure_ascii=False) + "\n")
    (folder / "manifest.json").write_text(json.dumps(manifest(folder), indent=1) + "\n")
    print({path.name: path.stat().st_size for path in sorted(folder.iterdir())})


if __name__ == "__main__":
    main()
