"""Weights of an earlier, perhaps smaller network: a run starts from them, and export may blend them in."""

import torch
from torch import Tensor, nn

from net.model import ConvBn


def corner(value: Tensor) -> tuple[slice, ...]:
    """Where a tensor lies in one that is wider along some axes."""
    return tuple(slice(length) for length in value.shape)


def widened(value: Tensor, new: Tensor) -> Tensor:
    """`new` with `value` in its first rows and columns; what the old rows read of new columns starts at 0."""
    if value.ndim == 0:
        return value
    new = new.clone()
    if value.ndim > 1:
        new[: len(value)] = 0
    new[corner(value)] = value
    return new


def load_overlapping(model: nn.Module, weights: dict[str, Tensor]) -> str:
    """Start from every weight that the model still has, and from the part that a wider layer has of it; blocks without any start
    as passages. Returns how much was taken."""
    mine = model.state_dict()
    taken = {key: widened(value, mine[key]) for key, value in weights.items() if key in mine}
    model.load_state_dict(taken, strict=False)
    for name, block in model.named_modules():
        if isinstance(block, ConvBn) and block.residual and f"{name}.bn.weight" not in taken:
            nn.init.zeros_(block.bn.weight)
    return f"{len(taken)} of {len(mine)} tensors"


def blended(weights: dict[str, Tensor], earlier: dict[str, Tensor], share: float = 0.5) -> dict[str, Tensor]:
    """A run's weights drawn by `share` to those that it started from, where both have them (Wortsman et al. 2022, "Robust
    fine-tuning of zero-shot models"). The statistics of batch norms stay the run's."""
    mean = {key: value.to(torch.float32 if value.is_floating_point() else value.dtype, copy=True) for key, value in weights.items()}
    for key, value in earlier.items():
        if key in mean and value.is_floating_point() and value.ndim and "running_" not in key:
            shared = corner(value)
            mean[key][shared] = torch.lerp(mean[key][shared], value.float(), share)
    return mean
