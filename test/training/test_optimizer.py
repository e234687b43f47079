"""Every weight moves by its gradient, matrices evenly in all directions, and a stopped run goes on as if it had not."""

import copy

import pytest
import torch
from torch import nn

from net.model import Promptomy
from train.optimizer import Optimizer, as_matrix


def small() -> nn.Module:
    """A convolution, a linear layer and biases."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(32, 4)).to(memory_format=torch.channels_last)


def teach(model: nn.Module, optimizer: Optimizer, steps: int) -> float:
    """A few steps towards a fixed answer; returns the last loss."""
    image, wanted = torch.linspace(0, 1, 48).reshape(1, 3, 4, 4), torch.tensor([[1.0, -1, 0.5, 0]])
    loss = torch.zeros(())
    for _ in range(steps):
        model.zero_grad(set_to_none=True)
        loss = (model(image) - wanted).square().mean()
        loss.backward()
        optimizer.step(0.02)
    return float(loss.detach())


def test_every_weight_of_the_network_moves() -> None:
    model = Promptomy().to(memory_format=torch.channels_last)
    before, optimizer = copy.deepcopy(model.state_dict()), Optimizer(model)
    for p in model.parameters():
        p.grad = torch.randn_like(p)
    optimizer.step(0.01)
    assert [name for name, p in model.named_parameters() if torch.equal(p, before[name])] == []


def test_a_matrix_moves_about_as_far_in_weak_directions_as_in_strong_ones() -> None:
    layer = nn.Linear(4, 4)
    before, optimizer = layer.weight.detach().clone(), Optimizer(layer)
    layer.weight.grad = torch.diag(torch.tensor([1.0, 0.5, 0.2, 0.1]))
    optimizer.step(0.02)
    moved = torch.linalg.svdvals(before - layer.weight.detach())
    assert moved[3] > 0.5 * moved[0]


def test_it_learns() -> None:
    model = small()
    assert teach(model, Optimizer(model), 60) < 0.01


def test_a_resumed_run_takes_the_same_steps() -> None:
    model = small()
    optimizer = Optimizer(model)
    teach(model, optimizer, 3)
    other = copy.deepcopy(model)
    resumed = Optimizer(other)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert teach(model, optimizer, 3) == pytest.approx(teach(other, resumed, 3), rel=1e-6)
    assert torch.equal(model[2].weight, other[2].weight)


def test_weights_in_another_memory_format_are_refused() -> None:
    with pytest.raises(ValueError, match="channels-last"):
        Optimizer(nn.Conv2d(4, 8, 3))
