"""The network at inference, one module per ONNX graph: batch norms fused, constants folded, batch 1 in the decoder.

`DecoderGraph` computes what `model.Decoder` computes (a test compares them) with fewer operations, since a browser GPU
pays per operation.
"""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model import HEADS, MASKS, S4, SIGMAS, WIDTH, ConvBn, Decoder, Encoder, Prepare, Promptomy, cell_centres, position_code

SIDE = 512  # of the frame that callers see
INTERNAL = 256  # of the frame that the network works in: what short training can afford to be good at
HEAD_WIDTH = WIDTH // HEADS


def fuse(module: nn.Module) -> nn.Module:
    """Replace every ConvBn below `module` by one convolution and a ReLU."""
    for name, child in list(module.named_children()):
        setattr(module, name, child.fused() if isinstance(child, ConvBn) else fuse(child))
    return module


def inference(model: Promptomy) -> Promptomy:
    """A fused copy for export."""
    return fuse(copy.deepcopy(model).eval().requires_grad_(False))


class EncoderGraph(nn.Module):
    """image [B,3,512,512] -> image_embeddings [B,128,32,32]; a smaller internal grid is repeated to fill it."""

    def __init__(self, encoder: Encoder, internal: int = INTERNAL):
        super().__init__()
        self.encoder, self.ratio = encoder, SIDE // internal

    def forward(self, image: Tensor) -> Tensor:
        embedding = self.encoder(shrink(image, self.ratio))
        return embedding if self.ratio == 1 else F.interpolate(embedding, scale_factor=float(self.ratio), mode="nearest")


def shrink(image: Tensor, ratio: int) -> Tensor:
    """Mean of ratio x ratio pixels."""
    return image if ratio == 1 else F.avg_pool2d(image, ratio)


PREPARED = ["features_s4", "features_s8", "features_s16", "image_units", "image_keys", "image_values", "image_queries"]


class PrepareGraph(nn.Module):
    """image [1,3,512,512], image_embeddings [1,128,32,32] -> what the decoder reads, each without a batch axis but s*."""

    def __init__(self, prepare: Prepare, internal: int = INTERNAL):
        super().__init__()
        self.prepare, self.ratio = prepare, SIDE // internal
        scale = torch.ones(3 * WIDTH)
        scale[:WIDTH] = HEAD_WIDTH**-0.5  # keys
        scale[2 * WIDTH :] = HEAD_WIDTH**-0.5  # queries
        self.weight = nn.Parameter(prepare.project.weight * scale[:, None])
        cells = internal // 16
        placed = prepare.place(position_code(cell_centres(cells, torch.device("cpu"))))
        self.register_buffer("offset", (prepare.project(placed) * scale).detach())

    def forward(self, image: Tensor, image_embeddings: Tensor) -> tuple[Tensor, ...]:
        fine = self.prepare.stem(shrink(image, self.ratio) * 4 - 2)
        embedding = shrink(image_embeddings, self.ratio)
        tokens = embedding.reshape(WIDTH, -1).T
        centred = tokens - tokens.mean(0, keepdim=True)
        units = centred / (centred.square().sum(1, keepdim=True) + 1e-2).sqrt()
        key, value, query = (tokens @ self.weight.T + self.offset).split(WIDTH, 1)
        heads = [part.reshape(-1, HEADS, HEAD_WIDTH) for part in (key, value, query)]
        return (fine, self.prepare.down(fine), self.prepare.base(embedding), units,
                heads[0].permute(1, 2, 0), heads[1].transpose(0, 1), heads[2].transpose(0, 1))


