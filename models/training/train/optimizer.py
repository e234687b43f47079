"""Muon for weight matrices and AdamW for the rest, behind one step.

Muon (Jordan et al. 2024) makes every update of a matrix orthogonal, so that a few strong directions do not drown the others. A
convolution is a matrix of outputs by everything that an output reads. Updates are brought to AdamW's size (Liu et al. 2025), so
that both follow one learning rate.
"""

import torch
from torch import Tensor, nn

DECAY, MOMENTUM, STEPS = 0.02, 0.95, 4
NOT_MATRICES = ("text.table", "decoder.masks", "decoder.judge.2")  # a table of rows, and what writes the answers


def as_matrix(value: Tensor) -> Tensor:
    """[outputs, everything else], a view of a weight in channels-last memory."""
    return value.permute(0, 2, 3, 1).reshape(len(value), -1) if value.ndim == 4 else value


class Optimizer:
    """Steps a whole model."""

    def __init__(self, model: nn.Module):
        named = list(model.named_parameters())
        self.wide = [p for name, p in named if p.ndim > 1 and not name.startswith(NOT_MATRICES)]
        rows = [p for name, p in named if p.ndim > 1 and name.startswith(NOT_MATRICES)]
        plain = [p for _, p in named if p.ndim <= 1]
        self.matrices = [nn.Parameter(as_matrix(p.detach())) for p in self.wide]
        if any(m.data_ptr() != p.data_ptr() for m, p in zip(self.matrices, self.wide)):
            raise ValueError("weights are not in channels-last memory")
        self.muon = torch.optim.Muon(self.matrices, weight_decay=DECAY, momentum=MOMENTUM, ns_steps=STEPS, adjust_lr_fn="match_rms_adamw")
        self.adam = torch.optim.AdamW([{"params": rows, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0}])

    def step(self, rate: float) -> None:
        """Update every weight by its gradient."""
        for group in [*self.muon.param_groups, *self.adam.param_groups]:
            group["lr"] = rate
        for matrix, p in zip(self.matrices, self.wide):
            matrix.grad = None if p.grad is None else as_matrix(p.grad)
        self.muon.step()
        self.adam.step()

    def state_dict(self) -> dict:
        """Momenta of both, for `load_state_dict`."""
        return {"muon": self.muon.state_dict(), "adam": self.adam.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        """Go on as the optimizer that gave `state`."""
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])
