"""Batch-norm statistics for averaged weights: plain means over training slices framed as in deployment.

Averaging weights leaves the statistics of some other network behind; this is used by export.py.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from data import Slice, context_of, halve, read_index, read_slice
from model import CONTEXTS, Promptomy
from preprocess import network_input
from prompts import centre, correction

PER_SOURCE, SEED, GROUP = 3, 11, 4


def mask_of(item: Slice, rng: np.random.Generator, side: int) -> np.ndarray:
    """Half-resolution coverage [side/2,side/2] of one random label in the padded frame."""
    layer = item.layers[int(rng.integers(len(item.layers)))]
    values = np.unique(layer)[1:]
    mask = layer == (rng.choice(values) if len(values) else 0)
    frame = network_input(mask.astype(np.uint8) * 255, side)[0, 0]
    return halve(frame > 0.5)


def groups(root: Path, side: int) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Images, truths and contexts in groups of a few."""
    rng = np.random.default_rng(SEED)
    by_source: dict[str, list[dict]] = {}
    for record in read_index(root, "train"):
        by_source.setdefault(record["source"], []).append(record)
    chosen = [g[i] for g in by_source.values() for i in rng.permutation(len(g))[:PER_SOURCE]]
    rows = []
    for i in rng.permutation(len(chosen)):
        item = read_slice(root, chosen[i])
        rows.append((torch.from_numpy(network_input(item.image, side))[0], torch.from_numpy(mask_of(item, rng, side)).float() / 255,
                     torch.tensor(CONTEXTS.index(context_of(item.modality)))))
    return [tuple(torch.stack(part) for part in zip(*rows[i : i + GROUP])) for i in range(0, len(rows) - GROUP + 1, GROUP)]


@torch.no_grad()
def recalibrate(model: Promptomy, root: Path, side: int) -> None:
    """Replace the running statistics of every batch norm."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # cumulative mean
    model.train()
    generator = torch.Generator().manual_seed(SEED)
    for image, truth, context in groups(root, side):
        prepared = model.prepare(image, model.encoder(image))
        count = len(image)
        clicks = [centre(t.numpy() > 0.5) for t in truth]
        points = (torch.tensor(clicks, dtype=torch.float32)[:, None] + 0.5) / (side // 2)
        labels, mask, has_mask = torch.ones(count, 1), torch.zeros(count, 1, side // 2, side // 2), torch.zeros(count)
        silent = torch.zeros(count, 1, 128), torch.zeros(count)
        for _ in range(3):
            logits, _, _ = model.decoder(prepared, points, labels, mask, has_mask, *silent, F.one_hot(context, len(CONTEXTS)).float())
            mask, has_mask = logits[:, :1], torch.ones(count)
            point, label = correction(truth, mask[:, 0], generator)
            points, labels = torch.cat([points, point[:, None]], 1), torch.cat([labels, label[:, None]], 1)
    model.eval()
