"""Random geometry and random appearance of one slice. Images are float32 [H,W,C] in 0..255; label maps int32 [H,W]."""

import cv2
import numpy as np

from net.zoom import LEAST

Array = np.ndarray
WHOLE = 0.68  # of the real slices are framed as deployment frames them


def smooth_noise(rng: np.random.Generator, side: int, cell: float, channels: int = 1) -> Array:
    """Noise with features of about `cell` pixels, [side,side] or [side,side,channels], roughly unit variance."""
    coarse = max(2, int(np.ceil(side / cell)) + 1)
    noise = rng.standard_normal((coarse, coarse, channels)).astype(np.float32)
    return cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)


def random_affine(rng: np.random.Generator, size: tuple[int, int], side: int, focus: Array | None, whole: float = WHOLE) -> Array:
    """2x3 matrix from native pixels (width, height) to a square frame.

    A share of `whole` shows the whole slice as deployment does (longest side fits, padded at the right and bottom);
    the others zoom and turn, mostly around `focus`, a pixel of some structure.
    """
    width, height = size
    fit = side / max(width, height)
    if rng.random() < whole:
        offset = (fit - 1) / 2  # pixel centres, as the deployed resize has them
        return with_flips(rng, np.array([[fit, 0, offset], [0, fit, offset]], np.float32), size, 0.4)
    zoom = float(np.exp(rng.uniform(np.log(0.7), np.log(3.0)))) if focus is not None else rng.uniform(0.7, 1.6)
    angle = rng.normal(0, 0.2) if rng.random() < 0.6 else rng.uniform(-np.pi, np.pi)
    stretch = np.exp(rng.normal(0, 0.12))
    cos, sin, scale = np.cos(angle), np.sin(angle), fit * zoom
    linear = np.array([[cos * stretch, -sin], [sin * stretch, cos]]) * scale
    if rng.random() < 0.4:
        linear = linear @ np.diag([-1.0, 1.0])
    source = np.array([width / 2, height / 2]) if focus is None or zoom < 1 else np.asarray(focus, float)
    target = side * (0.5 + rng.uniform(-0.28, 0.28, 2))
    return np.column_stack([linear, target - linear @ source]).astype(np.float32)


def zoomed_affine(rng: np.random.Generator, box: tuple[int, int, int, int], size: tuple[int, int], side: int) -> Array:
    """2x3 matrix to a frame around a small object's box (x, y, width, height), about as `zoom.crop_around` cuts it."""
    x, y, width, height = box
    crop = max(max(width, height) * np.exp(rng.uniform(np.log(1.7), np.log(4.0))), LEAST * max(size))
    scale, angle = side / crop, rng.normal(0, 0.12)
    linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    if rng.random() < 0.4:
        linear = linear @ np.diag([-1.0, 1.0])
    middle = np.array([x + width / 2, y + height / 2]) + crop * rng.normal(0, 0.06, 2)
    half = np.minimum(crop, size) / 2  # the frame stays on the slice where it can
    middle = np.clip(middle, half, np.array(size) - half)
    return np.column_stack([linear, side / 2 - linear @ middle]).astype(np.float32)


def with_flips(rng: np.random.Generator, matrix: Array, size: tuple[int, int], chance: float) -> Array:
    """Mirror the source about its own axes, so that the slice stays where it was."""
    for axis in (0, 1):
        if rng.random() < chance * (1 if axis == 0 else 0.25):
            matrix[:, 2] += matrix[:, axis] * (size[axis] - 1)
            matrix[:, axis] *= -1
    return matrix


def shrink(image: Array, matrix: Array) -> tuple[Array, Array]:
    """Halve by area until the warp hardly minifies any more, so that it does not alias."""
    while np.sqrt(abs(np.linalg.det(matrix[:, :2]))) < 0.6:
        height, width = image.shape[:2]
        image = cv2.resize(image, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
        matrix = matrix.copy()
        matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5]
        matrix[:, :2] *= 2
    return image, matrix


def elastic(rng: np.random.Generator, side: int, strength: float) -> Array:
    """Displacement [side,side,2] in pixels of the square frame."""
    return smooth_noise(rng, side, side / rng.uniform(3, 9), 2) * (strength * side)


