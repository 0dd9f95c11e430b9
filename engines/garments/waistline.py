"""Finds the waistband's front edge: a ghost photo shows the inner back above it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.bottom_layout import BottomLayout
from engines.garments.outline import F64

_DEEPEST = 0.5
_CLEAR = 0.25
"""An edge that stands out by less than this (0..1) along the middle or the ends of a curve is none."""
_BELOW_EDGE = 0.012
_RIM = 0.045
"""So near the silhouette (half hips) its own rim is seen."""
_TONE = 7.0


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
    best, lens = _CLEAR, None
    for depth in np.arange(0.07, _DEEPEST, 0.01):
        for roundness in (1.7, 2.2, 3.0):
            y = outline + depth * (1 - np.abs(x / half) ** roundness)
            clear = _clearness(layout, strength, (x, outline, y))
            if clear > best and _tones_differ(layout, x, y):
                best, lens = clear, y
    if lens is None:
        return Waistline(x, outline + _BELOW_EDGE, None)
    return Waistline(x, lens + _BELOW_EDGE, _above(layout, x, outline, lens))


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


def _clearness(layout: BottomLayout, strength: NDArray[np.float32], curve: tuple[F64, F64, F64]) -> float:
    """How clear an edge runs along a curve (x, silhouette, y), 0..1, in its middle and towards the corners alike.

    An inner back is a lens: its lower edge meets the corners. The waistband's seam runs beside the edge and does not.
    """
    x, outline, y = curve
    shown = np.max([_shown(layout, strength, x, y + o / layout.half_hip) for o in (-1.5, 0.0, 1.5)], axis=0)
    beside = [_shown(layout, strength, x, y + o) for o in (-1.5 * _RIM, 1.5 * _RIM, 2.2 * _RIM)]
    shown -= np.mean(beside, axis=0)  # a patterned cloth has edges everywhere
    place = np.abs(x / x[-1])
    ends = (place > 0.5) & (y - outline > _RIM)
    if ends.sum() < 10:
        return 0.0
    return float(min(np.percentile(shown[place < 0.5], 35), np.percentile(shown[ends], 30)))


def _shown(layout: BottomLayout, picture: NDArray[np.float32], x: F64, y: F64) -> NDArray[np.float32]:
    """A canvas picture along a curve (n,) or (n, channels)."""
    at = (layout.to_canvas(np.stack([x, y], 1)) - 0.5).astype(np.float32)
    return np.asarray(cv2.remap(picture, at[None, :, 0], at[None, :, 1], cv2.INTER_LINEAR)[0], np.float32)


def _tones_differ(layout: BottomLayout, x: F64, y: F64) -> bool:
    """Whether the cloth above a curve has another tone than that below: the inner back lies in shade."""
    rgb = layout.marks.canvas.picture[..., :3].astype(np.float32)
    above, below = (_shown(layout, rgb, x, y + offset)[10:-10] for offset in (-_RIM, _RIM))
    step = below - above
    usual = np.median(step, axis=0)
    return bool(np.abs(usual).max() > max(_TONE, 0.7 * float(np.abs(step - usual).mean())))


def _above(layout: BottomLayout, x: F64, top: F64, edge: F64) -> NDArray[np.uint8] | None:
    """The usual colour (3,) between silhouette and front edge."""
    middle = layout.to_canvas(np.stack([x, top + 0.6 * (edge - top)], 1))[20:-20].astype(int)
    picture = layout.marks.canvas.picture
    height, width = picture.shape[:2]
    shown = picture[np.clip(middle[:, 1], 0, height - 1), np.clip(middle[:, 0], 0, width - 1)]
    shown = shown[shown[:, 3] > 250]
    return np.round(np.median(shown[:, :3], axis=0)).astype(np.uint8) if len(shown) else None
