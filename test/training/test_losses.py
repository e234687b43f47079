"""The naming losses prefer the right names in the right cells."""

import torch

from train.losses import cell_class_loss


def scene() -> tuple[torch.Tensor, torch.Tensor]:
    """Coverages of two neighbours and of a row that pads, [1,3,4,4], and their weights."""
    cover = torch.zeros(1, 3, 4, 4)
    cover[0, 0, :2, 1], cover[0, 1, 2:, 1] = 1, 1
    return cover, torch.tensor([[1.0, 1, 0]])


def test_names_in_their_cells_cost_less_than_swapped_and_than_none() -> None:
    cover, weight = scene()
    right = cell_class_loss(cover * 12 - 6, cover, weight)
    swapped = cell_class_loss(cover[:, [1, 0, 2]] * 12 - 6, cover, weight)
    nothing = cell_class_loss(torch.full_like(cover, -6), cover, weight)
    assert right < 0.1 and right < nothing < swapped


def test_rows_that_pad_cost_nothing() -> None:
    cover, weight = scene()
    logits = cover * 4 - 2
    loud = logits.clone()
    loud[:, 2] = 50
    assert cell_class_loss(loud, cover, weight) == cell_class_loss(logits, cover, weight)


def test_a_slice_without_names_costs_nothing_and_breaks_nothing() -> None:
    logits = torch.zeros(1, 3, 4, 4, requires_grad=True)
    loss = cell_class_loss(logits, torch.zeros(1, 3, 4, 4), torch.zeros(1, 3))
    loss.backward()
    assert float(loss.detach()) == 0 and torch.isfinite(logits.grad).all()


def test_names_that_share_a_cell_share_it_evenly() -> None:
    cover, weight = torch.ones(1, 2, 1, 1), torch.ones(1, 2)
    even, one = torch.full((1, 2, 1, 1), 5.0), torch.tensor([[[[8.0]], [[2.0]]]])
    assert cell_class_loss(even, cover, weight) < cell_class_loss(one, cover, weight)
