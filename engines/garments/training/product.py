"""Paints product photos of garments that do not exist: pressed, lit from above, on a studio's pale ground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import Category
from engines.garments.outline import F64
from engines.garments.training import cut as cuts
from engines.garments.training.cut import CUTS, Cut, Panel
from engines.garments.training.pattern import curve_through

F32 = NDArray[np.float32]
Colour = tuple[float, float, float]
Ink = Callable[["Easel"], None]
GROUND = np.array([245.0, 244.0, 241.0], np.float32)
_OVER = 2
"""Drawn so many times larger, then averaged down."""
_SHIFT = 4
_RIB, _BAND = 0.085, 0.17


@dataclass(frozen=True)
class Design:
    """A garment to paint. trim: the colour of rib and collar; ink: prints on the chest; weave: stripes or ribs."""

    category: Category
    cloth: Colour
    trim: Colour | None = None
    ink: Ink | None = None
    weave: Callable[[F32, F32], F32] | None = None
    weave_colour: Colour = (255.0, 255.0, 255.0)
    back: bool = False


class Easel:
    """A picture under way: colour (H, W, 3) 0..255 and cover (H, W) 0..1."""

    def __init__(self, size: int, cut: Cut, top: float) -> None:
        side = size * _OVER
        wide = max(1.0, cuts.sleeve(cut).outline[:, 0].max() if cut.sleeve else 1.0)
        self.unit = 0.86 * side / max(cut.length + 0.07 + top, 2 * wide)
        self.centre = np.array([side / 2, side / 2 + self.unit * (top - cut.length - 0.07) / 2])
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


def product_photo(design: Design, seed: int, size: int) -> NDArray[np.uint8]:
    """A product photo (size, size, 3) uint8 RGB; the same seed gives the same photo."""
    rng = np.random.default_rng(seed)
    cut = CUTS[design.category]
    easel = Easel(size, cut, 1.0 if design.category is Category.HOODIE else 0.1)
    if cut.sleeve:
        for side in (-1.0, 1.0):
            _sleeve(easel, design, cuts.sleeve(cut), side, rng)
    if not design.back and design.category is not Category.HOODIE:
        _inside(easel, design, cut)
    body = _body(easel, design, cut, rng)
    if design.ink is not None:
        _printed(easel, design.ink, body)
    _neck(easel, design, cut)
    return _on_ground(easel, rng)


def _body(easel: Easel, design: Design, cut: Cut, rng: np.random.Generator) -> F32:
    top = cuts.back_neck(cut) if design.back else cuts.front_neck(cut)
    mask = easel.mask(cuts.torso(cut, top))
    easel.shade(1 - 0.4 * easel.blurred(mask, 0.03) * (1 - mask))
    easel.paint(mask, _woven(design, easel.x, easel.y))
    _light(easel, mask, _hanging_folds(easel, cut, rng))
    hem = np.linspace(-cut.hem, cut.hem, 60)
    for up in _hem_lines(design):
        curve = np.stack([hem, cut.length + 0.035 * (1 - (hem / cut.hem) ** 2) - up], 1)
        _seam(easel, curve, mask)
    if design.category is Category.HOODIE:
        _ribs(easel, mask * (easel.y > cut.length - 0.22), easel.x)
    return mask


def _hem_lines(design: Design) -> tuple[float, ...]:
    return (0.22,) if design.category is Category.HOODIE else (0.1, 0.125)


def _seam(easel: Easel, curve: F64, mask: F32) -> None:
    """Two rows of stitches lie in a shallow groove."""
    easel.shade(1 - 0.1 * easel.blurred(easel.line(curve, 0.016), 0.006) * mask)
    easel.shade(1 - 0.22 * easel.stitches(curve) * mask)


def _sleeve(easel: Easel, design: Design, panel: Panel, side: float, rng: np.random.Generator) -> None:
    flip = np.array([side, 1.0])
    mask = easel.mask(panel.outline * flip)
    x = side * easel.x - panel.start[0]
    y = easel.y - panel.start[1]
    along = x * panel.along[0] + y * panel.along[1]
    across = -x * panel.along[1] + y * panel.along[0]
    easel.paint(mask, 0.985 * _woven(design, across, along))
    folds = np.zeros_like(easel.x)
    end = float(np.linalg.norm(panel.cuff[0] - panel.start))
    for _ in range(3 if end < 1.5 else 9):
        place, lean = rng.uniform(0.25, 0.9) * end, rng.uniform(-0.7, 0.7)
        ridge = (along - place - lean * (across - 0.25)) / rng.uniform(0.05, 0.11)
        folds += rng.uniform(-0.05, 0.05) * np.exp(-(ridge**2)) * np.exp(-(((across - rng.uniform(0, 0.5)) / 0.3) ** 2))
    _light(easel, mask, folds)
    banded = design.category in {Category.HOODIE, Category.LONG_SLEEVE, Category.POLO}
    width = {Category.HOODIE: 0.2, Category.LONG_SLEEVE: 0.16, Category.POLO: 0.09}.get(design.category, 0.09)
    if banded:
        band = mask * (along > end - width)
        if design.trim:
            easel.paint(np.asarray(band, np.float32), design.trim, cover=False)
            _light(easel, np.asarray(band, np.float32), np.zeros_like(folds))
        _ribs(easel, np.asarray(band, np.float32), np.asarray(across, np.float32))
    step = panel.along * width
    for extra in (0.0, 0.0 if banded else 0.025):
        _seam(easel, np.linspace(panel.cuff[0], panel.cuff[1], 20) * flip - (step + panel.along * extra) * flip, mask)


def _woven(design: Design, across: F32, along: F32) -> F32:
    cloth = np.broadcast_to(np.array(design.cloth, np.float32), (*across.shape, 3)).copy()
    if design.weave is not None:
        share = design.weave(across, along)[..., None]
        cloth += (np.array(design.weave_colour, np.float32) - cloth) * share
    return np.asarray(cloth, np.float32)


def _light(easel: Easel, mask: F32, folds: F32) -> None:
    """Cloth curves away at its edges; folds (H, W) are added light."""
    inside = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / easel.unit
    edge = 1 - 0.2 * np.exp(-inside / 0.035) - 0.13 * np.exp(-inside / 0.22)
    above = 1.03 - 0.03 * np.clip(easel.y, -1, 3)
    lit = np.asarray(edge * above * (1 + folds), np.float32)
    easel.shade(1 + (lit - 1) * mask)


def _hanging_folds(easel: Easel, cut: Cut, rng: np.random.Generator) -> F32:
    """Soft folds: from the armpits inwards, and down towards the hem."""
    out = np.zeros_like(easel.x)
    for side in (-1.0, 1.0):
        for _ in range(4):
            lean, reach = rng.uniform(0.25, 1.1), rng.uniform(0.25, 0.6)
            x, y = 1.0 - side * easel.x, easel.y - cut.armpit - rng.uniform(-0.12, 0.15)
            ridge = (y - lean * x) / rng.uniform(0.05, 0.1)
            out += rng.uniform(-0.07, 0.05) * np.exp(-(ridge**2)) * np.exp(-((x / reach) ** 2)) * (x > 0)
    for _ in range(9):
        place, bend = rng.uniform(-0.85, 0.85), rng.uniform(-0.15, 0.15)
        start = rng.uniform(1.1, 2.0)
        rise = np.clip((easel.y - start) / (cut.length - start), 0, 1)
        ridge = (easel.x - place - bend * rise) / rng.uniform(0.05, 0.14)
        out += rng.uniform(-0.055, 0.055) * np.exp(-(ridge**2)) * rise
    return np.asarray(cv2.GaussianBlur(out, (0, 0), 0.012 * easel.unit), np.float32)


def _ribs(easel: Easel, mask: F32, across: F32, pitch: float = 0.028) -> None:
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * across / pitch)
    easel.shade(np.asarray(1 - 0.13 * wave * mask, np.float32))


def _inside(easel: Easel, design: Design, cut: Cut) -> None:
    """The back's inner side, seen through the neck, with its tape and label."""
    mask = easel.mask(np.concatenate([cuts.back_neck(cut), cuts.front_neck(cut, 0.02)[::-1]]))
    easel.paint(mask, np.asarray(design.cloth, np.float32) * 0.72)
    band = easel.mask(np.concatenate([cuts.back_neck(cut), cuts.back_neck(cut, 0.1)[::-1] * [0.8, 1.0]]))
    easel.paint(band * mask, np.asarray(design.trim or design.cloth, np.float32) * 0.86, cover=False)
    low = cut.back_depth + 0.07
    label = np.array([[-0.1, low], [0.1, low], [0.1, low + 0.1], [-0.1, low + 0.1]])
    easel.paint(easel.mask(label) * mask, (236.0, 233.0, 226.0), cover=False)
    above = easel.blurred(1 - easel.mask(cuts.torso(cut, cuts.front_neck(cut))), 0.05)
    easel.shade(1 - 0.25 * (1 - above) * mask)


