"""A product photo under way: cloth, seams and light on an easel, then the studio's pale ground behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import Category
from engines.garments.outline import F64
from engines.garments.training.bottom_cut import CHINOS, LegCut

F32 = NDArray[np.float32]
Colour = tuple[float, float, float]
Ink = Callable[["Easel"], None]
GROUND = np.array([245.0, 244.0, 241.0], np.float32)
_OVER = 2
"""Drawn so many times larger, then averaged down."""
_SHIFT = 4
_SOFT = 0.014
"""Blur of the shadow on the ground over the photo's side: as soft as a softbox makes it, with no edge of its own."""


@dataclass(frozen=True)
class Design:
    """A garment to paint.

    trim: the colour of rib and collar, of a dress's binding, of trousers' thread; ink: prints on the chest; weave: how
    much of `weave_colour` (H, W) shows at places across and along the cloth; legs: how trousers are cut.
    """

    category: Category
    cloth: Colour
    trim: Colour | None = None
    ink: Ink | None = None
    weave: Callable[[F32, F32], F32] | None = None
    weave_colour: Colour = (255.0, 255.0, 255.0)
    back: bool = False
    legs: LegCut = CHINOS


class Extent(NamedTuple):
    """How far a garment reaches from its origin: up, down, and to each side."""

    above: float
    below: float
    wide: float


class Easel:
    """A picture under way: colour (H, W, 3) 0..255 and cover (H, W) 0..1; it holds what lies in `extent`."""

    def __init__(self, size: int, extent: Extent) -> None:
        side = size * _OVER
        self.unit = 0.86 * side / max(extent.below + extent.above, 2 * extent.wide)
        self.centre = np.array([side / 2, side / 2 + self.unit * (extent.above - extent.below) / 2])
        self.colour = np.zeros((side, side, 3), np.float32)
        self.cover = np.zeros((side, side), np.float32)
        rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
        self.x = np.asarray((columns - self.centre[0]) / self.unit, np.float32)
        self.y = np.asarray((rows - self.centre[1]) / self.unit, np.float32)

    def pixels(self, shape: F64) -> NDArray[np.int32]:
        """Points (n, 2) in half chests as cv2 wants them."""
        return np.asarray(np.round((shape * self.unit + self.centre) * 2**_SHIFT), np.int32)

    def mask(self, shape: F64) -> F32:
        """Cover of a polygon (n, 2)."""
        out = np.zeros(self.cover.shape, np.uint8)
        cv2.fillPoly(out, [self.pixels(shape)], 255, cv2.LINE_AA, _SHIFT)
        return np.asarray(out / 255, np.float32)

    def line(self, curve: F64, width: float, closed: bool = False) -> F32:
        """Cover of a line along a curve (n, 2)."""
        out = np.zeros(self.cover.shape, np.uint8)
        thick = max(1, round(width * self.unit))
        cv2.polylines(out, [self.pixels(curve)], closed, 255, thick, cv2.LINE_AA, _SHIFT)
        return np.asarray(out / 255, np.float32)

    def stitches(self, curve: F64, pitch: float = 0.03) -> F32:
        """Cover of a seam's stitches along a curve (n, 2)."""
        steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
        at = np.arange(0.0, steps[-1] - pitch * 0.6, pitch)
        ends = [np.stack([np.interp(at + d, steps, curve[:, k]) for k in (0, 1)], 1) for d in (0.0, pitch * 0.6)]
        out = np.zeros(self.cover.shape, np.uint8)
        segments = np.stack([self.pixels(end) for end in ends], 1)
        cv2.polylines(out, list(segments), False, 255, max(1, round(0.006 * self.unit)), cv2.LINE_AA, _SHIFT)
        return np.asarray(out / 255, np.float32)

    def paint(self, mask: F32, colour: Colour | F32, cover: bool = True) -> None:
        """Lay a colour over a mask; with `cover` it is cloth."""
        self.colour += (np.asarray(colour, np.float32) - self.colour) * mask[..., None]
        if cover:
            self.cover = np.maximum(self.cover, mask)

    def shade(self, amount: F32) -> None:
        """Multiply by (H, W)."""
        self.colour *= amount[..., None]

    def blurred(self, mask: F32, width: float) -> F32:
        """A mask with a soft edge."""
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(0.5, width * self.unit)), np.float32)


def disc(x: float, y: float, radius: float) -> F64:
    """A circle's outline (n, 2)."""
    angle = np.linspace(0, 2 * np.pi, 120)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], 1)


def seam(easel: Easel, curve: F64, mask: F32) -> None:
    """Two rows of stitches lie in a shallow groove."""
    easel.shade(1 - 0.1 * easel.blurred(easel.line(curve, 0.016), 0.006) * mask)
    easel.shade(1 - 0.22 * easel.stitches(curve) * mask)


def woven(design: Design, across: F32, along: F32) -> F32:
    """The cloth's colour (H, W, 3) at places (H, W) across and along it."""
    cloth = np.broadcast_to(np.array(design.cloth, np.float32), (*across.shape, 3)).copy()
    if design.weave is not None:
        share = design.weave(across, along)[..., None]
        cloth += (np.array(design.weave_colour, np.float32) - cloth) * share
    return np.asarray(cloth, np.float32)


def light(easel: Easel, mask: F32, folds: F32) -> None:
    """Cloth curves away at its edges; folds (H, W) are added light."""
    inside = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / easel.unit
    edge = 1 - 0.2 * np.exp(-inside / 0.035) - 0.13 * np.exp(-inside / 0.22)
    above = 1.03 - 0.03 * np.clip(easel.y, -1, 3)
    lit = np.asarray(edge * above * (1 + folds), np.float32)
    easel.shade(1 + (lit - 1) * mask)


def ribs(easel: Easel, mask: F32, across: F32, pitch: float = 0.028) -> None:
    """Knitted ribs that run along, in the light."""
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * across / pitch)
    easel.shade(np.asarray(1 - 0.13 * wave * mask, np.float32))


def on_ground(easel: Easel, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Before the ground, with the shadow that lies below cloth, and the grain of knit."""
    side = len(easel.cover)
    grain = rng.normal(0, 1, (side // 2, side // 2)).astype(np.float32)
    grain = cv2.resize(grain, (side, side), interpolation=cv2.INTER_LINEAR)
    cloth = np.clip(easel.colour * (1 + 0.008 * grain)[..., None], 0, 255)
    fallen = np.roll(easel.cover, round(0.008 * side), axis=0)
    shadow = easel.blurred(fallen, _SOFT * side / easel.unit)
    ground = GROUND * (1 - 0.15 * shadow)[..., None]
    picture = ground + (cloth - ground) * easel.cover[..., None]
    small = cv2.resize(picture, (side // _OVER, side // _OVER), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small + 0.5, 0, 255), np.uint8)
