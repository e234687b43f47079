"""Train the model, on two CPU processes by default or on one GPU; stop and resume at any time.

    OMP_NUM_THREADS=1 THP_MEM_ALLOC_ENABLE=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_TOP_PAD_=268435456 \\
    python models/training train --data ../shared/data/train --out ../run --hours 2

The schedule follows training seconds, not steps, so that a run of any length anneals. `--resume` continues from the last
checkpoint in `--out`. The MALLOC settings keep freed pages; without them page faults halve the speed on Linux.
"""

import argparse
import copy
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

from data.tasks import Batches
from net.model import Promptomy
from net.weights import load_overlapping
from train.feed import IMAGES, Feed, data_digest
from train.norms import freeze_norms, recompute_unless_frozen
from train.optimizer import Optimizer
from train.rounds import sequence
from train.settings import apply_setting

RATE, CLIP, WARM_UP, EMA = 2e-3, 1.0, 100, 0.998
FEEDERS, FACTOR = {"cpu": 1, "cuda": max(1, (os.cpu_count() or 2) - 2)}, {"cpu": 1, "cuda": 24}  # data processes, and images per step
ROUNDS = (1, 2, 3, 4)  # of prompts, drawn per step
FREEZE = 0.5  # share of a run after which batch norms hold still
NORMS_SIDE = 384  # at which norms get the statistics that they hold
SAVE_EVERY = 60.0  # seconds
SMALL_COPY = "weights.pt"  # beside the checkpoint: the mean weights alone in fp16, as checkpoints/shipped.pt
CLOCKS = {"wall": time.time, "cpu": time.process_time}


class Averager:
    """Mean of gradients, and of one scalar, over the processes."""

    def __init__(self, model: torch.nn.Module, world: int):
        self.parameters, self.world = [p for p in model.parameters() if p.requires_grad], world

    def __call__(self, scalar: float) -> float:
        if self.world == 1:
            return scalar
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in self.parameters]
        flat = torch.cat([*(gradient.flatten() for gradient in gradients), torch.tensor([scalar])])
        dist.all_reduce(flat)
        flat /= self.world
        offset = 0
        for p in self.parameters:
            p.grad = flat[offset : offset + p.numel()].view_as(p)
            offset += p.numel()
        return float(flat[-1])


def commit() -> str:
    """The repository's commit, if there is one."""
    try:
        result = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=Path(__file__).parent)
    except FileNotFoundError:
        return "none"
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
            load_overlapping(self.ema, earlier["ema"])
            held = earlier["info"].get("held", False) and not args.live
            self.info |= {"init": load_overlapping(self.model, earlier["ema"]), "held": held}
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name.startswith(tuple(args.only)))
        if not any(parameter.requires_grad for parameter in self.model.parameters()):
            raise SystemExit(f"--only {' '.join(args.only)}: no such part")
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

    def save(self, dice: list[float]) -> None:
        """Write beside, then rename, so that a stop never leaves half a checkpoint. `dice` is that of every source."""
        self.info["dice"] = [round(value, 3) for value in dice]
        part = self.path.with_suffix(".part")
        torch.save({"model": self.model.state_dict(), "ema": self.ema.state_dict(), "optimizer": self.optimizer.state_dict(),
                    "step": self.step, "seconds": self.seconds, "info": self.info}, part)
        os.replace(part, self.path)
        small = {key: (value.half() if value.is_floating_point() else value).cpu() for key, value in self.ema.state_dict().items()}
        torch.save({"ema": small, "step": self.step, "seconds": self.seconds, "info": self.info}, self.path.with_name(SMALL_COPY))

    def update(self, share: float, peak: float) -> dict[str, Tensor | float]:
        """One optimizer step at `share` of the schedule, and the moving average."""
        rate = peak * min(1.0, (self.step + 1) / WARM_UP) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step(rate)
        self.step += 1
        keep = min(EMA, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.ema.parameters()), list(self.model.parameters()), 1 - keep)
            torch._foreach_copy_(list(self.ema.buffers()), list(self.model.buffers()))
        return {"norm": norm, "rate": rate}


def set_mode(state: State, batches: Batches, hold: float, progress: float) -> None:
    """Training mode; from `hold` of the run on with norms that hold still, at statistics that every process finds alike."""
    if progress >= hold:
        recompute_unless_frozen(state.model, state.info, lambda: batches, NORMS_SIDE)
        state.info["held"] = True
    state.model.train()
    if state.info.get("held"):
        freeze_norms(state.model)


