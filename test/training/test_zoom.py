"""The closer look is cut as the client cuts it: the same cases stand in test/core/zoom.test.ts."""

import numpy as np

from data.augment import zoomed_affine
from net.zoom import crop_around


def rectangle(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((512, 512), bool)
    mask[y0 : y1 + 1, x0 : x1 + 1] = True
    return mask


def test_a_small_object_gets_a_square_of_two_and_a_half_of_it() -> None:
    assert crop_around(rectangle(200, 240, 239, 259), np.array([[210.0, 250.0], [230.0, 250.0]])) == (170, 200, 270, 300)


def test_a_speck_gets_an_eighth_of_the_slice_and_a_large_object_nothing() -> None:
    x0, _, x1, _ = crop_around(rectangle(250, 250, 253, 253), np.array([[251.0, 251.0], [252.0, 252.0]]))
    assert x1 - x0 == 64
    assert crop_around(rectangle(100, 100, 300, 200), np.array([[150.0, 150.0], [250.0, 150.0]])) is None
    assert crop_around(rectangle(5, 5, 4, 4), np.array([[5.0, 5.0], [6.0, 6.0]])) is None
    assert crop_around(rectangle(250, 250, 253, 253), np.array([[251.0, 251.0]])) is None  # one click alone


def test_training_frames_hold_the_object_that_they_zoom_into() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        x, y = rng.integers(0, 470, 2)
        matrix = zoomed_affine(rng, (int(x), int(y), 40, 30), (512, 512), 320)
        middle = matrix @ [x + 20, y + 15, 1]
        assert (middle > 0).all() and (middle < 320).all()
        assert 320 / 170 < np.sqrt(abs(np.linalg.det(matrix[:, :2]))) < 320 / 63
