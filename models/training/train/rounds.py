"""One batch through the network: encode once, answer rounds of prompts, and carry all gradients back through the image."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from data.prompts import FOREGROUND, PADDING, correction, repeated
from net.model import CONTEXTS, MASKS, WIDTH, Promptomy
from train.losses import mask_loss, naming_loss, overlap, cell_class_loss

LASSO, NAMING_WEIGHT, CELL_CLASS_WEIGHT = 0.05, 2.0, 4.0
AGREED = 0.18  # of the later clicks only repeat what is right
STEADY, KEPT = 1.0, 1.0  # weights of the losses for becoming worse and for moving
DRAWN = 8.0  # logit of a pixel that a mask prompt covers, as in core/prompt/prompt-logits.ts
PRESENCE = 2.0  # more weight for a target with a name; anything else is there


def compact(points: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Move padding to the end and cut the columns that are padding everywhere (at least one stays). A GPU keeps them: they cost it
    nothing, and the look at how many there are would make it wait."""
    if labels.is_cuda:
        return points, labels
    order = (labels == PADDING).int().argsort(dim=1, stable=True)
    count = max(1, int((labels != PADDING).sum(1).max()))
    order = order[:, :count]
    return points.gather(1, order[..., None].expand(-1, -1, 2)), labels.gather(1, order)


def rough_mask(truth: Tensor, generator: torch.Generator) -> Tensor:
    """A lasso's filled logits: the truth blurred and cut at a random level."""
    soft = F.interpolate(F.avg_pool2d(truth[:, None], 4), scale_factor=4.0, mode="bilinear")
    level = torch.rand(len(truth), 1, 1, 1, generator=generator, device=truth.device) * 0.5 + 0.25
    return torch.where(soft > level, 6.0, -6.0)


def first_loss(each: Tensor) -> Tensor:
    """Of losses [B,4]: the mask for several prompts, and the best of the three candidates with a little of all."""
    return each[:, 0].mean() + each[:, 1:].amin(1).mean() + 0.05 * each[:, 1:].mean()


@dataclass
class Scored:
    """One round: its loss, the loss of each mask [B,M] and its Dice [B,M]."""

    loss: Tensor
    each: Tensor
    dice: Tensor


def answer_loss(answer: tuple[Tensor, Tensor, Tensor], truth: Tensor, present: Tensor, named: Tensor, first: bool) -> Scored:
    """The loss of one round; a first answer counts all masks, a later one the mask for several prompts."""
    logits, quality, presence = answer
    used = MASKS if first else 1
    each = mask_loss(logits[:, :used], truth)
    iou, dice = overlap(logits[:, :used], truth)
    loss = first_loss(each) if first else each[:, 0].mean()
    error = torch.sigmoid(quality[:, :used].float()) - iou
    loss = loss + error.abs().mean()
    if first:  # which candidate is better matters as much as how good it is
        loss = loss + (error[:, 1:] - error[:, 1:].mean(1, keepdim=True)).abs().mean()
    loss = loss + 0.5 * F.binary_cross_entropy_with_logits(presence.float(), present, 1 + PRESENCE * named)
    return Scored(loss, each, dice)


def steady_loss(logits: Tensor, each: Tensor, before: "Before", truth: Tensor) -> Tensor:
    """What a later answer [B,1,H,W] lost against the one before: a worse mask, or after a click that only repeats what was right, one
    that moved where it was right."""
    worse = F.relu(each[:, 0] - before.each).mean()
    likely, was = torch.sigmoid(logits[:, 0]), torch.sigmoid(before.logits[:, 0])
    right = ((was > 0.5) == (truth > 0.5)).float()
    area = (was > 0.5).sum((1, 2)) + 1
    moved = ((likely - was).abs() * right).sum((1, 2)) / area
    return STEADY * worse + KEPT * (moved * before.repeated).mean()


@dataclass
class Before:
    """The answer before: logits [B,1,H,W], their loss [B], and for which items the next click only repeats what is right [B]."""

    logits: Tensor
    each: Tensor
    repeated: Tensor


@dataclass
class PromptState:
    """What a user has said so far of every target: points [B,N,2] in pixels, labels [B,N], previous logits and whether they count."""

    points: Tensor
    labels: Tensor
    mask: Tensor
    has_mask: Tensor

    @classmethod
    def first(cls, batch: dict[str, Tensor], truth: Tensor, generator: torch.Generator) -> "PromptState":
        """The batch's first prompts; some have a mask of the slice beside, and a few become a lasso, mostly alone."""
        given = batch["has_previous"]
        lasso = (torch.rand(len(truth), generator=generator, device=truth.device) < LASSO) & (batch["has_text"] == 0) & (given == 0)
        drawn = (batch["previous"].float() / 255 * 2 - 1)[:, None] * DRAWN
        mask = torch.where(given[:, None, None, None] > 0, drawn, rough_mask(truth, generator))
        alone = torch.rand(len(truth), 1, generator=generator, device=truth.device) < 0.7
        labels = torch.where(lasso[:, None] & alone, PADDING, batch["labels"])
        return cls(batch["points"], labels, mask, torch.maximum(lasso.float(), given))

    def alone(self, named: Tensor) -> Tensor:
        """Which prompts [B] are one click or one stroke and nothing else."""
        include, other = self.labels == FOREGROUND, (self.labels != FOREGROUND) & (self.labels != PADDING)
        return include.any(1) & ~other.any(1) & (named == 0) & (self.has_mask == 0)

    def correct(self, truth: Tensor, mask: Tensor, generator: torch.Generator) -> Tensor:
        """Add a click in the error of logits [B,1,H,W], which come along most of the time; or for some, as returned [B], one that only
        repeats what is right."""
        side = 2 * truth.shape[-1]
        point, label = correction(truth, mask[:, 0], generator)
        agreed = ((truth > 0.5) & (mask[:, 0] > 0)).float()
        again, its_label = repeated((self.points + 0.5) / side, self.labels, agreed, generator)
        repeats = (torch.rand(len(truth), generator=generator, device=truth.device) < AGREED) & (its_label != PADDING)
        point, label = torch.where(repeats[:, None], again, point), torch.where(repeats, its_label, label)
        self.points = torch.cat([self.points, (point * side - 0.5)[:, None]], 1)
        self.labels = torch.cat([self.labels, label[:, None]], 1)
        self.mask, self.has_mask = mask, (torch.rand(len(truth), generator=generator, device=truth.device) < 0.85).float()
        return repeats.float()