class Journal:
    """What steps log. Tensors stay on the device until a line is due, as every look at one makes a GPU wait."""

    def __init__(self, every: int, quiet: bool):
        """A line of means `every` so many steps, on one of the processes."""
        self.every, self.quiet = every, quiet
        self.logs: list[dict[str, Tensor | float]] = []
        self.scores: list[tuple[Tensor, Tensor]] = []

    def add(self, log: dict[str, Tensor | float], sources: Tensor, scores: Tensor) -> None:
        """Take in one step and how its targets went."""
        self.logs.append(log)
        self.scores.append((sources, scores))

    def read(self, step: int, feed: Feed) -> None:
        """Report if a line is due; either way `feed` learns at the same time how the targets went."""
        progress = feed.progress.value
        if step % self.every and progress < 1:
            return
        for sources, scores in self.scores:
            feed.difficulty.learn(sources, scores)
        if not self.quiet:
            print(json.dumps(self.means() | {"step": step, "progress": round(progress, 4)}), flush=True)
        self.logs, self.scores = [], []

    def means(self) -> dict[str, float]:
        """Of everything logged since the last line."""
        keys = sorted({key for entry in self.logs for key in entry})
        mean = {key: round(float(np.nanmean([float(entry[key]) for entry in self.logs if key in entry])), 5) for key in keys}
        return mean | {"imagesPerSecond": round(mean["images"] / mean["seconds"], 2)}


def feed_of(args: argparse.Namespace, rank: int, state: State, batches: Batches) -> Feed:
    """The data processes of one trainer."""
    share, seed, known = state.seconds / (args.hours * 3600), args.seed * 100 + rank, state.info.get("dice", [])
    feed = Feed(batches, share, known, feeders=args.feeders or FEEDERS[args.device], factor=args.batch or FACTOR[args.device],
                seed=seed, step=state.step)
    if args.device == "cuda":
        feed.pin()
    return feed


def worker(rank: int, args: argparse.Namespace, batches: Batches) -> None:
    """One training process."""
    start(rank, args)
    state, now, journal = State(args), CLOCKS[args.clock], Journal(args.log_every, rank > 0)
    generator = torch.Generator(args.device).manual_seed(args.seed * 1000 + rank + 31 * state.step)
    feed, average = feed_of(args, rank, state, batches), Averager(state.model, args.processes)
    batch = feed.next(args.device)
    clock = saved = begun = now()
    while feed.progress.value < 1 and clock - begun < args.stop_after:
        set_mode(state, batches, args.hold, feed.progress.value)
        state.model.zero_grad(set_to_none=True)
        rounds = int(np.random.default_rng(state.step + 1).choice(args.rounds))
        log, scores = sequence(state.model, batch, generator, rounds)
        feed.progress.value = average(state.seconds / (args.hours * 3600))
        log |= state.update(feed.progress.value, args.rate) | {"images": len(batch["image"]) * args.processes}
        sources, batch = batch["source"], feed.next(args.device)
        log["seconds"], clock = now() - clock, now()
        state.count(log)
        journal.add(log, sources, scores)
        journal.read(state.step, feed)
        if rank == 0 and clock - saved > SAVE_EVERY:
            state.save(feed.difficulty.dice[:])
            saved = clock
    if rank == 0:
        state.save(feed.difficulty.dice[:])


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("PROMPTOMY_DATA", "../shared/data") + "/train")
    parser.add_argument("--out", required=True)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rate", type=float, default=RATE, help="peak of the learning rate")
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall", help="cpu: a budget that other work beside it does not eat")
    parser.add_argument("--rounds", type=int, nargs="+", default=ROUNDS, help="rounds of prompts, one drawn per step")
    parser.add_argument("--hold", type=float, default=FREEZE, help="batch norms hold still after this share; 0 to go on from a model")
    parser.add_argument("--device", default="cpu", choices=list(FEEDERS), help="cuda wants --processes 1")
    parser.add_argument("--feeders", type=int, help="data processes of each training process")
    parser.add_argument("--batch", type=int, help=f"times as many images per step as {IMAGES}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=29511)
    parser.add_argument("--log-every", type=int, default=25)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--live", action="store_true", help="the batch norms of --init move again until --hold")
    parser.add_argument("--stop-after", type=float, default=math.inf, help="seconds until this part ends; go on with --resume")
    parser.add_argument("--init", help="weights to start from, with a fresh optimizer: checkpoints/shipped.pt is what ships")
    parser.add_argument("--only", nargs="+", default=[""], metavar="PART", help="what is trained, all by default; text leaves masks of clicks be")
    parser.add_argument("--set", nargs="+", default=[], metavar="MODULE.NAME=VALUE", help="e.g. data.tasks.BESIDE=0.7")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    for setting in args.set:
        apply_setting(setting)
    Path(args.out).mkdir(parents=True, exist_ok=True)
    batches = Batches(Path(args.data), args.seed)
    if args.processes == 1:
        worker(0, args, batches)
    else:
        processes = [mp.get_context("fork").Process(target=worker, args=(rank, args, batches)) for rank in range(args.processes)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()

