"""Scenes from whole bodies: a deformed cut, painted as CT or MR, with organs, their parts, and the slice beside."""

import cv2
import numpy as np

from data.augment import smooth_noise
from data.synth import Scene
from data.synth.bodies import TISSUE_IDS, Body, Naming
from data.synth.cuts import Sampler, cut, distance_beside
from data.synth.painting import Sketch, fill_mixed, paint_ct, paint_mr

Array = np.ndarray
FOCUSED = 0.8  # of the cuts go through a structure drawn evenly by name
RARE = ("stomach", "pancreas", "colon", "spleen", "kidney", "inferior vena cava", "prostate", "urinary bladder", "heart", "femur", "liver",
        "gallbladder", "adrenal gland", "aorta", "small bowel", "duodenum", "uterus", "portal vein and splenic vein", "esophagus")
RARE_WEIGHT = 3.0  # how much more often a plane goes through one of these than through another structure
REMOVED, REMOVABLE = 0.15, ("kidney", "spleen", "gallbladder", "uterus", "prostate", "stomach", "pancreas", "adrenal gland")
BESIDE = 0.55  # of the scenes know the slice beside
FATTER, FATTEST = 0.45, 45.0  # share of bodies that get more fat below the skin, and mm of it at most
CT_SHARE = 0.55
ARMS, TABLE = 0.15, 0.5


def plane_through(rng: np.random.Generator, body: Body) -> Array:
    """A voxel to cut through."""
    names = list(body.places)
    if rng.random() < FOCUSED:
        weight = np.array([RARE_WEIGHT if name in RARE else 1.0 for name in names])
        at = body.places[names[int(rng.choice(len(names), p=weight / weight.sum()))]]
    else:
        at = body.places[names[int(rng.integers(len(names)))]]
    return at[int(rng.integers(len(at)))]


def removal(rng: np.random.Generator, body: Body) -> Array:
    """Labels [256] -> labels, with one organ given up to what may lie in its place; mostly unchanged."""
    same = np.arange(256)
    present = [v for v, name in body.naming.organ_names.items() if name in REMOVABLE]
    filler = np.flatnonzero(body.naming.tissues == TISSUE_IDS["fat"])
    if not present or not len(filler) or rng.random() >= REMOVED:
        return same
    same[body.naming.organs == rng.choice(present)] = filler[-1]
    return same


def fatter(rng: np.random.Generator, tissues: Array, pixel: float, width: float, height: float) -> Array:
    """A layer of fat and skin around what is there, inside the shown part of the frame."""
    air = tissues == TISSUE_IDS["air"]
    flood = air[: int(height), : int(width)].astype(np.uint8)
    outside = np.zeros(air.shape, np.float32)
    outside[: int(height), : int(width)] = cv2.distanceTransform(flood, cv2.DIST_L2, 3)
    noise = smooth_noise(rng, len(air), len(air) / 4).reshape(air.shape)
    thick = rng.uniform(2, FATTEST) / pixel * (1 + 0.2 * noise)
    # gas inside the body is no outside: only air connected to the frame's edge gets the layer
    layer = air & (outside > 0) & (outside < thick) & open_air(air)
    skin = layer & (outside > thick - 2.2 / pixel)
    return np.where(skin, TISSUE_IDS["skin"], np.where(layer, TISSUE_IDS["fat"], tissues)).astype(tissues.dtype)


