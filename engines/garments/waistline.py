"""Finds the waistband's front edge, below which the cloth is the front's: a ghost photo shows the inner back above it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.bottom_layout import BottomLayout
from engines.garments.outline import F64

_DEEPEST = 0.5
_CLEAR = 0.42
"""An edge weaker than this (0..1) along a whole curve is none."""
_LENS = 0.1
"""How much stronger the lens-shaped edge of an inner back must be than a line all along the waistband, its seam."""
_BELOW_EDGE = 0.012


@dataclass(frozen=True)
class Waistline:
    """The waistband's front edge: y (n,) at x (n,), half hips; `inside`: colour (3,) seen above it, None where none."""

    x: F64
    y: F64
    inside: NDArray[np.uint8] | None

    def at(self, x: F64) -> F64:
        """The edge's level at x (half hips), level beyond the corners."""
        return np.interp(x, self.x, self.y)


def find_waistline(layout: BottomLayout) -> Waistline:
    """The silhouette's upper edge, or below it the front's own where an inner back is seen."""
    half = layout.measures.waist
    x = np.linspace(-half, half, 81)
    outline = _silhouette(layout, x)
    strength = _edges(layout)
    best, dip = -np.inf, 0.0
    for depth in np.arange(0.07, _DEEPEST, 0.01):
        lens = outline + depth * (1 - np.abs(x / half) ** 2.2)
        seam = outline + depth * np.ones_like(x)
        ours = _along(layout, strength, x, lens)
        gain = ours - max(0.0, _along(layout, strength, x, seam) - ours) - 0.5 * depth
        if ours > _CLEAR and ours > _along(layout, strength, x, seam) + _LENS and gain > best:
            best, dip = gain, depth
    if dip == 0.0:
        return Waistline(x, outline + _BELOW_EDGE, None)
    y = outline + dip * (1 - np.abs(x / half) ** 2.2)
    return Waistline(x, y + _BELOW_EDGE, _above(layout, x, outline, y))


def _silhouette(layout: BottomLayout, x: F64) -> F64:
    """The upper edge's level at x, smoothed."""
    order = np.argsort(layout.edge[:, 0])
    y = np.interp(x, layout.edge[order, 0], layout.edge[order, 1])
    kernel = np.hanning(9)[1:-1] / np.hanning(9)[1:-1].sum()
    return np.convolve(np.pad(y, 3, mode="edge"), kernel, "valid")


def _edges(layout: BottomLayout) -> NDArray[np.float32]:
    """How strongly the canvas changes downwards within the cloth, 0..1."""
    picture = layout.marks.canvas.picture
    smooth = cv2.GaussianBlur(picture[..., :3].astype(np.float32), (0, 0), 1.3)
    down = np.abs(cv2.Sobel(smooth, cv2.CV_32F, 0, 1)).max(2) / 4
    inner = cv2.erode((picture[..., 3] > 200).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    typical = max(float(np.percentile(down[inner], 75)) if inner.any() else 1.0, 2.0)
    return np.asarray(np.where(inner, down / (down + typical), 0.0), np.float32)


def _along(layout: BottomLayout, strength: NDArray[np.float32], x: F64, y: F64) -> float:
    """Median over a curve of the strongest edge within a pixel or two of it, its ends left out."""
    points = layout.to_canvas(np.stack([x, y], 1))[6:-6] - 0.5
    near = [
        cv2.remap(strength, *(points + [0.0, o]).T.astype(np.float32)[:, None], cv2.INTER_LINEAR)[0]
        for o in (-1.5, 0.0, 1.5)
    ]
    return float(np.percentile(np.max(near, axis=0), 35))


def _above(layout: BottomLayout, x: F64, top: F64, edge: F64) -> NDArray[np.uint8] | None:
    """The usual colour (3,) between silhouette and front edge."""
    middle = layout.to_canvas(np.stack([x, top + 0.6 * (edge - top)], 1))[20:-20].astype(int)
    picture = layout.marks.canvas.picture
    height, width = picture.shape[:2]
    shown = picture[np.clip(middle[:, 1], 0, height - 1), np.clip(middle[:, 0], 0, width - 1)]
    shown = shown[shown[:, 3] > 250]
    return np.round(np.median(shown[:, :3], axis=0)).astype(np.uint8) if len(shown) else None
