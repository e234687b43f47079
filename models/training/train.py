"""Train the model, on two CPU processes by default or on one GPU; stop and resume at any time.

    OMP_NUM_THREADS=1 THP_MEM_ALLOC_ENABLE=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_TOP_PAD_=268435456 \\
    python models/training/train.py --data ../shared/data/train --out ../run --hours 2

The schedule follows training seconds, not steps, so that a run of any length anneals. `--resume` continues from the last
checkpoint in `--out`. The MALLOC settings keep freed pages; without them page faults halve the speed on Linux.
"""

import argparse
import copy
import hashlib
import json
import math
import os
import subprocess
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor

from data import read_index
from model import Promptomy
from norms import hold_norms, settle_unheld
from optimizer import Optimizer
from rounds import sequence
from tasks import Batches
from weights import take_over

RATE, CLIP, WARM_UP, EMA = 2e-3, 1.0, 100, 0.996
TARGETS = 3  # per image
ROUNDS = (1, 2, 3, 4)  # of prompts, drawn per step
IMAGES = {192: 14, 256: 8, 320: 5, 384: 4, 512: 2}  # per process and step
PHASES = [(0.35, {256: 1.0}), (0.7, {320: 1.0}), (1.01, {384: 1.0})]
REAL = (0.85, 0.75)  # share of real slices, at the start and at the end
HARDNESS = 0.7  # power of the missing Dice of a source that its weight is multiplied by
START_DICE, FORGET = 0.5, 0.02  # of a source, and by how much each target moves it
HOLD = 0.5  # share of a run after which batch norms hold still
SETTLE_SIDE = 384  # at which norms get the statistics that they hold
SAVE_EVERY = 180.0  # seconds
CLOCKS = {"wall": time.time, "cpu": time.process_time}


def side_of(step: int, progress: float) -> int:
    """Training side of a step: the same on every process."""
    mix = next(mix for end, mix in PHASES if progress < end)
    return int(np.random.default_rng(step).choice(list(mix), p=list(mix.values())))


def between(ends: tuple[float, float], progress: float) -> float:
    """A setting on its way through a run."""
    return ends[0] + (ends[1] - ends[0]) * progress


class Difficulty:
    """Running Dice of every source, shared by a trainer and the process that draws its slices."""

    def __init__(self, root: Path, known: list[float]):
        """`known` is where an earlier part of the run stood, or empty."""
        sources = {record["source"] for record in read_index(root, "train")}
        self.dice = mp.Array("d", known or [START_DICE] * len(sources))

    def learn(self, sources: Tensor, scores: Tensor) -> None:
        """Take in the Dice [T] of one batch's targets; -1 stands for a source that is made up."""
        for source, score in zip(sources.tolist(), scores.tolist()):
            if source >= 0 and not math.isnan(score):
                self.dice[source] += FORGET * (score - self.dice[source])


def produce(queue: mp.Queue, progress: "mp.Value", difficulty: Difficulty, args: argparse.Namespace, seed: int, step: int) -> None:
    """Data process: batches ahead of the trainer."""
    torch.set_num_threads(1)
    batches = Batches(Path(args.data), seed + 7919 * step)
    while True:
        done = min(1.0, progress.value)
        side = side_of(step, done)
        batches.corpus.attend(np.array(difficulty.dice[:]), HARDNESS)
        batch = batches.make(IMAGES[side], TARGETS, side, between(REAL, done))
        queue.put({key: value.numpy() for key, value in batch.items()})
        step += 1


class Averager:
    """Mean of gradients, and of one scalar, over the processes."""

    def __init__(self, model: torch.nn.Module, world: int):
        self.parameters, self.world = [p for p in model.parameters() if p.requires_grad], world

    def __call__(self, scalar: float) -> float:
        if self.world == 1:
            return scalar
        flat = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in self.parameters] + [torch.tensor([scalar])])
        dist.all_reduce(flat)
        flat /= self.world
        offset = 0
        for p in self.parameters:
            p.grad = flat[offset : offset + p.numel()].view_as(p)
            offset += p.numel()
        return float(flat[-1])


def data_digest(root: Path) -> str:
    """SHA-256 of the index, which names every image and label."""
    return hashlib.sha256((root / "index.jsonl").read_bytes()).hexdigest()[:16]


def commit() -> str:
    """The repository's commit, if there is one."""
    result = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=Path(__file__).parent)
    return result.stdout.strip() or "none"


def start(rank: int, args: argparse.Namespace) -> None:
    """Seed this process and join the others."""
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    if args.processes > 1:
        dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{args.port}", rank=rank, world_size=args.processes)


