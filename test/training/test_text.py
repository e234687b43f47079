"""Text becomes the ids that the documentation promises, and the vocabulary covers the data."""

import json

import numpy as np
import pytest

from data.vocabulary import BESIDE, Phrases, key_of, load_vocabulary
from net.text import VOCABULARY_SIZE, fnv1a, tokenize, words


@pytest.mark.parametrize(("text", "value"), [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)])
def test_fnv1a_matches_published_vectors(text: str, value: int) -> None:
    assert fnv1a(text) == value


def test_words_ignore_case_accents_and_punctuation() -> None:
    assert words("Région_L5-S1 (gauche)") == ["region", "l5", "s1", "gauche"]


def test_a_word_gives_itself_and_its_marked_trigrams() -> None:
    expected = [1 + fnv1a(token) % (VOCABULARY_SIZE - 1) for token in ("#eye", "^ey", "eye", "ye$")]
    assert tokenize("Eye") == expected
    assert tokenize("!") == [0]


def test_the_vocabulary_has_unique_ids_and_known_parents() -> None:
    entries = load_vocabulary()
    ids = [entry["id"] for entry in entries]
    assert len(ids) == len(set(ids))
    assert {entry["parent"] for entry in entries if "parent" in entry} <= set(ids)


def test_the_vocabulary_covers_every_name_of_the_data(data_root) -> None:
    known = {key_of(name) for entry in load_vocabulary() for name in (entry["name"], *entry["synonyms"])}
    lines = (data_root / "index.jsonl").read_text().splitlines()
    names = {label["name"] for line in lines for label in json.loads(line)["labels"]}
    for kind in ("brain", "head-neck", "trunk"):
        names |= set(json.loads((data_root / "label-volumes" / kind / "labels.json").read_text()).values())
    assert {name for name in names if key_of(name) not in known} <= {"background"}


def test_a_whole_is_asked_for_when_several_of_its_pieces_are_there() -> None:
    phrases = Phrases([])
    assert phrases.wholes(["vertebra L1", "vertebra L2", "kidney stone"]) == {"vertebra": ["vertebra L1", "vertebra L2"]}
    assert phrases.wholes(["vertebra L1"]) == {}
    assert phrases.wholes(["left atrium", "left ventricle"]) == {}, "chambers are pieces of a heart that has more to it"


def test_absent_names_are_of_regions_that_the_source_never_shows() -> None:
    spine = {"vertebra L1", "spinal canal"}
    phrases = Phrases([("spines", spine), ("chests", {"lung", "heart"}), ("heads", {"putamen"}), ("eyes", {"retinal vessel"})])
    rng = np.random.default_rng(0)
    assert {phrases.absent(rng, "spines", ["vertebra L1"]) for _ in range(80)} == {"putamen", "retinal vessel"}
    assert {phrases.absent(rng, "heads", ["putamen"]) for _ in range(80)} == {"lung", "heart", "retinal vessel"}


def test_a_source_that_labels_everything_lends_what_a_slice_lacks() -> None:
    levels = {"vertebra L1", "vertebra L2", "spinal canal", "intervertebral disc L1-L2"}
    phrases = Phrases([("levels", levels)])
    assert phrases.missing("levels", ["vertebra L1", "vertebra L2"]) == ["intervertebral disc L1-L2", "spinal canal"]
    assert phrases.missing("levels", ["vertebra", "spinal canal"]) == ["intervertebral disc L1-L2"], "which vertebra is open"
    assert Phrases([("one by one", {name}) for name in levels]).missing("one by one", ["vertebra L1"]) == []


def test_every_entry_of_the_vocabulary_has_a_region() -> None:
    assert {entry["region"] for entry in load_vocabulary()} == set(BESIDE)


def test_a_rib_without_a_side_has_a_region_and_is_one_of_the_ribs() -> None:
    phrases = Phrases([("trunks", {"rib 6", "rib"})])
    assert (phrases.region("rib 6"), phrases.counted("rib 6")) == (phrases.region("rib"), "rib")
    assert phrases.say(np.random.default_rng(0), "rib 6").endswith("rib 6")
