"""The network: a plain convolutional encoder, pixel features, a hybrid prompt decoder and a hashed-word text encoder.

Everything that depends on the image alone runs once (`Encoder`, `Prepare`); `Decoder` runs per prompt and is kept to
few operations, because a browser GPU pays for each dispatch. Shapes use S = side of the square input (512 at run time).
"""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_weights

from text import VOCABULARY_SIZE

CONTEXTS = ["auto", "CT", "MR", "US", "XR", "fundus", "endoscopy", "pathology", "microscopy", "PET"]
WIDTH = 128  # channels of the embedding and of every token
HEADS = 4
MASKS = 4  # one for several prompts, three candidates for a first click
S16, S8, S4, S2 = 64, 32, 16, 8  # decoder channels by stride
SIGMAS = (0.02, 0.09)  # radii of a click's Gaussians, as shares of the side


class ConvBn(nn.Module):
    """Convolution (or 2x2 transposed convolution) and batch norm, by default with a ReLU.

    With `residual` the input is added before the ReLU. All of it but the ReLU is linear at inference, and export folds it
    into one convolution with a bias.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, kernel: int = 3, residual: bool = False,
                 up: bool = False, relu: bool = True):
        super().__init__()
        self.conv = (nn.ConvTranspose2d(inputs, outputs, 2, 2, bias=False) if up
                     else nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False))
        self.bn = nn.BatchNorm2d(outputs)
        self.residual, self.relu = residual, relu
        if residual:
            nn.init.constant_(self.bn.weight, 0.5)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn(self.conv(x))
        y = y + x if self.residual else y
        return F.relu(y) if self.relu else y

    def fused(self) -> nn.Module:
        """The same function at inference as one convolution and, if wanted, a ReLU."""
        bn, up = self.bn, isinstance(self.conv, nn.ConvTranspose2d)
        merged = copy.deepcopy(self.conv)
        merged.weight, merged.bias = fuse_conv_bn_weights(
            self.conv.weight, None, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose=up)
        if self.residual:
            merged.weight.data += nn.init.dirac_(torch.empty_like(merged.weight))
        return nn.Sequential(merged, nn.ReLU()) if self.relu else merged


def stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    """Halve the resolution, then `blocks` residual convolutions."""
    return nn.Sequential(
        ConvBn(inputs, outputs, stride=2), *(ConvBn(outputs, outputs, residual=True) for _ in range(blocks))
    )


class Encoder(nn.Module):
    """image [B,3,S,S] in 0..1 -> image_embeddings [B,128,S/16,S/16], at least 0."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(ConvBn(3, 16, stride=2), stage(16, 32, 1), stage(32, 64, 2), stage(64, 128, 3))
        self.coarse = stage(128, 192, 3)
        self.globe = nn.Sequential(nn.Linear(192, 96), nn.ReLU(), nn.Linear(96, 192))
        self.lateral = nn.Conv2d(192, WIDTH, 1)
        self.skip = nn.Conv2d(128, WIDTH, 1)
        self.out = ConvBn(WIDTH, WIDTH)

    def forward(self, image: Tensor) -> Tensor:
        fine = self.fine(image * 4 - 2)
        coarse = self.coarse(fine)
        coarse = coarse + self.globe(coarse.mean((2, 3)))[:, :, None, None]
        top = F.interpolate(self.lateral(coarse), scale_factor=2.0, mode="nearest")
        return self.out(F.relu(self.skip(fine) + top))


def cell_centres(side: int, device: torch.device) -> Tensor:
    """Centres [side*side,2] (x, y) of a grid over the unit square, row by row."""
    centre = (torch.arange(side, device=device, dtype=torch.float32) + 0.5) / side
    y, x = torch.meshgrid(centre, centre, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2)


def position_code(points: Tensor) -> Tensor:
    """Sines of points [...,2] in 0..1 -> [...,128]: 32 frequencies per axis, in two phases."""
    frequencies = 3.14159265 * torch.exp2(torch.arange(32, device=points.device) * (5.0 / 31))
    phase = (points[..., None] * frequencies).flatten(-2)
    return torch.cat([torch.sin(phase), torch.cos(phase)], -1)


