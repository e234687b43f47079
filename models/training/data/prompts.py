"""Simulated users: first prompts drawn from a mask, and corrections drawn from the error of a prediction."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Array = np.ndarray
PADDING, BACKGROUND, FOREGROUND, TOP_LEFT, BOTTOM_RIGHT = -1, 0, 1, 2, 3
MAX_FIRST = 20  # points of one first prompt; strokes longer than that are thinned


def centre(mask: Array) -> tuple[int, int]:
    """(x, y) of the pixel farthest from the mask's border."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    y, x = np.unravel_index(int(distance.argmax()), distance.shape)
    return int(x), int(y)


def uniform(rng: np.random.Generator, mask: Array) -> tuple[int, int]:
    """(x, y) of a random pixel of the mask."""
    pixels = np.flatnonzero(mask)
    y, x = divmod(int(rng.choice(pixels)), mask.shape[1])
    return x, y


def bounds(mask: Array) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of the mask's pixels, inclusive."""
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def walk(mask: Array, start: Array, heading: Array) -> int:
    """Unit steps from `start` (x, y) along `heading` that stay in the mask."""
    height, width = mask.shape
    steps = 0
    while True:
        x, y = np.floor(start + (steps + 1) * heading + 0.5).astype(int)
        if not (0 <= x < width and 0 <= y < height and mask[y, x]):
            return steps
        steps += 1


def axis_stroke(mask: Array, count: int, start: Array | None = None, turn: float = 0.0) -> Array:
    """`count` points [n,2] on a straight stroke along the mask's main axis through its deepest pixel (or `start`),
    nine tenths of the way to the border on both sides. `turn` (radians) is added to the axis."""
    y, x = np.nonzero(mask)
    x, y = x - x.mean(), y - y.mean()
    angle = 0.5 * np.arctan2(2 * (x * y).mean(), (x * x).mean() - (y * y).mean()) + turn
    heading = np.array([np.cos(angle), np.sin(angle)])
    start = np.array(centre(mask), float) if start is None else start
    behind, ahead = walk(mask, start, -heading), walk(mask, start, heading)
    return start + np.linspace(-0.9 * behind, 0.9 * ahead, count)[:, None] * heading


def chord(rng: np.random.Generator, mask: Array, count: int) -> Array:
    """A bent line between two random pixels, the farther apart of two pairs."""
    pairs = [np.array([uniform(rng, mask), uniform(rng, mask)], float) for _ in range(2)]
    start, end = max(pairs, key=lambda pair: np.linalg.norm(pair[0] - pair[1]))
    t = np.linspace(0, 1, count)[:, None]
    return start * (1 - t) + end * t + np.sin(np.pi * t) * rng.normal(0, 0.2, (1, 2)) * np.linalg.norm(end - start)


