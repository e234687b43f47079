"""What each choice of the recipe is worth: short runs from scratch that differ in one thing, judged on `val`.

    OMP_NUM_THREADS=1 python models/training ablate --data ../shared/data/train --out ../ablation --minutes 6

What an earlier model never saw can be taken from a run that goes on from its weights (`--init`, with a frame that it can use).
Each run has one process and one core, and two run at a time (`--jobs`). Scores of such short runs are low and compare only with
each other. Three minutes are too few: most of them pass near the empty mask. "Falls" are the later clicks of `val` that lower the
Dice by more than .10; names on CT and on MR, masks of the slice beside and what is left of them where their structure has ended
are those of cuts through bodies that no run has drawn (`judge/made_up.py`).
"""

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as mp

from data import slices as data
from data import tasks
from data.synth import body_scene, scan
from data.tasks import Batches
from judge import evaluate, made_up
from net.model import FINE_QUERIES, MAPS, QUERIES, Promptomy
from train import export
from train import feed
from train import rounds
from train import run as train
from train.norms import recompute_unless_frozen

PIXELS, RATE = 24 * 128 * 128, 2e-3  # of a batch
BOX = 4  # of the maps: those before it are clicks, the one behind it is the previous mask
BODIES, HEADS, SHAPES = 0, 1, 4  # of the kinds of synthesis
FALL = 0.1  # of the Dice from one click to the next
COLUMNS = ("dice1", "dice3", "dice5", "falls", "box", "scribble", "text", "nameCT", "nameMR", "beside", "left")


@dataclass
class Variant:
    """What a run does without: input channels of the painting convolutions, or parts of the data."""

    title: str
    unseen16: range = range(0)
    unseen4: range = range(0)
    settings: dict[tuple[object, str], object] = field(default_factory=dict)
    seed: int = 1


def without(kind: int) -> tuple[float, ...]:
    """Shares of the kinds of synthesis with one of them at nothing."""
    return tuple(0 if i == kind else share / (1 - data.SYNTHETIC[kind]) for i, share in enumerate(data.SYNTHETIC))


VARIANTS = {
    "recipe": Variant("everything"),
    "seed": Variant("everything, another seed", seed=2),
    "tokens": Variant("clicks and boxes not drawn, only read into queries", range(BOX + 1), range(BOX + 1)),
    "maps": Variant("no similarity maps, prompts are only drawn", range(MAPS, MAPS + QUERIES + 1), range(MAPS, MAPS + FINE_QUERIES)),
    "no-regions": Variant("no superpixel targets", settings={(tasks, "REGION_GROWN"): 0.0}),
    "even": Variant("sources drawn however well they go", settings={(feed, "HARDNESS"): 0.0}),
    "untold": Variant("cells not classified among names", settings={(rounds, "CELL_CLASS_WEIGHT"): 0.0}),
    "live": Variant("batch norms live to the end", settings={(train, "FREEZE"): 2.0}),
    "broken": Variant("thin objects fall apart in the warp", settings={(data, "KEEP_PARTS"): False}),
    "real": Variant("real slices only", settings={(feed, "REAL"): (1.0, 1.0)}),
    "no-bodies": Variant("no whole bodies", settings={(data, "SYNTHETIC"): without(BODIES)}),
    "no-mr": Variant("no cuts painted as MR", settings={(body_scene, "CT_SHARE"): 1.0, (scan, "MR_LIKE"): 0.0}),
    "no-heads": Variant("no heads", settings={(data, "SYNTHETIC"): without(HEADS)}),
    "unsteady": Variant("later answers may be worse", settings={(rounds, "STEADY"): 0.0, (rounds, "KEPT"): 0.0}),
    "no-beside": Variant("no masks of the slice beside", settings={(tasks, "BESIDE"): 0.0, (tasks, "REAL_BESIDE"): 0.0}),
    "no-shapes": Variant("no made-up shapes and vessels", settings={(data, "SYNTHETIC"): without(SHAPES)}),
}


