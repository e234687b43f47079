"""Puts the training scripts on the path and finds the data, if there is any."""

import os
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "models" / "training"))
torch.set_num_threads(1)  # two threads on two busy cores are ten times slower than one
DATA = Path(os.environ.get("PROMPTOMY_DATA", ROOT.parent / "shared" / "data")) / "train"


@pytest.fixture(scope="session")
def data_root() -> Path:
    if not (DATA / "index.jsonl").exists():
        pytest.skip("training data not found; set PROMPTOMY_DATA")
    return DATA
