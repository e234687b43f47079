"""The network: a plain convolutional encoder, pixel features, a prompt decoder and a hashed-word text encoder.

Everything that depends on the image alone runs once (`Encoder`, `Prepare`); `Decoder` runs per prompt and is kept to
few operations, because a browser GPU pays for each dispatch. Shapes use S = side of the square input.
"""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_weights

from net.text import VOCABULARY_SIZE

CONTEXTS = ["auto", "CT", "MR", "US", "XR", "fundus", "endoscopy", "pathology", "microscopy", "PET"]
WIDTH = 128  # channels of the embedding and of every token
MASKS = 4  # one for several prompts, three candidates for a first click
S16, S8, S4, S2 = 64, 32, 16, 8  # decoder channels by stride
PIXEL = 24  # channels of a pixel's key at stride 4
QUERIES, FINE_QUERIES = 8, 4  # similarity maps that a prompt asks for, at strides 16 and 4
HIDDEN = 256
MAPS = 6  # clicks + and - (narrow, wide), box, previous mask
SIGMAS = (0.02, 0.09)  # radii of a click's Gaussians, as shares of the side
SQUASH = 0.25  # of the previous logits, before tanh


class ConvBn(nn.Module):
    """Convolution (or 2x2 transposed convolution) and batch norm, by default with a ReLU.

    With `residual` the input is added before the ReLU. All of it but the ReLU is linear at inference, and export folds it
    into one convolution with a bias.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, kernel: int = 3, dilation: int = 1,
                 residual: bool = False, up: bool = False, relu: bool = True):
        super().__init__()
        self.conv = (nn.ConvTranspose2d(inputs, outputs, 2, 2, bias=False) if up
                     else nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2 * dilation, dilation, bias=False))
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
        self.fine = nn.Sequential(ConvBn(3, 16, stride=2), stage(16, 32, 1), stage(32, 64, 3), stage(64, 128, 7))
        self.coarse = stage(128, 192, 8)
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
    """What the decoder needs of the image, once: pixel features at strides 2 to 8, and projections of the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(ConvBn(3, 16, stride=2), ConvBn(16, S4, stride=2), ConvBn(S4, S4, residual=True))
        self.fine = nn.Conv2d(16, S2, 1)
        self.down = ConvBn(S4, S8, stride=2)
        self.base = ConvBn(WIDTH, S16, relu=False)
        self.pixel = ConvBn(S4, PIXEL, kernel=1)
        self.key = ConvBn(WIDTH, WIDTH, kernel=1, relu=False)
        self.value = nn.Conv2d(WIDTH, WIDTH, 1)
        self.place = nn.Linear(WIDTH, WIDTH)
        self.where = nn.Linear(WIDTH, WIDTH, bias=False)
        nn.init.zeros_(self.where.weight)

    def forward(self, image: Tensor, embedding: Tensor) -> dict[str, Tensor]:
        """image [B,3,S,S], embedding [B,128,S/16,S/16] -> `PREPARED`; `*_keys` and `*_values` are [B,channels,height,width]."""
        half = self.stem[0](image * 4 - 2)
        features_s4 = self.stem[2](self.stem[1](half))
        side = embedding.shape[-1]
        code = position_code(cell_centres(side, embedding.device))
        placed, where = ((linear(code).T.reshape(1, WIDTH, side, side)) for linear in (self.place, self.where))
        return {
            "features_s2": self.fine(half),
            "features_s4": features_s4,
            "features_s8": self.down(features_s4),
            "features_s16": self.base(embedding),
            "image_keys": (self.key(embedding) + where) * WIDTH**-0.5,
            "image_values": self.value(embedding) + placed,
            "pixel_keys": self.pixel(features_s4),
        }


PREPARED = ["features_s2", "features_s4", "features_s8", "features_s16", "image_keys", "image_values", "pixel_keys"]


def scaled(x: Tensor, gain: float) -> Tensor:
    """x * gain, without an operation for a gain of 1."""
    return x if gain == 1 else x * gain


