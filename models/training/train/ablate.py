"""What each choice of the recipe is worth: short runs from scratch that differ in one thing, judged on `val`.

    OMP_NUM_THREADS=1 python models/training ablate --data ../shared/data/train --out ../ablation --minutes 6

Each run has one process and one core, and two run at a time. Scores of such short runs are low and compare only with each
other. Three minutes are too few: most of them pass near the empty mask.
"""

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.multiprocessing as mp

from data import slices as data
from data import tasks
from data.tasks import Batches
from judge import evaluate
from net.model import FINE_QUERIES, MAPS, QUERIES, Promptomy
from train import export
from train import feed
from train import rounds
from train import run as train
from train.norms import recompute_unless_frozen

SIDE, IMAGES, RATE = 128, 24, 2e-3
BOX = 4  # of the maps: those before it are clicks, the one behind it is the previous mask
BODIES, HEADS, SHAPES = 0, 1, 4  # of the kinds of synthesis


@dataclass
class Variant:
    """What a run does without: input channels of the painting convolutions, or parts of the data."""

    title: str
    unseen16: range = range(0)
    unseen4: range = range(0)
    settings: dict[tuple[object, str], object] = field(default_factory=dict)


def without(kind: int) -> tuple[float, ...]:
    """Shares of the kinds of synthesis with one of them at nothing."""
    return tuple(0 if i == kind else share / (1 - data.SYNTHETIC[kind]) for i, share in enumerate(data.SYNTHETIC))


VARIANTS = {
    "recipe": Variant("everything"),
    "tokens": Variant("clicks and boxes not drawn, only read into queries", range(BOX + 1), range(BOX + 1)),
    "maps": Variant("no similarity maps, prompts are only drawn", range(MAPS, MAPS + QUERIES + 1), range(MAPS, MAPS + FINE_QUERIES)),
    "no-regions": Variant("no superpixel targets", settings={(tasks, "REGION_GROWN"): 0.0}),
    "even": Variant("sources drawn however well they go", settings={(feed, "HARDNESS"): 0.0}),
    "untold": Variant("cells not classified among names", settings={(rounds, "CELL_CLASS_WEIGHT"): 0.0}),
    "live": Variant("batch norms live to the end", settings={(train, "FREEZE"): 2.0}),
    "broken": Variant("thin objects fall apart in the warp", settings={(data, "KEEP_PARTS"): False}),
    "real": Variant("real slices only", settings={(feed, "REAL"): (1.0, 1.0)}),
    "no-bodies": Variant("no whole bodies", settings={(data, "SYNTHETIC"): without(BODIES)}),
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
                                 "live": False, "stop_after": float("inf")} | changes)


def attempt(job: tuple[str, str, str, float]) -> tuple[str, dict]:
    """Train, export and judge one variant."""
    name, root, out, minutes = job
    mp.set_start_method("fork", force=True)  # so that the process that makes batches has the settings too
    variant, folder = VARIANTS[name], Path(out) / name
    folder.mkdir(parents=True, exist_ok=True)
    for (module, key), value in variant.settings.items():
        setattr(module, key, value)
    feed.PHASES, feed.IMAGES[SIDE], train.NORMS_SIDE, train.Promptomy = [(1.01, {SIDE: 1.0})], IMAGES, SIDE, blinded(variant)
    batches = Batches(Path(root), 1)
    train.worker(0, run_arguments(data=root, out=str(folder), hours=minutes / 60), batches)
    model, state = Promptomy(), torch.load(folder / "last.pt", weights_only=False)
    model.load_state_dict(state["ema"])
    recompute_unless_frozen(model, state["info"], lambda: batches, SIDE)
    export.write(model, folder, SIDE)
    asked = argparse.Namespace(data=root, model=str(folder), split="val", per_source=6, per_structure=3, clicks=5, bits=32,
                               auto=False, zoom=False, seed=0, overlays=None, rows=None)
    return name, evaluate.run(asked)["all"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("PROMPTOMY_DATA", "../shared/data") + "/train")
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    args = parser.parse_args()
    jobs = [(name, args.data, args.out, args.minutes) for name in args.only]
    columns = ("dice1", "dice3", "dice5", "box", "scribble", "text")
    print("| run | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 1))
    with ProcessPoolExecutor(2, mp_context=mp.get_context("spawn"), max_tasks_per_child=1) as pool:
        for name, scores in pool.map(attempt, jobs):
            print(f"| {VARIANTS[name].title} | " + " | ".join(f"{scores[c]:.3f}" for c in columns) + " |", flush=True)
            (Path(args.out) / name / "scores.json").write_text(json.dumps(scores))

