"""Where a run starts."""

import argparse
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from data import tasks
from net.model import Promptomy
from train.run import Journal, State, set_mode
from train.settings import apply_setting


def arguments(folder: Path, **changes: object) -> argparse.Namespace:
    return argparse.Namespace(**{"device": "cpu", "seed": 1, "data": str(folder), "out": str(folder), "init": None, "resume": False,
                                 "live": False, "only": [""]} | changes)


def test_a_run_of_one_part_leaves_the_others_as_they_are(tmp_path) -> None:
    (tmp_path / "index.jsonl").write_text("")
    state = State(arguments(tmp_path, only=["text"]))
    before = {name: value.clone() for name, value in state.model.state_dict().items()}
    state.model.text(torch.tensor([[1, 2, 3]])).sum().backward()
    state.update(0.5, 1e-3)
    moved = {name.split(".")[0] for name, value in state.model.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"text"}
    with pytest.raises(SystemExit, match="no such part"):
        State(arguments(tmp_path, only=["txt"]))


def test_a_run_that_starts_from_held_norms_holds_them(tmp_path) -> None:
    (tmp_path / "index.jsonl").write_text("")
    start = tmp_path / "start.pt"
    torch.save({"ema": Promptomy().state_dict(), "info": {"held": True}}, start)
    state = State(arguments(tmp_path, init=str(start)))
    set_mode(state, None, 0.0, 0.0)  # settling anew would fail without slices
    assert state.model.training and not state.model.encoder.out.bn.training


def test_the_journal_reads_a_line_of_means_when_it_is_due(capsys) -> None:
    journal, learned = Journal(2, quiet=False), []
    feed = SimpleNamespace(progress=SimpleNamespace(value=0.5), difficulty=SimpleNamespace(learn=lambda *pair: learned.append(pair)))
    for step in (1, 2, 3):
        journal.add({"loss": torch.tensor(float(step)), "images": 8, "seconds": 2.0}, torch.tensor([0]), torch.tensor([step]))
        journal.read(step, feed)
    line = json.loads(capsys.readouterr().out)
    assert (line["step"], line["loss"], line["imagesPerSecond"], len(learned)) == (2, 1.5, 4.0, 2)
    feed.progress.value = 1.0  # the end, due or not
    journal.read(3, feed)
    assert json.loads(capsys.readouterr().out)["loss"] == 3 and len(learned) == 3


def test_a_setting_is_changed_for_one_run(monkeypatch) -> None:
    monkeypatch.setattr(tasks, "OFTEN", {})
    apply_setting("data.tasks.OFTEN={'lobe': 3.0}")
    assert tasks.OFTEN == {"lobe": 3.0}


@pytest.mark.parametrize("text", ["data.tasks.OFTENER=1", "data.tasks.cv2=1"])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(SystemExit, match="no such setting"):
        apply_setting(text)
