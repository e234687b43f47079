"""Label maps painted as CT or MR: tissues in a phase of contrast or a weighting, what hollow organs hold, bone rims, noise."""

from dataclasses import dataclass

import cv2
import numpy as np

from data.augment import noise_like, smooth_noise
from data.synth.tissues import AIRY, BONY, HOLLOW, MIXED, TISSUES

Array = np.ndarray
HU = np.array([t.hu for t in TISSUES.values()], np.float32)  # [tissues, 4 phases]
MR = np.array([t.mr for t in TISSUES.values()], np.float32)  # [tissues, T1 and T2]
FAT = np.array([t.fat for t in TISSUES.values()], np.float32)
ROUGH = np.array([t.rough for t in TISSUES.values()], np.float32)
KIND = {kind: np.array([t.kind == kind for t in TISSUES.values()]) for kind in (HOLLOW, AIRY, BONY, MIXED)}
NUMBER = {name: i for i, name in enumerate(TISSUES)}
PHASES = (0.34, 0.13, 0.36, 0.17)
WINDOWS = [(40, 400), (-500, 1500), (300, 1600), (60, 250), (0, 900), (40, 350)]
WINDOW_CHANCE = (0.42, 0.13, 0.1, 0.1, 0.08, 0.17)
CONTENTS = {"gas": -950.0, "fluid": 12.0, "food": 35.0, "stool": -40.0, "contrast": 260.0, "collapsed": 45.0}
OF_ORGAN = {  # how likely each is
    "stomach": (0.35, 0.25, 0.25, 0.0, 0.1, 0.05), "colon": (0.4, 0.08, 0.0, 0.42, 0.05, 0.05), "": (0.15, 0.35, 0.1, 0.0, 0.15, 0.25),
}
RANDOM_GREYS = 0.3  # of the MR-like slices have a random grey per structure


@dataclass
class Sketch:
    """A label map with what painting needs to know: tissues [S,S] and, per label, the first label of that look and organ names."""

    labels: Array
    tissues: Array  # [S,S] indices of `TISSUES`
    alike: Array  # [256]
    organ_of: dict[int, str]  # organ name of a label
    pixel: float  # mm
    upright: bool
    flat: bool  # an axial or sagittal cut: gas rises to its upper edge


def inside_depth(mask: Array) -> Array:
    """Pixels to the border of a mask, from within."""
    return cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, 3)


def fill_mixed(rng: np.random.Generator, tissues: Array, pixel: float) -> Array:
    """Unlabelled insides: fat below the skin, a layer of muscle, then fat and soft tissue by chance."""
    mixed = KIND[MIXED][tissues]
    if not mixed.any():
        return tissues
    depth = inside_depth(tissues != NUMBER["air"]) * pixel
    side = len(tissues)
    noise = smooth_noise(rng, side, side / rng.uniform(6, 20), 2)
    fat, muscle = rng.uniform(3, 35), rng.uniform(8, 60)
    inner = np.where(noise[..., 0] > rng.uniform(-0.6, 0.8), NUMBER["fat"], np.where(noise[..., 1] > 0.3, NUMBER["soft"], NUMBER["muscle"]))
    filled = np.where(depth < fat + muscle + 4 * noise[..., 0], NUMBER["muscle"], inner)
    filled = np.where(depth < fat + 3 * noise[..., 1], NUMBER["fat"], filled)
    return np.where(mixed, filled, tissues).astype(tissues.dtype)


