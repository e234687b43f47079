"""Refit the IoU head of a trained model on what its masks really score, everything else frozen.

During training the head chases a network that changes and is scored with batch statistics; this settles it at inference
statistics, on clicks like a user's. Used by export.py; only training slices are read.
"""

from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from data import Slice, halve, read_index, read_slice
from losses import overlap
from model import CONTEXTS, WIDTH, Promptomy
from preprocess import network_input
from prompts import centre, correction

PER_SOURCE, PER_SLICE, ROUNDS, SEED = 10, 2, 3, 12
STEPS, RATE, DECAY, HELD_OUT = 400, 1e-3, 0.3, 0.2


def parts(item: Slice, rng: np.random.Generator, side: int) -> list[Tensor]:
    """Coverage [side/2,side/2] of a few connected components or ids in the padded frame."""
    found = []
    for _ in range(PER_SLICE * 3):
        layer = item.layers[int(rng.integers(len(item.layers)))]
        values = np.unique(layer)[1:]
        if len(values) == 0:
            continue
        count, pieces = cv2.connectedComponents((layer == rng.choice(values)).astype(np.uint8))
        mask = (pieces == rng.integers(1, count)).astype(np.uint8)
        target = halve(network_input(mask * 255, side)[0, 0] > 0.5)
        if (target > 127).sum() >= 6:
            found.append(torch.from_numpy(target).float() / 255)
        if len(found) == PER_SLICE:
            break
    return found


def seen_and_scored(model: Promptomy, item: Slice, rng: np.random.Generator, side: int) -> list[tuple[Tensor, Tensor]]:
    """(token and hints [.,131], real IoU [.]) of every mask that a user of this slice would be offered."""
    image = torch.from_numpy(network_input(item.image, side))
    prepared = model.prepare(image, model.encoder(image))
    context = F.one_hot(torch.tensor([CONTEXTS.index(item.context) if rng.random() < 0.7 else 0]), len(CONTEXTS)).float()
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    rows = []
    for truth in parts(item, rng, side):
        points = (torch.tensor([[centre(truth.numpy() > 0.5)]], dtype=torch.float32) + 0.5) / (side // 2)
        labels, mask, has_mask = torch.ones(1, 1), torch.zeros(1, 1, side // 2, side // 2), torch.zeros(1)
        for turn in range(ROUNDS):
            caught: list[Tensor] = []
            hook = model.decoder.iou.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0][0, :, :WIDTH]))
            logits, _, _ = model.decoder(prepared, points, labels, mask, has_mask, torch.zeros(1, 1, WIDTH), torch.zeros(1), context)
            hook.remove()
            used = 4 if turn == 0 else 1
            iou = overlap(logits, truth[None])[0][0]
            rows.append((torch.cat([caught[0], model.decoder.hints(logits)[0]], 1)[:used], iou[:used]))
            best = 1 + int(iou[1:].argmax()) if turn == 0 else 0
            mask, has_mask = logits[:, best : best + 1], torch.ones(1)
            point, label = correction(truth[None], mask[:, 0], generator)
            points, labels = torch.cat([points, point[:, None]], 1), torch.cat([labels, label[:, None]], 1)
    return rows


def fit_quality(model: Promptomy, root: Path, side: int) -> dict[str, float]:
    """Refit in place; returns the correlation with the real IoU on held-out training slices, before and after."""
    rng = np.random.default_rng(SEED)
    by_source: dict[str, list[dict]] = {}
    for record in read_index(root, "train"):
        by_source.setdefault(record["source"], []).append(record)
    chosen = [g[i] for g in by_source.values() for i in rng.permutation(len(g))[:PER_SOURCE]]
    groups: tuple[list, list] = ([], [])
    with torch.no_grad():
        for record in chosen:
            part = groups[int(rng.random() < HELD_OUT)]
            part += seen_and_scored(model.eval(), read_slice(root, record), rng, side)
    (seen, real), (seen_later, real_later) = ([torch.cat(values) for values in zip(*part)] for part in groups)
    decoder = model.decoder

    def guess(x: Tensor) -> Tensor:
        return decoder.quality(x[:, :WIDTH], x[:, WIDTH:])

    def against(values: Tensor) -> float:
        return round(float(torch.corrcoef(torch.stack([values.detach(), real_later]))[0, 1]), 3)

    result = {"rows": len(real), "expected": against(seen_later[:, WIDTH]), "steady": against(seen_later[:, WIDTH + 1]),
              "before": against(guess(seen_later))}
    noise = torch.cat([torch.full((WIDTH,), 0.2), torch.zeros(3)])
    optimizer = torch.optim.AdamW([p.requires_grad_() for p in (*decoder.iou.parameters(), decoder.trust)], lr=RATE, weight_decay=DECAY)
    for _ in range(STEPS):
        optimizer.zero_grad()
        F.mse_loss(guess(seen + noise * torch.randn(seen.shape)), real).backward()
        optimizer.step()
    return result | {"after": against(guess(seen_later))}