class DecoderGraph(nn.Module):
    """Prompts in pixels of the 512 frame -> low_res_masks, iou_predictions, presence."""

    def __init__(self, decoder: Decoder, internal: int = INTERNAL):
        super().__init__()
        self.d, self.ratio, self.cells = decoder, SIDE // internal, internal // 16
        grid = ((torch.arange(internal // 4) + 0.5) * 4) * self.ratio - 0.5  # pixel-centre coordinates of the stride-4 cells
        cells = cell_centres(self.cells, torch.device("cpu"))
        narrow = 2 / 0.03**2  # see Decoder.first_tokens; |point|^2 cancels in the softmax
        frequencies = 3.14159265 * torch.exp2(torch.arange(32) * (5.0 / 31))
        waves = torch.zeros(2, WIDTH)
        waves[0, :32] = waves[0, 64:96] = waves[1, 32:64] = waves[1, 96:] = frequencies
        quarter = torch.cat([torch.zeros(64), torch.full((64,), torch.pi / 2)])  # cosine = sine a quarter turn on
        rate = torch.tensor([-1 / s**2 for s in SIGMAS]).reshape(2, 1, 1) / SIDE**2
        only_padding = torch.tensor([[0.0], [0], [0], [0], [-1e4]])
        # Constants absorb (x + 0.5) / 512, so that coordinates enter as they come.
        for name, value in {
            "grid": grid, "rate": rate, "known": torch.tensor([1.0, 0.0, 2.0, 3.0, -1.0]), "only_padding": only_padding,
            "near": cells.T * narrow / SIDE, "near_bias": (cells.sum(1) / SIDE - cells.square().sum(1)) * narrow / 2,
            "waves": waves / SIDE, "wave_bias": quarter + waves.sum(0) * 0.5 / SIDE,
            "seen_or_placed": torch.cat([decoder.clicked.weight, decoder.place.weight], 1).T,
            "self_query": decoder.self_query.weight.T * WIDTH**-0.5, "zero": torch.zeros(WIDTH, 1), "quiet": torch.zeros(MASKS + 1, 1),
            "read_query": heads_first(decoder.read_query.weight), "read_out": heads_first(decoder.read_out.weight.T).transpose(1, 2),
            "write_key": heads_first(decoder.write_key.weight), "write_value": heads_first(decoder.write_value.weight),
            "sharpness": -decoder.sharpness.exp().expand(1, S4) / S4, "film_bias": decoder.film.bias + 1,
        }.items():
            self.register_buffer(name, value.detach().clone().contiguous())

    def prompt_maps(self, by_axis: Tensor, kinds: Tensor, soft: Tensor) -> Tensor:
        """[1,6,s4,s4] from points [2,1,N,1] (axis first), kinds [N,5] and the squashed previous logits."""
        away = self.grid - by_axis  # [2,1,N,s4]
        across, down = torch.exp(away * away * self.rate).split(1)  # each [1,2 radii,N,s4]
        signs = kinds[:, :2].T[:, None, :, None]
        clicks = (down.transpose(2, 3) @ (across * signs)).clamp(max=1).reshape(1, 4, *soft.shape[2:])
        turn = (kinds[:, 2] - kinds[:, 3])[None]
        along, upright = (turn @ torch.sigmoid(away * (200 / SIDE))).split(1)  # each [1,1,1,s4]
        return torch.cat([clicks, upright.transpose(2, 3) @ along, soft], 1)

    def likeness(self, features_s4: Tensor, clicks: Tensor) -> Tensor:
        """[1,1,s4,s4]; see Decoder.likeness. `clicks` [1,1,s4,s4] are the narrow foreground bells."""
        weight = clicks.reshape(-1, 1)
        weight = weight / (weight.sum(0, keepdim=True) + 1e-3)
        pixels = features_s4.reshape(features_s4.shape[1], -1)
        away = pixels - pixels @ weight
        alike = torch.exp(self.sharpness @ (away * away)) * weight.sum(0, keepdim=True)
        return alike.reshape(clicks.shape)

    def first_tokens(self, points: Tensor, kinds: Tensor, image_units: Tensor, text: Tensor,
                     context: Tensor) -> tuple[Tensor, Tensor]:
        """[5+N+T,128] and cosine [1,1,s16,s16]; see Decoder.first_tokens."""
        d = self.d
        seen = (points @ self.near + self.near_bias).softmax(-1) @ image_units
        code = torch.sin(points @ self.waves + self.wave_bias)
        clicked = torch.cat([seen, code], 1) @ self.seen_or_placed + kinds @ d.labels.weight.T
        foreground = kinds[:, :1].T
        mean = (foreground @ seen) / (foreground.sum(1, keepdim=True) + 1e-3)
        cosine = (mean @ image_units.T).reshape(1, 1, self.cells, self.cells)
        return torch.cat([d.output_tokens + context @ d.context.weight.T, clicked, text], 0), cosine

    def two_way(self, x: Tensor, bias: Tensor, keys: Tensor, values: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
        """Heads are a batch axis of the weights, so that nothing is transposed; see Decoder.two_way."""
        d = self.d
        x = d.norms[0](x + ((x @ self.self_query) @ x.T + bias).softmax(-1) @ (x @ d.self_value.weight.T))
        read = ((x @ self.read_query) @ keys).softmax(-1) @ values
        x = d.norms[1](x + (read @ self.read_out).sum(0))
        x = d.norms[2](x + d.mlp(x))
        attention = (queries @ (x @ self.write_key).transpose(1, 2) + bias).softmax(-1)
        written = (attention @ (x @ self.write_value)).sum(0)
        return x[: MASKS + 1], written.T.reshape(1, -1, self.cells, self.cells)

    def forward(self, image_embeddings: Tensor, features_s4: Tensor, features_s8: Tensor, features_s16: Tensor,
                image_units: Tensor, image_keys: Tensor, image_values: Tensor, image_queries: Tensor,
                point_coords: Tensor, point_labels: Tensor, mask_input: Tensor, has_mask_input: Tensor,
                text_embeddings: Tensor, has_text: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        points = point_coords[0]
        kinds = (point_labels[0, :, None] == self.known).float()  # [N,5]
        soft = torch.tanh(F.avg_pool2d(mask_input, 2 * self.ratio) * (0.25 * has_mask_input))
        maps4 = self.prompt_maps(point_coords.permute(2, 0, 1)[..., None], kinds, soft)
        text = text_embeddings[0] * has_text
        first, cosine = self.first_tokens(points, kinds, image_units, text, context)
        bias = torch.cat([self.quiet, kinds @ self.only_padding, text @ self.zero], 0).T
        tokens, written = self.two_way(first, bias, image_keys, image_values, image_queries)
        maps16 = torch.cat([F.avg_pool2d(maps4, 4), cosine], 1)
        maps4 = torch.cat([maps4, self.likeness(features_s4, maps4[:, :1])], 1)
        return self.paint(features_s4, features_s8, features_s16, maps4, maps16, tokens, written)

    def paint(self, features_s4: Tensor, features_s8: Tensor, features_s16: Tensor, maps4: Tensor, maps16: Tensor,
              tokens: Tensor, written: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The dense half: prompt maps and what the tokens wrote, up to the logits."""
        d = self.d
        whole, each = tokens.split([1, MASKS])
        gain = F.linear(whole, d.film.weight, self.film_bias).reshape(1, -1, 1, 1)
        x = d.conv16(F.relu((features_s16 + written + d.maps16(maps16)) * gain))
        x = d.conv8(F.relu(d.up8(x) + features_s8))
        x = d.conv4(F.relu(d.up4(x) + features_s4 + d.maps4(maps4)))
        x = d.up2(x)
        hyper = d.hyper(each) + d.hyper_bias
        logits = (hyper @ x.reshape(x.shape[1], -1)).reshape(1, MASKS, x.shape[2], x.shape[3])
        quality = d.quality(each[None], d.hints(logits))
        if self.ratio > 1:
            logits = F.interpolate(logits, scale_factor=float(self.ratio), mode="bilinear", align_corners=False)
        return logits, quality, torch.sigmoid(d.presence(whole)[0])


def heads_first(weight: Tensor) -> Tensor:
    """A linear layer's weight [heads*n, inputs] -> [heads, inputs, n]."""
    return weight.reshape(HEADS, -1, weight.shape[1]).transpose(1, 2)


class TextGraph(nn.Module):
    """token_ids int64 [1,L] -> text_embeddings [1,1,128]."""

    def __init__(self, text: nn.Module):
        super().__init__()
        self.text = text

    def forward(self, token_ids: Tensor) -> Tensor:
        return self.text(token_ids)
