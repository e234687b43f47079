"""Give a model the names that a later run has learned, and leave every other answer as it is.

    python models/training take-names --checkpoint ../run/last.pt --into models/training/checkpoints/shipped.pt --out ../names.pt \\
      --words lobe rib
    python models/training take-names --rows models/training/checkpoints/lobes-and-ribs.pt --out ../names.pt      # fitted before

A run that mends a few names moves all weights a little, and with them masks that were right. Here only the vectors of tokens that
the wanted names have are fitted: so that the text tower says of these names what the run's says, and of all others what it said.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

from data.vocabulary import TEMPLATES, load_vocabulary, with_sideless
from net.model import Promptomy, TextEncoder
from net.text import tokenize, words

STEPS, RATE = 400, 1e-2
KEEP = 0.5  # weight of what is to stay
LENGTH = 64  # tokens


def ids(phrases: list[str]) -> Tensor:
    """Token ids [n,64], padded."""
    found = torch.zeros(len(phrases), LENGTH, dtype=torch.long)
    for row, phrase in zip(found, phrases):
        tokens = tokenize(phrase)
        row[: len(tokens)] = torch.tensor(tokens)
    return found


def phrases_of(wanted: set[str]) -> tuple[list[str], list[str]]:
    """Names and synonyms, as such and in the templates of training: those with a wanted word beside more than it, and all others."""
    entries = with_sideless(load_vocabulary())
    names = sorted({name for entry in entries for name in (entry["name"], *entry["synonyms"])})
    names += sorted({f"lung {place} lobe" for place in ("upper", "middle", "lower")} - set(names))
    said = [form.format(name) for name in names for form in ("{}", TEMPLATES[0])]
    asked = [len(set(words(phrase)) & wanted) > 0 and is_single(phrase) for phrase in said]
    return [p for p, take in zip(said, asked) if take], [p for p, take in zip(said, asked) if not take]


def is_single(phrase: str) -> bool:
    """A lobe of the lung, or a rib with its number."""
    found = words(phrase)
    return "lobe" in found and "lung" in found or "rib" in found and any(word.isdigit() for word in found)


def shares(tokens: Tensor, movable: Tensor) -> Tensor:
    """How much each movable token counts in the mean of each phrase [n,movable]."""
    counts = torch.stack([(tokens == token).sum(1) for token in movable], 1)
    return counts / (tokens != 0).sum(1, keepdim=True)


def fit(tower: TextEncoder, run: TextEncoder, wanted: set[str]) -> dict[str, float]:
    """Fit the token vectors in place; returns how far the two kinds of phrases are from what they should be, and were."""
    take, keep = map(ids, phrases_of(wanted))
    movable = take[take > 0].unique()
    keep = keep[torch.isin(keep, movable).any(1)]  # no other phrase can change
    aim, stay, before = run(take), tower(keep), tower(take)
    weights = [shares(tokens, movable) for tokens in (take, keep)]
    means = [(tower.table(tokens) * (tokens != 0)[..., None]).sum(1) / (tokens != 0).sum(1, keepdim=True) for tokens in (take, keep)]
    change = torch.zeros(len(movable), tower.table.embedding_dim, requires_grad=True)
    optimizer = torch.optim.Adam([change], lr=RATE)

    def said(which: int) -> Tensor:
        mean = (means[which] + weights[which] @ change) * 3
        return (mean + tower.mix(mean))[:, None]

    for _ in range(STEPS):
        optimizer.zero_grad()
        ((said(0) - aim).square().sum(-1).mean() + KEEP * (said(1) - stay).square().sum(-1).mean()).backward()
        optimizer.step()
    with torch.no_grad():
        tower.table.weight[movable] += change
        moved = (tower(keep) - stay).norm(dim=-1)
        return {"phrases": len(take), "others": len(keep), "length": float(aim.norm(dim=-1).mean()),
                "before": float((before - aim).norm(dim=-1).mean()), "after": float((tower(take) - aim).norm(dim=-1).mean()),
                "othersMoved": float(moved.mean()), "othersMovedMost": float(moved.max())}


def save_rows(tower: TextEncoder, before: Tensor, path: Path) -> None:
    """Only the token vectors that changed: a few kilobytes, which `--rows` puts into the same model again."""
    rows = torch.nonzero((tower.table.weight != before).any(1))[:, 0]
    torch.save({"rows": rows, "vectors": tower.table.weight[rows].half()}, path)


def text_of(checkpoint: dict) -> TextEncoder:
    """The text tower of a checkpoint's mean weights."""
    model = Promptomy()
    model.load_state_dict(checkpoint["ema"])
    return model.text.requires_grad_(False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--checkpoint", help="the run that knows the names")
    source.add_argument("--rows", help="token vectors that an earlier call saved")
    parser.add_argument("--save-rows", help="file for the token vectors that change")
    parser.add_argument("--into", default="models/training/checkpoints/shipped.pt", help="the model that is to say them")
    parser.add_argument("--out", required=True, help="checkpoint to write")
    parser.add_argument("--words", nargs="+", default=["lobe", "rib"])
    args = parser.parse_args()
    torch.manual_seed(0)
    state = torch.load(args.into, weights_only=True)
    tower = text_of(state)
    before = tower.table.weight.clone()
    if args.rows:
        saved = torch.load(args.rows, weights_only=True)
        tower.table.weight[saved["rows"]] = saved["vectors"].float()
    else:
        run = torch.load(args.checkpoint, weights_only=True, map_location="cpu")
        print(json.dumps(fit(tower, text_of(run), set(args.words))))
    if args.save_rows:
        save_rows(tower, before, Path(args.save_rows))
    state["ema"]["text.table.weight"] = tower.table.weight.half()
    torch.save(state, Path(args.out))
