"""Paints random skirts and trousers laid flat, with known marks and measures: what the rules are measured by.

Units: half hips, y down, 0 at the waistband's corners.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import BottomMeasures, Category
from engines.garments.outline import F64
from engines.garments.training.flatlay import F32, Canvas, bend, fit, folds, stripes
from engines.garments.training.pattern import Generator, curve_through


class Mark(IntEnum):
    """Points of a skirt or trousers; a skirt has no crotch and no inner corners."""

    WAIST_LEFT = 0
    WAIST_RIGHT = 1
    WAIST_CENTRE = 2
    CROTCH = 3
    HEM_OUTER_LEFT = 4
    HEM_OUTER_RIGHT = 5
    HEM_INNER_LEFT = 6
    HEM_INNER_RIGHT = 7


@dataclass(frozen=True)
class PaintedBottom:
    """A painted skirt or trousers.

    picture: (H, W, 4) uint8 RGBA; points: (8, 2) pixels by `Mark`, NaN where there is none; measures: what it was drawn
    from; parted: whether ground is seen between the legs.
    """

    picture: NDArray[np.uint8]
    points: F64
    measures: BottomMeasures
    category: Category
    parted: bool


@dataclass(frozen=True)
class _Cut:
    """Outline of the cloth (n, 2), its front waistband edge (n, 2), what is seen behind it, and its marks."""

    outline: F64
    edge: F64
    inside: F64 | None
    points: F64
    measures: BottomMeasures
    parted: bool


def _edge(rng: Generator, waist: float, calm: bool) -> tuple[F64, F64 | None]:
    """The front's upper edge from left to right, and the inner back seen above it."""
    t = np.linspace(-1.0, 1.0, 33)
    ghost = rng.random() < 0.4
    slant = 0.0 if calm else rng.normal(0, 0.03)
    dip = rng.uniform(0.1, 0.3) if ghost else rng.uniform(-0.02, 0.1)
    edge = np.stack([waist * t, dip * (1 - np.abs(t) ** 2.2) + slant * t], 1)
    if not ghost:
        return edge, None
    top = np.stack([waist * t, -rng.uniform(-0.03, 0.07) * (1 - t**2) + slant * t], 1)
    return edge, np.concatenate([top, edge[::-1]])


def _skirt(rng: Generator, calm: bool) -> _Cut:
    waist = rng.uniform(0.6, 0.98)
    length = rng.uniform(1.2, 4.2)
    hem = rng.choice([rng.uniform(0.8, 1.05), rng.uniform(1.05, 1.6), rng.uniform(1.6, 2.6)], p=[0.4, 0.4, 0.2])
    hem = min(hem, 0.9 + 0.75 * length)
    rise = rng.uniform(-0.02, 0.06) + rng.uniform(0.05, 0.3) * max(0.0, hem - 1.0)
    hip_depth = min(rng.uniform(0.55, 0.9), 0.45 * length)
    # Flared skirts are laid as wide at the hips as they fall there; that width is their half hip.
    hip = 1.0
    edge, inside = _edge(rng, waist, calm)
    sides = []
    for k, sign in ((0, -1.0), (-1, 1.0)):
        start, corner = edge[k] * [sign, 1.0], np.array([hem, length - rise]) + (0 if calm else rng.normal(0, 0.015, 2))
        middle = np.array([hip, hip_depth])
        upper = curve_through(np.stack([start, [hip - 0.25 * (hip - waist), 0.4 * hip_depth], middle]), 14)
        swing = middle + (corner - middle) * 0.45 + [rng.uniform(-0.03, 0.06), 0.0]
        sides.append(np.concatenate([upper, curve_through(np.stack([middle, swing, corner]), 20)[1:]]) * [sign, 1.0])
    t = np.linspace(1.0, -1.0, 41)
    ends = np.where(t > 0, sides[1][-1, 1], sides[0][-1, 1])
    x = np.where(t > 0, t * sides[1][-1, 0], -t * sides[0][-1, 0])
    bottom = np.stack([x, length + (ends - length) * np.abs(t) ** 2], 1)
    outline = np.concatenate([edge, sides[1][1:], bottom[1:-1], sides[0][::-1]])
    points = np.full((len(Mark), 2), np.nan)
    points[[0, 1, 2, 4, 5]] = edge[0], edge[-1], edge[16], sides[0][-1], sides[1][-1]
    widest = max(1.0, float(np.interp(0.4 * length, sides[1][:, 1], sides[1][:, 0])))
    measures = BottomMeasures(length / widest, waist / widest, hem / widest, 0.0, 0.0, 0.0)
    return _Cut(outline, edge, inside, points, measures, False)


