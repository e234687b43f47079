"""What a client does for a small object: encode a crop around it and answer there (the same rule as core/zoom.ts)."""

from pathlib import Path

import numpy as np

from predictor import Answer, Predictor, Prompt

Array = np.ndarray
SMALL = 0.25  # of the slice's longest side: an object below that is worth a closer look
ROOM = 2.5  # side of the crop, in sides of the object
LEAST = 0.125  # side of the smallest crop, in longest sides of the slice


def crop_around(mask: Array, points: Array) -> tuple[int, int, int, int] | None:
    """x0, y0, x1, y1 (half-open) of a square around a small mask and the points [n,2]; None if it is large or empty."""
    if not mask.any():
        return None
    height, width = mask.shape
    longest = max(width, height)
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    low = np.minimum([columns[0], rows[0]], points.min(0))
    high = np.maximum([columns[-1] + 1, rows[-1] + 1], points.max(0) + 1)
    extent = float((high - low).max())
    if extent > SMALL * longest:
        return None
    side = min(int(np.ceil(max(ROOM * extent, LEAST * longest))), width, height)
    corner = np.clip(np.floor((low + high) / 2 - side / 2), 0, [width - side, height - side]).astype(int)
    return int(corner[0]), int(corner[1]), int(corner[0]) + side, int(corner[1]) + side


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
        """The whole slice's answer, or the crop's once an answer was small and as long as its points lie inside."""
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
        return self.ask_near(Prompt(prompt.points, prompt.labels, prompt.text, None), several)

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
