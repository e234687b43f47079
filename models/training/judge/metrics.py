"""Scores of masks and predictions."""

from collections import defaultdict
from collections.abc import Callable

import numpy as np

Array = np.ndarray


def dice(mask: Array, truth: Array) -> float:
    """2|A and B| / (|A| + |B|); two empty masks agree."""
    total = int(mask.sum()) + int(truth.sum())
    return 2 * int((mask & truth).sum()) / total if total else 1.0


def iou(mask: Array, truth: Array) -> float:
    """|A and B| / |A or B|; two empty masks agree."""
    union = int((mask | truth).sum())
    return int((mask & truth).sum()) / union if union else 1.0


def mean_by_source(rows: list[dict], key: str) -> float:
    """Mean within each source, then over the sources that have the key."""
    groups: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if key in row:
            groups[row["source"]].append(row[key])
    return float(np.mean([np.mean(values) for values in groups.values()])) if groups else float("nan")


def mean_of_frequent(rows: list[dict], least: int = 5) -> float:
    """Mean over the names that at least so many slices show, of the mean Dice of a text prompt with that name."""
    groups: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if "text" in row:
            groups[row["name"]].append(row["text"])
    frequent = [np.mean(values) for values in groups.values() if len(values) >= least]
    return float(np.mean(frequent)) if frequent else float("nan")


def area_under_curve(scores: list[float], positive: list[float]) -> float:
    """ROC area by ranks; ties count half."""
    values, truth = np.asarray(scores), np.asarray(positive) > 0.5
    if truth.all() or not truth.any():
        return float("nan")
    difference = values[truth][:, None] - values[~truth][None]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


def correlation(a: list[float], b: list[float]) -> float:
    """Pearson's r; not a number when either side is constant."""
    if len(a) < 2 or np.std(a) == 0 or np.std(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def quantised(bits: int) -> Callable[[Array], Array]:
    """Per-channel min-max rounding of an embedding [1,C,H,W] to so many bits; 32 leaves it alone."""
    def apply(embedding: Array) -> Array:
        if bits >= 32:
            return embedding
        low, high = embedding.min((2, 3), keepdims=True), embedding.max((2, 3), keepdims=True)
        step = np.maximum((high - low) / (2**bits - 1), 1e-12)
        return (np.round((embedding - low) / step) * step + low).astype(np.float32)

    return apply