def warp(image: Array, matrix: Array, side: int, field: Array | None, *, nearest: bool) -> Array:
    """Bring native pixels into the square frame; outside is 0."""
    flag = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    if not nearest:
        image, matrix = shrink(image, matrix)
    if field is None:
        return cv2.warpAffine(image, matrix, (side, side), flags=flag, borderValue=0)
    inverse = cv2.invertAffineTransform(matrix)
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).astype(np.float32) + field
    maps = grid @ inverse[:, :2].T.astype(np.float32) + inverse[:, 2].astype(np.float32)
    return cv2.remap(image, maps[..., 0], maps[..., 1], flag, borderValue=0)


def bezier(rng: np.random.Generator) -> Array:
    """A random monotone-ish intensity curve of 256 entries (Models Genesis); sometimes inverted."""
    t = np.linspace(0, 1, 256)
    a, b, c, d = rng.random(4)
    x = 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t**2 * b + t**3
    y = 3 * (1 - t) ** 2 * t * c + 3 * (1 - t) * t**2 * d + t**3
    curve = np.interp(np.linspace(0, 1, 256), np.sort(x), np.sort(y))
    return (255 * (curve[::-1] if rng.random() < 0.4 else curve)).astype(np.float32)


NOISE = np.random.default_rng(0).standard_normal((1024, 1024), dtype=np.float32)  # drawn once; a random cut of it is as good


def noise_like(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """White noise [H,W,C], a random cut of `NOISE` per channel."""
    corners = rng.integers(0, 1024 - max(shape[:2]), (shape[2], 2))
    return np.stack([NOISE[y : y + shape[0], x : x + shape[1]] for y, x in corners], -1)


def tone(rng: np.random.Generator, strong: float) -> Array:
    """A random curve of 256 grey values: Bezier, gamma, contrast and brightness."""
    curve = np.arange(256, dtype=np.float32)
    if rng.random() < 0.2 * strong:
        curve = bezier(rng)
    if rng.random() < 0.35 * strong:
        curve = 255 * np.power(curve / 255, np.exp(rng.normal(0, 0.45)))
    if rng.random() < 0.3 * strong:
        curve = (curve - 128) * rng.uniform(0.6, 1.5) + 128 + rng.uniform(-30, 30)
    return np.clip(curve, 0, 255).astype(np.float32)


def blur(image: Array, sigma: float) -> Array:
    """Gaussian blur that keeps the channel axis."""
    return cv2.GaussianBlur(image, (0, 0), sigma).reshape(image.shape)


def resolution(rng: np.random.Generator, x: Array, strong: float) -> Array:
    """Coarser, blurred, or sharpened; mostly as it is."""
    side, draw = x.shape[0], rng.random()
    if draw < 0.13 * strong:
        ratio = rng.uniform(1.5, 3.0)
        small = cv2.resize(x, (int(side / ratio), int(side / ratio)), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR).reshape(x.shape)
    if draw < 0.27 * strong:
        return blur(x, rng.uniform(0.4, 1.3))
    if draw < 0.36 * strong:
        return x + (x - blur(x, rng.uniform(0.7, 1.5))) * rng.uniform(0.5, 3)
    return x


def appearance(rng: np.random.Generator, image: Array, *, strong: float = 1.0) -> Array:
    """Random contrast, noise, blur, bias field and resolution of uint8 [S,S,C], each rare enough to keep real slices real."""
    def hit(chance: float) -> bool:
        return rng.random() < chance * strong

    side = image.shape[0]
    x = cv2.LUT(image, tone(rng, strong)).reshape(image.shape)
    if hit(0.15):
        bias = smooth_noise(rng, side, side / rng.uniform(2, 4)).reshape(side, side, 1)
        x = x * np.exp(bias * rng.uniform(0, 0.35), dtype=np.float32)
    x = resolution(rng, x, strong)
    if hit(0.3):
        x = x + noise_like(rng, x.shape) * (rng.uniform(2, 18) if rng.random() < 0.7 else rng.uniform(0, 0.25) * x)
    if x.shape[2] == 3 and hit(0.5):
        x = x * np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    if x.shape[2] == 3 and hit(0.12):
        x = np.repeat(x.mean(2, keepdims=True), 3, 2)
    return np.clip(x + 0.5, 0, 255).astype(np.uint8)
