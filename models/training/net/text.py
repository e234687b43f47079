"""Free text to token ids, in a form that a browser repeats in twenty lines.

    python models/training/net/text.py "Left kidney"

1. NFKD-normalise, drop combining marks (U+0300..U+036F), lower-case.
2. Split into words at every character outside a-z and 0-9.
3. For each word, in order: the token "#" + word, then every three-character window of "^" + word + "$".
4. id = 1 + (FNV-1a-32 of the token's UTF-8 bytes) mod 4095. Id 0 is padding. At most 64 ids; text without words is the one id 0.
"""

import re
import sys
import unicodedata

VOCABULARY_SIZE = 4096
MAX_TOKENS = 64


def fnv1a(text: str) -> int:
    """32-bit FNV-1a over UTF-8 (offset basis 2166136261, prime 16777619)."""
    value = 2166136261
    for byte in text.encode("utf-8"):
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def words(text: str) -> list[str]:
    """Accent-free lower-case words of a phrase."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f").lower()
    return [word for word in re.split("[^a-z0-9]+", plain) if word]


def tokenize(text: str) -> list[int]:
    """Ids of a phrase: each word, then its character trigrams."""
    ids: list[int] = []
    for word in words(text):
        marked = f"^{word}$"
        tokens = ["#" + word] + [marked[i : i + 3] for i in range(len(marked) - 2)]
        ids += [1 + fnv1a(token) % (VOCABULARY_SIZE - 1) for token in tokens]
    return ids[:MAX_TOKENS] or [0]


if __name__ == "__main__":
    print(tokenize(" ".join(sys.argv[1:])))
