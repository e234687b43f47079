"""Batches ahead of the trainer: data processes write into memory that both sides see, so that nothing is pickled or copied twice."""

import hashlib
import math
import mmap
import traceback
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as mp
from torch import Tensor

from data.tasks import NAMES, Batches

TARGETS = 3  # per image
IMAGES = {192: 14, 256: 8, 320: 5, 384: 4, 512: 2}  # per step and process; `--batch` multiplies them
PHASES = [(0.22, {256: 1.0}), (0.44, {320: 1.0}), (1.01, {384: 1.0})]
REAL = (0.62, 0.62)  # share of real slices, at the start and at the end
HARDNESS = 0.7  # power of the missing Dice of a source that its weight is multiplied by
START_DICE, FORGET = 0.5, 0.02  # of a source, and by how much each target moves it
SMALL_BYTES = 16384  # of an image's points, tokens and names in a batch, at most
ALIGNED = 64  # bytes
ATTEMPTS = 3  # at one batch

Layout = list[tuple[str, torch.dtype, torch.Size, int]]  # key, type, shape and offset of every tensor of a batch


def side_of(step: int, progress: float) -> int:
    """Training side of a step: the same on every process."""
    mix = next(mix for end, mix in PHASES if progress < end)
    return int(np.random.default_rng(step).choice(list(mix), p=list(mix.values())))


def between(ends: tuple[float, float], progress: float) -> float:
    """A setting on its way through a run."""
    return ends[0] + (ends[1] - ends[0]) * progress


def data_digest(root: Path) -> str:
    """SHA-256 of the index, which names every image and label."""
    return hashlib.sha256((root / "index.jsonl").read_bytes()).hexdigest()[:16]


class Difficulty:
    """Running Dice of every source, shared by a trainer and the processes that draw its slices."""

    def __init__(self, sources: int, known: list[float]):
        """`known` is where an earlier part of the run stood, or empty."""
        self.dice = mp.Array("d", known or [START_DICE] * sources)

    def learn(self, sources: Tensor, scores: Tensor) -> None:
        """Take in the Dice [T] of one batch's targets; -1 stands for a source that is made up."""
        for source, score in zip(sources.tolist(), scores.tolist()):
            if source >= 0 and not math.isnan(score):
                self.dice[source] += FORGET * (score - self.dice[source])


class Slot:
    """Shared memory for one batch."""

    def __init__(self, size: int):
        self.memory = mmap.mmap(-1, size)
        self.bytes = torch.frombuffer(self.memory, dtype=torch.uint8)

    def write(self, batch: dict[str, Tensor]) -> Layout:
        """Lay a batch down, one tensor behind the other."""
        layout, offset = [], 0
        for key, value in batch.items():
            flat = value.contiguous().view(-1).view(torch.uint8)
            self.bytes[offset : offset + len(flat)] = flat
            layout.append((key, value.dtype, value.shape, offset))
            offset += -(-len(flat) // ALIGNED) * ALIGNED
        return layout

    def read(self, layout: Layout, device: str) -> dict[str, Tensor]:
        """The batch in one copy on a device; from pinned memory it is on its way when this returns."""
        _, dtype, shape, offset = layout[-1]
        copy = self.bytes[: offset + dtype.itemsize * shape.numel()].to(device, non_blocking=True, copy=True)
        return {key: copy[start : start + kind.itemsize * form.numel()].view(kind).view(form) for key, kind, form, start in layout}

    def pin(self) -> None:
        """Let the GPU read this memory itself."""
        code = torch.cuda.cudart().cudaHostRegister(self.bytes.data_ptr(), len(self.bytes), 0)
        if int(code) != 0:
            raise RuntimeError(f"cudaHostRegister: {code}")


def slot_size(factor: int) -> int:
    """Bytes that hold the largest batch: images, targets and masks of prompts at half size and names at a sixteenth."""
    per_pixel = 3 + 2 * TARGETS / 4 + NAMES / 256
    return max(int(IMAGES[side] * factor * (side * side * per_pixel + SMALL_BYTES)) for _, mix in PHASES for side in mix)


class Feed:
    """Data processes, and what they need to know of the run."""

    def __init__(self, batches: Batches, progress: float, dice: list[float], *, feeders: int, factor: int, seed: int, step: int):
        """`feeders` processes make batches of `factor` times `IMAGES`; all share the slices in memory."""
        self.batches, self.progress = batches, mp.Value("d", progress)
        self.difficulty = Difficulty(len(batches.corpus.sources), dice)
        self.factor, self.slots = factor, [Slot(slot_size(factor)) for _ in range(2 * feeders + 2)]
        fork = mp.get_context("fork")
        self.free, self.ready = fork.SimpleQueue(), fork.SimpleQueue()
        self.lent: list[tuple[torch.cuda.Event, int]] = []
        for slot in range(len(self.slots)):
            self.free.put(slot)
        for feeder in range(feeders):
            fork.Process(target=self.produce, args=(feeder, seed, step), daemon=True).start()

    def produce(self, feeder: int, seed: int, step: int) -> None:
        """A data process; what makes it fail is handed to the trainer, which would wait forever otherwise."""
        torch.set_num_threads(1)
        self.batches.rng = np.random.default_rng([seed, feeder, step])
        try:
            self.fill(step)
        except Exception as error:
            self.ready.put(error)
            raise

    def fill(self, step: int) -> None:
        """Write batches into free slots, without end."""
        while True:
            done = min(1.0, self.progress.value)
            side = side_of(step, done)
            self.batches.corpus.attend(np.array(self.difficulty.dice[:]), HARDNESS)
            batch = self.try_to_make(side, done)
            slot = self.free.get()
            self.ready.put((slot, self.slots[slot].write(batch)))
            step += 1

    def try_to_make(self, side: int, done: float) -> dict[str, Tensor]:
        """A batch; a drawing in many thousands that fails is reported and drawn anew, but not endlessly."""
        for attempt in range(ATTEMPTS):
            try:
                return self.batches.make(IMAGES[side] * self.factor, TARGETS, side, between(REAL, done))
            except Exception:
                traceback.print_exc()
                if attempt + 1 == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def pin(self) -> None:
        """Let the GPU read all slots."""
        for slot in self.slots:
            slot.pin()

    def next(self, device: str) -> dict[str, Tensor]:
        """The next batch on a device. On a GPU the trainer is kept from running more than one step ahead of it."""
        ready = self.ready.get()
        if isinstance(ready, Exception):
            raise RuntimeError("a data process failed") from ready
        slot, layout = ready
        batch = self.slots[slot].read(layout, device)
        if batch["image"].is_cuda:
            event = torch.cuda.Event()
            event.record()
            self.lent.append((event, slot))
            if len(self.lent) > 1:
                event, slot = self.lent.pop(0)
                event.synchronize()
                self.free.put(slot)
        else:
            self.free.put(slot)
        return batch