class Prepare(nn.Module):
    """What the decoder needs of the image, once: pixel features at strides 4 and 8, and projections of the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(ConvBn(3, 16, stride=2), ConvBn(16, S4, stride=2), ConvBn(S4, S4, residual=True))
        self.down = ConvBn(S4, S8, stride=2)
        self.place = nn.Linear(WIDTH, WIDTH)
        self.project = nn.Linear(WIDTH, 3 * WIDTH)
        self.base = ConvBn(WIDTH, S16, relu=False)

    def forward(self, image: Tensor, embedding: Tensor) -> dict[str, Tensor]:
        features_s4 = self.stem(image * 4 - 2)
        batch, _, height, width = embedding.shape
        tokens = embedding.flatten(2).transpose(1, 2)
        centred = tokens - tokens.mean(1, keepdim=True)
        units = centred / (centred.square().sum(2, keepdim=True) + 1e-2).sqrt()
        placed = tokens + self.place(position_code(cell_centres(height, embedding.device)))
        key, value, query = self.project(placed).reshape(batch, height * width, 3, HEADS, WIDTH // HEADS).unbind(2)
        scale = (WIDTH // HEADS) ** -0.5
        return {
            "features_s4": features_s4,
            "features_s8": self.down(features_s4),
            "features_s16": self.base(embedding),
            "image_units": units,
            "image_keys": key.permute(0, 2, 3, 1) * scale,
            "image_values": value.transpose(1, 2),
            "image_queries": query.transpose(1, 2) * scale,
        }


class Decoder(nn.Module):
    """Prompts to masks: a thin two-way token layer beside dense prompt maps, merged at strides 16, 8, 4 and 2."""

    def __init__(self) -> None:
        super().__init__()
        def linear() -> nn.Linear:
            return nn.Linear(WIDTH, WIDTH, bias=False)

        self.output_tokens = nn.Parameter(torch.randn(MASKS + 1, WIDTH) * 0.5)
        self.context = nn.Linear(len(CONTEXTS), WIDTH, bias=False)
        self.labels = nn.Linear(5, WIDTH, bias=False)  # foreground, background, two box corners, padding
        self.clicked, self.place = linear(), linear()
        self.self_query, self.self_value = linear(), linear()
        self.read_query, self.read_out = linear(), linear()
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.ReLU(), nn.Linear(2 * WIDTH, WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))
        self.write_key = linear()
        self.write_value = nn.Linear(WIDTH, HEADS * S16, bias=False)
        self.film = nn.Linear(WIDTH, S16)
        self.maps16 = ConvBn(7, S16, relu=False)
        self.conv16 = nn.Sequential(*(ConvBn(S16, S16, residual=True) for _ in range(3)))
        self.up8 = ConvBn(S16, S8, up=True, relu=False)
        self.conv8 = nn.Sequential(*(ConvBn(S8, S8, residual=True) for _ in range(2)))
        self.up4 = ConvBn(S8, S4, up=True, relu=False)
        self.maps4 = ConvBn(7, S4, relu=False)
        self.conv4 = nn.Sequential(*(ConvBn(S4, S4, residual=True) for _ in range(2)))
        self.up2 = ConvBn(S4, S2, up=True)
        self.sharpness = nn.Parameter(torch.tensor(0.0))
        self.hyper = nn.Linear(WIDTH, S2)
        self.hyper_bias = nn.Parameter(torch.randn(MASKS, S2) * 0.3)
        for layer in (self.hyper, self.film):  # at first the dense maps alone draw; tokens would only add noise
            nn.init.normal_(layer.weight, std=0.005)
            nn.init.zeros_(layer.bias)
        self.iou = nn.Sequential(nn.Linear(WIDTH + 2, 64), nn.ReLU(), nn.Linear(64, 1))
        self.trust = nn.Parameter(torch.tensor([5.0, 0.0]))
        self.presence = nn.Linear(WIDTH, 1)

    def prompt_maps(self, points: Tensor, kinds: Tensor, mask: Tensor) -> Tensor:
        """[B,6,side,side]: clicks + and -, narrow and wide; box; previous logits. Separable, so one MatMul rasterises."""
        batch, side = points.shape[0], mask.shape[-1]
        grid = (torch.arange(side, device=points.device, dtype=torch.float32) + 0.5) / side
        away = grid - points.transpose(1, 2)[..., None]  # [B,2 axes,N,side]
        rate = torch.tensor([-1 / s**2 for s in SIGMAS], device=points.device)[:, None, None]
        across, down = torch.exp(away.square()[:, :, None] * rate).unbind(1)  # [B,2 radii,N,side]
        signs = kinds[:, :, :2].transpose(1, 2)[:, :, None, :, None]  # [B,2 signs,1,N,1]
        clicks = down.transpose(2, 3)[:, None] @ (across[:, None] * signs)
        clicks = clicks.clamp(max=1).reshape(batch, 4, side, side)
        turn = (kinds[:, :, 2] - kinds[:, :, 3])[:, None, None]  # [B,1,1,N]: enter at the first corner, leave at the second
        inside = turn @ torch.sigmoid(away * 200)  # [B,2 axes,1,side]
        box = inside[:, 1].transpose(1, 2) @ inside[:, 0]
        return torch.cat([clicks, box[:, None], mask], 1)

    def likeness(self, features: Tensor, clicks: Tensor) -> Tensor:
        """[B,1,side,side]: how like the clicked features [B,C,side,side] each position is, 0 to 1; 0 without a click."""
        weight = clicks.flatten(1)
        total = weight.sum(1)[:, None]
        pixels = features.flatten(2)
        clicked = pixels @ (weight / (total + 1e-3))[:, :, None]
        away = (pixels - clicked).square().mean(1) * -self.sharpness.exp()
        return (torch.exp(away) * (total / (total + 1e-3))).reshape(len(features), 1, *features.shape[2:])

    def first_tokens(self, prepared: dict[str, Tensor], points: Tensor, kinds: Tensor, text: Tensor,
                     context: Tensor) -> tuple[Tensor, Tensor]:
        """Output tokens, one token per point (its label, what the image shows there, where it is), and the text;
        and the cosine [B,cells] of every cell with the foreground clicks."""
        units = prepared["image_units"]
        cells = cell_centres(int(units.shape[1] ** 0.5), points.device)
        closeness = (points @ cells.T * 2 - cells.square().sum(1)) / 0.03**2  # a Gaussian, once the softmax normalises it
        seen = closeness.softmax(-1) @ units
        clicked = self.labels(kinds) + self.clicked(seen) + self.place(position_code(points))
        foreground = kinds[:, :, :1].transpose(1, 2)
        mean = (foreground @ seen) / (foreground.sum(2, keepdim=True) + 1e-3)
        cosine = (mean @ units.transpose(1, 2))[:, 0]
        return torch.cat([self.output_tokens + self.context(context)[:, None], clicked, text], 1), cosine

    def two_way(self, prepared: dict[str, Tensor], x: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens after attending to each other and to the image, and what they write back onto the s16 grid."""
        batch, total = x.shape[:2]
        scores = self.self_query(x) @ x.transpose(1, 2) * WIDTH**-0.5 + bias
        x = self.norms[0](x + scores.softmax(-1) @ self.self_value(x))
        query = self.read_query(x).reshape(batch, total, HEADS, -1).transpose(1, 2)
        read = (query @ prepared["image_keys"]).softmax(-1) @ prepared["image_values"]
        x = self.norms[1](x + self.read_out(read.transpose(1, 2).reshape(batch, total, WIDTH)))
        x = self.norms[2](x + self.mlp(x))
        key = self.write_key(x).reshape(batch, total, HEADS, -1).permute(0, 2, 3, 1)
        value = self.write_value(x).reshape(batch, total, HEADS, S16).transpose(1, 2)
        written = ((prepared["image_queries"] @ key + bias[:, None]).softmax(-1) @ value).sum(1)
        side = int(written.shape[1] ** 0.5)
        return x[:, : MASKS + 1], written.transpose(1, 2).reshape(batch, S16, side, side)

    def forward(self, prepared: dict[str, Tensor], points: Tensor, labels: Tensor, mask: Tensor, has_mask: Tensor,
                text: Tensor, has_text: Tensor, context: Tensor, alike: Tensor | float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
        """points [B,N,2] as shares of the side; returns logits [B,4,S/2,S/2], IoU [B,4] and presence logit [B].

        `alike` [B] scales the similarity maps; training drops them now and then.
        """
        kinds = (labels[..., None] == torch.tensor([1.0, 0.0, 2.0, 3.0, -1.0], device=labels.device)).float()
        soft = torch.tanh(F.avg_pool2d(mask, 2) * 0.25) * has_mask[:, None, None, None]
        keep = torch.as_tensor(alike, device=mask.device).expand(len(mask))[:, None, None, None]
        maps4 = self.prompt_maps(points, kinds, soft)
        maps16 = F.avg_pool2d(maps4, 4)
        first, cosine = self.first_tokens(prepared, points, kinds, text * has_text[:, None, None], context)
        bias = F.pad(kinds[:, :, 4], (MASKS + 1, text.shape[1]))[:, None] * -1e4
        tokens, written = self.two_way(prepared, first, bias)
        maps16 = torch.cat([maps16, cosine.reshape(maps16[:, :1].shape) * keep], 1)
        maps4 = torch.cat([maps4, self.likeness(prepared["features_s4"], maps4[:, 0]) * keep], 1)
        x = prepared["features_s16"] + written + self.maps16(maps16)
        x = self.conv16(F.relu(x * (1 + self.film(tokens[:, 0]))[:, :, None, None]))
        x = self.conv8(F.relu(self.up8(x) + prepared["features_s8"]))
        x = self.conv4(F.relu(self.up4(x) + prepared["features_s4"] + self.maps4(maps4)))
        x = self.up2(x)
        hyper = self.hyper(tokens[:, 1:]) + self.hyper_bias
        logits = (hyper @ x.flatten(2)).reshape(x.shape[0], MASKS, x.shape[2], x.shape[3])
        return logits, self.quality(tokens[:, 1:], self.hints(logits)), self.presence(tokens[:, 0])[:, 0]

    @staticmethod
    def hints(logits: Tensor) -> Tensor:
        """[B,4,3]: three signs of a good mask that need no learning.

        The IoU that one would expect were the probabilities calibrated (their sum inside the mask over the mask's area plus
        their sum outside), how little the area changes with the threshold, and the mean probability.
        """
        logits = logits.detach()
        likely, inside = torch.sigmoid(logits), (logits > 0).float()
        size, area = likely.mean((2, 3)) + 1e-4, inside.mean((2, 3))
        both = (likely * inside).mean((2, 3))
        steady = ((logits > 1).float().mean((2, 3)) + 1e-5) / ((logits > -1).float().mean((2, 3)) + 1e-5)
        return torch.stack([both / (area + size - both), steady, size], -1)

    def quality(self, tokens: Tensor, hints: Tensor) -> Tensor:
        """Predicted IoU [B,4] of each mask from its token [B,4,128] and its hints [B,4,3]."""
        learned = self.iou(torch.cat([tokens, hints[..., ::2]], -1))[..., 0]
        return torch.sigmoid(learned + (hints[..., :2] - 0.5) @ self.trust)


class TextEncoder(nn.Module):
    """token_ids [B,L] -> one text token [B,1,128]: mean of hashed word and trigram vectors, then an MLP."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(VOCABULARY_SIZE, WIDTH)
        self.mix = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.ReLU(), nn.Linear(2 * WIDTH, WIDTH))

    def forward(self, token_ids: Tensor) -> Tensor:
        real = (token_ids != 0).float()[..., None]
        mean = (self.table(token_ids) * real).sum(1, keepdim=True) / real.sum(1, keepdim=True).clamp(min=1)
        return mean * 3 + self.mix(mean * 3)


class Promptomy(nn.Module):
    """All four graphs as one trainable module."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.prepare, self.decoder, self.text = Encoder(), Prepare(), Decoder(), TextEncoder()
        self.temperature = nn.Parameter(torch.tensor(2.0))  # InfoNCE, training only
        self.text_head = nn.Linear(WIDTH, WIDTH, bias=False)
        self.region_head = nn.Linear(WIDTH, WIDTH, bias=False)
