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
import torch.nn.functional as F
from torch import Tensor

from losses import mask_loss, naming_loss, overlap
from model import CONTEXTS, MASKS, WIDTH, Promptomy
from prompts import PADDING, correction
from tasks import Batches

RATE, DECAY, CLIP, WARM_UP, EMA = 2e-3, 0.02, 1.0, 100, 0.998
TARGETS = 3  # per image
ROUNDS = (2, 3, 3, 4)  # of prompts, drawn per step
LASSO, NAMING_WEIGHT = 0.05, 1.5
IMAGES = {192: 14, 256: 8, 320: 5, 384: 4, 512: 2}  # per process and step
PHASES = [(0.15, {192: 1.0}), (0.5, {256: 1.0}), (1.01, {320: 1.0})]
REAL_FIRST, REAL_LAST = 0.7, 0.88
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
    soft = F.interpolate(F.avg_pool2d(truth[:, None], 4), scale_factor=4.0, mode="bilinear")
    level = (torch.rand(len(truth), 1, 1, 1, generator=generator) * 0.5 + 0.25).to(truth.device)
    return torch.where(soft > level, 6.0, -6.0)


def first_loss(each: Tensor) -> Tensor:
    """Of losses [B,4]: the mask for several prompts, and the best of the three candidates with a little of all."""
    return each[:, 0].mean() + each[:, 1:].amin(1).mean() + 0.05 * each[:, 1:].mean()


def answer_loss(answer: tuple[Tensor, Tensor, Tensor], truth: Tensor, present: Tensor, first: bool) -> tuple[Tensor, Tensor]:
    """The loss of one round, and the Dice [B,4] or [B,1] of the masks it counts."""
    logits, quality, presence = answer
    used = MASKS if first else 1
    each = mask_loss(logits[:, :used], truth)
    iou, dice = overlap(logits[:, :used], truth)
    loss = first_loss(each) if first else each[:, 0].mean()
    loss = loss + (torch.sigmoid(quality[:, :used].float()) - iou).abs().mean()
    return loss + 0.5 * F.binary_cross_entropy_with_logits(presence.float(), present), dice


def rounds_of(model: Promptomy, leaves: dict[str, Tensor], text: Tensor, batch: dict[str, Tensor], generator: torch.Generator,
              rounds: int) -> dict[str, float]:
    """All rounds of prompts of one batch with their backward passes down to the leaves; returns what to log."""
    truth, side = batch["truth"].float() / 255, batch["image"].shape[1]
    context = F.one_hot(batch["context"], len(CONTEXTS)).float()
    points, labels = batch["points"], batch["labels"]
    lasso = (torch.rand(len(truth), generator=generator) < LASSO).to(truth.device) & (batch["has_text"] == 0)
    mask, has_mask = rough_mask(truth, generator), lasso.float()
    alone = (torch.rand(len(truth), 1, generator=generator) < 0.7).to(truth.device)
    labels = torch.where(lasso[:, None] & alone, PADDING, labels)
    present = (truth.flatten(1).amax(1) > 0.5).float()
    log: dict[str, float] = {}
    for turn in range(rounds):
        few = compact(points, labels)
        with torch.autocast(truth.device.type, torch.bfloat16):
            answer = model.decoder(leaves, *few, mask, has_mask, text, batch["has_text"], context)
        loss, dice = answer_loss(answer, truth, present, turn == 0)
        (loss / rounds).backward()
        log |= {f"loss{turn}": float(loss.detach())}
        chosen = torch.zeros(len(truth), dtype=torch.long, device=truth.device)
        if turn == 0:
            lonely = (labels != PADDING).sum(1) == 1
            chosen = torch.where(lonely, 1 + answer[1][:, 1:].argmax(1), 0)
            log |= {"click": float(dice.gather(1, chosen[:, None])[lonely & (batch["has_text"] == 0) & ~lasso].mean()),
                    "name": float(dice[(batch["has_text"] > 0) & (present > 0), 0].mean())}
        log[f"dice{turn}"] = float(dice.gather(1, chosen[:, None])[present > 0].mean())
        mask = answer[0].detach().gather(1, chosen[:, None, None, None].expand(-1, 1, *answer[0].shape[2:]))
        if turn == rounds - 1:
            break
        point, label = correction(truth, mask[:, 0], generator)
        points = torch.cat([points, (point * side - 0.5)[:, None]], 1)
        labels = torch.cat([labels, label[:, None]], 1)
        has_mask = (torch.rand(len(truth), generator=generator) < 0.85).float().to(truth.device)
    return log


def sequence(model: Promptomy, batch: dict[str, Tensor], generator: torch.Generator, rounds: int) -> dict[str, float]:
    """One batch: encode once, answer every round, then carry the gradients of all rounds through the image."""
    image = batch["image"].permute(0, 3, 1, 2).float().div(255).contiguous(memory_format=torch.channels_last)
    with torch.autocast(image.device.type, torch.bfloat16):
        prepared = model.prepare(image, model.encoder(image))
        text = model.text(batch["tokens"])
        names = model.text(batch["cover_tokens"])[:, 0].reshape(len(image), -1, WIDTH)
        alike = torch.einsum("bkc,bchw->bkhw", names, prepared["image_keys"])
    where = (alike.float() * model.naming[0].exp() + model.naming[1]).flatten(0, 1)
    naming = naming_loss(where, batch["cover"].float() / 255, batch["cover_weight"])
    repeated = {key: value.repeat_interleave(len(batch["truth"]) // len(image), 0) for key, value in prepared.items()}
    repeated["text"] = text
    leaves = {key: value.detach().requires_grad_() for key, value in repeated.items()}
    log = rounds_of(model, leaves, leaves["text"], batch, generator, rounds) | {"naming": float(naming.detach())}
    torch.autograd.backward([NAMING_WEIGHT * naming, *repeated.values()],
                            [None, *(torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves.values())])
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
        self.model = Promptomy().to(args.device, memory_format=torch.channels_last)
        self.ema = copy.deepcopy(self.model).requires_grad_(False)
        decay = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0}], lr=RATE)
        self.step, self.seconds = 0, 0.0
        self.info = {"seed": args.seed, "commits": [], "data": data_digest(Path(args.data)), "images": 0}
        self.path = Path(args.out) / "last.pt"
        if args.init:
            self.start_from(torch.load(args.init, weights_only=True)["ema"])
        if args.resume and self.path.exists():
            self.load()
        self.info["commits"] = list(dict.fromkeys([*self.info["commits"], commit()]))

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Take over every weight that still fits."""
        mine = self.model.state_dict()
        fitting = {key: value for key, value in weights.items() if key in mine and mine[key].shape == value.shape}
        for model in (self.model, self.ema):
            model.load_state_dict(fitting, strict=False)
        self.info["init"] = f"{len(fitting)} of {len(mine)} tensors"

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
    mean = {key: round(float(np.nanmean([entry[key] for entry in logs if key in entry])), 5) for key in keys}
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
        rounds = int(np.random.default_rng(state.step + 1).choice(args.rounds))
        log = sequence(state.model, {key: torch.from_numpy(value).to(args.device) for key, value in batch.items()}, generator, rounds)
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
    parser.add_argument("--rounds", type=int, nargs="+", default=ROUNDS, help="rounds of prompts, one drawn per step")
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
