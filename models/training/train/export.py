"""Write the four ONNX graphs, the manifest and the golden files of a checkpoint.

    python models/training export --checkpoint ../run/last.pt --data ../shared/data/train --out models/default
    python models/training export --checkpoint models/training/checkpoints/shipped.pt --head models/training/checkpoints/iou-head.pt      # what ships
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

from data.tasks import Batches
from net.graphs import DecoderGraph, PrepareGraph, TextGraph, inference
from net.model import CONTEXTS, MASKS, PIXEL, PREPARED, S2, S4, S8, S16, WIDTH, Promptomy
from net.preprocess import SIDE
from net.text import tokenize
from net.weights import blended
from train.iou_head import fit_quality
from train.norms import recompute_unless_frozen
from train.settings import apply_setting

OPSET, VERSION = 18, "2026.11.9"
HALF_FROM = 64  # initialisers with at least so many values are stored as fp16


def shapes(side: int) -> dict[str, list[int | str]]:
    """Every tensor of the graphs for a frame of `side` pixels; words are dynamic axes."""
    half, fine, eighth, grid = side // 2, side // 4, side // 8, side // 16
    return {
        "image": [1, 3, side, side], "image_embeddings": [1, WIDTH, grid, grid],
        "features_s2": [1, S2, half, half], "features_s4": [1, S4, fine, fine], "features_s8": [1, S8, eighth, eighth],
        "features_s16": [1, S16, grid, grid], "image_keys": [1, WIDTH, grid, grid], "image_values": [1, WIDTH, grid, grid],
        "pixel_keys": [1, PIXEL, fine, fine], "point_coords": [1, "points", 2], "point_labels": [1, "points"],
        "mask_input": [1, 1, half, half], "has_mask_input": [1], "text_embeddings": [1, "texts", WIDTH], "has_text": [1],
        "context": [1, len(CONTEXTS)], "low_res_masks": [1, MASKS, half, half], "iou_predictions": [1, MASKS], "presence": [1],
        "token_ids": [1, "tokens"],
    }


INPUTS = {
    "encoder": ["image"],
    "prepare": ["image", "image_embeddings"],
    "decoder": [*PREPARED, "point_coords", "point_labels", "mask_input", "has_mask_input",
                "text_embeddings", "has_text", "context"],
    "text-encoder": ["token_ids"],
}
OUTPUTS = {
    "encoder": ["image_embeddings"], "prepare": PREPARED,
    "decoder": ["low_res_masks", "iou_predictions", "presence"], "text-encoder": ["text_embeddings"],
}
SAMPLE_TEXTS = ["liver", "Left kidney", "tumour", "kidney stone", "Barrett's œsophagus", "the vertebra L4", "Région pulmonaire",
                "cell nucleus", "intervertebral disc L5-S1", ""]


def example(name: str, side: int) -> torch.Tensor:
    """A tensor of the declared shape; dynamic axes get 3."""
    shape = [3 if isinstance(n, str) else n for n in shapes(side)[name]]
    return torch.ones(shape, dtype=torch.long) if name == "token_ids" else torch.zeros(shape)


def dynamic(graph: str, name: str, side: int) -> dict[int, object] | None:
    """The dynamic axes of an input."""
    axes: dict[int, object] = {i: torch.export.Dim(n) for i, n in enumerate(shapes(side)[name]) if isinstance(n, str)}
    if graph == "encoder":
        axes[0] = torch.export.Dim("batch")
    return axes or None


def to_onnx(module: torch.nn.Module, graph: str, path: Path, side: int) -> None:
    """Trace, optimise and store with fp16 weights."""
    names = INPUTS[graph]
    args = tuple(example(name, side) for name in names)
    if graph == "encoder":
        args = (torch.zeros(2, 3, side, side),)
    axes = tuple(dynamic(graph, name, side) for name in names)
    program = torch.onnx.export(module.eval(), args, input_names=names, output_names=OUTPUTS[graph], opset_version=OPSET,
                                dynamic_shapes=axes, dynamo=True, optimize=True, verbose=False)
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


def synthetic_image(side: int) -> np.ndarray:
    """Grey test slice in integer arithmetic: a ramp, a bright disc, a dark ellipse."""
    y, x = np.mgrid[:side, :side] * 512 // side
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


def golden(folder: Path, side: int) -> None:
    """What the exported graphs answer to one click on the disc of the synthetic slice."""
    grey = synthetic_image(side)
    image = np.repeat((grey / np.float32(255))[None, None], 3, 1).astype(np.float32)
    embedding = session(folder / "encoder.onnx").run(None, {"image": image})[0]
    prepared = dict(zip(PREPARED, session(folder / "prepare.onnx").run(None, {"image": image, "image_embeddings": embedding})))
    context = np.eye(len(CONTEXTS), dtype=np.float32)[:1]
    points, labels = np.array([[[200, 260]]], np.float32) * side // 512, np.ones((1, 1), np.float32)
    feeds = prepared | {
        "image_embeddings": embedding, "point_coords": points, "point_labels": labels,
        "mask_input": np.zeros((1, 1, side // 2, side // 2), np.float32), "has_mask_input": np.zeros(1, np.float32),
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


def signature(session_: onnxruntime.InferenceSession, graph: str, side: int) -> dict:
    """Inputs and outputs as the file has them."""
    def describe(values: list) -> dict:
        kinds = {"tensor(float)": "float32", "tensor(int64)": "int64"}
        declared = {name: ["batch", *shape[1:]] if graph == "encoder" else shape for name, shape in shapes(side).items()}
        return {v.name: {"type": kinds[v.type], "shape": declared[v.name]} for v in values}

    return {"inputs": describe(session_.get_inputs()), "outputs": describe(session_.get_outputs())}


def manifest(folder: Path, side: int) -> dict:
    """Everything that a server or browser must know of the model."""
    graphs = {}
    for graph, key in (("encoder", "encoder"), ("prepare", "prepare"), ("decoder", "decoder"), ("text-encoder", "textEncoder")):
        path = folder / f"{graph}.onnx"
        graphs[key] = file_entry(path) | signature(session(path), graph, side)
    return {
        "id": "promptomy-s", "version": VERSION, "name": "Promptomy S", "licence": "Apache-2.0",
        "intendedUse": "research use, not for diagnosis",
        "modalities": ["CT", "MR", "US", "XR", "fundus", "endoscopy", "pathology", "microscopy", "PET"],
        "input": {"size": side, "mean": [0, 0, 0], "std": [255, 255, 255], "resize": "longest-side", "pad": "bottom-right"},
        "embedding": {"shape": shapes(side)["image_embeddings"], "wire": "i8"}, "logits": {"size": side // 2, "threshold": 0},
        "prompts": ["point", "box", "scribble", "lasso", "mask", "text"], "contexts": CONTEXTS,
        "graphs": graphs, "golden": file_entry(folder / "golden.safetensors"),
    }


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--out", default="models/default")
    parser.add_argument("--data", help="first fit batch norms and the IoU head to the training slices of this folder")
    parser.add_argument("--head", help="IoU head that was fitted before, instead of --data: checkpoints/iou-head.pt is what ships")
    parser.add_argument("--blend", help="checkpoint that the run started from: export a mean of both")
    parser.add_argument("--share", type=float, default=0.5, help="of the checkpoint to blend in")
    parser.add_argument("--side", type=int, default=SIDE, help="of the frame that the graphs take, a multiple of 16")
    parser.add_argument("--weights", choices=["ema", "model"], default="ema")
    parser.add_argument("--set", nargs="+", default=[], metavar="MODULE.NAME=VALUE", help="e.g. train.iou_head.PER_SOURCE=16: a quicker fit")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    for setting in args.set:
        apply_setting(setting)
    torch.set_num_threads(1)
    state = torch.load(args.checkpoint, weights_only=False, map_location="cpu")
    model = Promptomy()
    weights = state[args.weights]
    if args.blend:
        weights = blended(weights, torch.load(args.blend, weights_only=True)["ema"], args.share)
    model.load_state_dict(weights)
    if args.data:
        recompute_unless_frozen(model, state["info"], lambda: Batches(Path(args.data), 0), args.side)
        print(json.dumps(fit_quality(model, Path(args.data), args.side)))
    if args.head:
        model.decoder.judge.load_state_dict(torch.load(args.head, weights_only=True))
    write(model, Path(args.out), args.side)


def write(model: Promptomy, folder: Path, side: int = SIDE) -> None:
    """All files of one model version."""
    folder.mkdir(parents=True, exist_ok=True)
    fused = inference(model)
    graphs = {"encoder": fused.encoder, "prepare": PrepareGraph(fused.prepare), "decoder": DecoderGraph(fused.decoder, side),
              "text-encoder": TextGraph(fused.text)}
    for name, module in graphs.items():
        to_onnx(module, name, folder / f"{name}.onnx", side)
    golden(folder, side)
    tokens = [{"text": text, "ids": tokenize(text)} for text in SAMPLE_TEXTS]
    (folder / "golden-tokens.json").write_text(json.dumps(tokens, indent=1, ensure_ascii=False) + "\n")
    (folder / "manifest.json").write_text(json.dumps(manifest(folder, side), indent=1) + "\n")
    print({path.name: path.stat().st_size for path in sorted(folder.iterdir())})

