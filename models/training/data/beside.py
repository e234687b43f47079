"""Tasks whose prompt is a mask: that of the same structure on the slice beside, or on a 2-D slice a rough copy of the target."""

import cv2
import numpy as np

from data.synth import Scene

Array = np.ndarray
ENDED = 0.6  # of the tasks, where there are any, ask for something that has ended on this slice
CHANGE = 2.5  # times as large or small a part may be on the next slice; else all parts are asked for
ONE_PART = 0.6  # of the masks are one connected part
REACH = 4  # pixels of the target's frame by which a part may have moved
ROUGH = 0.6  # of the masks are a little off, as a drawn or a predicted one


def parts_near(mask: Array, seed: Array) -> Array:
    """The connected parts of a mask that a seed touches or nearly touches."""
    near = cv2.dilate(seed.view(np.uint8), np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8))
    numbers = cv2.connectedComponents(mask.view(np.uint8))[1]
    touched = np.unique(numbers[near > 0])
    return np.isin(numbers, touched[touched > 0])


def one_part(rng: np.random.Generator, mask: Array) -> Array:
    """A connected part, larger ones more often."""
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
    if count < 3:
        return mask
    sizes = stats[1:, cv2.CC_STAT_AREA] ** 0.7
    return numbers == 1 + int(rng.choice(count - 1, p=sizes / sizes.sum()))


def pair_beside(rng: np.random.Generator, scene: Scene) -> tuple[Array, Array] | None:
    """Target [S,S] on this slice and the mask [S,S] of the same structure on the slice beside; the target may be empty."""
    layer = int(rng.integers(len(scene.layers)))
    here, there = scene.layers[layer], scene.beside[layer]
    names = scene.names[layer]
    counts = [np.bincount(labels.ravel(), minlength=256) for labels in (here, there)]
    both = [value for value in names if value < 256 and counts[0][value] and counts[1][value] > 30]
    ended = [value for value in names if value < 256 and not counts[0][value] and counts[1][value] > 30]
    if not both and not ended:
        return None
    if ended and (not both or rng.random() < ENDED):
        mask = there == int(rng.choice(ended))
        return np.zeros_like(mask), one_part(rng, mask) if rng.random() < ONE_PART else mask
    value = int(rng.choice(both))
    mask = there == value
    if rng.random() >= ONE_PART:
        return here == value, mask
    part = one_part(rng, mask)
    near = parts_near(here == value, part)
    like = np.count_nonzero(part) < CHANGE * np.count_nonzero(near) and np.count_nonzero(near) < CHANGE * np.count_nonzero(part)
    return (near, part) if like or not near.any() else (here == value, mask)


def roughened(rng: np.random.Generator, cover: Array, moved: float) -> Array:
    """A coverage [h,w] of 0..255 shifted, scaled and redrawn a little; `moved` is the spread of the shift in pixels."""
    side = len(cover)
    scale = np.exp(rng.normal(0, 0.05))
    rows, columns = np.nonzero(cover)
    middle = np.array([columns.mean(), rows.mean()]) if len(rows) else np.array([side / 2, side / 2])
    linear = np.array([[scale, rng.normal(0, 0.04)], [rng.normal(0, 0.04), scale]])
    shift = np.clip(rng.normal(0, moved, 2), -3 * moved, 3 * moved)
    matrix = np.column_stack([linear, middle - linear @ middle + shift]).astype(np.float32)
    soft = cv2.GaussianBlur(cv2.warpAffine(cover, matrix, (side, side)), (0, 0), rng.uniform(0.6, 2.0))
    redrawn = np.where(soft > 255 * rng.uniform(0.3, 0.65), 255, 0).astype(np.uint8)
    return redrawn if redrawn.any() else cover
