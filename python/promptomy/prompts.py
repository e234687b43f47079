"""Prompts in pixels of a slice: x along a row, y down the rows, integers at pixel centres."""

from collections.abc import Sequence
from typing import Any, Literal

Label = Literal["foreground", "background"]
Plane = Literal["native", "axial", "coronal", "sagittal"]
Prompt = dict[str, Any]
Points = Sequence[tuple[float, float]]


def point(x: float, y: float, label: Label = "foreground") -> Prompt:
    """A click."""
    return {"kind": "point", "x": x, "y": y, "label": label}


def box(x0: float, y0: float, x1: float, y1: float) -> Prompt:
    """Two corners, both included."""
    return {"kind": "box", "x0": x0, "y0": y0, "x1": x1, "y1": y1}


def scribble(points: Points, label: Label = "foreground") -> Prompt:
    """A line drawn over the structure."""
    return {"kind": "scribble", "points": [list(at) for at in points], "label": label}


def lasso(points: Points, label: Label = "foreground") -> Prompt:
    """A line drawn around the structure."""
    return {"kind": "lasso", "points": [list(at) for at in points], "label": label}


def text(name: str) -> Prompt:
    """A name of the server's vocabulary."""
    return {"kind": "text", "text": name}