class Decoder(nn.Module):
    """Prompts to masks, in three steps: draw the prompts as maps; read the image under each map, and ask it for more places
    like that (or of that name) as similarity maps; paint all maps with convolutions from stride 16 to stride 2.
    """

    def __init__(self) -> None:
        super().__init__()
        self.read = nn.Linear(MAPS * (WIDTH + PIXEL + 1) + WIDTH + len(CONTEXTS), HIDDEN)
        self.ask = nn.Linear(HIDDEN, QUERIES * WIDTH + FINE_QUERIES * PIXEL)
        self.maps16 = ConvBn(MAPS + QUERIES + 1, S16, relu=False)
        self.conv16 = nn.Sequential(*(ConvBn(S16, S16, dilation=d, residual=True) for d in (1, 2, 4, 1)))
        self.up8 = ConvBn(S16, S8, up=True, relu=False)
        self.conv8 = nn.Sequential(*(ConvBn(S8, S8, residual=True) for _ in range(2)))
        self.up4 = ConvBn(S8, S4, up=True, relu=False)
        self.maps4 = ConvBn(MAPS + FINE_QUERIES + S4, S4, relu=False)
        self.conv4 = nn.Sequential(*(ConvBn(S4, S4, residual=True) for _ in range(2)))
        self.up2 = nn.ConvTranspose2d(S4, S2, 2, 2)  # no batch norm: at this size it costs more than it gives
        self.masks = nn.Conv2d(S2, 2 * MASKS, 3, padding=1)  # and how far to confidence each pixel of each mask
        self.judge = nn.Sequential(nn.Linear(HIDDEN + 2 * MASKS, 64), nn.ReLU(), nn.Linear(64, MASKS + 1))
        self.constant("rates", [-1 / sigma**2 for sigma in SIGMAS])
        self.constant("kinds", [[1.0], [0.0], [2.0], [3.0]])  # labels of clicks + and -, and of a box's corners
        self.constant("enter", [1.0, -1.0])  # a box at its first corner; leave it at the second
        self.pixel_gain, self.sure_gain, self.area_gain = 1 / 16, 1.0, 4.0  # bring what is read to a like size
        nn.init.normal_(self.ask.weight, std=0.02)
        nn.init.zeros_(self.ask.bias)

    def constant(self, name: str, values: list) -> None:
        """A tensor that follows the module to its device: to bring it there in `draw` would make a GPU wait."""
        self.register_buffer(name, torch.tensor(values), persistent=False)

    def draw(self, points: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        """[B,6,S/4,S/4] of points [B,N,2] in pixels, their labels [B,N] and the squashed previous logits [B,1,S/4,S/4].

        Clicks are Gaussians and a box is what lies between soft edges; both are separable, so products of rows and columns.
        """
        side = mask.shape[-1]
        grid = torch.arange(side, device=points.device, dtype=torch.float32) * 4 + 1.5  # pixel centres of the cells' middles
        away = grid - points.transpose(1, 2)[..., None]  # [B,2 axes,N,side]
        rate = self.rates / (4 * side) ** 2
        across, down = torch.exp(torch.einsum("banx,banx,r->branx", away, away, rate)).split(1, 2)  # each [B,2 radii,1,N,side]
        kinds = (labels[:, None] == self.kinds).float()  # [B,4,N]
        signs, corners = kinds.split(2, 1)
        clicks = torch.einsum("bsn,branx,brany->bsryx", signs, across, down).clamp(max=1).reshape(-1, 4, side, side)
        along, upright = torch.einsum("c,bcn,banx->bax", self.enter, corners, F.hardsigmoid(away)).split(1, 1)
        box = torch.einsum("bax,bay->bayx", along, upright)
        return torch.cat([clicks, box, mask], 1)

    def read_prompts(self, maps16: Tensor, maps4: Tensor, prepared: dict[str, Tensor], text: Tensor, context: Tensor) -> Tensor:
        """[B,256]: what the image shows under each map, how large each map is, the name and the modality."""
        under16, under4 = F.relu(maps16), F.relu(maps4)
        mass = under16.sum((2, 3))
        under_pixels = torch.einsum("bkhw,bchw->bck", under4, prepared["pixel_keys"])
        seen = torch.cat([torch.einsum("bkhw,bchw->bck", under16, prepared["image_values"]), scaled(under_pixels, self.pixel_gain)], 1)
        mean = (seen / (mass[:, None] + 0.05)).flatten(1)
        return F.relu(self.read(torch.cat([mean, mass, text, context], 1)))

    def forward(self, prepared: dict[str, Tensor], points: Tensor, labels: Tensor, mask: Tensor, has_mask: Tensor,
                text: Tensor, has_text: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """points [B,N,2] in pixels (integer = pixel centre), labels as SAM has them, mask [B,1,S/2,S/2] logits, text [B,T,128];
        returns logits [B,4,S/2,S/2], predicted IoU [B,4] and presence [B], the last two as probabilities' logits.
        """
        logits, confidence, hidden = self.paint(prepared, points, labels, mask, has_mask, torch.einsum("btd,b->bd", text, has_text), context)
        scores = self.assess(hidden, logits.detach(), confidence)
        return logits, scores[:, :MASKS], scores[:, MASKS]

    def paint(self, prepared: dict[str, Tensor], points: Tensor, labels: Tensor, mask: Tensor, has_mask: Tensor, name: Tensor,
              context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits [B,4,S/2,S/2], the confidence in each of their pixels [B,4,S/2,S/2] and the hidden vector [B,256] behind them; `name`
        [B,128] is 0 without a text."""
        quarter = torch.full((1, 1, 2, 2), SQUASH / 4, device=mask.device)
        soft = torch.tanh(F.conv2d(mask, quarter, stride=2).float() * has_mask.reshape(-1, 1, 1, 1))
        maps4 = self.draw(points, labels, soft)
        maps16 = F.avg_pool2d(maps4, 4)
        hidden = self.read_prompts(maps16, maps4, prepared, name, context)
        queries, fine_queries = self.ask(hidden).split([QUERIES * WIDTH, FINE_QUERIES * PIXEL], 1)
        query = torch.cat([queries, name], 1).reshape(-1, QUERIES + 1, WIDTH)
        similar16 = torch.tanh(torch.einsum("bkc,bchw->bkhw", query, prepared["image_keys"]))
        similar4 = torch.einsum("bkc,bchw->bkhw", fine_queries.reshape(-1, FINE_QUERIES, PIXEL), prepared["pixel_keys"])
        x = self.conv16(F.relu(self.maps16(torch.cat([maps16, similar16], 1)) + prepared["features_s16"]))
        x = self.conv8(F.relu(self.up8(x) + prepared["features_s8"]))
        fine = self.maps4(torch.cat([maps4, similar4, prepared["features_s4"]], 1))
        x = self.conv4(F.relu(self.up4(x) + fine))
        logits, confidence = self.masks(F.relu(self.up2(x) + prepared["features_s2"])).float().split([MASKS, MASKS], 1)
        return logits, confidence, hidden

    def assess(self, hidden: Tensor, logits: Tensor, confidence: Tensor) -> Tensor:
        """Logits [B,5] of the IoU of each mask and of presence, from the hidden vector, the area that each mask expects and its mean
        confidence over that area."""
        likely = torch.sigmoid(logits)
        area = likely.sum((2, 3))
        sure = (likely * confidence).sum((2, 3)) / (area + 1)
        size = logits.shape[2] * logits.shape[3]
        return self.judge(torch.cat([hidden, scaled(sure, self.sure_gain), scaled(area, self.area_gain / size)], 1))

    def absorb(self, side: int) -> None:
        """Move the gains into the weights behind them, for one frame size: fewer operations, the same answers."""
        with torch.no_grad():
            self.read.weight[:, MAPS * WIDTH : MAPS * (WIDTH + PIXEL)] *= self.pixel_gain
            self.judge[0].weight[:, HIDDEN : HIDDEN + MASKS] *= self.sure_gain
            self.judge[0].weight[:, HIDDEN + MASKS :] *= self.area_gain / (side // 2) ** 2
        self.pixel_gain, self.sure_gain, self.area_gain = 1.0, 1.0, float((side // 2) ** 2)


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
        self.naming = nn.Parameter(torch.tensor([2.0, -2.0]))  # gain and offset of a name's similarity map, training only
