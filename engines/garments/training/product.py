"""Paints product photos of garments that do not exist: pressed, lit from above, on a studio's pale ground."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import Category
from engines.garments.outline import F64
from engines.garments.training import cut as cuts
from engines.garments.training.bottom_cut import PLEATED
from engines.garments.training.cut import CUTS, Cut, Panel
from engines.garments.training.easel import F32, Design, Easel, Extent, Ink, light, on_ground, ribs, seam, woven
from engines.garments.training.pattern import curve_through
from engines.garments.training.product_bottoms import paint_skirt, paint_trousers, skirt_extent, trousers_extent
from engines.garments.training.product_dress import dress_folds, sew_waist

_RIB, _BINDING = 0.085, 0.05


def product_photo(design: Design, seed: int, size: int) -> NDArray[np.uint8]:
    """A product photo (size, size, 3) uint8 RGB; the same seed gives the same photo."""
    rng = np.random.default_rng(seed)
    if design.category is Category.TROUSERS:
        easel = Easel(size, trousers_extent(design.legs))
        paint_trousers(easel, design, design.legs, rng)
    elif design.category is Category.SKIRT:
        easel = Easel(size, skirt_extent(PLEATED))
        paint_skirt(easel, design, PLEATED, rng)
    else:
        cut = CUTS[design.category]
        easel = Easel(size, _extent(design.category, cut))
        _paint_top(easel, design, cut, rng)
    return on_ground(easel, rng)


def _extent(category: Category, cut: Cut) -> Extent:
    above = 1.0 if category is Category.HOODIE else 0.1
    wide = max(1.0, cut.hem, cuts.sleeve(cut).outline[:, 0].max() if cut.sleeve else 1.0)
    return Extent(above, cut.length + (cut.swing / 2 if cut.waist[0] else cut.swing), wide)


def _paint_top(easel: Easel, design: Design, cut: Cut, rng: np.random.Generator) -> None:
    """A top or dress: sleeves, the back's inner side, the front, its print and its neck."""
    if cut.sleeve:
        for side in (-1.0, 1.0):
            _sleeve(easel, design, cuts.sleeve(cut), side, rng)
    if not design.back and design.category is not Category.HOODIE:
        _inside(easel, design, cut)
    body = _body(easel, design, cut, rng)
    if design.ink is not None:
        _printed(easel, design.ink, body)
    _neck(easel, design, cut)


def _body(easel: Easel, design: Design, cut: Cut, rng: np.random.Generator) -> F32:
    top = cuts.back_neck(cut) if design.back else cuts.front_neck(cut)
    mask = easel.mask(cuts.torso(cut, top))
    easel.shade(1 - 0.4 * easel.blurred(mask, 0.03) * (1 - mask))
    easel.paint(mask, woven(design, easel.x, easel.y))
    dress = design.category is Category.DRESS
    light(easel, mask, (dress_folds if dress else _hanging_folds)(easel, cut, rng))
    if dress:
        sew_waist(easel, cut, mask)
    hem = np.linspace(-cut.hem, cut.hem, 60)
    for up in _hem_lines(design):
        curve = np.stack([hem, cut.length + cut.swing / 2 * (1 - (hem / cut.hem) ** 2) - up], 1)
        seam(easel, curve, mask)
    if design.category is Category.HOODIE:
        ribs(easel, mask * (easel.y > cut.length - 0.22), easel.x)
    return mask


def _hem_lines(design: Design) -> tuple[float, ...]:
    return (0.22,) if design.category is Category.HOODIE else (0.1, 0.125)


