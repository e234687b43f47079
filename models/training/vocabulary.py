"""Structure names as users write them: synonyms from vocabulary.json, phrase templates, typos, and absent names."""

import json
from pathlib import Path

import numpy as np

from text import words

PATH = Path(__file__).parent.parent / "vocabulary.json"
OTHER_CONTEXT = 0.92  # of the absent names; a slice of the same context may show more than its source has labelled
TEMPLATES = ["the {}", "{} in this image", "segment the {}"]


def load_vocabulary() -> list[dict]:
    """Entries {id, name, synonyms, parent?, modalities}; empty before the file exists."""
    return json.loads(PATH.read_text()) if PATH.exists() else []


def misspell(rng: np.random.Generator, text: str) -> str:
    """Drop, double or swap one letter."""
    if len(text) < 5:
        return text
    i = int(rng.integers(1, len(text) - 1))
    return [text[:i] + text[i + 1 :], text[:i] + text[i] + text[i:], text[: i - 1] + text[i] + text[i - 1] + text[i + 1 :]][int(rng.integers(3))]


def key_of(name: str) -> str:
    """A name without case, accents and punctuation, so that a data set's spelling finds its entry."""
    return " ".join(words(name))


class Phrases:
    """Says names, and knows which names do not belong to a source."""

    def __init__(self, slices: list[tuple[str, str, set[str]]]):
        self.synonyms = {key_of(n): [entry["name"], *entry["synonyms"]]
                         for entry in load_vocabulary() for n in [entry["name"], *entry["synonyms"]]}
        by_id = {entry["id"]: entry["name"] for entry in load_vocabulary()}
        self.parents = {entry["name"]: by_id[entry["parent"]] for entry in load_vocabulary() if entry.get("parent")}
        self.of_source: dict[str, set[str]] = {}
        self.of_context: dict[str, set[str]] = {}
        for source, context, names in slices:
            self.of_source.setdefault(source, set()).update(names)
            self.of_context.setdefault(context, set()).update(names)

    def say(self, rng: np.random.Generator, name: str) -> str:
        """The name or a synonym, in a random template, now and then with a typo."""
        options = self.synonyms.get(key_of(name), [name])
        text = name if rng.random() < 0.5 else str(rng.choice(options))
        if rng.random() < 0.08:
            text = misspell(rng, text)
        if rng.random() < 0.6:
            return text
        return str(rng.choice(TEMPLATES)).format(text)

    def canonical(self, name: str) -> str:
        """The vocabulary's name of it; as it is when the vocabulary has none."""
        return self.synonyms.get(key_of(name), [name])[0]

    def wholes(self, names: list[str]) -> dict[str, list[str]]:
        """What several of the names are pieces of by their very names (`vertebra` of `vertebra L1` and `vertebra L2`), and of which."""
        found: dict[str, list[str]] = {}
        for name in names:
            whole = self.parents.get(self.canonical(name), "")
            if whole and whole in self.canonical(name):
                found.setdefault(whole, []).append(name)
        return {whole: pieces for whole, pieces in found.items() if len(pieces) > 1 and whole not in names}

    def absent(self, rng: np.random.Generator, source: str, context: str, present: list[str]) -> str:
        """A name that neither this slice nor its source has, nor a piece or whole of one: mostly of another context (sure)."""
        other = sorted({n for c, names in self.of_context.items() if c != context for n in names})
        near = sorted({n for s, names in self.of_source.items() if s != source for n in names})
        taken = {self.canonical(n) for n in [*self.of_source.get(source, ()), *present]}
        wholes = {self.parents.get(name) for name in taken}
        for _ in range(10):
            choice = str(rng.choice(other if rng.random() < OTHER_CONTEXT else near))
            name = self.canonical(choice)
            if name not in taken and name not in wholes and self.parents.get(name) not in taken:
                return choice
        return next(n for n in ("kidney stone", "retinal vessel", "polyp") if n not in present)
