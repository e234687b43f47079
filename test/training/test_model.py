"""What the decoder draws from prompts and thinks of its masks."""

import torch

from model import CONTEXTS, Decoder, Promptomy


def test_a_decided_mask_is_expected_to_be_right_and_a_vague_one_not() -> None:
    decided = torch.full((1, 1, 32, 32), -9.0)
    decided[..., 8:20, 8:20] = 9
    vague = decided / 30
    expected, steady, size = Decoder.hints(torch.cat([decided, vague], 1))[0].T
    assert expected[0] > 0.95 > 0.6 > expected[1]
    assert steady[0] > 0.95 > 0.2 > steady[1]
    assert abs(float(size[0]) - 144 / 1024) < 0.01


def test_prompt_maps_put_clicks_and_boxes_where_they_are() -> None:
    decoder = Decoder()
    points = torch.tensor([[[0.25, 0.75], [0.5, 0.125], [0.9, 0.6]]])
    kinds = torch.zeros(1, 3, 5)
    kinds[0, 0, 0] = kinds[0, 1, 2] = kinds[0, 2, 3] = 1  # a foreground click and two box corners
    maps = decoder.prompt_maps(points, kinds, torch.zeros(1, 1, 64, 64))[0]
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
        alone = model.decoder(prepared, torch.tensor([[[0.5, 0.5]]]), torch.ones(1, 1), *rest)
        padded = model.decoder(prepared, torch.tensor([[[0.5, 0.5], [0.1, 0.9]]]), torch.tensor([[1.0, -1.0]]), *rest)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(alone, padded))
