"""Synthetic scenes are valid, varied and repeatable."""

import numpy as np
import pytest

from data.augment import appearance, random_affine, warp
from data.beside import pair_beside
from data.synth import Scene
from data.synth.bodies import TISSUE_IDS, Body, naming_of, places_of
from data.synth.body_scene import body_scene
from data.synth.cuts import cut
from data.synth.scan import like_mr
from data.synth.shapes import shape_scene
from net.preprocess import network_input, resized, to_frame


@pytest.mark.parametrize("seed", range(12))
def test_shape_scenes_are_images_with_labels(seed: int) -> None:
    scene = shape_scene(np.random.default_rng(seed), 96)
    assert scene.image.shape[:2] == (96, 96) and scene.image.shape[2] in (1, 3)
    assert scene.image.min() >= 0 and scene.image.max() <= 255 and np.isfinite(scene.image).all()
    assert scene.layers[0].shape == (96, 96) and scene.layers[0].max() >= 1


def test_the_same_seed_draws_the_same_scene() -> None:
    first, second = (shape_scene(np.random.default_rng(7), 64) for _ in range(2))
    assert (first.image == second.image).all() and (first.layers[0] == second.layers[0]).all()


def ball(size: int = 48) -> Body:
    """A body of fat with a liver and two kidneys in it."""
    z, y, x = np.mgrid[:size, :size, :size] / size - 0.5
    voxels = np.zeros((size, size, size), np.uint8)
    voxels[np.hypot(x, y) < 0.45] = 1
    voxels[np.sqrt((x - 0.15) ** 2 + y**2 + z**2) < 0.2] = 2
    voxels[np.sqrt((x + 0.2) ** 2 + (y - 0.2) ** 2 + z**2) < 0.1] = 3
    voxels[np.sqrt((x + 0.2) ** 2 + (y + 0.2) ** 2 + z**2) < 0.1] = 4
    naming = naming_of(["", "fat (approximate)", "liver", "kidney_left", "kidney_right"])
    body = Body("ball", "synthetic ball", voxels, np.full(3, 5.0), naming, bare=False)
    body.places = places_of(np.random.default_rng(0), body)
    return body


@pytest.mark.parametrize("seed", range(8))
def test_a_cut_of_a_body_names_what_it_shows(seed: int) -> None:
    scene = body_scene(np.random.default_rng(seed), [ball()], np.ones(1), 96)
    assert scene.image.shape == (96, 96, 1) and np.isfinite(scene.image).all()
    assert 0 <= scene.image.min() and scene.image.max() <= 255
    assert set(scene.names[0].values()) == {"liver", "kidney"}
    assert scene.layers[0].shape == (96, 96) and all(layer.shape == (96, 96) for layer in scene.beside)


def test_the_slice_beside_changes_little_and_far_away_more() -> None:
    body, changes = ball(), []
    sampler = cut(np.random.default_rng(3), body, np.array([24, 24, 24]), 96)
    for away in (0.0, 5.0, 60.0):
        changes.append((sampler.labels(away=away) != sampler.labels()).mean())
    assert changes[0] == 0 < changes[1] < changes[2]


@pytest.mark.parametrize(("name", "organ", "part", "tissue"), [
    ("left kidney cortex", "kidney", "renal cortex", "kidney cortex"), ("vertebrae_L3", "vertebra L3", "", "bone"),
    ("sigmoid colon", "colon", "sigmoid colon", "hollow"), ("left ventricle", "heart", "left ventricle", "heart cavity"),
    ("lung_upper_lobe_left", "lung", "lung upper lobe", "lung"), ("rib_left_4", "rib", "rib 4", "bone"), ("body", "", "", "mixed"),
    ("subcutaneous fat (approximate)", "", "", "fat"), ("pancreas body", "pancreas", "", "pancreas"),
    ("portal vein", "portal vein and splenic vein", "", "portal vein"),
])
def test_labels_become_organs_parts_and_tissues(name: str, organ: str, part: str, tissue: str) -> None:
    naming = naming_of(["", name])
    assert (naming.organ_names.get(1, ""), naming.part_names.get(1, "")) == (organ, part)
    assert naming.tissues[1] == TISSUE_IDS[tissue]


def test_a_mask_beside_asks_for_the_same_structure() -> None:
    here, there = np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint8)
    here[10:30, 10:30], there[12:32, 10:30], there[40:50, 40:50] = 1, 1, 2
    scene = Scene(np.zeros((64, 64, 1)), [here], [{1: "liver", 2: "spleen"}], "CT", "synthetic test", beside=[there])
    pairs = [pair_beside(np.random.default_rng(seed), scene) for seed in range(20)]
    assert {(int(target.sum()), int(mask.sum())) for target, mask in pairs} == {(400, 400), (0, 100)}


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
        image = like_mr(np.random.default_rng(seed), hu, labels, np.array([0, 1, 1, *range(3, 256)]))
        assert image[:, :4].max() < 21  # air is dark
        assert abs(image[16, 19] - image[16, 29]) < 0.1  # both sides of an organ look alike
        looks.append(image[16, 19])
    assert np.std(looks) > 20
