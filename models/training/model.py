"""The network: a plain convolutional encoder, pixel features, a hybrid prompt decoder and a hashed-word text encoder.

Everything that depends on the image alone runs once (`Encoder`, `Prepare`); `Decoder` runs per prompt and is kept to
few operations, because a browser GPU pays for each dispatch. Shapes use S = side of the square input (512 at run time).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from text import VOCABULARY_SIZE

CONTEXTS = ["auto", "CT", "MR", "US", "XR", "fundus", "endoscopy", "pathology", "microscopy", "PET"]
WIDTH = 128  # channels of the embedding and of every token
HEADS = 4
MASKS = 4  # one for several prompts, three candidates for a first click
S16, S8, S4, S2 = 64, 32, 16, 8  # decoder channels by stride
SIGMAS = (0.02, 0.09)  # radii of a click's Gaussians, as shares of the side


class ConvBn(nn.Module):
    """3x3 (or 1x1) convolution, batch norm, ReLU; with `residual` the input is added before the ReLU.

    The sum is linear in the input, so that export folds it into one convolution with a bias.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, kernel: int = 3, residual: bool = False):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.residual = residual
        if residual:
            nn.init.constant_(self.bn.weight, 0.5)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn(self.conv(x))
        return F.relu(y + x if self.residual else y)

    def fused(self) -> nn.Module:
        """The same function at inference as one convolution and a ReLU."""
        conv, bn = self.conv, self.bn
        scale = bn.weight / torch.sqrt(bn.running_var + bn.eps)
        weight = conv.weight * scale[:, None, None, None]
        if self.residual:
            nn.init.dirac_(identity := torch.empty_like(weight))
            weight = weight + identity
        merged = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding)
        merged.weight.data.copy_(weight)
        merged.bias.data.copy_(bn.bias - bn.running_mean * scale)
        return nn.Sequential(merged, nn.ReLU())


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


def position_code(side: int, device: torch.device) -> Tensor:
    """Sine code of the cell centres of a side x side grid, [side*side,128]."""
    centre = (torch.arange(side, device=device, dtype=torch.float32) + 0.5) / side
    y, x = torch.meshgrid(centre, centre, indexing="ij")
    return encode_points(torch.stack([x, y], -1).reshape(-1, 2))