def open_air(air: Array) -> Array:
    """Air that reaches the frame's edge."""
    padded = cv2.copyMakeBorder(air.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(padded, None, (0, 0), 2)
    return padded[1:-1, 1:-1] == 2


def around_organs(rng: np.random.Generator, labels: Array, tissues: Array, pixel: float) -> Array:
    """A body of mixed tissue around organs that come without one."""
    organs = (labels > 0).view(np.uint8)
    points = cv2.findNonZero(organs)
    if points is None:
        return tissues
    hull = cv2.fillConvexPoly(np.zeros_like(organs), cv2.convexHull(points), 1)
    away = cv2.distanceTransform(1 - hull, cv2.DIST_L2, 3) * pixel
    noise = smooth_noise(rng, len(labels), len(labels) / 4).reshape(labels.shape)
    body = away < rng.uniform(8, 40) * (1 + 0.3 * noise)
    return np.where((labels == 0) & body, TISSUE_IDS["mixed"], tissues).astype(tissues.dtype)


def beside_body(rng: np.random.Generator, tissues: Array, pixel: float) -> Array:
    """Arms and a table next to an axial cut."""
    side = len(tissues)
    occupied = tissues != TISSUE_IDS["air"]
    rows, columns = np.flatnonzero(occupied.any(1)), np.flatnonzero(occupied.any(0))
    drawn = np.zeros(tissues.shape, np.uint8)
    if len(rows) and rng.random() < TABLE:
        y = int(rows[-1] + rng.uniform(2, 12) / pixel)
        curve = int(rng.uniform(0, 40) / pixel)
        cv2.ellipse(drawn, (side // 2, y - curve), (int(rng.uniform(180, 260) / pixel), curve + 1), 0, 10, 170, TISSUE_IDS["cartilage"], 2)
    if len(rows) and rng.random() < ARMS:
        for x in (columns[0] - 45 / pixel, columns[-1] + 45 / pixel):
            centre = (int(x), int(rows.mean() + rng.normal(0, 20) / pixel))
            for radius, tissue in ((42, "fat"), (34, "muscle"), (11, "bone")):
                cv2.circle(drawn, centre, int(radius * rng.uniform(0.9, 1.1) / pixel), TISSUE_IDS[tissue], -1)
    return np.where(occupied | (drawn == 0), tissues, drawn).astype(tissues.dtype)


def sketch_of(rng: np.random.Generator, body: Body, labels: Array, sampler: Sampler) -> Sketch:
    """Tissues of a cut, with fat, arms and table."""
    view, tissues = sampler.view, body.naming.tissues[labels]
    if body.bare:
        tissues = around_organs(rng, labels, tissues, view.pixel)
    elif rng.random() < FATTER:
        tissues = fatter(rng, tissues, view.pixel, *view.shown)
    tissues = fill_mixed(rng, tissues, view.pixel)
    if view.axis == 2 and view.upright:
        tissues = beside_body(rng, tissues, view.pixel)
    organ_of = {value: body.naming.organ_names.get(int(body.naming.organs[value]), "") for value in np.flatnonzero(body.naming.organs)}
    return Sketch(labels, tissues, body.naming.alike, organ_of, view.pixel, view.upright, view.axis != 1)


def body_layers(naming: Naming, labels: Array) -> list[Array]:
    """Organs, and where there are any the parts that have names of their own."""
    parts = np.zeros(256, np.uint8)
    parts[list(naming.part_names)] = list(naming.part_names)
    fine = parts[labels]
    return [naming.organs[labels], fine] if naming.part_names and fine.any() else [naming.organs[labels]]


def layers_beside(naming: Naming, labels: Array, count: int) -> list[Array]:
    """As many layers of another slice."""
    found = body_layers(naming, labels)
    return (found + [np.zeros_like(labels)])[:count]


def body_scene(rng: np.random.Generator, bodies: list[Body], shares: Array, side: int) -> Scene:
    """One slice of a body that nobody has, as CT or MR."""
    body = bodies[int(rng.choice(len(bodies), p=shares))]
    sampler = cut(rng, body, plane_through(rng, body), side)
    sampler.swell(rng, body.naming.organ_names, body.naming.organs)
    kept = removal(rng, body).astype(np.uint8)
    labels = sampler.cover(kept[sampler.labels()])
    sketch = sketch_of(rng, body, labels, sampler)
    ct = rng.random() < CT_SHARE
    image = (paint_ct if ct else paint_mr)(rng, sketch)
    image = sampler.cover(image)
    layers, beside = body_layers(body.naming, labels), []
    if rng.random() < BESIDE:
        near = sampler.cover(kept[sampler.labels(away=distance_beside(rng))])
        beside = layers_beside(body.naming, near, len(layers))
    names = [dict(body.naming.organ_names), dict(body.naming.part_names)][: len(layers)]
    return Scene(image.astype(np.float32)[..., None], layers, names, "CT" if ct else "MR", body.source,
                 upright=sampler.view.upright, beside=beside)
