"""Promptable segmentation for medical images: a small client of a Promptomy server."""

from .client import Client, Image
from .masks import Mask, Segment
from .prompts import Label, Plane, Prompt, box, lasso, point, scribble, text
from .transport import ServerError

__all__ = [
    "Client", "Image", "Label", "Mask", "Plane", "Prompt", "Segment", "ServerError",
    "box", "lasso", "point", "scribble", "text",
]  # fmt: skip
