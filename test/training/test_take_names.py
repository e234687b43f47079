"""A model takes the names that a later run has learned, and keeps the others."""

import copy

import torch

from net.model import TextEncoder
from train.take_names import fit, phrases_of, save_rows


def test_lobes_and_numbered_ribs_are_taken_and_nothing_else() -> None:
    take, keep = phrases_of({"lobe", "rib"})
    assert {"lung upper lobe", "left rib 6", "rib 6"} <= set(take)
    assert {"liver", "rib", "lung"} <= set(keep) and not set(take) & set(keep)


def test_the_taken_names_move_to_those_of_the_run_and_the_others_stay() -> None:
    torch.manual_seed(0)
    tower = TextEncoder().requires_grad_(False)
    run = copy.deepcopy(tower)
    run.table.weight += 0.3 * torch.randn_like(run.table.weight)
    report = fit(tower, run, {"lobe", "rib"})
    assert report["after"] < 0.6 * report["before"]
    assert report["othersMoved"] < 0.3 * report["before"]


def test_rows_that_were_saved_give_the_same_names_again(tmp_path) -> None:
    torch.manual_seed(0)
    tower = TextEncoder().requires_grad_(False)
    before = tower.table.weight.clone()
    tower.table.weight[[5, 9]] += 1
    save_rows(tower, before, tmp_path / "rows.pt")
    assert torch.load(tmp_path / "rows.pt", weights_only=True)["rows"].tolist() == [5, 9]