def contents(rng: np.random.Generator, sketch: Sketch, lumen: Array) -> tuple[Array, Array]:
    """HU of what every lumen holds [S,S], and whether it is gas; a fluid level where the cut shows one."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(lumen.view(np.uint8), connectivity=4)
    hu, level = np.zeros(count, np.float32), np.full(count, -1.0, np.float32)
    chosen = {organ: int(rng.choice(6, p=OF_ORGAN.get(organ, OF_ORGAN[""]))) for organ in ("stomach", "colon", "")}
    values = list(CONTENTS.values())
    for part in range(1, count):
        x, y, width, height = stats[part][:4]
        row = parts[y : y + height, x : x + width]
        label = int(sketch.labels[y : y + height, x : x + width][row == part][0])
        organ = sketch.organ_of.get(label, "")
        organ = organ if organ in OF_ORGAN else ""
        kind = chosen[organ] if rng.random() < 0.6 else int(rng.choice(6, p=OF_ORGAN[organ]))
        hu[part] = values[kind] + rng.normal(0, 12)
        if kind and sketch.flat and rng.random() < 0.4:
            level[part] = y + height * rng.uniform(0.05, 0.6)
    gas = (np.arange(len(lumen), dtype=np.float32)[:, None] < level[parts]) | (hu[parts] < -700)
    return np.where(gas, -960, hu[parts]), gas & lumen


def lumens(rng: np.random.Generator, sketch: Sketch) -> tuple[Array, Array, Array]:
    """Where hollow organs hold something [S,S], its HU, and where it is gas."""
    hollow = KIND[HOLLOW][sketch.tissues]
    if not hollow.any():
        return hollow, np.zeros(hollow.shape, np.float32), hollow
    lumen = hollow & (inside_depth(hollow) * sketch.pixel > rng.uniform(1.5, 4))
    hu, gas = contents(rng, sketch, lumen)
    return lumen, hu, gas


def per_label(rng: np.random.Generator, sketch: Sketch, means: Array, spread: float) -> Array:
    """[S,S] of a mean per tissue, a little off for each structure."""
    shift = rng.normal(0, spread, 256).astype(np.float32)[sketch.alike]
    return means[sketch.tissues] + shift[sketch.labels] * (means[sketch.tissues] > -500)


def bone_rims(rng: np.random.Generator, sketch: Sketch) -> Array:
    """How much of each pixel is compact bone."""
    bony = KIND[BONY][sketch.tissues]
    if not bony.any():
        return np.zeros(bony.shape, np.float32)
    return np.exp(-inside_depth(bony) * np.float32(sketch.pixel / rng.uniform(0.8, 2.2))) * bony


def texture(rng: np.random.Generator, side: int, pixel: float) -> Array:
    """Smooth noise of unit variance with features of a few mm."""
    return smooth_noise(rng, side, max(1.5, rng.uniform(2, 7) / pixel)).reshape(side, side)


def softened(image: Array, sigma: float) -> Array:
    """Gaussian blur."""
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.3 else image


def as_hu(rng: np.random.Generator, sketch: Sketch) -> Array:
    """[S,S] in HU, without noise."""
    phase = int(rng.choice(4, p=PHASES))
    other, mix = int(rng.choice(4)), rng.uniform(0, 0.4)
    means = HU[:, phase] * (1 - mix) + HU[:, other] * mix
    means = means + rng.normal(0, 7, len(means)).astype(np.float32) * (means > -500)
    hu = per_label(rng, sketch, means, 8 if rng.random() < 0.7 else 30)
    rims = bone_rims(rng, sketch)
    hu += rims * (rng.uniform(400, 1000) - hu)
    lumen, content, _ = lumens(rng, sketch)
    grain = texture(rng, len(hu), sketch.pixel)
    hu = np.where(lumen, content + (content < 0) * (content > -700) * grain * 90, hu)
    return hu + grain * ROUGH[sketch.tissues] * rng.uniform(0.2, 1.2)


def streaks(rng: np.random.Generator, side: int) -> Array:
    """Dark and bright bands across, as dense bones leave them."""
    rows = smooth_noise(rng, side, side / rng.uniform(20, 60))[:, :1].reshape(side, 1)
    return rows * rng.uniform(4, 25) * np.ones((1, side), np.float32)


def paint_ct(rng: np.random.Generator, sketch: Sketch) -> Array:
    """A CT slice under a window, 0..255."""
    side = len(sketch.labels)
    sharp = rng.uniform(0.35, 1.3)
    hu = softened(as_hu(rng, sketch), sharp)
    if rng.random() < 0.85:
        noise = softened(noise_like(rng, (side, side, 1))[..., 0], rng.uniform(0, 1.1))
        hu = hu + noise * (rng.uniform(2, 35) / max(float(noise.std()), 0.2))
    if rng.random() < 0.08:
        hu = hu + streaks(rng, side)
    level, width = WINDOWS[int(rng.choice(len(WINDOWS), p=WINDOW_CHANCE))]
    level, width = level + rng.normal(0, 15), width * np.exp(rng.normal(0, 0.15))
    return np.clip((hu - level) / width + 0.5, 0, 1) * 255


def weighting(rng: np.random.Generator) -> Array:
    """Mean grey of every tissue in some MR sequence."""
    phase, mix = HU[:, int(rng.integers(1, 4))] - HU[:, 0], rng.random()
    greys = MR[:, int(rng.random() < 0.5)] if mix < 0.75 else MR.mean(1)
    if rng.random() < 0.35:  # fat suppressed
        greys = greys * (1 - FAT * rng.uniform(0.6, 1.0))
    if rng.random() < 0.35:  # contrast agent
        greys = greys + np.clip(phase, 0, 160) * rng.uniform(0.3, 0.9)
    if rng.random() < 0.3:  # bright blood
        blood = [NUMBER[n] for n in ("artery", "vein", "portal vein", "heart cavity")]
        greys = greys.copy()
        greys[blood] = rng.uniform(140, 250)
    return greys * rng.uniform(0.75, 1.25) + rng.normal(0, 9, len(greys)).astype(np.float32) * (greys > 20)


def paint_mr(rng: np.random.Generator, sketch: Sketch) -> Array:
    """A slice as MR may show it, 0..255."""
    side = len(sketch.labels)
    strange = rng.random() < RANDOM_GREYS
    means = rng.uniform(15, 235, len(MR)).astype(np.float32) if strange else weighting(rng).astype(np.float32)
    means[[NUMBER["air"], NUMBER["lung"]]] = rng.uniform(0, 14)
    image = per_label(rng, sketch, means, 30 if strange else 9)
    image *= 1 - bone_rims(rng, sketch) * rng.uniform(0.5, 0.95)
    lumen, content, gas = lumens(rng, sketch)
    wet = means[NUMBER["fluid"]] if rng.random() < 0.6 else rng.uniform(20, 230)
    image = np.where(gas, means[NUMBER["air"]], np.where(lumen, wet + (content - 20) * 0.3, image))
    grain = texture(rng, side, sketch.pixel)
    image = softened(image + grain * (0.25 * ROUGH[sketch.tissues] + 2), rng.uniform(0.4, 1.3))
    if rng.random() < 0.7:
        image = image * np.exp(smooth_noise(rng, side, side / rng.uniform(1.5, 3)).reshape(side, side) * rng.uniform(0, 0.3))
    noise = noise_like(rng, (side, side, 2)) * rng.uniform(1, 14)
    return np.clip(np.hypot(image + noise[..., 0], noise[..., 1]), 0, 255)
