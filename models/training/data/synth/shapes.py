"""Scenes without anatomy: noise partitions, blobs, touching cells and vessel trees, rendered with random textures."""

import cv2
import numpy as np

from data.augment import smooth_noise
from data.synth import Scene

Array = np.ndarray


def texture(rng: np.random.Generator, side: int, channels: int) -> Array:
    """Texture of about unit variance: white, smooth at some scale, or striped."""
    kind = rng.random()
    if kind < 0.3:
        return rng.standard_normal((side, side, channels)).astype(np.float32)
    if kind < 0.85:
        return smooth_noise(rng, side, rng.uniform(1.5, 20), channels).reshape(side, side, channels)
    angle, period = rng.uniform(0, np.pi), rng.uniform(4, 20)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period + smooth_noise(rng, side, side / 4).reshape(side, side))
    return np.repeat(wave[..., None], channels, 2).astype(np.float32)


def render(rng: np.random.Generator, labels: Array, channels: int) -> Array:
    """Give every label a colour and a texture, then soften the borders."""
    side, count = labels.shape[0], int(labels.max()) + 1
    means = rng.uniform(15, 240, (count, channels)).astype(np.float32)
    deviations = rng.uniform(2, 22, (count, 1)).astype(np.float32) * (rng.random((count, 1)) < 0.8)
    image = means[labels]
    for _ in range(2):
        chosen = (rng.random(count) < 0.5).astype(np.float32)[:, None]
        image = image + texture(rng, side, channels) * (deviations * chosen)[labels]
    soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.4)).reshape(side, side, channels)
    return np.clip(soft, 0, 255)


def partition(rng: np.random.Generator, side: int) -> Array:
    """Argmax of smooth noise: 3 to 10 interlocking regions."""
    count, cell = int(rng.integers(3, 11)), side / rng.uniform(2, 10)
    return smooth_noise(rng, side, cell, count).argmax(2).astype(np.int32)


def blob(rng: np.random.Generator, radius: float, wobble: float) -> Array:
    """Closed star-convex outline around the origin, [64,2]."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    reach = np.ones(64)
    for order in range(2, 6):
        reach += wobble / order * rng.normal() * np.cos(order * angle + rng.uniform(0, 6.3))
    squeeze, turn = np.exp(rng.normal(0, 0.3)), rng.uniform(0, np.pi)
    outline = np.stack([np.cos(angle) * squeeze, np.sin(angle) / squeeze], 1) * (np.clip(reach, 0.3, 2) * radius)[:, None]
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return outline @ rotation


def blobs(rng: np.random.Generator, side: int) -> Array:
    """3 to 25 wobbly ellipses, later ones on top, some nested."""
    labels = np.zeros((side, side), np.int32)
    for value in range(1, int(rng.integers(3, 26))):
        radius = side * float(np.exp(rng.uniform(np.log(0.02), np.log(0.3))))
        outline = blob(rng, radius, 0.35) + rng.uniform(0, side, 2)
        cv2.fillPoly(labels, [outline.astype(np.int32)], value)
    return labels


def cells(rng: np.random.Generator, side: int) -> Array:
    """Crowded cells of similar size that touch but never overlap; every id is one cell."""
    labels = np.zeros((side, side), np.int32)
    radius = side * rng.uniform(0.02, 0.09)
    for value in range(1, int(rng.integers(8, 90))):
        outline = blob(rng, radius * np.exp(rng.normal(0, 0.2)), 0.15) + rng.uniform(0, side, 2)
        fresh = np.zeros_like(labels)
        cv2.fillPoly(fresh, [outline.astype(np.int32)], value)
        labels = np.where(labels == 0, fresh, labels)
    return labels


def draw_branch(rng: np.random.Generator, canvas: Array, start: Array, heading: float, width: float, depth: int) -> None:
    """Random-walk curve that thins and forks."""
    side = canvas.shape[0]
    position, turn = start.astype(float), 0.0
    for _ in range(int(rng.integers(10, 40))):
        turn = 0.8 * turn + rng.normal(0, 0.08)
        heading += turn
        following = position + np.array([np.cos(heading), np.sin(heading)]) * side * 0.02
        cv2.line(canvas, position.astype(int).tolist(), following.astype(int).tolist(), 1, max(1, round(width)))
        position = following
        if depth and rng.random() < 0.07:
            draw_branch(rng, canvas, position, heading + rng.choice([-1, 1]) * rng.uniform(0.3, 1), width * 0.7, depth - 1)


def vessels(rng: np.random.Generator, side: int) -> Array:
    """Binary map of vessel trees, lines 1 to 6 pixels wide."""
    canvas = np.zeros((side, side), np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        draw_branch(rng, canvas, rng.uniform(0, side, 2), rng.uniform(0, 6.3), side * rng.uniform(0.006, 0.035), 4)
    return canvas.astype(np.int32)


def shape_scene(rng: np.random.Generator, side: int) -> Scene:
    """A scene of one of the four kinds."""
    channels = 3 if rng.random() < 0.3 else 1
    kind = rng.random()
    instances: list[int] = []
    if kind < 0.25:
        layers = [partition(rng, side)]
        image = render(rng, layers[0], channels)
    elif kind < 0.6:
        layers = [blobs(rng, side)]
        image = render(rng, layers[0], channels)
    elif kind < 0.8:
        layers, instances = [cells(rng, side)], [0]
        image = render_two(rng, layers[0] > 0, channels)
    else:
        layers = [vessels(rng, side)]
        image = render_two(rng, layers[0] > 0, channels)
    return Scene(image, layers, [{}], "auto", "synthetic shapes", instances)


def render_two(rng: np.random.Generator, mask: Array, channels: int) -> Array:
    """Objects of one look over an uneven background with a few distractors."""
    side = mask.shape[0]
    ground = partition(rng, side) if rng.random() < 0.5 else np.zeros_like(mask, np.int32)
    image = render(rng, ground, channels)
    base = image.mean((0, 1), keepdims=True)
    image = base + (image - base) * rng.uniform(0.1, 0.7)
    contrast = rng.choice([-1, 1], channels if rng.random() < 0.3 else 1) * rng.uniform(15, 110)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(0.3, 1.0))[..., None]
    inner = texture(rng, side, channels) * rng.uniform(0, 15)
    image = image + soft * (contrast + inner)
    return np.clip(image + rng.standard_normal(image.shape).astype(np.float32) * rng.uniform(0, 8), 0, 255)