def _trousers(rng: Generator, calm: bool) -> _Cut:
    waist, rise = rng.uniform(0.72, 0.98), rng.uniform(0.9, 1.4)
    short = rng.random() < 0.3
    length = rise + (rng.uniform(0.25, 1.2) if short else rng.uniform(1.9, 3.4))
    width = rng.uniform(0.98, 1.15)
    hem = width * (rng.uniform(0.85, 1.1) if short else rng.uniform(0.42, 1.05))
    kind = rng.choice(["open", "part", "together"], p=[0.5, 0.2, 0.3])
    gap = rng.uniform(0.04, 0.3 if short else 0.6) if kind != "together" else 0.0
    touch = rise + rng.uniform(0.3, 0.6) * (length - rise) if kind == "part" else rise
    edge, inside = _edge(rng, waist, calm)
    legs, corners = [], []
    for k, sign in ((0, -1.0), (-1, 1.0)):
        shake = np.zeros(2) if calm else rng.normal(0, 0.02, 2)
        inner = np.array([0.004, length - rng.uniform(0.015, 0.08)])
        if kind != "together":
            inner[0] = gap + abs(shake[0])
        outer = np.array([inner[0] + hem, length - gap * 0.3]) + shake * 0.5
        start = edge[k] * [sign, 1.0]
        hip = np.array([1.0, 0.62 * rise])
        thigh = np.array([width, rise])
        knee = thigh + (outer - thigh) * 0.5 + [rng.uniform(-0.05, 0.05), 0.0]
        side = np.concatenate([
            curve_through(np.stack([start, [1 - 0.3 * (1 - waist), 0.3 * rise], hip]), 12),
            curve_through(np.stack([hip, hip + 0.5 * (thigh - hip), thigh]), 8)[1:],
            curve_through(np.stack([thigh, knee, outer]), 20)[1:],
        ])  # fmt: skip
        apart = np.array([0.0, touch])
        bulge = (apart + inner) / 2 + [0.1 * gap, 0.0]
        inseam = np.concatenate([np.array([[0.0, rise]]), curve_through(np.stack([apart, bulge, inner]), 20)])
        legs.append((side * [sign, 1.0], inseam * [sign, 1.0]))
        corners.append((outer * [sign, 1.0], inner * [sign, 1.0]))
    (left, left_in), (right, right_in) = legs
    outline = np.concatenate([edge, right[1:], right_in[::-1], left_in[1:], left[::-1]])
    points = np.stack(
        [edge[0], edge[-1], edge[16], [0.0, rise], corners[0][0], corners[1][0], corners[0][1], corners[1][1]]
    )
    leg_hem = float(np.mean([np.linalg.norm(a - b) for a, b in corners]))
    widest = max(1.0, *(np.interp(np.linspace(0.2, rise, 30), right[:, 1], right[:, 0])))
    measures = BottomMeasures(length / widest, waist / widest, 0.0, rise / widest, width / widest, leg_hem / widest)
    return _Cut(outline, edge, inside, points, measures, kind != "together")


def _paint(canvas: Canvas, cut: _Cut, trousers: bool, rng: Generator) -> None:
    denim = trousers and rng.random() < 0.35
    tone = np.array([0.22, 0.32, 0.5]) * rng.uniform(0.4, 1.7) if denim else rng.uniform(0.05, 1.0, 3)
    cloth: F32 = np.asarray(np.clip(tone, 0, 1), np.float32)
    if cut.inside is not None:
        mask = canvas.mask(cut.inside)
        canvas.fill(mask, (cloth * rng.uniform(0.45, 0.8)).astype(np.float32))
        label = np.array([[-0.1, -0.02], [0.1, -0.02], [0.1, 0.06], [-0.1, 0.06]])
        canvas.fill(canvas.mask(label) * mask, rng.uniform(0, 1, 3).astype(np.float32), cover=False)
    mask = canvas.mask(cut.outline)
    canvas.darken(cv2.GaussianBlur(mask, (0, 0), canvas.unit * 0.02), rng.uniform(0, 0.3))
    canvas.fill(mask, cloth)
    if not denim and rng.random() < 0.35:
        ink = rng.uniform(0, 1, 3).astype(np.float32)
        shown = mask * stripes(canvas, rng) * np.float32(rng.uniform(0.2, 1))
        canvas.colour += (ink - canvas.colour) * shown[..., None]
    thread = rng.uniform(0.1, 0.5)
    band = rng.uniform(0.08, 0.2)
    canvas.darken(canvas.line(cut.edge + np.array([0, band]), 0.012) * mask, thread)
    canvas.darken(canvas.line(cut.outline, 0.012), rng.uniform(0.05, 0.4))
    (_trouser_seams if trousers else _skirt_folds)(canvas, cut, mask, thread, band, rng)
    canvas.colour *= folds(rng, len(canvas.alpha))[..., None]


