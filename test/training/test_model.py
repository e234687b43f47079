"""What the decoder draws from prompts and thinks of its masks."""

import pytest
import torch

from net.model import CONTEXTS, HIDDEN, Decoder, Promptomy


def test_the_judge_hears_of_a_mask_its_area_and_the_mean_trust_in_it() -> None:
    decoder, read = Decoder(), []
    decoder.judge.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0][0, HIDDEN:]))
    logits, trust = torch.full((1, 4, 32, 32), -9.0), torch.full((1, 4, 32, 32), -5.0)
    logits[..., 8:20, 8:20], trust[..., 8:20, 8:20], trust[:, 1, 8:20, 8:20] = 9, 1, -1
    decoder.assess(torch.zeros(1, HIDDEN), logits, trust)
    sure, area = read[0][:2] / decoder.sure_gain, read[0][4] / decoder.area_gain
    assert sure.tolist() == pytest.approx([1, -1], abs=0.05)
    assert abs(float(area) - 144 / 1024) < 0.01


def test_prompt_maps_put_clicks_and_boxes_where_they_are() -> None:
    points = torch.tensor([[[64.0, 192.0], [128.0, 32.0], [230.0, 154.0]]])
    labels = torch.tensor([[1.0, 2.0, 3.0]])  # a foreground click and two box corners
    maps = Decoder().draw(points, labels, torch.zeros(1, 1, 64, 64))[0]
    y, x = divmod(int(maps[0].argmax()), 64)
    assert abs(x - 16) <= 1 and abs(y - 48) <= 1
    assert maps[2:4].abs().max() == 0
    assert maps[4, 20, 45] > 0.99 and maps[4, 20, 20] < 0.01 and maps[4, 50, 45] < 0.01


def test_padding_points_change_nothing() -> None:
    torch.manual_seed(0)
    model = Promptomy().eval()
    with torch.no_grad():
        image = torch.rand(1, 3, 128, 128)
        prepared = model.prepare(image, model.encoder(image))
        rest = torch.zeros(1, 1, 64, 64), torch.zeros(1), torch.zeros(1, 1, 128), torch.zeros(1), torch.zeros(1, len(CONTEXTS))
        alone = model.decoder(prepared, torch.tensor([[[64.0, 64.0]]]), torch.ones(1, 1), *rest)
        padded = model.decoder(prepared, torch.tensor([[[64.0, 64.0], [12.0, 115.0]]]), torch.tensor([[1.0, -1.0]]), *rest)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(alone, padded))
