"""The IoU head is fitted to what masks really score, and to choose the better candidate."""

import copy

import numpy as np
import torch
from torch import nn

from data.slices import Slice
from net.model import HIDDEN, MASKS, Promptomy
from train import iou_head
from train.iou_head import choice_loss, first_points, fit, parts, sometimes_mirrored, trunk_slices


def rows(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What the head reads of first answers, and IoU and Dice of masks that one of its inputs tells about."""
    generator = torch.Generator().manual_seed(3)
    seen = torch.randn(count, HIDDEN + 2 * MASKS, generator=generator)
    seen[:, 3:] *= 0.2
    iou = torch.sigmoid(torch.stack([seen[:, 0], seen[:, 1], -seen[:, 1], seen[:, 2]], 1))
    return seen, iou, 2 * iou / (1 + iou)


def chosen_dice(judge: nn.Module, seen: torch.Tensor, dice: torch.Tensor) -> float:
    """Mean Dice of the candidate with the best guess."""
    best = judge(seen)[:, 1:MASKS].argmax(1, keepdim=True)
    return float(dice[:, 1:].gather(1, best).mean())


def test_a_fitted_head_chooses_better_candidates_of_rows_it_has_not_seen() -> None:
    torch.manual_seed(0)
    judge = Promptomy().decoder.judge
    seen, iou, dice = rows(600)
    before = chosen_dice(judge, seen[400:], dice[400:])
    fit(judge, seen[:400], iou[:400], dice[:400], torch.ones(400, MASKS), torch.zeros(400, 1))
    best = float(dice[400:, 1:].amax(1).mean())
    assert best - chosen_dice(judge, seen[400:], dice[400:]) < (best - before) / 2


def test_the_guess_of_presence_stays() -> None:
    torch.manual_seed(0)
    judge = Promptomy().decoder.judge
    earlier, (seen, iou, dice) = copy.deepcopy(judge), rows(200)
    fit(judge, seen, iou, dice, torch.ones(200, MASKS), torch.zeros(200, 1))
    assert (judge(seen)[:, MASKS] - earlier(seen)[:, MASKS]).abs().mean() < 0.5 * (judge(seen)[:, 0] - earlier(seen)[:, 0]).abs().mean()


def test_a_single_click_is_judged_half_way_to_what_training_taught(monkeypatch) -> None:
    torch.manual_seed(0)
    before, (seen, iou, dice) = Promptomy().decoder.judge.requires_grad_(False), rows(400)
    moved = {}
    for prior in (0.0, 0.5, 1.0):
        monkeypatch.setattr(iou_head, "CLICK_PRIOR", prior)
        monkeypatch.setattr(iou_head, "CHOICE", 0.0)
        judge = copy.deepcopy(before)
        fit(judge, seen, iou, dice, torch.ones(400, MASKS), torch.ones(400, 1))
        moved[prior] = float((torch.sigmoid(judge(seen)) - torch.sigmoid(before(seen))).detach().abs().mean())
    assert moved[1.0] < moved[0.5] < moved[0.0]
    assert moved[0.5] < 0.75 * moved[0.0]


def test_choosing_the_worse_candidate_costs_its_dice() -> None:
    dice = torch.tensor([[0.9, 0.3, 0.5]])
    assert choice_loss(torch.tensor([[9.0, -9, -9]]), dice) < 0.11
    assert choice_loss(torch.tensor([[-9.0, 9, -9]]), dice) > 0.69


def test_a_first_prompt_starts_inside_its_object() -> None:
    mask, rng = np.zeros((40, 60), bool), np.random.default_rng(0)
    mask[10:14, 5:50] = True
    for _ in range(20):
        x, y = ((first_points(rng, mask)[0].numpy() - 0.5) / 2).T
        assert mask[np.floor(y + 0.5).astype(int), np.floor(x + 0.5).astype(int)].all()


def test_a_mirrored_slice_keeps_its_labels_on_its_pixels() -> None:
    image = np.arange(12, dtype=np.uint8).reshape(3, 4, 1)
    item = Slice("a", "s", "CT", "CT", image, [image[..., 0].copy()], [{}], [])
    seen = [sometimes_mirrored(np.random.default_rng(seed), item) for seed in range(8)]
    assert {int(s.image[0, 0, 0]) for s in seen} == {0, 3}
    assert all(np.array_equal(s.image[..., 0], s.layers[0]) for s in seen)


def test_the_trunk_gives_whole_organs(data_root, monkeypatch) -> None:
    monkeypatch.setattr(iou_head, "TRUNK", 6)
    rng = np.random.default_rng(1)
    slices = list(trunk_slices(rng, data_root))
    assert len(slices) == 6 and {item.context for item in slices} == {"CT", "MR"}
    assert max((target > 0.5).sum() for item in slices for target in parts(item, rng, 128)) > 200