def _printed(easel: Easel, ink: Ink, body: F32) -> None:
    """Ink takes the cloth's light and stays on the body."""
    cloth, cover = easel.colour.copy(), easel.cover
    light = cloth.mean(2) / max(1.0, float(np.median(cloth[body > 0.9].mean(1))))
    ink(easel)
    changed = np.abs(easel.colour - cloth).max(2, keepdims=True) > 0.5
    inked = np.clip(easel.colour * np.clip(light, 0.6, 1.15)[..., None], 0, 255)
    easel.colour = np.where(changed & (body[..., None] > 0.02), inked, cloth).astype(np.float32)
    easel.cover = cover


def _neck(easel: Easel, design: Design, cut: Cut) -> None:
    trim = np.asarray(design.trim or design.cloth, np.float32)
    if design.category is Category.HOODIE:
        _hood(easel, design, cut)
        return
    if design.category is Category.POLO:
        _collar(easel, trim, cut, design.back)
        return
    curve = cuts.back_neck if design.back else cuts.front_neck
    inner, outer = curve(cut), curve(cut, _RIB)
    band = easel.mask(np.concatenate([inner, outer[::-1]]))
    easel.shade(1 - 0.22 * easel.blurred(band, 0.02) * (1 - band) * easel.cover)
    easel.paint(band, trim * 1.01, cover=True)
    angle = np.arctan2(easel.y + 0.3, easel.x)
    _ribs(easel, band, np.asarray(angle * 0.6, np.float32))
    easel.shade(1 - 0.25 * easel.blurred(easel.line(inner, 0.02), 0.01) * band)
    _seam(easel, curve(cut, _RIB + 0.02), easel.cover * (1 - band))
    if design.category is Category.TANK:
        for side in (-1.0, 1.0):
            _armhole_binding(easel, cut, side)


