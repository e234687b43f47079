"""Metrics on cases small enough to count by hand."""

import math

import numpy as np
import pytest

from judge.metrics import area_under_curve, correlation, dice, iou, mean_by_source, mean_of_frequent, quantised

A = np.array([[1, 1, 0, 0]], bool)
B = np.array([[0, 1, 1, 0]], bool)
NONE = np.zeros((1, 4), bool)


@pytest.mark.parametrize(("mask", "truth", "expected_dice", "expected_iou"), [
    (A, A, 1, 1), (A, B, 0.5, 1 / 3), (A, NONE, 0, 0), (NONE, NONE, 1, 1),
])
def test_overlap(mask: np.ndarray, truth: np.ndarray, expected_dice: float, expected_iou: float) -> None:
    assert dice(mask, truth) == expected_dice
    assert iou(mask, truth) == pytest.approx(expected_iou)


def test_a_large_source_counts_as_much_as_a_small_one() -> None:
    rows = [{"source": "large", "dice": 1.0}] * 9 + [{"source": "small", "dice": 0.0}, {"source": "other"}]
    assert mean_by_source(rows, "dice") == 0.5


def test_names_count_equally_and_rare_ones_not_at_all() -> None:
    rows = [{"name": name, "text": value} for name, value, times in [("lung", 1.0, 9), ("polyp", 0.5, 5), ("spleen", 0.0, 4)]
            for _ in range(times)]
    assert mean_of_frequent([*rows, {"name": "lung", "falseArea": 0.5}]) == 0.75
    assert math.isnan(mean_of_frequent(rows[:4]))


def test_ties_count_half_of_the_area_under_the_curve() -> None:
    assert area_under_curve([0.9, 0.5, 0.5, 0.1], [1, 1, 0, 0]) == pytest.approx(3.5 / 4)
    assert math.isnan(area_under_curve([0.5], [1]))


def test_correlation_of_a_constant_is_not_a_number() -> None:
    assert math.isnan(correlation([1, 1], [0, 1]))
    assert correlation([0, 1, 2], [1, 3, 5]) == pytest.approx(1)


def test_quantisation_keeps_the_ends_and_errs_by_half_a_step() -> None:
    embedding = np.random.default_rng(0).random((1, 2, 4, 4)).astype(np.float32) * 8
    rough = quantised(4)(embedding)
    spread = embedding.max((2, 3)) - embedding.min((2, 3))
    assert np.abs(rough - embedding).max((2, 3)) == pytest.approx(spread / 30, rel=0.5)
    assert rough.max() == pytest.approx(embedding.max())
    assert (quantised(32)(embedding) == embedding).all()
