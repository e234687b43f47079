"""Structure names as users write them: synonyms from vocabulary.json, phrase templates, typos, and absent names."""

import json
from pathlib import Path

import numpy as np

from data.synth.names import without_side
from net.text import words

PATH = Path(__file__).parents[2] / "vocabulary.json"
OWN, OWN_MADE = 0.25, 0.75  # of the absent names are missing ones of the slice's own source, real or made up
COMPLETE = 3  # names per slice from which on a source is taken to label everything that it has
BESIDE = {  # regions that a slice may show together
    "head": ("head", "neck", "trunk"), "neck": ("neck", "head", "chest", "trunk"), "chest": ("chest", "neck", "abdomen", "breast", "trunk"),
    "abdomen": ("abdomen", "chest", "pelvis", "trunk"), "pelvis": ("pelvis", "abdomen", "limb", "uterus", "trunk"),
    "limb": ("limb", "pelvis", "trunk"), "trunk": ("trunk", "neck", "chest", "abdomen", "pelvis", "limb"), "breast": ("breast", "chest", "trunk"),
    "uterus": ("uterus", "pelvis", "abdomen", "trunk"), "eye": ("eye",), "gut": ("gut", "abdomen", "chest"), "tissue": ("tissue",),
}
TEMPLATES = ["the {}", "{} in this image", "segment the {}"]


def load_vocabulary() -> list[dict]:
    """Entries {id, name, synonyms, parent?, side?, region?, modalities}; empty before the file exists. Abbreviations and Latin
    names count as synonyms, other languages are not said. `taught: false` marks names that no picture carries."""
    entries = json.loads(PATH.read_text()) if PATH.exists() else []
    return [entry | {"synonyms": [*entry["synonyms"], *entry.get("abbreviations", []), *entry.get("names", {}).get("la", [])]}
            for entry in entries if entry.get("taught", True)]


def misspell(rng: np.random.Generator, text: str) -> str:
    """Drop, double or swap one letter."""
    if len(text) < 5:
        return text
    i = int(rng.integers(1, len(text) - 1))
    return [text[:i] + text[i + 1 :], text[:i] + text[i] + text[i:], text[: i - 1] + text[i] + text[i - 1] + text[i + 1 :]][int(rng.integers(3))]


def key_of(name: str) -> str:
    """A name without case, accents and punctuation, so that a data set's spelling finds its entry."""
    return " ".join(words(name))


def canonical_names() -> dict[str, str]:
    """The vocabulary's name for the key of every name and synonym; names go before synonyms. Of what it has with a side only
    (lobes of the lung, single ribs), the name without it."""
    entries = load_vocabulary()
    sideless = {key_of(name): name for name in (without_side(entry["name"]) for entry in entries if entry.get("side"))}
    synonyms = {key_of(word): entry["name"] for entry in entries for word in entry["synonyms"]}
    return sideless | synonyms | {key_of(entry["name"]): entry["name"] for entry in entries}


def with_sideless(entries: list[dict]) -> list[dict]:
    """The entries, and one without a side for each numbered structure that the vocabulary has with a side only (single ribs), so that
    it has a region, and is told by its number as the others are."""
    names, by_id = {entry["name"] for entry in entries}, {without_side(entry["name"]): entry["id"] for entry in entries if not entry.get("side")}
    whole = {entry["id"]: by_id.get(without_side(entry["name"]), entry["id"]) for entry in entries}
    found = {without_side(entry["name"]): entry for entry in entries if entry.get("side") and entry["name"][-1].isdigit()}
    return [*entries, *(entry | {"id": name, "name": name, "synonyms": [], "parent": whole.get(entry.get("parent"))}
                        for name, entry in found.items() if name not in names)]


class Phrases:
    """Says names, and knows which names a slice cannot show."""

    def __init__(self, slices: list[tuple[str, set[str]]]):
        """`slices` are (source, names) of every slice; of a label volume, all its names."""
        entries = with_sideless(load_vocabulary())
        self.synonyms = {key_of(n): [entry["name"], *entry["synonyms"]]
                         for entry in entries for n in [entry["name"], *entry["synonyms"]]}
        by_id = {entry["id"]: entry["name"] for entry in entries}
        self.parents = {entry["name"]: by_id[entry["parent"]] for entry in entries if entry.get("parent")}
        self.regions = {entry["name"]: entry.get("region", "") for entry in entries}
        self.of_source: dict[str, set[str]] = {}
        counts: dict[str, list[int]] = {}
        for source, names in slices:
            self.of_source.setdefault(source, set()).update(names)
            counts.setdefault(source, []).append(len(names))
        self.complete = {source for source, each in counts.items() if np.mean(each) >= COMPLETE}
        self.far = {source: self.elsewhere(names) for source, names in self.of_source.items()}

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

    def counted(self, name: str) -> str:
        """The structure that the name numbers one of (`vertebra` for `vertebra L1`), or ""; which one it is takes the others to tell."""
        whole = self.parents.get(self.canonical(name), "")
        return whole if whole in self.canonical(name) else ""

    def wholes(self, names: list[str]) -> dict[str, list[str]]:
        """What several of the names number one of, and which of them."""
        found: dict[str, list[str]] = {}
        for name in names:
            if whole := self.counted(name):
                found.setdefault(whole, []).append(name)
        return {whole: pieces for whole, pieces in found.items() if len(pieces) > 1 and whole not in names}

    def region(self, name: str) -> str:
        """Where in the body a name belongs; "" for what the vocabulary does not have."""
        return self.regions.get(self.canonical(name), "")

    def elsewhere(self, names: set[str]) -> list[str]:
        """All names of regions that are never seen together with those of some names."""
        beside = {region for name in names if self.region(name) for region in BESIDE[self.region(name)]} | {""}
        return sorted({name for group in self.of_source.values() for name in group if self.region(name) not in beside})

    def missing(self, source: str, present: list[str]) -> list[str]:
        """What a source that labels everything has elsewhere but not here."""
        wholes = {self.parents.get(self.canonical(n)) for n in present}
        return [n for n in sorted(self.of_source.get(source, ())) if source in self.complete and n not in present
                and self.canonical(n) not in wholes and self.counted(n) not in present]

    def absent(self, rng: np.random.Generator, source: str, present: list[str]) -> str:
        """A name that is not on this slice: a missing one of its source, or one of a region that the source never shows."""
        missing, far = self.missing(source, present), self.far[source]
        own = OWN_MADE if source.startswith("synthetic") else OWN
        if missing and (rng.random() < own or not far):
            return str(rng.choice(missing))
        return str(rng.choice(far or [n for n in ("kidney stone", "retinal vessel") if n not in present]))
