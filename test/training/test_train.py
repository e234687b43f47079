"""What a run carries over: weights of a smaller network, and how well each source goes."""

import json

import pytest
import torch

from train import Difficulty, grown


def test_a_wider_layer_answers_as_before_in_its_old_channels() -> None:
    torch.manual_seed(0)
    old, new = torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(5, 8, 3)
    new.load_state_dict({key: grown(value, new.state_dict()[key]) for key, value in old.state_dict().items()})
    image = torch.randn(1, 5, 8, 8)
    assert torch.allclose(new(image)[:, :4], old(image[:, :3]), atol=1e-6)
    assert new(image)[:, 4:].abs().max() > 0


def test_difficulty_follows_the_targets_of_real_sources(tmp_path) -> None:
    records = [{"split": "train", "source": source} for source in ("a", "b", "a")]
    (tmp_path / "index.jsonl").write_text("\n".join(map(json.dumps, records)))
    difficulty = Difficulty(tmp_path, [])
    for _ in range(300):
        difficulty.learn(torch.tensor([0, -1, 1]), torch.tensor([0.9, 0.1, torch.nan]))
    assert list(difficulty.dice) == pytest.approx([0.9, 0.5], abs=0.01)
