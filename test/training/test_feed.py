"""Batches come through shared memory as they were made; how well each source goes decides how often it is drawn."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from data.tasks import Batches
from train.feed import IMAGES, PHASES, TARGETS, Difficulty, Feed, Slot, slot_size


class Numbered:
    """A corpus of nothing whose batches say how many images were asked for, and at which draw of their process."""

    def __init__(self) -> None:
        self.rng, self.asked = np.random.default_rng(0), 0
        self.corpus = SimpleNamespace(sources=["a"], attend=lambda *_: None)

    def make(self, images: int, targets: int, side: int, real: float) -> dict[str, torch.Tensor]:
        self.asked += 1
        return {"image": torch.full((images, side), self.asked, dtype=torch.uint8), "draw": torch.tensor([self.rng.random()])}


def test_a_batch_is_read_as_it_was_written() -> None:
    slot = Slot(4096)
    batch = {"a": torch.arange(7, dtype=torch.uint8), "b": torch.rand(3, 5), "c": torch.arange(6).reshape(2, 3).T}
    read = slot.read(slot.write(batch), "cpu")
    slot.write({"a": torch.zeros(4096, dtype=torch.uint8)})
    assert {key: value.tolist() for key, value in read.items()} == {key: value.tolist() for key, value in batch.items()}


def test_a_batch_too_large_for_a_slot_is_refused() -> None:
    with pytest.raises(RuntimeError):
        Slot(4096).write({"a": torch.zeros(5000, dtype=torch.uint8)})


def test_feeders_draw_apart_and_no_slot_is_lost() -> None:
    feed = Feed(Numbered(), 0.0, [], feeders=2, factor=1, seed=3, step=0)
    batches = [feed.next("cpu") for _ in range(20)]
    side = next(iter(PHASES[0][1]))
    assert all(batch["image"].shape == (IMAGES[side], side) for batch in batches)
    assert len({float(batch["draw"]) for batch in batches}) == 20


def test_a_data_process_that_fails_stops_the_trainer() -> None:
    broken = Numbered()
    broken.make = lambda *_: 1 / 0
    feed = Feed(broken, 0.0, [], feeders=1, factor=1, seed=3, step=0)
    with pytest.raises(RuntimeError, match="data process") as failure:
        feed.next("cpu")
    assert isinstance(failure.value.__cause__, ZeroDivisionError)


def test_a_slot_holds_the_largest_batch_of_real_slices(data_root) -> None:
    batches, largest = Batches(data_root, 1), 0
    for side in {side for _, mix in PHASES for side in mix}:
        batch = batches.make(IMAGES[side], TARGETS, side, 0.5)
        largest = max(largest, sum(value.numel() * value.element_size() for value in batch.values()))
    assert 0.8 * slot_size(1) < largest < slot_size(1)


def test_difficulty_follows_the_targets_of_real_sources() -> None:
    difficulty = Difficulty(2, [])
    for _ in range(300):
        difficulty.learn(torch.tensor([0, -1, 1]), torch.tensor([0.9, 0.1, torch.nan]))
    assert list(difficulty.dice) == pytest.approx([0.9, 0.5], abs=0.01)
