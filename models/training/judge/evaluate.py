"""Judge an exported model on held-out slices, with simulated users, through onnxruntime and the deployed preprocessing.

    python models/training evaluate --data ../shared/data/train --model models/default --split val --per-source 12

A structure instance is a connected component (or an instance id) of at least 100 pixels at native size; text is judged
against all pixels of the name. The first click is the pixel deepest inside, each next one the deepest pixel of the larger
of the false-negative and false-positive regions. After one click or stroke the mask with the best predicted IoU of
masks 1 to 3 counts; later, and for boxes and text, mask 0. A stroke runs along the object's main axis
(`prompts.axis_stroke`). Means are over instances within a source, then over sources.
"""

import argparse
import json
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from data.prompts import axis_stroke, bounds, centre
from data.slices import Slice, context_of, read_index, read_slice
from judge.metrics import area_under_curve, correlation, dice, iou, mean_by_source, mean_of_frequent, quantised
from judge.predictor import Predictor, Prompt
from judge.zooming import Zooming
from net.preprocess import thinned

Array = np.ndarray
MIN_PIXELS = 100
CLICKS = range(1, 11)  # after which the Dice is reported
NOC_CLICKS = 20  # clicks to give when counting how many are needed
TARGET_DICE = (0.85, 0.90)
STROKE_POINTS = 16


@dataclass
class Instance:
    """One object to segment at native size."""

    name: str
    mask: Array


def instances_of(item: Slice, rng: np.random.Generator, cap: int) -> list[Instance]:
    """Connected components and ids of at least 100 pixels; at most `cap` per structure, drawn at random."""
    found = []
    for index, layer in enumerate(item.layers):
        for value, name in item.names[index].items():
            if index in item.instances:
                masks = [layer == v for v in np.unique(layer) if v]
            else:
                count, parts = cv2.connectedComponents((layer == value).astype(np.uint8), connectivity=8)
                masks = [parts == i for i in range(1, count)]
            masks = [mask for mask in masks if mask.sum() >= MIN_PIXELS]
            chosen = rng.permutation(len(masks))[:cap]
            found += [Instance(name, masks[i]) for i in chosen]
    return found


def next_click(truth: Array, mask: Array) -> tuple[int, int, int]:
    """(x, y, label): deepest pixel of the larger error region."""
    missed, extra = truth & ~mask, mask & ~truth
    worse = missed if missed.sum() >= extra.sum() else extra
    count, parts, stats, _ = cv2.connectedComponentsWithStats(worse.astype(np.uint8))
    if count > 1:
        worse = parts == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    x, y = centre(worse)
    return x, y, int(truth[y, x])


def click_series(predictor: Predictor, truth: Array, most: int) -> tuple[list[float], float, float, Array]:
    """Dice after each click up to `most`; predicted and real IoU after the first; the mask after the fifth."""
    points, labels, scores = [centre(truth)], [1], []
    previous, predicted, real = None, 0.0, 0.0
    fifth = np.zeros_like(truth)
    for turn in range(most):
        answer = predictor.ask(Prompt(np.array(points, float), np.array(labels, float), mask=previous), several=turn > 0)
        previous = answer.logits
        scores.append(dice(answer.mask, truth))
        if turn == 0:
            predicted, real = answer.quality, iou(answer.mask, truth)
        if turn <= 4:
            fifth = answer.mask
        if (answer.mask == truth).all() or (most >= NOC_CLICKS and scores[-1] >= max(TARGET_DICE) and turn >= 9):
            break
        x, y, label = next_click(truth, answer.mask)
        points.append((x, y))
        labels.append(label)
    return scores, predicted, real, fifth


def clicks_needed(scores: list[float], target: float, most: int) -> int:
    """Number of clicks until the Dice is reached, `most` when it never is."""
    return next((i + 1 for i, score in enumerate(scores) if score >= target), most)


def judge_instance(predictor: Predictor, instance: Instance, most: int) -> tuple[dict, Array]:
    """All scores of one object, and its mask after five clicks."""
    truth = instance.mask
    scores, predicted, real, fifth = click_series(predictor, truth, most)
    row = {f"dice{n}": scores[min(n, len(scores)) - 1] for n in CLICKS if n <= most}
    if most >= NOC_CLICKS:
        row |= {f"noc{int(t * 100)}": clicks_needed(scores, t, most) for t in TARGET_DICE}
    x0, y0, x1, y1 = bounds(truth)
    corners = np.array([[x0, y0], [x1, y1]], float)
    row["box"] = dice(predictor.ask(Prompt(corners, np.array([2.0, 3.0])), several=True).mask, truth)
    stroke = thinned(axis_stroke(truth, STROKE_POINTS), truth.shape[::-1], predictor.side)
    row["scribble"] = dice(predictor.ask(Prompt(stroke, np.ones(len(stroke))), several=False).mask, truth)
    return row | {"predicted": predicted, "real": real}, fifth


def judge_text(predictor: Predictor, item: Slice, absent: list[str]) -> list[dict]:
    """Text alone: Dice on present structures, presence, and area on absent ones."""
    rows = []
    for index, layer in enumerate(item.layers):
        for value, name in item.names[index].items():
            truth = layer > 0 if index in item.instances else layer == value
            if truth.sum() < MIN_PIXELS:
                continue
            answer = predictor.ask(Prompt(text=name), several=True)
            rows.append({"name": name, "text": dice(answer.mask, truth), "presence": answer.presence, "present": 1.0})
    for name in absent:
        answer = predictor.ask(Prompt(text=name), several=True)
        rows.append({"falseArea": float(answer.mask.mean()), "presence": answer.presence, "present": 0.0})
    return rows


