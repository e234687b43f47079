"""The exported graphs behind one slice: encode and prepare once, then answer prompts."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from net.model import CONTEXTS, PREPARED, WIDTH
from net.preprocess import network_input, to_frame, to_slice
from net.text import tokenize
from train.export import session

Array = np.ndarray


@dataclass
class Prompt:
    """Points in pixels of the slice with SAM's labels, a name, and the logits of an earlier answer."""

    points: Array = field(default_factory=lambda: np.zeros((1, 2)))
    labels: Array = field(default_factory=lambda: np.full(1, -1.0))
    text: str | None = None
    mask: Array | None = None


@dataclass
class Answer:
    """The chosen mask at native size, its low-resolution logits, and what the model thinks of it."""

    mask: Array
    logits: Array
    quality: float
    presence: float


class Predictor:
    """One model folder."""

    def __init__(self, folder: Path, *, use_context: bool = True):
        self.graphs = {name: session(folder / f"{name}.onnx") for name in ("encoder", "prepare", "decoder", "text-encoder")}
        self.side = json.loads((folder / "manifest.json").read_text())["input"]["size"]
        self.wanted = [value.name for value in self.graphs["decoder"].get_inputs()]
        self.use_context = use_context
        self.feeds: dict[str, Array] = {}
        self.size = (0, 0)

    def see(self, image: Array, context: str, wire: Callable[[Array], Array] = lambda e: e) -> None:
        """Encode a slice; `wire` stands for what transport does to the embedding."""
        self.size = (image.shape[1], image.shape[0])
        pixels = network_input(image, self.side)
        embedding = wire(self.graphs["encoder"].run(None, {"image": pixels})[0])
        prepared = self.graphs["prepare"].run(PREPARED, {"image": pixels, "image_embeddings": embedding})
        known = CONTEXTS.index(context) if self.use_context else 0
        self.feeds = dict(zip(PREPARED, prepared)) | {
            "context": np.eye(len(CONTEXTS), dtype=np.float32)[known : known + 1]}

    def ask(self, prompt: Prompt, *, several: bool) -> Answer:
        """Mask 0 when there are several prompts, else the candidate with the best predicted IoU."""
        points = to_frame(prompt.points, self.size, self.side)[None].astype(np.float32)
        half = self.side // 2
        text = np.zeros((1, 1, WIDTH), np.float32)
        if prompt.text is not None:
            text = self.graphs["text-encoder"].run(None, {"token_ids": np.array([tokenize(prompt.text)], np.int64)})[0]
        previous = np.zeros((half, half), np.float32) if prompt.mask is None else prompt.mask
        feeds = self.feeds | {
            "point_coords": points, "point_labels": prompt.labels[None].astype(np.float32), "mask_input": previous[None, None],
            "has_mask_input": np.float32([prompt.mask is not None]), "text_embeddings": text,
            "has_text": np.float32([prompt.text is not None])}
        masks, quality, presence = self.graphs["decoder"].run(None, {name: feeds[name] for name in self.wanted})
        best = 0 if several else 1 + int(quality[0, 1:].argmax())
        logits = masks[0, best]
        native = to_slice(logits[None], self.size, self.side)[0]
        return Answer(native > 0, logits, float(quality[0, best]), float(presence[0]))
