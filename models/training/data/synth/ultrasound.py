"""B-mode-like scenes: blobs in layered tissue, drawn as log-compressed Rayleigh speckle."""

import cv2
import numpy as np

from data.augment import smooth_noise
from data.synth import Scene
from data.synth.shapes import blob

Array = np.ndarray


def lesions(rng: np.random.Generator, side: int) -> Array:
    """One to four blobs that do not fill the frame."""
    labels = np.zeros((side, side), np.int32)
    for value in range(1, int(rng.integers(1, 5)) + 1):
        outline = blob(rng, side * float(np.exp(rng.uniform(np.log(0.04), np.log(0.25)))), 0.3)
        cv2.fillPoly(labels, [(outline + rng.uniform(0.1, 0.9, 2) * side).astype(np.int32)], value)
    return labels


def speckle(rng: np.random.Generator, amplitude: Array) -> Array:
    """Envelope of complex noise under a point-spread function that is wider across than along the beam."""
    side = amplitude.shape[0]
    noise = rng.standard_normal((side, side, 2)).astype(np.float32)
    lateral = rng.uniform(0.8, 2.5) * side / 192
    noise = cv2.GaussianBlur(noise * amplitude[..., None], (0, 0), sigmaX=lateral, sigmaY=lateral * rng.uniform(0.3, 0.6))
    return np.hypot(noise[..., 0], noise[..., 1])


def ultrasound_scene(rng: np.random.Generator, side: int) -> Scene:
    """Layered echoes, lesions darker or brighter, depth gain, shadows, and sometimes a sector."""
    labels = lesions(rng, side)
    depth = np.linspace(0, 1, side, dtype=np.float32)[:, None]
    layers = smooth_noise(rng, side, side / 6).reshape(side, side) * 0.4
    layers = layers + np.interp(depth, np.linspace(0, 1, 8), rng.normal(0, 0.6, 8))
    echo = np.concatenate([[0], rng.choice([-1, 1], 8, p=[0.75, 0.25]) * rng.uniform(0.4, 2.5, 8)])
    amplitude = np.exp(layers + cv2.GaussianBlur(echo[labels].astype(np.float32), (0, 0), rng.uniform(0.5, 2)))
    amplitude = amplitude * np.exp(-depth * rng.uniform(0, 1.5))
    for _ in range(int(rng.integers(0, 3))):  # acoustic shadows
        start, width = rng.uniform(0, side), rng.uniform(2, side / 10)
        beam = np.exp(-(((np.arange(side) - start) / width) ** 2))[None]
        amplitude = amplitude * (1 - beam * (depth > rng.uniform(0, 0.7)) * rng.uniform(0.3, 0.9))
    decibel = 20 * np.log10(speckle(rng, amplitude.astype(np.float32)) + 1e-4)
    top = np.percentile(decibel, 99.7)
    image = np.clip((decibel - top) / rng.uniform(30, 60) + 1, 0, 1) * 255
    if rng.random() < 0.4:
        y, x = np.mgrid[:side, :side] / side
        sector = np.abs(np.arctan2(x - 0.5, y + rng.uniform(0.1, 0.6))) < rng.uniform(0.4, 0.8)
        image, labels = image * sector, labels * sector
    return Scene(image.astype(np.float32)[..., None], [labels], [{}], "US", "synthetic ultrasound")
