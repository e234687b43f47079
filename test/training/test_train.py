"""How well each source goes decides how often it is drawn."""

import json

import pytest
import torch

from train import Difficulty


def test_difficulty_follows_the_targets_of_real_sources(tmp_path) -> None:
    records = [{"split": "train", "source": source} for source in ("a", "b", "a")]
    (tmp_path / "index.jsonl").write_text("\n".join(map(json.dumps, records)))
    difficulty = Difficulty(tmp_path, [])
    for _ in range(300):
        difficulty.learn(torch.tensor([0, -1, 1]), torch.tensor([0.9, 0.1, torch.nan]))
    assert list(difficulty.dice) == pytest.approx([0.9, 0.5], abs=0.01)
