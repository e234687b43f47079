"""Text becomes the ids that the documentation promises, and the vocabulary covers the data."""

import json

import pytest

from text import VOCABULARY_SIZE, fnv1a, tokenize, words
from vocabulary import key_of, load_vocabulary


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
