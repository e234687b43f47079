"""The network at inference, one module per ONNX graph: batch norms folded into convolutions, outputs in a fixed order."""

import copy

import torch
from torch import Tensor, nn

from net.model import MASKS, PREPARED, ConvBn, Decoder, Prepare, Promptomy


def fuse(module: nn.Module) -> nn.Module:
    """Replace every ConvBn below `module` by one convolution and a ReLU."""
    for name, child in list(module.named_children()):
        setattr(module, name, child.fused() if isinstance(child, ConvBn) else fuse(child))
    return module


def inference(model: Promptomy) -> Promptomy:
    """A fused copy for export."""
    return fuse(copy.deepcopy(model).eval().requires_grad_(False))


class PrepareGraph(nn.Module):
    """image [1,3,S,S], image_embeddings [1,128,S/16,S/16] -> `PREPARED`."""

    def __init__(self, prepare: Prepare):
        super().__init__()
        self.prepare = prepare

    def forward(self, image: Tensor, image_embeddings: Tensor) -> tuple[Tensor, ...]:
        prepared = self.prepare(image, image_embeddings)
        return tuple(prepared[name] for name in PREPARED)


class DecoderGraph(nn.Module):
    """Prompts in pixels of the frame -> low_res_masks, iou_predictions, presence (the last two in 0..1)."""

    def __init__(self, decoder: Decoder, side: int):
        super().__init__()
        self.decoder = decoder
        decoder.absorb(side)

    def forward(self, features_s2: Tensor, features_s4: Tensor, features_s8: Tensor, features_s16: Tensor, image_keys: Tensor,
                image_values: Tensor, pixel_keys: Tensor, point_coords: Tensor, point_labels: Tensor, mask_input: Tensor,
                has_mask_input: Tensor, text_embeddings: Tensor, has_text: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features = (features_s2, features_s4, features_s8, features_s16, image_keys, image_values, pixel_keys)
        logits, confidence, hidden = self.decoder.paint(dict(zip(PREPARED, features)), point_coords, point_labels, mask_input, has_mask_input,
                                                    torch.einsum("btd,b->bd", text_embeddings, has_text), context)
        quality, presence = torch.sigmoid(self.decoder.assess(hidden, logits, confidence)).split([MASKS, 1], 1)
        return logits, quality, presence.reshape(1)


class TextGraph(nn.Module):
    """token_ids int64 [1,L] -> text_embeddings [1,1,128]."""

    def __init__(self, text: nn.Module):
        super().__init__()
        self.text = text

    def forward(self, token_ids: Tensor) -> Tensor:
        return self.text(token_ids)