def choice(asked: PromptState, answer: tuple[Tensor, Tensor, Tensor], scored: Scored, named: Tensor,
           present: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Which mask answers a first prompt [B], and its Dice to log, by kind of prompt."""
    alone = asked.alone(named)
    chosen = torch.where(alone, 1 + answer[1][:, 1:].argmax(1), 0)
    dice = scored.dice.gather(1, chosen[:, None])[:, 0]
    clicked = alone & ((asked.labels != PADDING).sum(1) == 1)
    masked = (asked.has_mask > 0) & ((asked.labels != PADDING).sum(1) == 0)
    there, kinds = present > 0, {"click": clicked, "stroke": alone & ~clicked, "name": (named > 0), "mask": masked}
    log = {kind: dice.where(which & there, torch.nan).nanmean() for kind, which in kinds.items()}
    log["gone"] = dice.where(masked & ~there, torch.nan).nanmean()
    return chosen, log | {"best": scored.dice[:, 1:].amax(1).where(clicked, torch.nan).nanmean()}


def rounds_of(model: Promptomy, leaves: dict[str, Tensor], batch: dict[str, Tensor], generator: torch.Generator,
              rounds: int) -> tuple[dict[str, Tensor], Tensor]:
    """All rounds of prompts of one batch with their backward passes down to the leaves; returns what to log, and every
    target's mean Dice [T] of the first and last round (not a number for what is not there)."""
    truth, named = batch["truth"].float() / 255, batch["has_text"]
    context, present = F.one_hot(batch["context"], len(CONTEXTS)).float(), (truth.flatten(1).amax(1) > 0.5).float()
    asked, before = PromptState.first(batch, truth, generator), None
    log: dict[str, Tensor] = {}
    scores: list[Tensor] = []
    for turn in range(rounds):
        few = compact(asked.points, asked.labels)
        with torch.autocast(truth.device.type, torch.bfloat16):
            answer = model.decoder(leaves, *few, asked.mask, asked.has_mask, leaves["text"], named, context)
        scored = answer_loss(answer, truth, present, named, turn == 0)
        loss, chosen = scored.loss, torch.zeros(len(truth), dtype=torch.long, device=truth.device)
        if before is None:
            chosen, first = choice(asked, answer, scored, named, present)
            log |= first
        else:
            loss = loss + steady_loss(answer[0][:, :1], scored.each, before, truth)
        (loss / rounds).backward()
        log[f"loss{turn}"] = loss.detach()
        scores.append(torch.where(present > 0, scored.dice.gather(1, chosen[:, None])[:, 0], torch.nan))
        log[f"dice{turn}"] = scores[-1].nanmean()
        if turn + 1 < rounds:
            mask = answer[0].detach().gather(1, chosen[:, None, None, None].expand(-1, 1, *answer[0].shape[2:]))
            each = scored.each.detach().gather(1, chosen[:, None])[:, 0]
            before = Before(mask, each, asked.correct(truth, mask, generator))
    return log, (scores[0] + scores[-1]) / 2


def sequence(model: Promptomy, batch: dict[str, Tensor], generator: torch.Generator,
             rounds: int) -> tuple[dict[str, Tensor], Tensor]:
    """One batch: encode once, answer every round, then carry the gradients of all rounds through the image (of what is trained of it).
    Returns what `rounds_of` does."""
    image = batch["image"].permute(0, 3, 1, 2).float().div(255).contiguous(memory_format=torch.channels_last)
    with torch.autocast(image.device.type, torch.bfloat16):
        prepared = model.prepare(image, model.encoder(image))
        text = model.text(batch["tokens"])
        names = model.text(batch["cover_tokens"])[:, 0].reshape(len(image), -1, WIDTH)
        alike = torch.einsum("bkc,bchw->bkhw", names, prepared["image_keys"])
    where = alike.float() * model.naming[0].exp() + model.naming[1]
    cover, known = batch["cover"].float() / 255, batch["cover_weight"]
    naming = naming_loss(where.flatten(0, 1), cover, known)
    cell_classes = cell_class_loss(where, cover.view_as(where), known.view(len(image), -1))
    repeated = {key: value.repeat_interleave(len(batch["truth"]) // len(image), 0) for key, value in prepared.items()}
    repeated["text"] = text
    leaves = {key: value.detach().requires_grad_(value.requires_grad) for key, value in repeated.items()}
    log, scores = rounds_of(model, leaves, batch, generator, rounds)
    learned = {key: leaf for key, leaf in leaves.items() if leaf.requires_grad}
    torch.autograd.backward([NAMING_WEIGHT * naming + CELL_CLASS_WEIGHT * cell_classes, *(repeated[key] for key in learned)],
                            [None, *(torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in learned.values())])
    return log | {"naming": naming.detach(), "cellClass": cell_classes.detach()}, scores
