"""Judge a model on labelled volumes: the mask of one slice as prompt for the next, a grid of first clicks, repeated clicks, names.

    python models/training volumes --model models/default study.npz ...

A study is an .npz of `image` uint8 [slices,h,w] as shown, `labels` uint8 alike, `names` (JSON: label -> name), `modality`, and `mm`:
[between slices, between pixels].
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from data.synth.names import without_side
from judge.metrics import area_under_curve, dice
from judge.predictor import Predictor, Prompt
from net.preprocess import network_input

Array = np.ndarray
LEAST = 200  # pixels of a structure that is judged
DRAWN = 8.0  # logit of a pixel that a mask prompt covers
INSIDE = 5.0  # mm from the border at which first clicks are tried
GRID = 10.0  # mm between them
GOOD = 0.8


@dataclass
class Study:
    """One volume."""

    title: str
    image: Array
    labels: Array
    names: dict[int, str]
    modality: str
    mm: tuple[float, float]


def load_study(path: Path) -> Study:
    """One .npz."""
    data = np.load(path)
    names = {int(k): v for k, v in json.loads(str(data["names"])).items()}
    return Study(path.stem, data["image"], data["labels"], names, str(data["modality"]), tuple(float(v) for v in data["mm"]))


def mask_logits(mask: Array, side: int) -> Array:
    """What the product makes of a mask prompt: -8 to 8 by how much of each cell it covers."""
    cover = cv2.resize(network_input(mask.astype(np.uint8) * 255, side)[0, 0], (side // 2, side // 2), interpolation=cv2.INTER_AREA)
    return ((cover * 2 - 1) * DRAWN).astype(np.float32)


class Judge:
    """A model behind the slices of one study."""

    def __init__(self, predictor: Predictor, study: Study):
        self.predictor, self.study, self.shown = predictor, study, -1

    def see(self, k: int) -> None:
        """Encode a slice unless it is the one in hand."""
        if k != self.shown:
            self.predictor.see(self.study.image[k][..., None], self.study.modality)
            self.shown = k

    def largest(self, value: int) -> int:
        """The slice on which a structure is largest."""
        return int((self.study.labels == value).sum((1, 2)).argmax())

    def beside(self, value: int, step: int) -> list[tuple[float, float]]:
        """(Dice of the mask beside as it is, Dice of the answer to it) on every third slice of a structure, `step` slices on."""
        labels, found = self.study.labels == value, []
        for k in range(abs(step), len(labels) - abs(step), 3):
            given, truth = labels[k - step], labels[k]
            if given.sum() >= LEAST and truth.any():
                self.see(k)
                answer = self.predictor.ask(Prompt(mask=mask_logits(given, self.predictor.side)), several=True)
                found.append((dice(given, truth), dice(answer.mask, truth)))
        return found

    def ended(self, value: int, step: int) -> list[float]:
        """Share of the given mask that is answered where the structure ended, first slice behind it on either end."""
        labels = (self.study.labels == value)
        occupied = np.flatnonzero(labels.any((1, 2)))
        found = []
        for last, k in ((occupied[0], occupied[0] - step), (occupied[-1], occupied[-1] + step)):
            if 0 <= k < len(labels) and labels[last].sum() >= LEAST // 2:
                self.see(int(k))
                answer = self.predictor.ask(Prompt(mask=mask_logits(labels[last], self.predictor.side)), several=True)
                found.append(float(answer.mask.sum() / labels[last].sum()))
        return found

    def clicks(self, value: int) -> list[tuple[float, float]]:
        """(Dice of the answer, change of the mask by a second click inside it) of a grid of clicks on the largest slice."""
        k, millimetres = self.largest(value), self.study.mm[1]
        truth = self.study.labels[k] == value
        deep = cv2.distanceTransform(truth.astype(np.uint8), cv2.DIST_L2, 3) * millimetres >= INSIDE
        step, found = max(1, round(GRID / millimetres)), []
        self.see(k)
        rows, columns = np.nonzero(deep[::step, ::step])
        for x, y in zip(columns * step, rows * step):
            first = self.predictor.ask(Prompt(np.array([[x, y]], float), np.ones(1)), several=False)
            inside = np.argwhere(first.mask & truth)
            moved = np.nan
            if len(inside):
                other = inside[len(inside) // 3][::-1]
                second = self.predictor.ask(Prompt(np.array([[x, y], other], float), np.ones(2), mask=first.logits), several=True)
                moved = 1 - dice(second.mask, first.mask)
            found.append((dice(first.mask, truth), moved))
        return found

    def named(self) -> list[tuple[str, float, float]]:
        """(name, Dice, presence) of every structure, all parts of a name together, on its largest slice."""
        groups: dict[str, list[int]] = {}
        for value, name in self.study.names.items():
            groups.setdefault(without_side(name), []).append(value)
        rows = []
        for name, values in groups.items():
            masks = np.isin(self.study.labels, values)
            k = int(masks.sum((1, 2)).argmax())
            if masks[k].sum() >= LEAST:
                self.see(k)
                answer = self.predictor.ask(Prompt(text=name), several=True)
                rows.append((name, dice(answer.mask, masks[k]), answer.presence))
        return rows

    def absent(self) -> list[float]:
        """Presence of structures of the study on a slice where they are not, far from where they are."""
        found = []
        for value, name in self.study.names.items():
            occupied = np.flatnonzero((self.study.labels == value).any((1, 2)))
            if not len(occupied):
                continue
            away = [k for k in range(len(self.study.labels)) if min(abs(k - occupied)) * self.study.mm[0] >= 20]
            if away:
                self.see(away[len(away) // 2])
                found.append(self.predictor.ask(Prompt(text=without_side(name)), several=True).presence)
        return found


def report(judge: Judge, slices: tuple[int, ...]) -> dict:
    """Everything about one study."""
    values = [v for v in judge.study.names if (judge.study.labels == v).sum((1, 2)).max(initial=0) >= LEAST]
    result: dict[str, object] = {"study": judge.study.title}
    for step in slices:
        pairs = [pair for v in values for sign in (1, -1) for pair in judge.beside(v, sign * step)]
        if pairs:
            given, answered = np.mean(pairs, 0)
            result[f"beside{step}"] = {"mm": step * judge.study.mm[0], "n": len(pairs), "unchanged": round(float(given), 3),
                                       "answer": round(float(answered), 3)}
    gone = [share for v in values for share in judge.ended(v, slices[-1])]
    result["endedArea"] = round(float(np.mean(gone)), 3) if gone else None
    rows = judge.named()
    result |= {"name": round(float(np.mean([r[1] for r in rows])), 3), "names": {r[0]: [round(r[1], 2), round(r[2], 2)] for r in rows}}
    absent = judge.absent()
    result["presenceAuc"] = round(area_under_curve([r[2] for r in rows] + absent, [1.0] * len(rows) + [0.0] * len(absent)), 3)
    return result


def report_clicks(judge: Judge, names: tuple[str, ...]) -> dict:
    """First clicks on a grid inside some organs."""
    result = {}
    for value, name in judge.study.names.items():
        if without_side(name) in names and (judge.study.labels == value).sum((1, 2)).max(initial=0) >= LEAST:
            rows = np.array(judge.clicks(value))
            if len(rows):
                result[name] = {"clicks": len(rows), "dice": round(float(rows[:, 0].mean()), 3),
                                "good": round(float((rows[:, 0] >= GOOD).mean()), 3), "moved": round(float(np.nanmean(rows[:, 1])), 3)}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="+")
    parser.add_argument("--model", default="models/default")
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 2], help="slices between the given mask and the answer")
    parser.add_argument("--organs", nargs="+", default=["liver", "spleen", "kidney", "stomach"], help="first clicks are tried in these")
    args = parser.parse_args()
    predictor = Predictor(Path(args.model))
    for path in args.studies:
        judge = Judge(predictor, load_study(Path(path)))
        print(json.dumps(report(judge, tuple(args.steps)) | {"clicks": report_clicks(judge, tuple(args.organs))}), flush=True)

