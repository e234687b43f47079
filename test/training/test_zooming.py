"""When a simulated user is answered from a crop."""

import numpy as np
import pytest

from judge.predictor import Answer, Prompt
from judge.zooming import Zooming

SIZE = 200


class Sees:
    """A predictor that finds a small square at the first point, as sure as it is told."""

    def __init__(self, quality: float):
        self.quality, self.shape, self.size = quality, (SIZE, SIZE), (SIZE, SIZE)
        self.given: list[np.ndarray | None] = []

    def see(self, image: np.ndarray, context: str, wire: object) -> None:
        self.shape = image.shape

    def ask(self, prompt: Prompt, *, several: bool) -> Answer:
        self.given.append(prompt.mask)
        mask = np.zeros(self.shape, bool)
        x, y = prompt.points[0].astype(int)
        mask[y : y + 10, x : x + 10] = True
        return Answer(mask, np.tile(np.arange(4, dtype=np.float32), (4, 1)), self.quality, 1.0)


def clicks(mask: np.ndarray | None = None) -> Prompt:
    return Prompt(np.array([[100.0, 100.0], [104.0, 104.0]]), np.array([1, 1]), None, mask)


@pytest.mark.parametrize(("near", "is_near"), [(0.81, True), (0.71, True), (0.69, False)])
def test_a_crop_answers_where_it_promises_little_less_than_the_whole_slice(near: float, is_near: bool) -> None:
    zooming = Zooming.__new__(Zooming)  # without graphs
    zooming.whole, zooming.near, zooming.side = Sees(0.8), Sees(near), 384
    zooming.see(np.zeros((SIZE, SIZE)), "CT", None)
    answer = zooming.ask(clicks(), several=True)
    assert answer.quality == (near if is_near else 0.8)
    assert answer.mask[100:110, 100:110].all() and answer.mask.sum() == 100
    assert zooming.whole.given == [None]
    assert abs(zooming.near.given[0].mean() - 1.5) < 0.2, "the crop goes on from what the whole slice says in its middle"
    zooming.ask(clicks(answer.logits), several=True)
    assert (zooming.near if is_near else zooming.whole).given[-1] is answer.logits, "the next answer refines the mask that was shown"
