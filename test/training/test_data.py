"""Slices know their objects, and sources are drawn by what they have to teach."""

import numpy as np
import pytest

from data.slices import Corpus, Slice, source_weight, thickness, with_parts


def slice_of(*layers: np.ndarray, instances: tuple[int, ...] = (), name: str = "kidney") -> Slice:
    """A blank slice whose every value has a name of its own."""
    names = [{int(value): f"{name} {value}" for value in np.unique(layer) if value} for layer in layers]
    item = Slice("1", "test", "CT", "CT", np.zeros((*layers[0].shape, 1), np.uint8), list(layers), names, list(instances))
    with_parts(item)
    return item


def drawn(width: int) -> np.ndarray:
    """A line of so many pixels across a slice of 128."""
    layer = np.zeros((128, 128), np.uint8)
    layer[64 : 64 + width, 10:118] = 1
    return layer


def test_every_part_of_a_slice_knows_its_structure() -> None:
    organs, cells = np.zeros((64, 64), np.uint16), np.zeros((64, 64), np.uint16)
    organs[4:12, 4:12], organs[4:12, 50:58], organs[30:50, 20:50] = 1, 1, 3
    cells[2:8, 30:36], cells[2:8, 38:44], cells[20:26, 38:44] = 7, 9, 9
    item = slice_of(organs, cells, instances=(1,))
    for index, layer in enumerate((organs, cells)):
        assert np.array_equal(item.owners[index][item.parts[index]], layer)
        assert len(item.owners[index]) == 1 + (3, 2)[index], "an id is one object, even in two pieces"
    assert (30, 2, 6, 6) in item.small
    assert (20, 30, 30, 20) not in item.small


@pytest.mark.parametrize(("width", "expected"), [(1, 1.0), (4, 2.0), (20, 8.5)])
def test_thickness_is_about_half_the_width_of_a_line(width: int, expected: float) -> None:
    assert thickness(slice_of(drawn(width))) == pytest.approx(expected, rel=0.2)


def test_sources_with_more_slices_more_names_or_thinner_objects_weigh_more() -> None:
    plain = [slice_of(drawn(9))] * 4
    levels = [slice_of(drawn(9) + 2 * np.roll(drawn(9), 30, 0))] * 4
    assert source_weight(plain) < source_weight(plain * 2) < 2 * source_weight(plain)
    assert source_weight(plain) < source_weight(levels)
    assert source_weight(plain) < source_weight([slice_of(drawn(1))] * 4)


def test_sources_that_go_badly_are_drawn_more_often() -> None:
    corpus = Corpus.__new__(Corpus)
    corpus.weight = np.array([1.0, 1.0, 2.0])
    corpus.attend(np.array([0.5, 0.5, 0.5]), 2.5)
    assert corpus.chance.tolist() == pytest.approx([0.25, 0.25, 0.5])
    corpus.attend(np.array([0.2, 0.8, 0.5]), 2.5)
    assert corpus.chance[0] > 4 * corpus.chance[1]


def test_slices_with_many_names_are_framed_whole_and_upright_more_often() -> None:
    few, many = drawn(9), np.zeros((128, 128), np.uint8)
    for value in range(1, 7):
        many[18 * value : 18 * value + 9, 20:100] = value
    upright = []
    for layer in (few, many):
        corpus, rng = Corpus.__new__(Corpus), np.random.default_rng(0)
        corpus.slices, corpus.sources, corpus.chance = {"a": [slice_of(layer)]}, ["a"], np.ones(1)
        upright.append(np.mean([corpus.real_scene(rng, 32).upright for _ in range(300)]))
    assert upright[1] > upright[0] + 0.08
