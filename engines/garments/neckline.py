"""Finds the front neckline on the torso's chart, where a ghost-neck photo shows the inner back collar above it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.outline import F64

F32 = NDArray[np.float32]
_FOLLOW = 0.035
"""How far (half chests) the edge may stray from the best smooth neckline."""

_BELOW_EDGE = 0.02
"""The cut lies this far (half chests) below the edge: a sliver less of the collar does not show, of the inside does."""


@dataclass(frozen=True)
class Neckline:
    """The front neckline: y (n,) at x (n,), both in half chests, from neck point to neck point; depth at the centre."""

    x: F64
    y: F64
    depth: float


@dataclass(frozen=True)
class NeckView:
    """The chart's neighbourhood of the neck: rgba (H, W, 4) uint8; x (W,), y (H,) of its texels in half chests."""

    rgba: NDArray[np.uint8]
    x: F64
    y: F64


@dataclass(frozen=True)
class NeckDepths:
    """What the network says of the neckline's depth in front and behind, half chests below the neck points."""

    front: float
    back: float

    def search(self) -> tuple[float, float, float]:
        """Least, likeliest and greatest depth of the front neckline.

        The network tends to see a ghost neck's inner back as the front, so the front is looked for clearly below it.
        Where the outline between the neck points is deep and nothing lies below, it is the front neckline itself.
        """
        hollow = self.back > 0.2 and self.front < self.back + 0.1
        back = 0.0 if hollow else self.back
        likely = self.back if hollow else float(np.clip(self.front, 0.3, 1.1))
        return back + 0.14, likely, max(likely + 0.25, 0.6)


@dataclass(frozen=True)
class NeckStyle:
    """rises: how far above the neck points a neckline may start; unrest: what a label below it counts against it."""

    rises: tuple[float, ...]
    unrest: float


CREW = NeckStyle((0.0,), 0.5)
COLLAR = NeckStyle((0.0, 0.1, 0.2), 0.5)
HOOD = NeckStyle((0.0,), 0.0)
"""A hood's cords cross its edge as a label would."""


def find_neckline(view: NeckView, half_width: float, depths: NeckDepths, style: NeckStyle) -> Neckline:
    """The strongest neckline-like edge near its likely depth; shapes tried run from V to square."""
    edges = _edges(view)
    gray = cv2.cvtColor(view.rgba[..., :3], cv2.COLOR_RGB2GRAY).astype(np.float32)
    least, likely, greatest = depths.search()
    x = np.linspace(-half_width, half_width, 121)
    best_score, best = -np.inf, np.zeros_like(x)
    for depth in np.arange(least, greatest, 0.01):
        for roundness in (1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.5):
            for rise in style.rises:
                y = depth - (depth + rise) * np.abs(x / half_width) ** roundness
                score = (
                    _strength(edges, view, x, y)
                    - 1.2 * (depth - likely) ** 2
                    - style.unrest * _unrest(gray, view, x, y)
                )
                if score > best_score:
                    best_score, best = score, y
    followed = _follow(edges, view, x, best) + _BELOW_EDGE
    return Neckline(x, followed, float(np.median(followed[55:66])))


def _edges(view: NeckView) -> F32:
    """Edge strength (H, W) 0..1 where brightness or colour changes from top to bottom, the outline included."""
    rgba = view.rgba.astype(np.float32)
    cover = rgba[..., 3:] / 255
    flat = cv2.GaussianBlur(rgba[..., :3] * cover + 128 * (1 - cover), (0, 0), 1.6)
    both = np.dstack([flat, 160 * cv2.GaussianBlur(cover[..., 0], (0, 0), 1.6)])
    down = np.abs(cv2.Sobel(both, cv2.CV_32F, 0, 1)).max(axis=2)
    across = np.abs(cv2.Sobel(both, cv2.CV_32F, 1, 0)).max(axis=2)
    strength = np.hypot(down, 0.7 * across)
    # Compressed, so that one bold print does not outvote a neckline that is faint but all there.
    typical = max(float(np.percentile(strength, 75)), 12.0)
    out: F32 = (strength / (strength + typical)).astype(np.float32)
    return out


def _sample(edges: F32, view: NeckView, x: F64, y: F64) -> F32:
    column = (x - view.x[0]) / (view.x[1] - view.x[0])
    row = (y - view.y[0]) / (view.y[1] - view.y[0])
    at = (column[None].astype(np.float32), row[None].astype(np.float32))
    return np.asarray(cv2.remap(edges, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0], np.float32)


def _strength(edges: F32, view: NeckView, x: F64, y: F64) -> float:
    """Mean edge along a curve, the ends counted less: shoulder seams disturb them."""
    weight = 1 - 0.6 * np.abs(x / x[-1])
    return float((_sample(edges, view, x, y) * weight).sum() / weight.sum())


def _unrest(gray: F32, view: NeckView, x: F64, y: F64) -> float:
    """How much brightness jumps along a curve's lower side, 0..1: below a neckline runs plain collar, not a label."""
    tone = np.mean([_sample(gray, view, x, y + below) for below in (0.02, 0.035, 0.05)], axis=0)
    window = np.ones(15) / 15
    return float(np.minimum(np.abs(tone - np.convolve(np.pad(tone, 7, mode="edge"), window, "valid")), 30).mean() / 15)


def _follow(edges: F32, view: NeckView, x: F64, y: F64) -> F64:
    """The edge's own path within a narrow band around the curve, by dynamic programming, then smoothed."""
    offsets = np.linspace(-_FOLLOW, _FOLLOW, 15)
    gain = np.stack([_sample(edges, view, x, y + o) for o in offsets], 1) - 0.12 * (offsets / _FOLLOW) ** 2
    total, back = gain.copy(), np.zeros(gain.shape, int)
    step = 0.12 * np.abs(np.arange(15)[:, None] - np.arange(15)[None, :])
    for k in range(1, len(x)):
        options = total[k - 1][None, :] - step
        back[k] = options.argmax(1)
        total[k] += options.max(1)
    path = np.zeros(len(x), int)
    path[-1] = total[-1].argmax()
    for k in range(len(x) - 1, 0, -1):
        path[k - 1] = back[k][path[k]]
    ends = np.clip((1 - np.abs(x / x[-1])) / 0.08, 0, 1)  # the neck points themselves stay
    kernel = np.hanning(11)[1:-1] / np.hanning(11)[1:-1].sum()
    moved = np.convolve(np.pad(offsets[path] * ends, 4, mode="edge"), kernel, "valid")
    return np.asarray(y + moved)
