"""The exported graphs compute what the trained modules compute."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F

from export import OUTPUTS, round_weights, session, synthetic_image, write
from graphs import PREPARED, DecoderGraph, EncoderGraph, PrepareGraph, inference
from model import CONTEXTS, Promptomy

TOLERANCE = 1e-4


def random_model() -> Promptomy:
    """An untrained network whose batch norms have seen something."""
    torch.manual_seed(3)
    model = Promptomy().train()
    for _ in range(3):
        image = torch.rand(2, 3, 128, 128)
        prepared = model.prepare(image, model.encoder(image))
        model.decoder(prepared, torch.rand(2, 2, 2), torch.ones(2, 2), torch.randn(2, 1, 64, 64), torch.ones(2),
                      torch.randn(2, 1, 128), torch.ones(2), torch.zeros(2, len(CONTEXTS)))
    return model.eval().requires_grad_(False)


CASES = {
    "one click": ([[200.0, 260.0]], [1.0], 0.0, 0.0),
    "box and clicks with a mask": ([[100.0, 90.0], [300.0, 310.0], [150.0, 150.0], [20.0, 30.0]], [2.0, 3.0, 1.0, 0.0], 1.0, 0.0),
    "text with one padding point": ([[0.0, 0.0]], [-1.0], 0.0, 1.0),
}


def prompt(name: str) -> dict[str, torch.Tensor]:
    points, labels, has_mask, has_text = CASES[name]
    generator = torch.Generator().manual_seed(5)
    return {
        "point_coords": torch.tensor([points]), "point_labels": torch.tensor([labels]),
        "mask_input": torch.randn(1, 1, 256, 256, generator=generator) * 5, "has_mask_input": torch.tensor([has_mask]),
        "text_embeddings": torch.randn(1, 1, 128, generator=generator), "has_text": torch.tensor([has_text]),
        "context": F.one_hot(torch.tensor([2]), len(CONTEXTS)).float(),
    }


@pytest.fixture(scope="module")
def rounded() -> Promptomy:
    """A model whose fused weights are already what fp16 can hold, so that only the graphs are compared."""
    return random_model()


@pytest.mark.parametrize("case", list(CASES))
def test_the_decoder_graph_equals_the_trained_decoder(rounded: Promptomy, case: str) -> None:
    image = torch.from_numpy(synthetic_image()).float().div(255).expand(1, 3, -1, -1)
    with torch.no_grad():
        embedding = rounded.encoder(image)
        feeds = prompt(case)
        expected = rounded.decoder(
            rounded.prepare(image, embedding), (feeds["point_coords"] + 0.5) / 512, feeds["point_labels"], feeds["mask_input"],
            feeds["has_mask_input"], feeds["text_embeddings"], feeds["has_text"], feeds["context"])
        fused = inference(rounded)
        assert (EncoderGraph(fused.encoder, 512)(image) - embedding).abs().max() < TOLERANCE
        prepared = PrepareGraph(fused.prepare, 512)(image, embedding)
        masks, quality, presence = DecoderGraph(fused.decoder, 512)(embedding, *prepared, **feeds)
    assert (masks - expected[0]).abs().max() < TOLERANCE * max(1, float(expected[0].abs().max()))
    assert (quality - expected[1]).abs().max() < TOLERANCE
    assert (presence - torch.sigmoid(expected[2])).abs().max() < TOLERANCE


def test_onnx_files_equal_the_graph_modules(tmp_path: Path, rounded: Promptomy) -> None:
    write(rounded, tmp_path)
    fused = inference(rounded)
    graph = {"prepare": PrepareGraph(fused.prepare), "decoder": DecoderGraph(fused.decoder)}
    for module in (fused, *graph.values()):
        round_weights(module)
    image = torch.from_numpy(synthetic_image()).float().div(255).expand(1, 3, -1, -1).contiguous()
    with torch.no_grad():
        embedding = EncoderGraph(fused.encoder)(image)
        prepared = dict(zip(PREPARED, graph["prepare"](image, embedding)))
    run = {name: session(tmp_path / f"{name}.onnx") for name in OUTPUTS}
    answer = run["encoder"].run(None, {"image": image.numpy()})[0]
    assert np.abs(answer - embedding.numpy()).max() < TOLERANCE
    for case in CASES:
        feeds = {"image_embeddings": embedding} | prepared | prompt(case)
        with torch.no_grad():
            expected = graph["decoder"](**feeds)
        wanted = {i.name for i in run["decoder"].get_inputs()}
        given = run["decoder"].run(None, {k: v.numpy() for k, v in feeds.items() if k in wanted})
        for mine, theirs in zip(given, expected):
            assert np.abs(mine - theirs.numpy()).max() < TOLERANCE * max(1, float(theirs.abs().max()))


def test_the_encoder_takes_any_batch_and_the_decoder_any_number_of_points(tmp_path: Path, rounded: Promptomy) -> None:
    write(rounded, tmp_path)
    encoder = session(tmp_path / "encoder.onnx")
    assert encoder.run(None, {"image": np.zeros((3, 3, 512, 512), np.float32)})[0].shape == (3, 128, 32, 32)
    assert isinstance(encoder, onnxruntime.InferenceSession)
    assert (encoder.run(None, {"image": np.random.default_rng(0).random((1, 3, 512, 512), np.float32)})[0] >= 0).all()
