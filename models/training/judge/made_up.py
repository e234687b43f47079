"""Judge an exported model on made-up cuts that no run has drawn: names on CT and on MR, and the mask of the slice beside."""

from pathlib import Path

import cv2
import numpy as np

from data.augment import appearance
from data.beside import pair_beside
from data.slices import REAL_STRENGTH
from data.synth import Scene
from data.synth.bodies import load_bodies
from data.synth.body_scene import body_scene
from data.tasks import named_masks, present_values
from judge.metrics import dice
from judge.predictor import Predictor, Prompt
from judge.volumes import mask_logits

Array = np.ndarray
CUTS, SEED = 240, 2026
LEAST = 0.002  # of the frame; smaller structures are not asked for
MOST = 4  # names of a cut


def judge_names(predictor: Predictor, scene: Scene, rng: np.random.Generator) -> list[float]:
    """Dice of a few names of a cut."""
    masks = named_masks(scene, [present_values(scene, layer) for layer in range(len(scene.layers))])
    large = sorted(name for name, mask in masks.items() if mask.mean() >= LEAST)
    chosen = [large[i] for i in rng.permutation(len(large))[:MOST]]
    return [dice(predictor.ask(Prompt(text=name), several=True).mask, masks[name]) for name in chosen]


def judge_beside(predictor: Predictor, scene: Scene, rng: np.random.Generator) -> tuple[str, float] | None:
    """Dice of the answer to nothing but the mask beside, or of a structure that has ended the share of the mask that is left."""
    pair = pair_beside(rng, scene) if scene.beside else None
    if pair is None or pair[1].mean() < LEAST:
        return None
    truth, given = pair
    answer = predictor.ask(Prompt(mask=mask_logits(given, predictor.side)), several=True).mask
    if not truth.any():
        return "left", min(1.0, answer.sum() / given.sum())
    return "beside", dice(answer, truth)


def run(folder: Path, data: Path, side: int = 384) -> dict[str, float]:
    """Mean Dice of names by kind of image and of masks beside, and what is left of a mask where its structure has ended."""
    cv2.setNumThreads(1)
    rng, predictor = np.random.default_rng(SEED), Predictor(folder)
    bodies, chance = load_bodies(data / "label-volumes")
    found: dict[str, list[float]] = {}
    for _ in range(CUTS):
        scene = body_scene(rng, bodies, chance, side)
        image = appearance(rng, scene.image.astype(np.uint8), strong=REAL_STRENGTH)
        scene.layers = [layer.astype(np.uint16) for layer in scene.layers]
        predictor.see(image, scene.context)
        found.setdefault(f"name{scene.context}", []).extend(judge_names(predictor, scene, rng))
        if answer := judge_beside(predictor, scene, rng):
            found.setdefault(answer[0], []).append(answer[1])
    return {key: float(np.mean(values)) for key, values in found.items()}
