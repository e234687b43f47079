"""Scenes become tasks whose prompts, names and masks agree."""

from types import SimpleNamespace

import numpy as np

from data import tasks
from data.synth import Scene
from data.tasks import Batches, coverage, draw_target, named_masks, part_at_random, pick_value, present_values


def scene() -> Scene:
    """Two kidneys, one liver, and a layer of two cells."""
    organs, cells = np.zeros((64, 64), np.uint16), np.zeros((64, 64), np.uint16)
    organs[4:12, 4:12], organs[4:12, 50:58], organs[30:50, 20:50] = 1, 2, 3
    cells[2:8, 30:36], cells[2:8, 38:44] = 7, 9
    names = [{1: "kidney", 2: "kidney", 3: "liver"}, {0: "cell nucleus"}]
    return Scene(np.zeros((64, 64, 1), np.uint8), [organs, cells], names, "CT", "test", [1])


def test_a_name_means_everything_that_carries_it() -> None:
    drawn = scene()
    masks = named_masks(drawn, [present_values(drawn, layer) for layer in (0, 1)])
    assert {name: int(mask.sum()) for name, mask in masks.items()} == {"kidney": 128, "liver": 600, "cell nucleus": 72}


def test_targets_are_mostly_single_objects() -> None:
    drawn, rng = scene(), np.random.default_rng(0)
    drawn.layers, drawn.names, drawn.instances = drawn.layers[1:], drawn.names[1:], [0]
    values = [present_values(drawn, 0)]
    sizes = [int((draw_target(rng, drawn, values) > 127).sum()) for _ in range(60)]
    assert sizes.count(9) > 40


def test_one_part_is_drawn_at_a_time() -> None:
    mask = scene().layers[0] > 0
    sizes = {int(part_at_random(np.random.default_rng(seed), mask, None).sum()) for seed in range(30)}
    assert sizes == {64, 600}


def test_what_a_warp_broke_is_still_one_part() -> None:
    parts = np.zeros((8, 8), np.uint16)
    parts[1, ::2], parts[6, 3] = 4, 9
    sizes = {int(part_at_random(np.random.default_rng(seed), parts > 0, parts).sum()) for seed in range(30)}
    assert sizes == {4, 1}


def test_coverage_counts_shares_of_a_pixel() -> None:
    mask = np.zeros((4, 4), bool)
    mask[0, 0] = mask[2:, 2:] = True
    assert coverage(mask).tolist() == [[64, 0], [0, 255]]


def test_a_thin_line_does_not_fall_into_dots() -> None:
    mask = np.zeros((32, 32), bool)
    mask[np.arange(32), np.arange(32)] = True
    half = coverage(mask) > 127
    assert half[np.arange(16), np.arange(16)].all()
    assert half.sum() < 48


def test_of_many_organs_large_ones_are_targets_more_often() -> None:
    organs, rng = np.zeros((64, 64), np.uint16), np.random.default_rng(0)
    organs[:40] = 1
    for value in range(2, 9):
        organs[50:54, 4 * value : 4 * value + 4] = value
    present = np.arange(1, 9)
    assert [pick_value(rng, organs, present) for _ in range(60)].count(1) > 40
    assert [pick_value(rng, organs, present[:4]) for _ in range(60)].count(1) < 30


def test_names_with_a_word_of_the_list_are_asked_more_often(monkeypatch) -> None:
    monkeypatch.setattr(tasks, "OFTEN", {"lobe": 4.0})
    batches = SimpleNamespace(phrases=SimpleNamespace(counted=lambda name: "rib" if name == "rib 6" else ""))
    weights = [Batches.weight_of(batches, name) for name in ("lung upper lobe", "lung", "rib 6")]
    assert weights == [4.0, 1.0, tasks.NUMBERED_WEIGHT]