def _sleeve(easel: Easel, design: Design, panel: Panel, side: float, rng: np.random.Generator) -> None:
    flip = np.array([side, 1.0])
    mask = easel.mask(panel.outline * flip)
    x = side * easel.x - panel.start[0]
    y = easel.y - panel.start[1]
    along = x * panel.along[0] + y * panel.along[1]
    across = -x * panel.along[1] + y * panel.along[0]
    easel.paint(mask, 0.985 * woven(design, across, along))
    folds = np.zeros_like(easel.x)
    end = float(np.linalg.norm(panel.cuff[0] - panel.start))
    for _ in range(3 if end < 1.5 else 9):
        place, lean = rng.uniform(0.25, 0.9) * end, rng.uniform(-0.7, 0.7)
        ridge = (along - place - lean * (across - 0.25)) / rng.uniform(0.05, 0.11)
        folds += rng.uniform(-0.05, 0.05) * np.exp(-(ridge**2)) * np.exp(-(((across - rng.uniform(0, 0.5)) / 0.3) ** 2))
    light(easel, mask, folds)
    banded = design.category in {Category.HOODIE, Category.LONG_SLEEVE, Category.POLO}
    width = {Category.HOODIE: 0.2, Category.LONG_SLEEVE: 0.16, Category.POLO: 0.09}.get(design.category, 0.09)
    if banded:
        band = mask * (along > end - width)
        if design.trim:
            easel.paint(np.asarray(band, np.float32), design.trim, cover=False)
            light(easel, np.asarray(band, np.float32), np.zeros_like(folds))
        ribs(easel, np.asarray(band, np.float32), np.asarray(across, np.float32))
    step = panel.along * width
    for extra in (0.0, 0.0 if banded else 0.025):
        seam(easel, np.linspace(panel.cuff[0], panel.cuff[1], 20) * flip - (step + panel.along * extra) * flip, mask)


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
    lit = cloth.mean(2) / max(1.0, float(np.median(cloth[body > 0.9].mean(1))))
    ink(easel)
    changed = np.abs(easel.colour - cloth).max(2, keepdims=True) > 0.5
    inked = np.clip(easel.colour * np.clip(lit, 0.6, 1.15)[..., None], 0, 255)
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
    knitted = design.category is not Category.DRESS
    width = _RIB if knitted else _BINDING
    inner, outer = curve(cut), curve(cut, width)
    band = easel.mask(np.concatenate([inner, outer[::-1]]))
    easel.shade(1 - 0.22 * easel.blurred(band, 0.02) * (1 - band) * easel.cover)
    easel.paint(band, trim * 1.01, cover=True)
    if knitted:
        angle = np.arctan2(easel.y + 0.3, easel.x)
        ribs(easel, band, np.asarray(angle * 0.6, np.float32))
    easel.shade(1 - 0.25 * easel.blurred(easel.line(inner, 0.02), 0.01) * band)
    seam(easel, curve(cut, width + 0.02 if knitted else width - 0.012), easel.cover * (1 - band) if knitted else band)
    if design.category is Category.TANK:
        for side in (-1.0, 1.0):
            _armhole_binding(easel, cut, side)


def _armhole_binding(easel: Easel, cut: Cut, side: float) -> None:
    shape = cuts.torso(cut, cuts.front_neck(cut))
    top = len(cuts.front_neck(cut))
    curve = shape[top : top + 24] * [side, 1.0] - [side * 0.055, 0.0]
    seam(easel, curve, easel.cover)


def _collar(easel: Easel, trim: F32, cut: Cut, back: bool) -> None:
    """A knitted collar folded down, and below it the placket with its buttons."""
    n, d = cut.neck, cut.depth
    if not back:
        placket = np.array([[-0.085, d - 0.1], [0.085, d - 0.1], [0.085, d + 0.66], [-0.085, d + 0.66]])
        mask = easel.mask(placket)
        easel.shade(1 - 0.2 * easel.blurred(mask, 0.015) * (1 - mask) * easel.cover)
        seam(easel, np.concatenate([placket, placket[:1]]), easel.cover)
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
        light(easel, mask, np.zeros_like(easel.x))
        ribs(easel, mask, np.asarray(easel.x * 0.8 - side * easel.y, np.float32), 0.02)


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
    light(easel, mask, np.asarray(0.05 * np.exp(-(middle**2)) * (easel.y < -0.5), np.float32))
    if design.back:
        seam(easel, np.array([[0.0, -1.0], [0.0, cut.back_depth]]), mask)
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
        ribs(easel, easel.line(smooth, 0.034), easel.y, 0.024)


def _pocket(easel: Easel, cut: Cut) -> None:
    low, high = cut.length - 0.26, cut.length - 0.98
    half = np.array([[0.42, high], [0.7, high + 0.42], [0.7, low], [0.0, low]])
    shape = np.concatenate([half, half[::-1] * [-1.0, 1.0]])
    mask = easel.mask(shape)
    easel.shade(1 - 0.22 * easel.blurred(mask, 0.02) * (1 - mask) * easel.cover)
    easel.shade(1 + 0.025 * mask)
    seam(easel, np.concatenate([shape, shape[:1]]), easel.cover)
