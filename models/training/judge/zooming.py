"""A predictor that answers small objects from a crop, as the client does."""

from pathlib import Path

import numpy as np

from judge.predictor import Answer, Predictor, Prompt
from net.preprocess import in_crop
from net.zoom import crop_around

Array = np.ndarray
SURER = 0.1  # what the whole slice must promise more to answer, as in core/annotation/answer.ts


class Zooming:
    """A predictor that looks closer at small objects. One instance at a time: `start` forgets the crop."""

    def __init__(self, folder: Path, **options: bool):
        self.whole, self.near = Predictor(folder, **options), Predictor(folder, **options)
        self.side = self.whole.side
        self.crop: tuple[int, int, int, int] | None = None

    def see(self, image: Array, context: str, wire) -> None:
        """Encode a slice."""
        self.image, self.context, self.wire = image, context, wire
        self.whole.see(image, context, wire)
        self.start()

    def start(self) -> None:
        """A new object."""
        self.crop, self.logits = None, None

    def ask(self, prompt: Prompt, *, several: bool) -> Answer:
        """The whole slice's answer, or the crop's once an answer was small, the crop's is nearly as sure, and its points lie inside."""
        if prompt.mask is None:
            self.start()
        given = prompt.points[prompt.labels >= 0]
        if self.crop and not self.holds(given):
            self.start()
            prompt = Prompt(prompt.points, prompt.labels, prompt.text, None)
        if self.crop:
            return self.ask_near(prompt, several)
        answer = self.whole.ask(prompt, several=several)
        if len(given) == 0:
            return answer
        self.crop = crop_around(answer.mask, given)
        if not self.crop:
            return answer
        x0, y0, x1, y1 = self.crop
        self.near.see(np.ascontiguousarray(self.image[y0:y1, x0:x1]), self.context, self.wire)
        shown = in_crop(answer.logits, self.whole.size, self.crop, self.side)
        near = self.ask_near(Prompt(prompt.points, prompt.labels, prompt.text, shown), several)
        if answer.quality <= near.quality + SURER:
            return near
        self.crop = None  # the whole slice promises more: later clicks refine its mask
        return answer

    def holds(self, points: Array) -> bool:
        """Whether all points lie in the crop."""
        x0, y0, x1, y1 = self.crop
        return bool(((points >= [x0, y0]) & (points < [x1, y1])).all())

    def ask_near(self, prompt: Prompt, several: bool) -> Answer:
        """The crop's answer in the slice's pixels."""
        x0, y0, x1, y1 = self.crop
        answer = self.near.ask(Prompt(prompt.points - [x0, y0], prompt.labels, prompt.text, prompt.mask), several=several)
        mask = np.zeros(self.image.shape[:2], bool)
        mask[y0:y1, x0:x1] = answer.mask
        return Answer(mask, answer.logits, answer.quality, answer.presence)
