"""What the landmark network sees and how its heat maps are read: numpy only, alike in training and at work."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.outline import F64, POINTS

F32 = NDArray[np.float32]
SIDE = 128
"""The network's input is SIDE x SIDE pixels."""
CHANNELS = 3
HEAT_SIDE = 64
_FILL = 0.84
"""Share of the input's side that the garment's longer side takes."""


@dataclass(frozen=True)
class InputFrame:
    """Where the network's square lies in the photo: photo pixel = origin + scale * input pixel."""

    origin: F64
    scale: float

    def to_photo(self, points: F64) -> F64:
        """Points (n, 2) of the input's square in photo pixels."""
        return self.origin + self.scale * points

    def to_input(self, points: F64) -> F64:
        """Points (n, 2) of the photo in the input's square."""
        return (points - self.origin) / self.scale


def frame_around(alpha: NDArray[np.uint8]) -> InputFrame:
    """The square around a matte (H, W) uint8 that is not empty."""
    x, y, width, height = cv2.boundingRect((alpha > 127).astype(np.uint8))
    scale = max(width, height) / (_FILL * SIDE)
    centre = np.array([x + width / 2, y + height / 2])
    return InputFrame(centre - scale * SIDE / 2, scale)


def network_input(picture: NDArray[np.uint8], frame: InputFrame) -> F32:
    """(3, 128, 128) float32: silhouette, brightness and edges within it, of a matted photo (H, W, 4) uint8."""
    fine = _sample(picture, frame, 2 * SIDE)
    alpha = fine[..., 3] / 255
    gray = cv2.cvtColor(fine[..., :3].astype(np.float32), cv2.COLOR_RGB2GRAY)
    inside = alpha > 0.5
    mean, spread = (float(gray[inside].mean()), float(gray[inside].std())) if inside.any() else (0.0, 1.0)
    level = np.clip((gray - mean) / max(spread, 6.0), -3, 3) / 3 * alpha
    edges = _edges(fine[..., :3].astype(np.float32), inside)
    planes = [plane.astype(np.float32) for plane in (alpha, level, edges)]
    return np.stack([np.asarray(cv2.resize(p, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32) for p in planes])


def _sample(picture: NDArray[np.uint8], frame: InputFrame, side: int) -> NDArray[np.float32]:
    """The frame's square (side, side, 4), averaged where it shrinks."""
    scale = frame.scale * SIDE / side
    source, ratio = picture, 1.0
    if scale > 1.5:
        ratio = scale
        size = (max(1, round(picture.shape[1] / scale)), max(1, round(picture.shape[0] / scale)))
        source = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    matrix = np.array([[ratio / scale, 0, -frame.origin[0] / scale], [0, ratio / scale, -frame.origin[1] / scale]])
    matrix[:, 2] += 0.5 * ratio / scale - 0.5  # cv2 counts pixel centres at whole numbers
    return np.asarray(cv2.warpAffine(source, matrix, (side, side), flags=cv2.INTER_LINEAR), np.float32)


def _edges(rgb: F32, inside: NDArray[np.bool_]) -> F32:
    """Strength of edges within the cloth (H, W) 0..1, relative to the cloth's own."""
    smooth = cv2.GaussianBlur(rgb, (0, 0), 0.8)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    strength = np.sqrt(across**2 + down**2).max(axis=2)
    core = cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    typical = float(np.percentile(strength[core], 90)) if core.any() else 1.0
    out: F32 = (np.minimum(strength / max(3 * typical, 10.0), 1.0) * core).astype(np.float32)
    return out


def read_heat(heat: F32) -> tuple[F64, F64]:
    """Points (19, 2) in input pixels and their peaks (19,) 0..1 of heat maps (19, 64, 64)."""
    points, peaks = np.zeros((POINTS, 2)), np.zeros(POINTS)
    for k, plane in enumerate(heat):
        row, column = np.unravel_index(int(plane.argmax()), plane.shape)
        top, left = max(0, int(row) - 2), max(0, int(column) - 2)
        patch = np.clip(
            plane[top : top + 5 + min(0, int(row) - 2), left : left + 5 + min(0, int(column) - 2)], 1e-6, None
        )
        rows, columns = np.mgrid[top : top + patch.shape[0], left : left + patch.shape[1]]
        weight = patch / patch.sum()
        points[k] = ((columns * weight).sum() + 0.5, (rows * weight).sum() + 0.5)
        peaks[k] = plane[row, column]
    return points * (SIDE / HEAT_SIDE), peaks
