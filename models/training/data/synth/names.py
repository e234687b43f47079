"""Names of label volumes as training says them."""

import re


def without_side(name: str) -> str:
    """A name without left and right: cuts are mirrored at random, so that sides mean nothing here."""
    words = re.split(r"[_\s-]+", name)
    return " ".join(word for word in words if word.lower() not in ("left", "right", "lt", "rt")).lower()
