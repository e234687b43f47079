"""Generators of labelled slices: each returns a `Scene`."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Scene:
    """One slice in the square training frame before appearance augmentation.

    image float32 [S,S,C] in 0..255; layers int32 [S,S]; `names[layer][value]` is a structure's name ("" = unnamed);
    `instances` lists layers whose every value is one object of `names[layer][0]`; `parts[layer]`, where given, numbers
    the objects of a layer as they were connected before a warp broke thin ones. `upright`: the whole slice as deployment
    frames it, not upside down, so that one can count from its ends. `beside`, where given: the same layers of a slice some
    millimetres away.
    """

    image: np.ndarray
    layers: list[np.ndarray]
    names: list[dict[int, str]]
    context: str
    source: str
    instances: list[int] = field(default_factory=list)
    parts: list[np.ndarray] = field(default_factory=list)
    upright: bool = False
    beside: list[np.ndarray] = field(default_factory=list)
