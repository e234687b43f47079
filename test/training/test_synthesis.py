"""Synthetic scenes are valid, varied and repeatable."""

from pathlib import Path

import numpy as np
import pytest

from augment import appearance, random_affine, warp
from preprocess import network_input, resized, to_frame
from synth.shapes import shape_scene
from synth.volumes import like_mr, load_volumes, volume_scene


@pytest.mark.parametrize("seed", range(12))
def test_shape_scenes_are_images_with_labels(seed: int) -> None:
    scene = shape_scene(np.random.default_rng(seed), 96)
    assert scene.image.shape[:2] == (96, 96) and scene.image.shape[2] in (1, 3)
    assert scene.image.min() >= 0 and scene.image.max() <= 255 and np.isfinite(scene.image).all()
    assert scene.layers[0].shape == (96, 96) and scene.layers[0].max() >= 1


def test_the_same_seed_draws_the_same_scene() -> None:
    first, second = (shape_scene(np.random.default_rng(7), 64) for _ in range(2))
    assert (first.image == second.image).all() and (first.layers[0] == second.layers[0]).all()


def test_scenes_from_head_and_neck_volumes_name_what_they_show(data_root: Path) -> None:
    volumes = load_volumes(data_root / "label-volumes", ("head-neck",))
    rng = np.random.default_rng(0)
    named = 0
    for _ in range(6):
        scene = volume_scene(rng, volumes, 96)
        assert scene.image.shape == (96, 96, 1) and np.isfinite(scene.image).all()
        named += len(set(np.unique(scene.layers[0]).tolist()) & set(scene.names[0]))
    assert named >= 6


@pytest.mark.parametrize("seed", range(8))
def test_appearance_stays_in_range(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (64, 64, 3), np.uint8)
    changed = appearance(rng, image, strong=3.0)
    assert changed.shape == image.shape and changed.dtype == np.uint8 and len(np.unique(changed)) > 10


def test_image_and_labels_are_warped_alike() -> None:
    rng = np.random.default_rng(1)
    mask = np.zeros((300, 200), np.uint8)
    mask[90:200, 60:150] = 1
    for _ in range(10):
        matrix = random_affine(rng, (200, 300), 128, np.array([100, 150]))
        soft = warp(mask[..., None] * 255, matrix, 128, None, nearest=False)
        hard = warp(mask, matrix, 128, None, nearest=True)
        assert ((soft > 127) != (hard > 0)).mean() < 0.02


@pytest.mark.parametrize(("size", "expected"), [((512, 512), (512, 512)), ((375, 277), (512, 378)), ((3, 1000), (2, 512))])
def test_the_longest_side_fills_the_frame(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert resized(*size, 512) == expected
    image = np.full((size[1], size[0]), 255, np.uint8)
    frame = network_input(image, 512)
    assert frame.shape == (1, 3, 512, 512)
    assert frame.sum() == pytest.approx(3 * expected[0] * expected[1], rel=1e-4)
    corner = to_frame(np.array([size[0] - 0.5, size[1] - 0.5]), size, 512)
    assert corner == pytest.approx(np.array(expected) - 0.5)


def test_the_trunk_also_looks_like_mr() -> None:
    hu = np.full((32, 32), 40, np.float32)
    hu[:, :8], labels = -1000, np.zeros((32, 32), np.uint16)
    labels[:, 16:24], labels[:, 24:] = 1, 2
    looks = []
    for seed in range(20):
        image = like_mr(np.random.default_rng(seed), hu, labels, np.array([0, 1, 1]))
        assert image[:, :4].max() < 21  # air is dark
        assert abs(image[16, 19] - image[16, 29]) < 0.1  # both sides of an organ look alike
        looks.append(image[16, 19])
    assert np.std(looks) > 20
