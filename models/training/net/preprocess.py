"""The deployed preprocessing, in floating point: resize the longest side to the frame, scale to 0..1, pad at the right and bottom."""

import numpy as np
import torch
import torch.nn.functional as F

SIDE = 384  # of the frame that ships
STROKE_SPACING = 1 / 32  # of the frame, as in core/prompt/sam.ts


def resized(width: int, height: int, side: int = SIDE) -> tuple[int, int]:
    """New (width, height): the longest side becomes `side`, halves round up."""
    scale = side / max(width, height)
    return max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))


def network_input(image: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Windowed slice [H,W] or [H,W,3] in 0..255 -> float32 [1,3,side,side]."""
    planes = torch.from_numpy(np.atleast_3d(image).astype(np.float32)).permute(2, 0, 1)[None]
    width, height = resized(image.shape[1], image.shape[0], side)
    small = F.interpolate(planes, (height, width), mode="bilinear", antialias=True, align_corners=False)
    small = small.expand(1, 3, height, width) / 255
    return F.pad(small, (0, side - width, 0, side - height)).numpy()


def to_frame(points: np.ndarray, size: tuple[int, int], side: int = SIDE) -> np.ndarray:
    """Pixel-centre coordinates [...,2] of a slice (width, height) -> pixel-centre coordinates of the network's frame."""
    width, height = resized(*size, side)
    return (points + 0.5) * [width / size[0], height / size[1]] - 0.5


def to_slice(logits: np.ndarray, size: tuple[int, int], side: int = SIDE) -> np.ndarray:
    """Logits [M,side/2,side/2] of the padded frame -> [M,H,W] on the slice (width, height), bilinear."""
    width, height = resized(*size, side)
    frame = F.interpolate(torch.from_numpy(logits)[None], (side, side), mode="bilinear", align_corners=False)
    cut = frame[:, :, :height, :width]
    return F.interpolate(cut, (size[1], size[0]), mode="bilinear", align_corners=False)[0].numpy()


def in_crop(logits: np.ndarray, size: tuple[int, int], crop: tuple[int, int, int, int], side: int = SIDE) -> np.ndarray:
    """Logits [n,n] of a slice (width, height) in the frame of a crop (x0, y0, x1, y1; half-open), bilinear; the same as `logitsIn` of
    core/model/logits.ts."""
    near = (crop[2] - crop[0], crop[3] - crop[1])
    per_pixel, per_near_pixel = (np.array(resized(*each, side)) / side / each for each in (size, near))
    share = (np.arange(len(logits)) + 0.5) / len(logits)
    x, y = (torch.from_numpy(2 * (share / per_near_pixel[axis] + crop[axis]) * per_pixel[axis] - 1).float() for axis in (0, 1))
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None]
    return F.grid_sample(torch.from_numpy(logits)[None, None], grid, padding_mode="border", align_corners=False)[0, 0].numpy()


def thinned(stroke: np.ndarray, size: tuple[int, int], side: int = SIDE) -> np.ndarray:
    """A stroke [n,2] in pixels of a slice (width, height), resampled so that its points are at least side/32 apart in the frame."""
    lengths = np.linalg.norm(np.diff(stroke, axis=0), axis=1)
    scale = side / max(size)
    wanted = max(2, 1 + int(lengths.sum() * scale / (side * STROKE_SPACING)))
    if len(stroke) <= wanted:
        return stroke
    along = np.concatenate([[0], np.cumsum(lengths)])
    places = np.linspace(0, along[-1], wanted)
    return np.stack([np.interp(places, along, stroke[:, axis]) for axis in (0, 1)], 1)