def absent_names(item: Slice, by_context: dict[str, set[str]], rng: np.random.Generator) -> list[str]:
    """Two names that only other contexts have."""
    mine = by_context[item.context]
    pool = sorted({n for c, names in by_context.items() if c != item.context for n in names} - mine)
    return [str(n) for n in rng.choice(pool, 2, replace=False)]


def overlay(image: Array, truth: Array, mask: Array) -> Array:
    """Slice, truth and answer side by side; truth green, answer red outline."""
    base = np.repeat(image, 3, 2) if image.shape[2] == 1 else image.copy()
    panels = [base]
    for shown, colour in ((truth, (60, 255, 60)), (mask, (255, 60, 60))):
        panel = base.copy()
        contours, _ = cv2.findContours(shown.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(panel, contours, -1, colour, 2)
        panels.append(panel)
    return cv2.resize(np.hstack(panels), (900, 300))


def write_worst(folder: Path, kept: list[tuple[float, str, Array]], most: int) -> None:
    """The worst overlays of every context as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    by_context: dict[str, list[tuple[float, str, Array]]] = defaultdict(list)
    for entry in kept:
        by_context[entry[1].split("|")[0]].append(entry)
    for context, entries in by_context.items():
        for rank, (score, label, picture) in enumerate(sorted(entries, key=lambda e: e[0])[:most]):
            cv2.putText(picture, f"{label} {score:.2f}", (5, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 0), 1)
            cv2.imwrite(str(folder / f"{context}-{rank:02d}.png"), picture[..., ::-1])


def choose(records: list[dict], per_source: int, seed: int) -> list[dict]:
    """At most `per_source` records of each source, drawn at random."""
    groups: dict[str, list[dict]] = defaultdict(list)
    for record in records:
        groups[record["source"]].append(record)
    rng = np.random.default_rng(seed)
    return [g[i] for g in groups.values() for i in rng.permutation(len(g))[:per_source]]


def report(rows: list[dict], texts: list[dict]) -> dict:
    """Means over sources, by context and overall."""
    def summary(part: list[dict], words: list[dict]) -> dict:
        if not part:
            return {}
        out = {"sources": len({r["source"] for r in part}), "instances": len(part)}
        keys = [k for k in part[0] if k not in ("source", "context", "name", "predicted", "real")]
        out |= {k: round(mean_by_source(part, k), 3) for k in keys}
        out["iouCorrelation"] = round(correlation([r["predicted"] for r in part], [r["real"] for r in part]), 3)
        out["text"] = round(mean_by_source(words, "text"), 3)
        out["textFrequent"] = round(mean_of_frequent(words), 3)
        out["presenceAuc"] = round(area_under_curve([w["presence"] for w in words], [w["present"] for w in words]), 3)
        out["falseArea"] = round(mean_by_source(words, "falseArea"), 4)
        return out

    contexts = sorted({row["context"] for row in rows})
    split = {c: summary([r for r in rows if r["context"] == c], [t for t in texts if t["context"] == c]) for c in contexts}
    return {"all": summary(rows, texts)} | split


def run(args: argparse.Namespace) -> dict:
    """Judge one split."""
    root = Path(args.data)
    rng = np.random.default_rng(args.seed)
    by_context: dict[str, set[str]] = defaultdict(set)
    for record in read_index(root, "train"):
        by_context[context_of(record["modality"])].update(label["name"] for label in record["labels"])
    records = choose(read_index(root, args.split), args.per_source, args.seed)
    predictor = (Zooming if args.zoom else Predictor)(Path(args.model), use_context=not args.auto)
    rows, texts, kept = [], [], []
    for record in records:
        item = read_slice(root, record)
        predictor.see(item.image, item.context, quantised(args.bits))
        tag = {"source": item.source, "context": item.context}
        for instance in instances_of(item, rng, args.per_structure):
            row, mask = judge_instance(predictor, instance, args.clicks)
            rows.append(row | tag | {"name": instance.name})
            if args.overlays:
                kept.append((row["dice5"], f"{item.context}|{item.id}|{instance.name}", overlay(item.image, instance.mask, mask)))
        texts += [row | tag for row in judge_text(predictor, item, absent_names(item, by_context, rng))]
    if args.overlays:
        write_worst(Path(args.overlays), kept, 20)
    if args.rows:
        Path(args.rows).write_text("\n".join(json.dumps(row) for row in rows))
    return report(rows, texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("PROMPTOMY_DATA", "../shared/data") + "/train")
    parser.add_argument("--model", default="models/default")
    parser.add_argument("--split", default="val", choices=["val", "val-unseen"])
    parser.add_argument("--per-source", type=int, default=1000, help="slices per source")
    parser.add_argument("--per-structure", type=int, default=3, help="instances per structure of a slice")
    parser.add_argument("--clicks", type=int, default=5, help="20 adds NoC@85 and NoC@90")
    parser.add_argument("--bits", type=int, default=32, help="embedding quantisation: 8, 4, or 32 for none")
    parser.add_argument("--auto", action="store_true", help="do not tell the modality")
    parser.add_argument("--zoom", action="store_true", help="look closer at small objects, as the client does")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--overlays", help="folder for the worst overlays")
    parser.add_argument("--rows", help="file for per-instance scores")
    args = parser.parse_args()
    print(json.dumps(run(args), indent=1))

