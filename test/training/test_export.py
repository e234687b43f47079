"""The exported graphs compute what the trained modules compute."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import torch.nn.functional as F

from net.graphs import DecoderGraph, PrepareGraph, inference
from net.model import CONTEXTS, PREPARED, Promptomy
from train.export import OUTPUTS, round_weights, session, synthetic_image, write

TOLERANCE, SIDE = 1e-4, 128


def random_model() -> Promptomy:
    """An untrained network whose batch norms have seen something."""
    torch.manual_seed(3)
    model = Promptomy().train()
    for _ in range(3):
        image = torch.rand(2, 3, SIDE, SIDE)
        prepared = model.prepare(image, model.encoder(image))
        model.decoder(prepared, torch.rand(2, 2, 2) * SIDE, torch.ones(2, 2), torch.randn(2, 1, 64, 64), torch.ones(2),
                      torch.randn(2, 1, 128), torch.ones(2), torch.zeros(2, len(CONTEXTS)))
    return model.eval().requires_grad_(False)


CASES = {
    "one click": ([[50.0, 65.0]], [1.0], 0.0, 0.0),
    "box and clicks with a mask": ([[25.0, 22.0], [75.0, 78.0], [37.0, 38.0], [5.0, 8.0]], [2.0, 3.0, 1.0, 0.0], 1.0, 0.0),
    "text with one padding point": ([[0.0, 0.0]], [-1.0], 0.0, 1.0),
}


def prompt(name: str) -> dict[str, torch.Tensor]:
    points, labels, has_mask, has_text = CASES[name]
    generator = torch.Generator().manual_seed(5)
    return {
        "point_coords": torch.tensor([points]), "point_labels": torch.tensor([labels]),
        "mask_input": torch.randn(1, 1, SIDE // 2, SIDE // 2, generator=generator) * 5, "has_mask_input": torch.tensor([has_mask]),
        "text_embeddings": torch.randn(1, 1, 128, generator=generator), "has_text": torch.tensor([has_text]),
        "context": F.one_hot(torch.tensor([2]), len(CONTEXTS)).float(),
    }


def slice_input() -> torch.Tensor:
    return torch.from_numpy(synthetic_image(SIDE)).float().div(255).expand(1, 3, -1, -1).contiguous()


@pytest.fixture(scope="module")
def model() -> Promptomy:
    return random_model()


@pytest.fixture(scope="module")
def folder(model: Promptomy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    write(model, path, SIDE)
    return path


@pytest.mark.parametrize("case", list(CASES))
def test_the_graphs_equal_the_trained_network(model: Promptomy, case: str) -> None:
    image, feeds = slice_input(), prompt(case)
    with torch.no_grad():
        embedding = model.encoder(image)
        expected = model.decoder(model.prepare(image, embedding), *feeds.values())
        fused = inference(model)
        assert (fused.encoder(image) - embedding).abs().max() < TOLERANCE
        masks, quality, presence = DecoderGraph(fused.decoder, SIDE)(*PrepareGraph(fused.prepare)(image, embedding), **feeds)
    assert (masks - expected[0]).abs().max() < TOLERANCE * max(1, float(expected[0].abs().max()))
    assert (quality - torch.sigmoid(expected[1])).abs().max() < TOLERANCE
    assert (presence - torch.sigmoid(expected[2])).abs().max() < TOLERANCE


def test_onnx_files_equal_the_graph_modules(folder: Path, model: Promptomy) -> None:
    fused = inference(model)
    prepare, decoder = PrepareGraph(fused.prepare), DecoderGraph(fused.decoder, SIDE)
    round_weights(fused)
    image = slice_input()
    with torch.no_grad():
        embedding = fused.encoder(image)
        prepared = dict(zip(PREPARED, prepare(image, embedding)))
    run = {name: session(folder / f"{name}.onnx") for name in OUTPUTS}
    answer = run["encoder"].run(None, {"image": image.numpy()})[0]
    assert np.abs(answer - embedding.numpy()).max() < TOLERANCE
    for case in CASES:
        feeds = prepared | prompt(case)
        with torch.no_grad():
            expected = decoder(**feeds)
        wanted = {i.name for i in run["decoder"].get_inputs()}
        given = run["decoder"].run(None, {k: v.numpy() for k, v in feeds.items() if k in wanted})
        for mine, theirs in zip(given, expected):
            assert np.abs(mine - theirs.numpy()).max() < TOLERANCE * max(1, float(theirs.abs().max()))


def test_the_encoder_takes_any_batch(folder: Path) -> None:
    encoder = session(folder / "encoder.onnx")
    images = np.random.default_rng(0).random((3, 3, SIDE, SIDE), np.float32)
    embeddings = encoder.run(None, {"image": images})[0]
    assert embeddings.shape == (3, 128, SIDE // 16, SIDE // 16)
    assert (embeddings >= 0).all()


def test_the_decoder_stays_small_enough_for_a_browser_gpu(folder: Path, tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(str(folder / "decoder.onnx"), options, providers=["CPUExecutionProvider"])
    assert len(onnx.load(tmp_path / "optimised.onnx").graph.node) <= 80
