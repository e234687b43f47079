"""What a run takes over from an earlier network, and what export blends."""

import torch

from net.model import stage
from net.weights import blended, widened, load_overlapping


def test_a_wider_layer_answers_as_before_in_its_old_channels() -> None:
    torch.manual_seed(0)
    old, new = torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(5, 8, 3)
    new.load_state_dict({key: widened(value, new.state_dict()[key]) for key, value in old.state_dict().items()})
    image = torch.randn(1, 5, 8, 8)
    assert torch.allclose(new(image)[:, :4], old(image[:, :3]), atol=1e-6)
    assert new(image)[:, 4:].abs().max() > 0


def test_a_deeper_stage_answers_as_before() -> None:
    torch.manual_seed(0)
    old, new, image = stage(3, 8, 1).eval(), stage(3, 8, 3).eval(), torch.randn(1, 3, 16, 16)
    assert not torch.allclose(new(image), old(image), atol=1e-3)
    assert load_overlapping(new, old.state_dict()) == "12 of 24 tensors"
    assert torch.allclose(new(image), old(image), atol=1e-6)


def test_a_blend_is_the_mean_of_what_both_have() -> None:
    late = {"old": torch.full((3, 2), 4.0), "new": torch.ones(2), "steps": torch.tensor(9)}
    early = {"old": torch.full((2, 2), 2.0).half(), "gone": torch.ones(1), "steps": torch.tensor(3)}
    mean = blended(late, early)
    assert mean["old"].tolist() == [[3, 3], [3, 3], [4, 4]]
    assert mean["new"].tolist() == [1, 1] and int(mean["steps"]) == 9
    assert late["old"].eq(4).all(), "the weights given stay as they are"


def test_a_blend_keeps_the_statistics_of_the_run() -> None:
    late = {key: torch.ones(2) for key in ("bn.running_mean", "bn.weight")}
    early = {key: torch.zeros(2) for key in late}
    mean = blended(late, early, 0.25)
    assert mean["bn.running_mean"].tolist() == [1, 1] and mean["bn.weight"].tolist() == [0.75, 0.75]
