"""Simulated users put prompts where they belong."""

import numpy as np
import pytest
import torch

from data.prompts import BACKGROUND, BOTTOM_RIGHT, FOREGROUND, PADDING, TOP_LEFT, bounds, centre, correction, first_prompt, scribble


def disc(side: int = 64, x: int = 40, y: int = 20, radius: int = 12) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def test_the_centre_of_a_disc_is_its_centre() -> None:
    assert np.hypot(*np.subtract(centre(disc()), (40, 20))) <= 1


def test_the_centre_of_a_mask_at_the_border_counts_the_border_as_outside() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:, :11] = True
    assert centre(mask)[0] == 5


def test_bounds_are_inclusive_corners() -> None:
    mask = np.zeros((20, 30), bool)
    mask[3:8, 10:21] = True
    assert bounds(mask) == (10, 3, 20, 7)


@pytest.mark.parametrize("seed", range(40))
def test_first_prompts_click_inside_and_box_around(seed: int) -> None:
    mask = disc()
    points, labels = first_prompt(np.random.default_rng(seed), mask)
    assert (labels != PADDING).any()
    for (x, y), label in zip(points, labels):
        if label in (FOREGROUND, BACKGROUND):
            assert mask[int(y), int(x)] == (label == FOREGROUND)
    if TOP_LEFT in labels:
        first, second = points[labels == TOP_LEFT][0], points[labels == BOTTOM_RIGHT][0]
        assert np.abs(first - (28, 8)).max() <= 2.6 and np.abs(second - (52, 32)).max() <= 2.6


@pytest.mark.parametrize("seed", range(20))
def test_scribbles_stay_inside(seed: int) -> None:
    mask = disc()
    stroke = scribble(np.random.default_rng(seed), mask, 12).astype(int)
    assert 1 <= len(stroke) <= 12
    assert mask[stroke[:, 1], stroke[:, 0]].all()


def test_corrections_hit_the_error_with_the_true_label() -> None:
    truth = torch.from_numpy(np.stack([disc(), disc(), disc()])).float()
    logits = torch.stack([torch.full((64, 64), -5.0), torch.full((64, 64), 5.0), truth[2] * 10 - 5])
    points, labels = correction(truth, logits, torch.Generator().manual_seed(0))
    assert labels.tolist() == [FOREGROUND, BACKGROUND, PADDING]
    for i in range(2):
        x, y = (points[i] * 64).int().tolist()
        assert truth[i, y, x] == labels[i]