def contour_piece(rng: np.random.Generator, mask: Array, count: int) -> Array:
    """A part of an inner contour."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=int(rng.integers(0, 4)))
    contours, _ = cv2.findContours(inner, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return np.array([uniform(rng, mask)], float)
    contour = max(contours, key=len)[:, 0]
    length = max(1, int(len(contour) * rng.uniform(0.2, 0.9)))
    path = np.roll(contour, -int(rng.integers(len(contour))), 0)[:length]
    return path[np.linspace(0, length - 1, min(count, length)).astype(int)].astype(float)


def scribble(rng: np.random.Generator, mask: Array, count: int) -> Array:
    """Up to `count` ordered points [n,2] of one stroke, clipped to the mask: its main axis, a bent chord, or an inner contour."""
    draw = rng.random()
    if draw < 0.5:
        start = None if rng.random() < 0.5 else np.array(uniform(rng, mask), float)
        path = axis_stroke(mask, count, start, rng.normal(0, 0.25))
    else:
        path = chord(rng, mask, count) if draw < 0.8 else contour_piece(rng, mask, count)
    pixels = np.clip(np.floor(path + 0.5), 0, [mask.shape[1] - 1, mask.shape[0] - 1]).astype(int)
    kept = pixels[mask[pixels[:, 1], pixels[:, 0]] > 0]
    return (kept if len(kept) else np.array([uniform(rng, mask)])).astype(np.float32)


def jittered_box(rng: np.random.Generator, mask: Array) -> Array:
    """Two corners [2,2]; each side moves by up to a tenth of the box."""
    x0, y0, x1, y1 = bounds(mask)
    width, height = x1 - x0 + 1, y1 - y0 + 1
    jitter = rng.uniform(-0.1, 0.1, 4) * [width, height, width, height] if rng.random() < 0.7 else np.zeros(4)
    return np.array([[x0, y0], [x1, y1]], np.float32) + jitter.reshape(2, 2).astype(np.float32)


def first_prompt(rng: np.random.Generator, mask: Array) -> tuple[Array, Array]:
    """Points [MAX_FIRST,2] in pixels of the mask and labels [MAX_FIRST] of one first prompt."""
    points = np.zeros((MAX_FIRST, 2), np.float32)
    labels = np.full(MAX_FIRST, PADDING, np.float32)
    draw = rng.random()
    if draw < 0.26:
        points[:2], labels[:2] = jittered_box(rng, mask), (TOP_LEFT, BOTTOM_RIGHT)
        if rng.random() < 0.2:
            points[2], labels[2] = uniform(rng, mask), FOREGROUND
    elif draw < 0.55:
        stroke = scribble(rng, mask, int(rng.integers(3, MAX_FIRST - 3)))
        points[: len(stroke)], labels[: len(stroke)] = stroke, FOREGROUND
        outside = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
        if rng.random() < 0.3 and outside.any():
            points[-1], labels[-1] = uniform(rng, outside), BACKGROUND
    else:
        points[0] = centre(mask) if draw < 0.83 else uniform(rng, mask)
        labels[0] = FOREGROUND
    return points, labels


def correction(truth: Tensor, logits: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """One click per item from the error of a prediction.

    truth, logits [B,H,W] -> points [B,2] as shares of the side, labels [B]. Seven in ten are uniform over the error;
    the others lie deep inside it (the error blurred widely has its maximum near the centre of its largest part). The generator
    is one of the tensors' device.
    """
    height, width = truth.shape[-2:]
    wanted = truth > 0.5
    wrong = (wanted != (logits > 0)).float()
    nothing = wrong.flatten(1).sum(1) == 0
    noise = torch.rand(wrong.shape, generator=generator, device=generator.device)
    parts = F.avg_pool2d(wrong[:, None], 4)
    deep = parts + F.avg_pool2d(F.avg_pool2d(parts, 3, 1, 1), (5, 5), 1, 2)
    deep = F.interpolate(deep, (height, width), mode="bilinear")[:, 0]
    central = torch.rand(len(wrong), 1, 1, generator=generator, device=generator.device) < 0.4
    score = torch.where(central, deep + 0.01 * noise, noise) * wrong
    pick = score.flatten(1).argmax(1)
    labels = wanted.flatten(1).gather(1, pick[:, None])[:, 0].float()
    labels = torch.where(nothing, torch.full_like(labels, PADDING), labels)
    points = torch.stack([(pick % width + 0.5) / width, (pick // width + 0.5) / height], -1)
    return points, labels


def repeated(points: Tensor, labels: Tensor, agreed: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """An include click per item inside what is agreed [B,H,W]: by half beside the first click, where that one is agreed, else
    anywhere in it; points as shares of the side [B,N,2] and their labels [B,N] -> point [B,2], label [B] (padding if nothing is agreed)."""
    height, width = agreed.shape[-2:]
    noise = torch.rand(agreed.shape, generator=generator, device=agreed.device)
    pick = (noise * agreed).flatten(1).argmax(1)
    anywhere = torch.stack([(pick % width + 0.5) / width, (pick // width + 0.5) / height], -1)
    close = points[:, 0] + 0.02 * torch.randn(points[:, 0].shape, generator=generator, device=points.device)
    cell = (close.clamp(0, 1 - 1e-6) * width).long()  # the frame is square
    inside = agreed.flatten(1).gather(1, (cell[:, 1] * width + cell[:, 0])[:, None])[:, 0] > 0
    near = inside & (labels[:, 0] == FOREGROUND) & (torch.rand(len(labels), generator=generator, device=labels.device) < 0.5)
    some = agreed.flatten(1).amax(1) > 0
    return torch.where(near[:, None], close, anywhere), torch.where(some, float(FOREGROUND), float(PADDING))
