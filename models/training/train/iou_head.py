"""Settle the IoU head of a trained model before export, on what its masks really score for clicks and strokes like a user's:
during training the head chases a network that changes. Only training slices are read.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from data.augment import appearance
from data.prompts import axis_stroke, centre, correction
from data.slices import Slice, read_index, read_slice
from data.synth.scan import load_scan, scan_scene
from data.tasks import MIN_PIXELS, coverage
from net.model import CONTEXTS, HIDDEN, MASKS, WIDTH, Promptomy
from net.preprocess import network_input
from train.losses import overlap

PER_SOURCE, PER_SLICE, ROUNDS, SEED = 60, 4, 2, 12
TRUNK, TRUNK_SIDE = 200, 256  # cuts of the trunk CT, and their size
STROKES, STROKE_POINTS = 0.35, (4, 16)  # share of objects that start with a stroke instead of a click, and its points
STEPS, RATE, DECAY, HELD_OUT = 400, 5e-4, 0.1, 0.1
CHOICE, SHARPNESS = 0.3, 10.0  # weight of the Dice of the candidate that is chosen, and how sharply the best guess is
CLICK_PRIOR = 0.5  # of a single click's guess stays what training taught: most sources label only what is small, and a click may mean more

Row = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]  # see `seen_and_scored`


def parts(item: Slice, rng: np.random.Generator, side: int) -> list[Tensor]:
    """Coverage [side/2,side/2] of a few connected components or ids in the padded frame."""
    found = []
    for _ in range(PER_SLICE * 3):
        layer = item.layers[int(rng.integers(len(item.layers)))]
        values = np.flatnonzero(np.bincount(layer.ravel()))
        values = values[values > 0]
        if len(values) == 0:
            continue
        count, pieces = cv2.connectedComponents((layer == rng.choice(values)).astype(np.uint8))
        mask = (pieces == rng.integers(1, count)).astype(np.uint8)
        target = coverage(network_input(mask * 255, side)[0, 0] > 0.5)
        if (target > 127).sum() >= MIN_PIXELS:
            found.append(torch.from_numpy(target).float() / 255)
        if len(found) == PER_SLICE:
            break
    return found


def first_points(rng: np.random.Generator, mask: np.ndarray) -> Tensor:
    """One click in the middle or one stroke, [1,N,2] in pixels of the frame."""
    stroke = rng.random() < STROKES
    points = axis_stroke(mask, int(rng.integers(*STROKE_POINTS))) if stroke else np.array([centre(mask)])
    return torch.from_numpy(points).float()[None] * 2 + 0.5


def seen_and_scored(model: Promptomy, item: Slice, rng: np.random.Generator, side: int) -> list[Row]:
    """(what `judge` reads [1,.], real IoU and Dice of the four masks [1,4], which of them count [1,4], whether it is a single click [1,1])
    of every round of a user."""
    image = torch.from_numpy(network_input(item.image, side))
    prepared = model.prepare(image, model.encoder(image))
    context = F.one_hot(torch.tensor([CONTEXTS.index(item.context) if rng.random() < 0.7 else 0]), len(CONTEXTS)).float()
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    rows = []
    for truth in parts(item, rng, side):
        points = first_points(rng, truth.numpy() > 0.5)
        clicked = float(points.shape[1] == 1)
        labels, mask, has_mask = torch.ones(1, points.shape[1]), torch.zeros(1, 1, side // 2, side // 2), torch.zeros(1)
        for turn in range(ROUNDS):
            read: list[Tensor] = []
            hook = model.decoder.judge.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
            logits, _, _ = model.decoder(prepared, points, labels, mask, has_mask, torch.zeros(1, 1, WIDTH), torch.zeros(1), context)
            hook.remove()
            iou, dice = overlap(logits, truth[None])
            rows.append((read[0], iou, dice, torch.tensor([[1.0] + [float(turn == 0)] * 3]), torch.tensor([[clicked * (turn == 0)]])))
            best = 1 + int(iou[0, 1:].argmax()) if turn == 0 else 0
            mask, has_mask = logits[:, best : best + 1], torch.ones(1)
            point, label = correction(truth[None], mask[:, 0], generator)
            points, labels = torch.cat([points, point[:, None] * side - 0.5], 1), torch.cat([labels, label[:, None]], 1)
    return rows


def sometimes_mirrored(rng: np.random.Generator, item: Slice) -> Slice:
    """A slice, or its mirror image: the head has seen few slices, and left and right mean nothing to it."""
    if rng.random() < 0.5:
        return item
    image, *layers = (np.ascontiguousarray(part[:, ::-1]) for part in (item.image, *item.layers))
    return replace(item, image=image, layers=layers)


def trunk_slices(rng: np.random.Generator, root: Path) -> Iterator[Slice]:
    """Cuts of the trunk CT: whole organs, among sources that label mostly what is small."""
    scan = load_scan(root / "label-volumes")
    for _ in range(TRUNK):
        scene = scan_scene(rng, scan, TRUNK_SIDE)
        image = appearance(rng, scene.image.astype(np.uint8), strong=0.4)
        yield Slice("", scene.source, scene.context, "", image, scene.layers, scene.names, [])


def collect(model: Promptomy, root: Path, side: int) -> tuple[list, list]:
    """Rows of a few slices of every source and of the trunk CT, and of the slices held out to see whether the fit helps."""
    rng = np.random.default_rng(SEED)
    by_source: dict[str, list[dict]] = {}
    for record in read_index(root, "train"):
        by_source.setdefault(record["source"], []).append(record)
    chosen = [g[i] for g in by_source.values() for i in rng.permutation(len(g))[:PER_SOURCE]]
    real = (sometimes_mirrored(rng, read_slice(root, record)) for record in chosen)
    groups: tuple[list, list] = ([], [])
    with torch.no_grad():
        for item in chain(real, trunk_slices(rng, root)):
            part = groups[int(rng.random() < HELD_OUT)]
            part += seen_and_scored(model.eval(), item, rng, side)
    return groups


def choice_loss(guess: Tensor, dice: Tensor) -> Tensor:
    """What a user loses by the candidate with the best guess, made soft, of guesses and Dice [R,3]."""
    return 1 - (torch.softmax(torch.sigmoid(guess) * SHARPNESS, 1) * dice).sum(1).mean()


def fit(judge: nn.Module, seen: Tensor, real: Tensor, dice: Tensor, used: Tensor, clicked: Tensor) -> None:
    """Fit what `judge` reads [R,.] to the IoU [R,4] of the masks that count, and so that the best candidate of a first answer
    has the best guess; its guess of the presence stays as it is, and that for a single click [R,1] by `CLICK_PRIOR`."""
    noise = torch.cat([torch.full((HIDDEN,), 0.1), torch.zeros(2 * MASKS)])
    generator, presence = torch.Generator().manual_seed(SEED), judge(seen)[:, MASKS].detach()
    real = real + CLICK_PRIOR * clicked * (torch.sigmoid(judge(seen)[:, :MASKS]).detach() - real)
    optimizer = torch.optim.AdamW([p.requires_grad_() for p in judge.parameters()], lr=RATE, weight_decay=DECAY)
    several = used[:, 1] > 0
    for _ in range(STEPS):
        optimizer.zero_grad()
        guess = judge(seen + noise * torch.randn(seen.shape, generator=generator) * seen.std(0))
        error = (torch.sigmoid(guess[:, :MASKS]) - real) * used
        between = error[:, 1:] - error[:, 1:].mean(1, keepdim=True)  # which candidate is better matters as much as how good it is
        loss = error.square().sum() / used.sum() + between.square().sum() / used[:, 1:].sum()
        loss = loss + CHOICE * choice_loss(guess[several, 1:MASKS], dice[several, 1:])
        (loss + 0.01 * (guess[:, MASKS] - presence).square().mean()).backward()
        optimizer.step()


def fit_quality(model: Promptomy, root: Path, side: int) -> dict[str, object]:
    """Refit in place; returns, on held-out training slices before and after, the correlation with the real IoU, and the mean Dice
    of the candidate that answers a first prompt beside that of the best one."""
    (seen, real, dice, used, clicked), later = ([torch.cat(values) for values in zip(*part)] for part in collect(model, root, side))
    judge = model.decoder.judge

    def agreement() -> dict[str, float]:
        seen, real, dice, used, _ = later
        guess = torch.sigmoid(judge(seen)[:, :MASKS].detach())
        several = used[:, 1] > 0
        chosen = dice[several, 1:].gather(1, guess[several, 1:].argmax(1, keepdim=True))
        pairs = torch.stack([guess, real])[:, used > 0]
        return {"correlation": round(float(torch.corrcoef(pairs)[0, 1]), 3), "chosenDice": round(float(chosen.mean()), 3),
                "bestDice": round(float(dice[several, 1:].amax(1).mean()), 3)}

    before = agreement()
    fit(judge, seen, real, dice, used, clicked)
    return {"rows": len(real), "before": before, "after": agreement()}
