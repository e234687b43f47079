"""One training batch reaches the whole network, and repeating it teaches."""

import pytest
import torch

from data.prompts import repeated
from net.model import Promptomy
from train.losses import mask_loss
from train.rounds import Before, PromptState, compact, sequence, steady_loss


def batch() -> dict[str, torch.Tensor]:
    """Two slices with a bright square each; a click, a box and a name on it."""
    image = torch.full((2, 64, 64, 3), 40, dtype=torch.uint8)
    image[:, 16:40, 20:44] = 200
    truth = torch.zeros(6, 32, 32, dtype=torch.uint8)
    truth[:, 8:20, 10:22] = 255
    points = torch.tensor([[[32.0, 28.0], [0.0, 0.0]], [[20.0, 16.0], [43.0, 39.0]], [[0.0, 0.0], [0.0, 0.0]]]).repeat(2, 1, 1)
    labels = torch.tensor([[1.0, -1.0], [2.0, 3.0], [-1.0, -1.0]]).repeat(2, 1)
    cover = torch.zeros(4, 4, 4, dtype=torch.uint8)
    cover[::2, 1:3, 1:3] = 200
    return {"image": image, "truth": truth, "points": points, "labels": labels, "context": torch.zeros(6, dtype=torch.long),
            "tokens": torch.tensor([[0, 0], [0, 0], [5, 9]]).repeat(2, 1), "has_text": torch.tensor([0.0, 0.0, 1.0]).repeat(2),
            "previous": torch.zeros(6, 32, 32, dtype=torch.uint8), "has_previous": torch.zeros(6), "cover": cover,
            "cover_tokens": torch.tensor([[5, 9], [7, 0]]).repeat(2, 1), "cover_weight": torch.ones(4)}


def test_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    model = Promptomy()
    sequence(model, batch(), torch.Generator().manual_seed(0), 3)
    assert [name for name, p in model.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()] == []


def test_the_text_tower_alone_learns_without_a_gradient_of_the_image() -> None:
    torch.manual_seed(0)
    model = Promptomy()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith("text"))
    sequence(model, batch(), torch.Generator().manual_seed(0), 2)
    assert {name.split(".")[0] for name, p in model.named_parameters() if p.grad is not None} == {"text"}
    assert all(p.grad.abs().sum() > 0 for p in model.text.parameters())


def test_the_same_batch_over_and_over_is_learned() -> None:
    torch.manual_seed(0)
    model = Promptomy()
    optimizer, generator = torch.optim.AdamW(model.parameters(), 2e-3), torch.Generator().manual_seed(0)
    losses = []
    for _ in range(25):
        optimizer.zero_grad()
        losses.append(sequence(model, batch(), generator, 2)[0]["loss0"])
        optimizer.step()
    assert losses[-1] < losses[0] / 2


def test_every_target_that_is_there_gets_a_score() -> None:
    torch.manual_seed(0)
    given = batch()
    given["truth"][2] = 0
    log, scores = sequence(Promptomy(), given, torch.Generator().manual_seed(0), 2)
    assert scores.isnan().tolist() == [False, False, True, False, False, False]
    assert float(scores.nanmean()) == pytest.approx((log["dice0"] + log["dice1"]) / 2)


def test_padding_moves_to_the_end_and_goes_where_nobody_needs_it() -> None:
    points = torch.arange(16.0).reshape(2, 4, 2)
    labels = torch.tensor([[-1.0, 1, -1, 0], [2, -1, -1, -1]])
    few, kinds = compact(points, labels)
    assert kinds.tolist() == [[1, 0], [2, -1]]
    assert few[0].tolist() == [[2, 3], [6, 7]]
    assert few[1, 0].tolist() == [8, 9]


def test_a_mask_beside_is_a_prompt_of_its_own() -> None:
    given = batch()
    given["previous"][0, 9:21, 10:22], given["has_previous"][0] = 255, 1
    given["labels"][0] = -1
    truth = given["truth"].float() / 255
    state = PromptState.first(given, truth, torch.Generator().manual_seed(0))
    assert state.has_mask[0] == 1 and state.mask[0, 0, 10, 12] == 8 and state.mask[0, 0, 0, 0] == -8
    assert not state.alone(given["has_text"])[0], "a mask is answered by the mask for several prompts"


def test_a_repeated_click_lies_where_mask_and_truth_agree() -> None:
    agreed = torch.zeros(2, 16, 16)
    agreed[0, 4:8, 4:8] = 1
    points, labels = repeated(torch.full((2, 1, 2), 0.9), torch.ones(2, 1), agreed, torch.Generator().manual_seed(0))
    assert labels.tolist() == [1, -1]
    assert ((points[0] * 16 >= 4) & (points[0] * 16 < 8)).all()


def test_a_worse_answer_costs_and_a_better_one_does_not() -> None:
    truth = torch.zeros(1, 8, 8)
    truth[:, 2:6, 2:6] = 1
    good = torch.where(truth > 0, 8.0, -8.0)[:, None]
    poor = -good
    before = Before(good, mask_loss(good, truth)[:, 0], torch.zeros(1))
    assert steady_loss(poor, mask_loss(poor, truth), before, truth) > 1
    assert steady_loss(good, mask_loss(good, truth), before, truth) == 0
