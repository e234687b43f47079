"""Train the model from scratch, on two CPU processes by default or on one GPU; stop and resume at any time.

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
import torch.nn.functional as F
from torch import Tensor

from data import Batches
from losses import contrast, mask_loss, overlap
from model import CONTEXTS, Promptomy
from prompts import PADDING, correction

RATE, DECAY, CLIP, WARM_UP, EMA = 2e-3, 0.02, 1.0, 100, 0.998
TARGETS = 3  # per image
ROUNDS, THIRD_ROUND = 2, 0.35  # rounds of prompts, and how often there is one more
DROP_SIMILARITY, CONTRAST_WEIGHT = 0.3, 0.2
IMAGES = {128: 10, 192: 6, 256: 4, 384: 3}  # per process and step
PHASES = [(0.45, {128: 0.9, 192: 0.1}), (0.52, {128: 0.2, 192: 0.7, 256: 0.1}), (0.88, {192: 0.15, 256: 0.55, 384: 0.3}), (1.01, {256: 1.0})]
REAL_FIRST, REAL_LAST = 0.55, 0.8
SAVE_EVERY = 180.0  # seconds


def side_of(step: int, progress: float) -> int:
    """Training side of a step: the same on every process."""
    mix = next(mix for end, mix in PHASES if progress < end)
    return int(np.random.default_rng(step).choice(list(mix), p=list(mix.values())))


def produce(queue: mp.Queue, progress: "mp.Value", root: str, seed: int, step: int) -> None:
    """Data process: batches ahead of the trainer."""
    torch.set_num_threads(1)
    batches = Batches(Path(root), seed + 7919 * step)
    while True:
        done = min(1.0, progress.value)
        side = side_of(step, done)
        batch = batches.make(IMAGES[side], TARGETS, side, REAL_FIRST + (REAL_LAST - REAL_FIRST) * done)
        queue.put({key: value.numpy() for key, value in batch.items()})
        step += 1


def compact(points: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Move padding to the end and cut the columns that are padding everywhere (at least one stays)."""
    order = (labels == PADDING).int().argsort(dim=1, stable=True)
    count = max(1, int((labels != PADDING).sum(1).max()))
    order = order[:, :count]
    return points.gather(1, order[..., None].expand(-1, -1, 2)), labels.gather(1, order)


def rough_mask(truth: Tensor, generator: torch.Generator) -> Tensor:
    """A lasso's filled logits: the truth blurred and cut at a random level."""
    soft = F.avg_pool2d(truth[:, None], 9, 1, 4)
    level = torch.rand(len(truth), 1, 1, 1, generator=generator) * 0.5 + 0.25
    return torch.where(soft > level, 6.0, -6.0)


def sequence(model: Promptomy, batch: dict[str, Tensor], generator: torch.Generator, rounds: int) -> dict[str, float]:
    """All rounds of one batch with their backward passes; returns what to log."""
    decoder = model.decoder
    image = batch["image"].permute(0, 3, 1, 2).float().div(255).contiguous(memory_format=torch.channels_last)
    truth = batch["truth"].float() / 255
    embedding = model.encoder(image)
    prepared = model.prepare(image, embedding)
    text = model.text(batch["tokens"])
    repeated = {key: value.repeat_interleave(TARGETS, 0) for key, value in prepared.items()}
    leaves = {key: value.detach().requires_grad_() for key, value in repeated.items()}
    text_leaf = text.detach().requires_grad_()
    context = F.one_hot(batch["context"], len(CONTEXTS)).float()
    points, labels = batch["points"], batch["labels"]
    lasso = (torch.rand(len(truth), generator=generator) < 0.06) & (batch["has_text"] == 0)
    mask, has_mask = rough_mask(truth, generator), lasso.float()
    labels = torch.where(lasso[:, None] & (torch.rand(len(truth), 1, generator=generator) < 0.7), PADDING, labels)
    log: dict[str, float] = {}
    present = (truth.flatten(1).amax(1) > 0.5).float()
    alike = (torch.rand(len(truth), generator=generator) > DROP_SIMILARITY).float()
    for turn in range(rounds):
        few = compact(points, labels)
        logits, quality, presence = decoder(leaves, *few, mask, has_mask, text_leaf, batch["has_text"], context, alike)
        used = 4 if turn == 0 else 1
        each = mask_loss(logits[:, :used], truth)
        iou, dice = overlap(logits[:, :used], truth)
        loss = each[:, 0].mean() + (quality[:, :used] - iou).abs().mean()
        loss = loss + 0.5 * F.binary_cross_entropy_with_logits(presence, present)
        if turn == 0:
            loss = loss + each[:, 1:].amin(1).mean() + 0.05 * each[:, 1:].mean()
        (loss / rounds).backward()
        log[f"loss{turn}"] = float(loss.detach())
        chosen = torch.zeros(len(truth), dtype=torch.long)
        if turn == 0:
            lonely = (labels != PADDING).sum(1) == 1
            chosen = torch.where(lonely, 1 + quality[:, 1:].argmax(1), 0)
            log["dice0"] = float(dice.gather(1, chosen[:, None])[present > 0].mean())
        else:
            log[f"dice{turn}"] = float(dice[present > 0, 0].mean())
        mask = logits.detach().gather(1, chosen[:, None, None, None].expand(-1, 1, *logits.shape[2:]))
        point, label = correction(truth, mask[:, 0], generator)
        points, labels = torch.cat([points, point[:, None]], 1), torch.cat([labels, label[:, None]], 1)
        has_mask = (torch.rand(len(truth), generator=generator) < 0.85).float()
    named = batch["name"] >= 0
    roots, grads = [text], [text_leaf.grad]
    if int(named.sum()) > 2:
        cover = F.adaptive_avg_pool2d(truth[:, None], embedding.shape[-1]).reshape(len(image), TARGETS, -1)
        pooled = cover @ embedding.flatten(2).transpose(1, 2) / (cover.sum(2, keepdim=True) + 1e-3)
        pooled = pooled.flatten(0, 1)
        nce = contrast(model.text_head(text[named, 0]), model.region_head(pooled[named]), batch["name"][named], model.temperature)
        roots.append(CONTRAST_WEIGHT * nce)
        grads.append(torch.ones(()))
        log["nce"] = float(nce.detach())
    for key, leaf in leaves.items():
        if leaf.grad is not None:
            roots.append(repeated[key])
            grads.append(leaf.grad)
    torch.autograd.backward(roots, grads)
    return log


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