def encode_points(points: Tensor) -> Tensor:
    """Sine code of points [...,2] in 0..1 -> [...,128]; 32 octave-spaced frequencies per axis."""
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
        self.base = nn.Conv2d(WIDTH, S16, 3, padding=1)

    def forward(self, image: Tensor, embedding: Tensor) -> dict[str, Tensor]:
        features_s4 = self.stem(image * 4 - 2)
        batch, _, height, width = embedding.shape
        tokens = embedding.flatten(2).transpose(1, 2)
        placed = tokens + self.place(position_code(height, embedding.device))
        key, value, query = self.project(placed).reshape(batch, height * width, 3, HEADS, WIDTH // HEADS).unbind(2)
        return {
            "features_s4": features_s4,
            "features_s8": self.down(features_s4),
            "features_s16": self.base(embedding),
            "image_tokens": tokens,
            "image_keys": key.permute(0, 2, 3, 1),
            "image_values": value.transpose(1, 2),
            "image_queries": query.transpose(1, 2),
        }


class Decoder(nn.Module):
    """Prompts to masks: a thin two-way token layer beside dense prompt maps, merged at strides 16, 8, 4 and 2."""

    def __init__(self) -> None:
        super().__init__()
        self.output_tokens = nn.Parameter(torch.randn(1, MASKS + 1, WIDTH) * 0.5)
        self.context = nn.Linear(len(CONTEXTS), WIDTH, bias=False)
        self.labels = nn.Linear(5, WIDTH, bias=False)  # background, foreground, two box corners, padding
        self.clicked = nn.Linear(WIDTH, WIDTH, bias=False)
        self.place = nn.Linear(WIDTH, WIDTH, bias=False)
        self.self_query = nn.Linear(WIDTH, WIDTH, bias=False)
        self.self_value = nn.Linear(WIDTH, WIDTH, bias=False)
        self.read_query = nn.Linear(WIDTH, WIDTH, bias=False)
        self.read_out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.ReLU(), nn.Linear(2 * WIDTH, WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))
        self.write_key = nn.Linear(WIDTH, WIDTH, bias=False)
        self.write_value = nn.Linear(WIDTH, WIDTH, bias=False)
        self.written = nn.Conv2d(WIDTH, S16, 1)
        self.film = nn.Linear(WIDTH, 2 * S16)
        self.maps16 = nn.Conv2d(7, S16, 3, padding=1)
        self.conv16 = nn.ModuleList(nn.Conv2d(S16, S16, 3, padding=1) for _ in range(3))
        self.up8 = nn.ConvTranspose2d(S16, S8, 2, 2)
        self.maps8 = nn.Conv2d(6, S8, 3, padding=1)
        self.conv8 = nn.ModuleList(nn.Conv2d(S8, S8, 3, padding=1) for _ in range(2))
        self.up4 = nn.ConvTranspose2d(S8, S4, 2, 2)
        self.maps4 = nn.Conv2d(6, S4, 3, padding=1)
        self.conv4 = nn.ModuleList(nn.Conv2d(S4, S4, 3, padding=1) for _ in range(2))
        self.up2 = nn.ConvTranspose2d(S4, S2, 2, 2)
        self.hyper = nn.Linear(WIDTH, S2)
        self.hyper_bias = nn.Parameter(torch.randn(MASKS, S2) * 0.3)
        self.iou = nn.Sequential(nn.Linear(WIDTH + 2, 64), nn.ReLU(), nn.Linear(64, 1))
        self.presence = nn.Linear(WIDTH, 1)

    def prompt_maps(self, points: Tensor, kinds: Tensor, mask: Tensor, side: int) -> Tensor:
        """[B,6,side,side]: clicks + and -, narrow and wide; box; previous logits. Separable, so one MatMul rasterises."""
        batch = points.shape[0]
        grid = (torch.arange(side, device=points.device, dtype=torch.float32) + 0.5) / side
        rate = torch.tensor([-1 / s**2 for s in SIGMAS], device=points.device)[:, None, None]
        bells = torch.exp((points[..., None] - grid).square()[:, None] * rate[:, :, :, None])  # [B,2,N,2,side]
        signs = kinds[:, :, :2].transpose(1, 2)[:, None, :, None]  # [B,1,2,1,N]
        columns = bells[:, :, None, :, 1].transpose(3, 4) * signs
        clicks = (columns @ bells[:, :, None, :, 0]).clamp(max=1).reshape(batch, 4, side, side)
        corners = kinds[:, :, 2:4].transpose(1, 2) @ points  # [B,2,2] corner, axis; 0 when there is no box
        edges = torch.sigmoid((grid - corners[..., None]) * 200)
        inside = edges[:, 0] - edges[:, 1]  # [B,2,side]
        box = (inside[:, 1, :, None] * inside[:, 0, None, :])[:, None]
        return torch.cat([clicks, box, mask], 1)

    def tokens(self, prepared: dict[str, Tensor], points: Tensor, kinds: Tensor, maps: Tensor, text: Tensor,
               has_text: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Output tokens after one two-way layer, and what the prompts write back onto the s16 grid."""
        batch, count = points.shape[:2]
        values, queries = prepared["image_tokens"], prepared["image_queries"]
        side = maps.shape[-1]
        grid = (torch.arange(side, device=points.device, dtype=torch.float32) + 0.5) / side
        bells = torch.exp((points[..., None] - grid).square() * (-1 / 0.03**2)) + 1e-6  # [B,N,2,side]
        bells = bells / bells.sum(-1, keepdim=True)
        weights = (bells[:, :, 1, :, None] * bells[:, :, 0, None, :]).reshape(batch, count, side * side)
        clicked = self.labels(kinds) + self.clicked(weights @ values) + self.place(encode_points(points))
        out = self.output_tokens + self.context(context)[:, None]
        x = torch.cat([out, clicked, text * has_text[:, None, None]], 1)
        silent = torch.cat([kinds.new_zeros(batch, MASKS + 1), kinds[:, :, 4], (1 - has_text)[:, None].expand(-1, text.shape[1])], 1)
        bias = silent[:, None] * -1e4
        scores = self.self_query(x) @ x.transpose(1, 2) * WIDTH**-0.5 + bias
        x = self.norms[0](x + scores.softmax(-1) @ self.self_value(x))
        total = x.shape[1]
        query = self.read_query(x).reshape(batch, total, HEADS, -1).transpose(1, 2)
        read = (query @ prepared["image_keys"] * (WIDTH // HEADS) ** -0.5).softmax(-1) @ prepared["image_values"]
        x = self.norms[1](x + self.read_out(read.transpose(1, 2).reshape(batch, total, WIDTH)))
        x = self.norms[2](x + self.mlp(x))
        key = self.write_key(x).reshape(batch, total, HEADS, -1).permute(0, 2, 3, 1)
        value = self.write_value(x).reshape(batch, total, HEADS, -1).transpose(1, 2)
        write = (queries @ key * (WIDTH // HEADS) ** -0.5 + bias[:, None]).softmax(-1) @ value
        grid_shaped = write.transpose(2, 3).reshape(batch, WIDTH, side, side)
        return x[:, : MASKS + 1], grid_shaped

    def forward(self, prepared: dict[str, Tensor], points: Tensor, labels: Tensor, mask: Tensor, has_mask: Tensor,
                text: Tensor, has_text: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """points [B,N,2] as shares of the side; returns logits [B,4,S/2,S/2], IoU [B,4] and presence logit [B]."""
        kinds = (labels[..., None] == torch.tensor([1.0, 0.0, 2.0, 3.0, -1.0], device=labels.device)).float()
        soft = torch.tanh(F.avg_pool2d(mask, 2) * 0.25) * has_mask[:, None, None, None]
        maps4 = self.prompt_maps(points, kinds, soft, soft.shape[-1])
        maps8 = F.avg_pool2d(maps4, 2)
        maps16 = F.avg_pool2d(maps8, 2)
        tokens, written = self.tokens(prepared, points, kinds, maps16, text, has_text, context)
        inside = maps16[:, 5:].clamp(min=0) + maps16[:, 4:5]
        x = prepared["features_s16"] + self.written(written) + self.maps16(torch.cat([maps16, inside], 1))
        gain, shift = self.film(tokens[:, 0])[:, :, None, None].chunk(2, 1)
        x = F.relu(x * (1 + gain) + shift)
        x = x + F.relu(self.conv16[0](x))
        x = x + F.relu(self.conv16[1](x))
        x = x + F.relu(self.conv16[2](x))
        x = F.relu(self.up8(x) + prepared["features_s8"] + self.maps8(maps8))
        x = x + F.relu(self.conv8[0](x))
        x = x + F.relu(self.conv8[1](x))
        x = F.relu(self.up4(x) + prepared["features_s4"] + self.maps4(maps4))
        x = x + F.relu(self.conv4[0](x))
        x = x + F.relu(self.conv4[1](x))
        x = self.up2(x).relu()
        hyper = self.hyper(tokens[:, 1:]) + self.hyper_bias
        logits = (hyper @ x.flatten(2)).reshape(x.shape[0], MASKS, x.shape[2], x.shape[3])
        return logits, self.quality(logits, tokens), self.presence(tokens[:, 0])[:, 0]

    def quality(self, logits: Tensor, tokens: Tensor) -> Tensor:
        """Predicted IoU of each mask, from its token and from how decided and how large the mask is."""
        likely = torch.sigmoid(logits.detach())
        size = likely.mean((2, 3)) + 1e-5
        decided = likely.square().mean((2, 3)) / size
        seen = torch.cat([tokens[:, 1:], decided[..., None], torch.sqrt(size)[..., None]], -1)
        return torch.sigmoid(self.iou(seen)[..., 0])


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