def _armhole_binding(easel: Easel, cut: Cut, side: float) -> None:
    shape = cuts.torso(cut, cuts.front_neck(cut))
    top = len(cuts.front_neck(cut))
    curve = shape[top : top + 24] * [side, 1.0] - [side * 0.055, 0.0]
    _seam(easel, curve, easel.cover)


def _collar(easel: Easel, trim: F32, cut: Cut, back: bool) -> None:
    """A knitted collar folded down, and below it the placket with its buttons."""
    n, d = cut.neck, cut.depth
    if not back:
        placket = np.array([[-0.085, d - 0.1], [0.085, d - 0.1], [0.085, d + 0.66], [-0.085, d + 0.66]])
        mask = easel.mask(placket)
        easel.shade(1 - 0.2 * easel.blurred(mask, 0.015) * (1 - mask) * easel.cover)
        _seam(easel, np.concatenate([placket, placket[:1]]), easel.cover)
        for down in (0.16, 0.46):
            angle = np.linspace(0, 2 * np.pi, 24)
            button = np.stack([0.032 * np.cos(angle), d + down + 0.032 * np.sin(angle)], 1)
            easel.shade(1 - 0.35 * easel.blurred(easel.mask(button + np.array([0.006, 0.012])), 0.008))
            easel.paint(easel.mask(button), (232.0, 228.0, 220.0), cover=False)
            easel.shade(1 - 0.3 * easel.line(button, 0.006, closed=True))
    stand = np.concatenate([neck_arc(n, -0.12), neck_arc(n, 0.1)[::-1]])
    easel.paint(easel.mask(stand), trim * (0.98 if back else 0.8))
    if back:
        return
    for side in (-1.0, 1.0):
        flap = np.array([[n * 0.86, -0.1], [n + 0.16, 0.07], [0.34, d + 0.2], [0.0, d - 0.02], [n * 0.6, 0.02]])
        flap *= [side, 1.0]
        mask = easel.mask(flap)
        easel.shade(1 - 0.35 * easel.blurred(mask, 0.03) * (1 - mask) * easel.cover)
        easel.paint(mask, trim)
        _light(easel, mask, np.zeros_like(easel.x))
        _ribs(easel, mask, np.asarray(easel.x * 0.8 - side * easel.y, np.float32), 0.02)