class State:
    """Everything of a run that outlives a stop."""

    def __init__(self, args: argparse.Namespace):
        self.model = Promptomy().to(memory_format=torch.channels_last)
        self.ema = copy.deepcopy(self.model).requires_grad_(False)
        decay = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0}], lr=RATE)
        self.step, self.seconds = 0, 0.0
        self.info = {"seed": args.seed, "commits": [], "data": data_digest(Path(args.data)), "images": 0}
        self.path = Path(args.out) / "last.pt"
        if args.init:
            weights = torch.load(args.init, weights_only=True)["ema"]
            self.model.load_state_dict(weights)
            self.ema.load_state_dict(weights)
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

    def save(self) -> None:
        """Write beside, then rename, so that a stop never leaves half a checkpoint."""
        part = self.path.with_suffix(".part")
        torch.save({"model": self.model.state_dict(), "ema": self.ema.state_dict(), "optimizer": self.optimizer.state_dict(),
                    "step": self.step, "seconds": self.seconds, "info": self.info}, part)
        os.replace(part, self.path)

    def update(self, share: float, peak: float) -> dict[str, float]:
        """One optimizer step at `share` of the schedule, and the moving average."""
        rate = peak * min(1.0, (self.step + 1) / WARM_UP) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP))
        self.optimizer.step()
        self.step += 1
        keep = min(EMA, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.ema.parameters()), list(self.model.parameters()), 1 - keep)
            for mine, theirs in zip(self.ema.buffers(), self.model.buffers()):
                mine.copy_(theirs)
        return {"norm": norm, "rate": rate}


def report(logs: list[dict[str, float]], step: int, progress: float) -> None:
    """One line of means."""
    keys = sorted({key for entry in logs for key in entry})
    mean = {key: round(float(np.mean([entry[key] for entry in logs if key in entry])), 5) for key in keys}
    speed = sum(entry["images"] for entry in logs) / sum(entry["seconds"] for entry in logs)
    print(json.dumps(mean | {"step": step, "progress": round(progress, 4), "imagesPerSecond": round(speed, 2)}), flush=True)


def worker(rank: int, args: argparse.Namespace) -> None:
    """One training process."""
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    if args.processes > 1:
        dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{args.port}", rank=rank, world_size=args.processes)
    state, budget = State(args), args.hours * 3600
    generator = torch.Generator().manual_seed(args.seed * 1000 + rank + 31 * state.step)
    progress = mp.Value("d", state.seconds / budget)
    queue: mp.Queue = mp.Queue(4)
    mp.Process(target=produce, args=(queue, progress, args.data, args.seed * 100 + rank, state.step), daemon=True).start()
    average = Averager(state.model, args.processes)
    batch = queue.get()
    clock = saved = time.time()
    logs: list[dict[str, float]] = []
    while progress.value < 1:
        state.model.train()
        state.optimizer.zero_grad(set_to_none=True)
        rounds = args.rounds + int(np.random.default_rng(state.step + 1).random() < THIRD_ROUND)
        log = sequence(state.model, {key: torch.from_numpy(value) for key, value in batch.items()}, generator, rounds)
        progress.value = average(state.seconds / budget)
        log |= state.update(progress.value, args.rate) | {"images": len(batch["image"]) * args.processes}
        batch = queue.get()
        log["seconds"], clock = time.time() - clock, time.time()
        state.seconds += log["seconds"]
        state.info["images"] += log["images"]
        logs.append(log)
        if rank == 0 and state.step % args.log_every == 0:
            report(logs, state.step, progress.value)
            logs = []
        if rank == 0 and (time.time() - saved > SAVE_EVERY or progress.value >= 1):
            state.save()
            saved = time.time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("PROMPTOMY_DATA", "../shared/data") + "/train")
    parser.add_argument("--out", required=True)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rate", type=float, default=RATE, help="peak of the learning rate")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of prompts; more at the end teach longer sessions")
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
