"""How well each source goes decides how often it is drawn."""

import argparse
import json

import pytest
import torch

from model import Promptomy
from train import Difficulty, State, set_mode


def test_difficulty_follows_the_targets_of_real_sources(tmp_path) -> None:
    records = [{"split": "train", "source": source} for source in ("a", "b", "a")]
    (tmp_path / "index.jsonl").write_text("\n".join(map(json.dumps, records)))
    difficulty = Difficulty(tmp_path, [])
    for _ in range(300):
        difficulty.learn(torch.tensor([0, -1, 1]), torch.tensor([0.9, 0.1, torch.nan]))
    assert list(difficulty.dice) == pytest.approx([0.9, 0.5], abs=0.01)


def test_a_run_that_starts_from_held_norms_holds_them(tmp_path) -> None:
    (tmp_path / "index.jsonl").write_text("")
    start = tmp_path / "start.pt"
    torch.save({"ema": Promptomy().state_dict(), "info": {"held": True}}, start)
    state = State(argparse.Namespace(device="cpu", seed=1, data=str(tmp_path), out=str(tmp_path), init=str(start), resume=False))
    set_mode(state, argparse.Namespace(hold=0.0, data=str(tmp_path)), 0.0)  # settling anew would fail without slices
    assert state.model.training and not state.model.encoder.out.bn.training
