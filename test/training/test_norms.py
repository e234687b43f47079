"""Batch norms take the statistics of whole conversations, then hold still."""

import argparse

import numpy as np
import pytest
import torch

from net.model import Promptomy
from train import norms
from train import run as train
from train.norms import freeze_norms, norms_of, recompute_norms

SIDE = 64


class Made:
    """Batches of noise with a square to find."""

    rng: np.random.Generator

    def make(self, images: int, targets: int, side: int, real: float) -> dict[str, torch.Tensor]:
        count = images * targets
        truth = np.zeros((count, side // 2, side // 2), np.uint8)
        truth[:, 4:20, 6:24] = 255
        points, labels = np.full((count, 1, 2), 24, np.float32), np.ones((count, 1), np.float32)
        rows = {"image": self.rng.integers(0, 256, (images, side, side, 3), np.uint8), "truth": truth, "points": points,
                "labels": labels, "tokens": np.ones((count, 4), np.int64), "has_text": np.zeros(count, np.float32),
                "context": np.zeros(count, np.int64), "previous": np.zeros_like(truth), "has_previous": np.zeros(count, np.float32)}
        return {key: torch.from_numpy(value) for key, value in rows.items()}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Promptomy:
    monkeypatch.setattr(norms, "BATCHES", 2)
    torch.manual_seed(0)
    return Promptomy()


def statistics(model: Promptomy) -> torch.Tensor:
    return torch.cat([torch.cat([norm.running_mean, norm.running_var]) for norm in norms_of(model)])


def test_held_norms_keep_their_statistics_and_learn_their_gains(model: Promptomy) -> None:
    model.train()
    freeze_norms(model)
    before = statistics(model)
    model.encoder(torch.rand(2, 3, SIDE, SIDE)).sum().backward()
    assert torch.equal(statistics(model), before)
    assert model.encoder.out.bn.weight.grad.abs().sum() > 0


def test_settling_does_not_depend_on_where_the_statistics_were(model: Promptomy) -> None:
    recompute_norms(model, Made(), SIDE)
    first, momentum = statistics(model), {norm.momentum for norm in norms_of(model)}
    for norm in norms_of(model):
        norm.running_mean += 3
    recompute_norms(model, Made(), SIDE)
    torch.testing.assert_close(statistics(model), first)
    assert momentum == {0.1}


def test_later_rounds_count(model: Promptomy, monkeypatch: pytest.MonkeyPatch) -> None:
    recompute_norms(model, Made(), SIDE)
    several = statistics(model)
    monkeypatch.setattr(norms, "ROUNDS", 1)
    recompute_norms(model, Made(), SIDE)
    assert not torch.allclose(statistics(model), several, rtol=1e-3)


def test_a_run_settles_once_and_holds_from_there(model: Promptomy, monkeypatch: pytest.MonkeyPatch) -> None:
    settled = []
    monkeypatch.setattr(norms, "recompute_norms", lambda *_: settled.append(1))
    state = argparse.Namespace(model=model, info={})
    live = [train.set_mode(state, Made(), 0.5, share) or model.encoder.out.bn.training for share in (0.1, 0.49, 0.5, 0.9)]
    assert live == [True, True, False, False]
    assert settled == [1] and model.training