class State:
    """Everything of a run that outlives a stop."""

    def __init__(self, args: argparse.Namespace):
        self.model = Promptomy().to(args.device, memory_format=torch.channels_last)
        self.ema = copy.deepcopy(self.model).requires_grad_(False)
        self.step, self.seconds = 0, 0.0
        self.info = {"seed": args.seed, "commits": [], "data": data_digest(Path(args.data)), "images": 0}
        self.path = Path(args.out) / "last.pt"
        if args.init:
            earlier = torch.load(args.init, weights_only=True)
            take_over(self.ema, earlier["ema"])
            self.info |= {"init": take_over(self.model, earlier["ema"]), "held": earlier["info"].get("held", False)}
        self.optimizer = Optimizer(self.model)
        if args.resume and self.path.exists():
            self.load()
        self.info["commits"] = list(dict.fromkeys([*self.info["commits"], commit()]))

    def load(self) -> None:
        """Continue where the last checkpoint ended."""
        state = torch.load(self.path, weights_only=False)
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds, self.info = state["step"], state["seconds"], state["info"]

    def count(self, log: dict[str, float]) -> None:
        """Add up what one step took and saw."""
        self.seconds += log["seconds"]
        self.info["images"] += log["images"]

    def save(self, difficulty: Difficulty) -> None:
        """Write beside, then rename, so that a stop never leaves half a checkpoint."""
        self.info["dice"] = [round(dice, 3) for dice in difficulty.dice]
        part = self.path.with_suffix(".part")
        torch.save({"model": self.model.state_dict(), "ema": self.ema.state_dict(), "optimizer": self.optimizer.state_dict(),
                    "step": self.step, "seconds": self.seconds, "info": self.info}, part)
        os.replace(part, self.path)

    def update(self, share: float, peak: float) -> dict[str, float]:
        """One optimizer step at `share` of the schedule, and the moving average."""
        rate = peak * min(1.0, (self.step + 1) / WARM_UP) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP))
        self.optimizer.step(rate)
        self.step += 1
        keep = min(EMA, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.ema.parameters()), list(self.model.parameters()), 1 - keep)
            for mine, theirs in zip(self.ema.buffers(), self.model.buffers()):
                mine.copy_(theirs)
        return {"norm": norm, "rate": rate}


def set_mode(state: State, args: argparse.Namespace, progress: float) -> None:
    """Training mode; from `--hold` of the run on with norms that hold still, at statistics that every process finds alike."""
    if progress >= args.hold:
        settle_unheld(state.model, state.info, Path(args.data), SETTLE_SIDE)
        state.info["held"] = True
    state.model.train()
    if state.info.get("held"):
        hold_norms(state.model)


def report(logs: list[dict[str, float]], step: int, progress: float) -> None:
    """One line of means."""
    keys = sorted({key for entry in logs for key in entry})
    mean = {key: round(float(np.nanmean([entry[key] for entry in logs if key in entry])), 5) for key in keys}
    speed = sum(entry["images"] for entry in logs) / sum(entry["seconds"] for entry in logs)
    print(json.dumps(mean | {"step": step, "progress": round(progress, 4), "imagesPerSecond": round(speed, 2)}), flush=True)


class Feed:
    """Batches from a data process, and what that process needs to know of the run."""

    def __init__(self, args: argparse.Namespace, rank: int, state: State):
        self.progress = mp.Value("d", state.seconds / (args.hours * 3600))
        self.difficulty = Difficulty(Path(args.data), state.info.get("dice", []))
        self.queue: mp.Queue = mp.Queue(4)
        process = (self.queue, self.progress, self.difficulty, args, args.seed * 100 + rank, state.step)
        mp.Process(target=produce, args=process, daemon=True).start()
        self.device = args.device

    def next(self) -> dict[str, Tensor]:
        """The next batch, on the device."""
        return {key: torch.from_numpy(value).to(self.device) for key, value in self.queue.get().items()}


def worker(rank: int, args: argparse.Namespace) -> None:
    """One training process."""
    start(rank, args)
    state, now = State(args), CLOCKS[args.clock]
    generator = torch.Generator().manual_seed(args.seed * 1000 + rank + 31 * state.step)
    feed, average = Feed(args, rank, state), Averager(state.model, args.processes)
    batch, logs = feed.next(), []
    clock = saved = now()
    while feed.progress.value < 1:
        set_mode(state, args, feed.progress.value)
        state.model.zero_grad(set_to_none=True)
        rounds = int(np.random.default_rng(state.step + 1).choice(args.rounds))
        log, scores = sequence(state.model, batch, generator, rounds)
        feed.difficulty.learn(batch["source"], scores)
        feed.progress.value = average(state.seconds / (args.hours * 3600))
        log |= state.update(feed.progress.value, args.rate) | {"images": len(batch["image"]) * args.processes}
        batch = feed.next()
        log["seconds"], clock = now() - clock, now()
        state.count(log)
        logs.append(log)
        if rank == 0 and state.step % args.log_every == 0:
            report(logs, state.step, feed.progress.value)
            logs = []
        if rank == 0 and (clock - saved > SAVE_EVERY or feed.progress.value >= 1):
            state.save(feed.difficulty)
            saved = clock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("PROMPTOMY_DATA", "../shared/data") + "/train")
    parser.add_argument("--out", required=True)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rate", type=float, default=RATE, help="peak of the learning rate")
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall", help="cpu: a budget that other work beside it does not eat")
    parser.add_argument("--rounds", type=int, nargs="+", default=ROUNDS, help="rounds of prompts, one drawn per step")
    parser.add_argument("--hold", type=float, default=HOLD, help="batch norms hold still after this share; 0 to go on from a model")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda with --processes 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=29511)
    parser.add_argument("--log-every", type=int, default=25)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--init", help="weights to start from, with a fresh optimizer: checkpoints/shipped.pt is what ships")
    args = parser.parse_args()
    Path(args.out).mkdir(parents=True, exist_ok=True)
    if args.processes == 1:
        worker(0, args)
    else:
        processes = [mp.Process(target=worker, args=(rank, args)) for rank in range(args.processes)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()


if __name__ == "__main__":
    main()