def blinded(variant: Variant) -> type[Promptomy]:
    """The network whose painting convolutions never see some channels: their weights are 0 and get no gradient."""
    class Blinded(Promptomy):
        def __init__(self) -> None:
            super().__init__()
            for layer, hidden in ((self.decoder.maps16, variant.unseen16), (self.decoder.maps4, variant.unseen4)):
                seen = torch.ones(1, layer.conv.in_channels, 1, 1)
                seen[:, list(hidden)] = 0
                layer.conv.weight.data *= seen
                layer.register_forward_pre_hook(lambda _, inputs, seen=seen: inputs[0] * seen)

    return Blinded


def run_arguments(**changes: object) -> argparse.Namespace:
    """Arguments of `train.worker`."""
    return argparse.Namespace(**{"processes": 1, "rate": RATE, "rounds": train.ROUNDS, "hold": train.FREEZE, "device": "cpu", "seed": 1,
                                 "feeders": None, "batch": None, "log_every": 100, "clock": "cpu", "resume": False, "init": None,
                                 "live": False, "only": [""], "stop_after": float("inf")} | changes)


@contextmanager
def changed(settings: dict[tuple[object, str], object]) -> Iterator[None]:
    """Other values of some settings, until the end of the block."""
    before = {(module, key): getattr(module, key) for module, key in settings}
    for (module, key), value in settings.items():
        setattr(module, key, value)
    try:
        yield
    finally:
        for (module, key), value in before.items():
            setattr(module, key, value)


def attempt(job: tuple[str, argparse.Namespace]) -> tuple[str, dict]:
    """Train and export one variant, and judge it as all are judged."""
    name, args = job
    mp.set_start_method("fork", force=True)  # so that the process that makes batches has the settings too
    folder = Path(args.out) / name
    folder.mkdir(parents=True, exist_ok=True)
    with changed(VARIANTS[name].settings):
        trained(VARIANTS[name], args, folder)
    return name, judged(folder, Path(args.data), args.side)


def trained(variant: Variant, args: argparse.Namespace, folder: Path) -> None:
    """A run, and its graphs in the folder."""
    feed.PHASES, train.NORMS_SIDE, train.Promptomy = [(1.01, {args.side: 1.0})], args.side, blinded(variant)
    feed.IMAGES[args.side] = round(PIXELS / args.side**2)
    batches = Batches(Path(args.data), variant.seed)
    train.worker(0, run_arguments(data=args.data, out=str(folder), hours=args.minutes / 60, seed=variant.seed, init=args.init,
                                  rate=args.rate), batches)
    model, state = Promptomy(), torch.load(folder / "last.pt", weights_only=False)
    model.load_state_dict(state["ema"])
    recompute_unless_frozen(model, state["info"], lambda: batches, args.side)
    export.write(model, folder, args.side)


def judged(folder: Path, root: Path, side: int) -> dict[str, float]:
    """Scores on a few slices of `val` and on made-up cuts."""
    rows = folder / "rows.jsonl"
    asked = argparse.Namespace(data=str(root), model=str(folder), split="val", per_source=6, per_structure=3, clicks=5, bits=32,
                               auto=False, zoom=False, seed=0, overlays=None, rows=str(rows))
    scores = evaluate.run(asked)["all"] | made_up.run(folder, root, side)
    dice = np.array([[row[f"dice{n}"] for n in range(1, 6)] for row in map(json.loads, rows.read_text().splitlines())])
    return scores | {"falls": float((np.diff(dice) < -FALL).mean())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("PROMPTOMY_DATA", "../shared/data") + "/train")
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--side", type=int, default=128, help="of the frame")
    parser.add_argument("--rate", type=float, default=RATE, help="peak of the learning rate")
    parser.add_argument("--init", help="weights to start from instead of from scratch")
    args = parser.parse_args()
    jobs = [(name, args) for name in args.only]
    print("| run | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (len(COLUMNS) + 1))
    with ProcessPoolExecutor(args.jobs, mp_context=mp.get_context("spawn"), max_tasks_per_child=1) as pool:
        for name, scores in pool.map(attempt, jobs):
            print(f"| {VARIANTS[name].title} | " + " | ".join(f"{scores[c]:.3f}" for c in COLUMNS) + " |", flush=True)
            (Path(args.out) / name / "scores.json").write_text(json.dumps(scores))

