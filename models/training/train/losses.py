"""Losses over masks [B,M,H,W] against one soft truth [B,H,W]; every function returns one value per mask [B,M]."""

import torch
import torch.nn.functional as F
from torch import Tensor

ENTROPY_WEIGHT = 2.0
RARE = 4.0  # more weight in `cell_class_loss` for a cell that shows a name


def mask_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy + soft Dice. A focal term instead kept short runs near the empty mask for hundreds of steps."""
    truth = truth[:, None].expand_as(logits)
    likely = torch.sigmoid(logits)
    entropy = (F.softplus(logits) - logits * truth).mean((2, 3))
    both = (likely * truth).sum((2, 3))
    dice = 1 - (2 * both + 1) / (likely.sum((2, 3)) + truth.sum((2, 3)) + 1)
    return ENTROPY_WEIGHT * entropy + dice


@torch.no_grad()
def overlap(logits: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and Dice of each thresholded mask."""
    mask, wanted = logits > 0, (truth > 0.5)[:, None]
    both = (mask & wanted).sum((2, 3)).float()
    sizes = mask.sum((2, 3)).float() + wanted.sum((2, 3)).float()
    return (both + 1e-6) / (sizes - both + 1e-6), (2 * both + 1e-6) / (sizes + 1e-6)


def naming_loss(logits: Tensor, cover: Tensor, weight: Tensor) -> Tensor:
    """Where each name is: cross-entropy + soft Dice of logits [R,h,w] against coverages [R,h,w], over the rows of weight 1."""
    likely = torch.sigmoid(logits)
    entropy = (F.softplus(logits) - logits * cover).mean((1, 2))
    dice = 1 - (2 * (likely * cover).sum((1, 2)) + 1) / (likely.sum((1, 2)) + cover.sum((1, 2)) + 1)
    return ((ENTROPY_WEIGHT * entropy + dice) * weight).sum() / weight.sum().clamp(min=1)


def cell_class_loss(logits: Tensor, cover: Tensor, weight: Tensor) -> Tensor:
    """Which of a slice's names each cell shows, if any: cross-entropy of logits [B,K,h,w] and of a 0 for none of them against
    coverages [B,K,h,w], over the names of weight [B,K] 1. Names that share a cell share it evenly."""
    logits = logits.masked_fill(weight[..., None, None] == 0, -torch.inf)
    likely = F.log_softmax(torch.cat([torch.zeros_like(logits[:, :1]), logits], 1), 1)
    some = cover.sum(1, keepdim=True)
    share = torch.cat([(1 - some).clamp(min=0), cover], 1) / some.clamp(min=1)
    each = -(share * likely.masked_fill(share == 0, 0)).sum(1)
    named = weight.amax(1)[:, None, None]
    matter = (1 + RARE * some[:, 0].clamp(max=1)) * named  # most cells show none of them
    return (each * matter).sum() / matter.sum().clamp(min=1)