def neck_arc(half: float, depth: float) -> F64:
    """A shallow arc over the neck, left to right."""
    t = np.linspace(-1, 1, 30)
    return np.stack([half * 1.02 * t, depth * (1 - t**2)], 1)


def _hood(easel: Easel, design: Design, cut: Cut) -> None:
    outline, opening = cuts.hood(cut)
    cloth = np.asarray(design.cloth, np.float32)
    mask = easel.mask(outline)
    easel.shade(1 - 0.4 * easel.blurred(mask, 0.05) * (1 - mask) * easel.cover)
    easel.paint(mask, cloth)
    middle = np.abs(easel.x) / 0.12
    _light(easel, mask, np.asarray(0.05 * np.exp(-(middle**2)) * (easel.y < -0.5), np.float32))
    if design.back:
        _seam(easel, np.array([[0.0, -1.0], [0.0, cut.back_depth]]), mask)
        return
    hole = easel.mask(opening)
    easel.paint(hole, np.asarray(design.trim or design.cloth, np.float32) * 0.55)
    deep = easel.blurred(1 - hole, 0.09)
    easel.shade(1 - 0.5 * deep * hole)
    easel.shade(1 - 0.3 * easel.blurred(easel.line(opening, 0.03, closed=True), 0.012) * (1 - hole) * mask)
    rim = np.array([0.0, -0.2]) + (opening - [0.0, -0.2]) * 1.13
    easel.shade(1 - 0.2 * easel.stitches(rim) * mask)
    _pocket(easel, cut)
    for side in (-1.0, 1.0):
        cord = np.array([[0.13, cut.depth + 0.0], [0.16, cut.depth + 0.35], [0.13 + 0.03 * side, cut.depth + 0.72]])
        smooth = curve_through(cord * [side, 1.0])
        easel.shade(1 - 0.35 * easel.blurred(easel.line(smooth + np.array([0.012, 0.02]), 0.035), 0.012))
        easel.paint(easel.line(smooth, 0.034), (235.0, 230.0, 222.0), cover=False)
        _ribs(easel, easel.line(smooth, 0.034), easel.y, 0.024)


def _pocket(easel: Easel, cut: Cut) -> None:
    low, high = cut.length - 0.26, cut.length - 0.98
    half = np.array([[0.42, high], [0.7, high + 0.42], [0.7, low], [0.0, low]])
    shape = np.concatenate([half, half[::-1] * [-1.0, 1.0]])
    mask = easel.mask(shape)
    easel.shade(1 - 0.22 * easel.blurred(mask, 0.02) * (1 - mask) * easel.cover)
    easel.shade(1 + 0.025 * mask)
    _seam(easel, np.concatenate([shape, shape[:1]]), easel.cover)


def _on_ground(easel: Easel, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Before the ground, with the shadow that lies below cloth, and the grain of knit."""
    side = len(easel.cover)
    grain = rng.normal(0, 1, (side // 2, side // 2)).astype(np.float32)
    grain = cv2.resize(grain, (side, side), interpolation=cv2.INTER_LINEAR)
    cloth = np.clip(easel.colour * (1 + 0.008 * grain)[..., None], 0, 255)
    shadow = easel.blurred(np.roll(easel.cover, round(0.025 * easel.unit), axis=0), 0.035)
    ground = GROUND * (1 - 0.16 * shadow)[..., None]
    picture = ground + (cloth - ground) * easel.cover[..., None]
    small = cv2.resize(picture, (side // _OVER, side // _OVER), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small + 0.5, 0, 255), np.uint8)