def _trouser_seams(canvas: Canvas, cut: _Cut, mask: F32, thread: float, band: float, rng: Generator) -> None:
    """Centre seam and fly, pockets, creases, and the line between legs that lie together."""
    crotch, top = cut.points[Mark.CROTCH], cut.edge[16] + [0, band]
    canvas.darken(canvas.line(np.stack([top, crotch]), 0.012) * mask, thread)
    fly = curve_through(top + np.array([[0.13, 0.0], [0.13, 0.75 * crotch[1]], [0.0, 0.85 * crotch[1] - top[1]]]))
    canvas.darken(canvas.line(fly, 0.01) * mask, rng.uniform(0, 0.4))
    for sign in (-1.0, 1.0):
        pocket = np.array([[0.5, band + 0.02], [0.6, 0.45], [1.0, 0.55]]) * [sign, 1]
        canvas.darken(canvas.line(curve_through(pocket), 0.012) * mask, rng.uniform(0, 0.5))
        if rng.random() < 0.3:  # a pressed crease down the leg
            hem = cut.points[[Mark.HEM_OUTER_LEFT, Mark.HEM_INNER_LEFT]].mean(0) * [-sign, 1]
            canvas.darken(canvas.line(np.array([[0.5 * sign, 0.3], hem]), 0.012) * mask, rng.uniform(0.05, 0.4))
    inner = cut.points[[Mark.HEM_INNER_LEFT, Mark.HEM_INNER_RIGHT]].mean(0)
    line = canvas.line(np.stack([crotch, inner]), 0.02)
    canvas.darken(
        np.maximum(line, 0.6 * cv2.GaussianBlur(line, (0, 0), 0.03 * canvas.unit)) * mask, rng.uniform(0.3, 0.7)
    )


def _skirt_folds(canvas: Canvas, cut: _Cut, mask: F32, thread: float, band: float, rng: Generator) -> None:
    """Pleats, gathers or a button line."""
    left, right = cut.points[Mark.HEM_OUTER_LEFT], cut.points[Mark.HEM_OUTER_RIGHT]
    for share in rng.uniform(0.05, 0.95, rng.integers(0, 14)):
        start = cut.edge[int(share * 32)] + [0, band]
        end = left + share * (right - left)
        fold = np.stack([start, start + (end - start) * rng.uniform(0.3, 1.0)])
        canvas.darken(
            cv2.GaussianBlur(canvas.line(fold, 0.03), (0, 0), 0.015 * canvas.unit) * mask, rng.uniform(0, 0.4)
        )
    if rng.random() < 0.25:
        middle = np.stack([cut.edge[16], (left + right) / 2])
        canvas.darken(canvas.line(middle, 0.012) * mask, thread)


def flat_bottom(rng: Generator, size: int, category: Category, calm: bool = False) -> PaintedBottom:
    """A random skirt or trousers of `size` x `size` pixels; `calm` ones lie upright and unbent."""
    trousers = category is Category.TROUSERS
    cut = (_trousers if trousers else _skirt)(rng, calm)
    shapes = [cut.outline] if cut.inside is None else [cut.outline, cut.inside]
    canvas = Canvas(size, fit(shapes, rng, size, calm))
    _paint(canvas, cut, trousers, rng)
    flat = np.dstack([np.clip(canvas.colour, 0, 1), canvas.alpha])
    bent, points = bend(flat, canvas.pixels(cut.points), rng, 0.0 if calm else rng.uniform(0, 1.0))
    return PaintedBottom((bent * 255 + 0.5).clip(0, 255).astype(np.uint8), points, cut.measures, category, cut.parted)
