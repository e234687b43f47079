"""What a variant of the recipe changes, and what it leaves."""

import pytest

from data import tasks
from train.ablate import changed


def test_settings_of_a_variant_end_with_its_training() -> None:
    before = tasks.BESIDE
    with pytest.raises(RuntimeError), changed({(tasks, "BESIDE"): 0.0}):
        assert tasks.BESIDE == 0.0
        raise RuntimeError
    assert tasks.BESIDE == before
