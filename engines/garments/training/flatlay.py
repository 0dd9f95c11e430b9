"""Paints random flat-lays with known landmarks and measures: food for the landmark network and for the tests."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import Category, Measures
from engines.garments.outline import F64, Point
from engines.garments.training.pattern import Generator, Laid, curve_through, lay

F32 = NDArray[np.float32]
_SHIFT = 4
"""cv2 draws polygons at 1/16 pixel."""
COMMON = (Category.TEE, Category.LONG_SLEEVE, Category.HOODIE, Category.POLO, Category.SHIRT, Category.TANK,
          Category.DRESS)  # fmt: skip
_ODDS = (0.24, 0.18, 0.15, 0.08, 0.05, 0.08, 0.22)


@dataclass(frozen=True)
class FlatLay:
    """A painted flat-lay.

    picture: (H, W, 4) uint8 RGBA; points: (19, 2) pixels by `outline.Point`; present: (19,) which of them exist;
    measures: what the garment was drawn from (the picture is also bent a little, as cloth is).
    """

    picture: NDArray[np.uint8]
    points: F64
    present: NDArray[np.bool_]
    measures: Measures
    category: Category


class Canvas:
    """A picture under way: colour (H, W, 3) 0..1 and alpha (H, W); shapes come in garment units."""

    def __init__(self, size: int, matrix: F64) -> None:
        self.colour = np.zeros((size, size, 3), np.float32)
        self.alpha = np.zeros((size, size), np.float32)
        self.matrix = matrix
        self.unit = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))

    def pixels(self, shape: F64) -> F64:
        """Points (n, 2) in pixels."""
        return np.asarray(shape @ self.matrix[:, :2].T + self.matrix[:, 2])

    def mask(self, shape: F64) -> F32:
        """Coverage (H, W) of a polygon."""
        out = np.zeros(self.alpha.shape, np.uint8)
        points = np.round((self.pixels(shape) - 0.5) * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(out, [points], 255, cv2.LINE_AA, _SHIFT)
        return np.asarray(out / 255, np.float32)

    def line(self, curve: F64, width: float) -> F32:
        """Coverage (H, W) of an open line; width in garment units."""
        out = np.zeros(self.alpha.shape, np.uint8)
        points = np.round((self.pixels(curve) - 0.5) * 2**_SHIFT).astype(np.int32)
        cv2.polylines(out, [points], False, 255, max(1, round(width * self.unit)), cv2.LINE_AA, _SHIFT)
        return np.asarray(out / 255, np.float32)

    def fill(self, mask: F32, colour: F32, cover: bool = True) -> None:
        """Lay a colour (3,) or (H, W, 3) over where `mask` (H, W) is; `cover`: it is cloth, not a mark on cloth."""
        self.colour += (colour - self.colour) * mask[..., None]
        if cover:
            self.alpha = np.maximum(self.alpha, mask)

    def darken(self, mask: F32, amount: float) -> None:
        """Take a share of the light away."""
        self.colour *= 1 - amount * mask[..., None]


def fit(shapes: list[F64], rng: Generator, size: int, upright: bool) -> F64:
    """A matrix from garment units to pixels (2, 3): turned and sheared a little, with a margin all round."""
    turn, shear = (0.0, 0.0) if upright else (rng.normal(0, 0.06), rng.normal(0, 0.02))
    linear = np.array([[np.cos(turn), -np.sin(turn) + shear], [np.sin(turn), np.cos(turn)]])
    turned = np.concatenate(shapes) @ linear.T
    low, high = turned.min(0), turned.max(0)
    scale = size * rng.uniform(0.7, 0.86) / float((high - low).max())
    offset = size / 2 - scale * (low + high) / 2
    return np.concatenate([linear * scale, offset[:, None]], 1)


def folds(rng: Generator, size: int) -> F32:
    """Soft light and dark of lying cloth, (H, W) around 1."""
    light = np.zeros((size, size), np.float32)
    for cells, weight in ((3, 0.10), (7, 0.07), (16, 0.04)):
        noise = rng.normal(0, weight, (cells, cells + 2)).astype(np.float32)
        light += cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
    streaks = np.zeros((size, size), np.float32)
    for _ in range(rng.integers(0, 14)):
        a, b = rng.uniform(0, size, (2, 2))
        cv2.line(
            streaks,
            a.astype(int).tolist(),
            (a + (b - a) * 0.3).astype(int).tolist(),
            float(rng.normal(0, 0.5)),
            max(1, size // 80),
        )
    return np.asarray(1 + rng.uniform(0.3, 1.3) * (light + cv2.GaussianBlur(streaks, (0, 0), size / 110)), np.float32)


def _print(canvas: Canvas, rng: Generator, torso: F32) -> None:
    """Something printed on the chest: boxes, discs, lines, words; sometimes stripes all over."""
    colour = rng.uniform(0, 1, 3).astype(np.float32)
    ink = np.zeros(canvas.alpha.shape, np.uint8)
    low = canvas.pixels(np.array([[-0.6, 0.5]]))[0]
    span = canvas.unit * np.array([1.2, 1.1])
    for _ in range(rng.integers(1, 9)):
        a, b = (
            (low + rng.uniform(0, 1, 2) * span).astype(int).tolist(),
            (low + rng.uniform(0, 1, 2) * span).astype(int).tolist(),
        )
        kind = rng.integers(0, 4)
        if kind == 0:
            cv2.rectangle(ink, a, b, 255, -1 if rng.random() < 0.4 else 2)
        elif kind == 1:
            cv2.circle(ink, a, int(rng.uniform(0.03, 0.4) * canvas.unit), 255, -1 if rng.random() < 0.5 else 2)
        elif kind == 2:
            cv2.line(ink, a, b, 255, max(1, int(rng.uniform(0.01, 0.1) * canvas.unit)))
        else:
            cv2.putText(ink, "TRY ON", a, cv2.FONT_HERSHEY_SIMPLEX, canvas.unit / 70 * rng.uniform(0.4, 1), 255, 2)
    canvas.fill(np.asarray(ink / 255 * torso, np.float32), colour, cover=False)


def stripes(canvas: Canvas, rng: Generator) -> F32:
    """A pattern all over (H, W) 0..1."""
    size = canvas.alpha.shape[0]
    direction = rng.uniform(0, np.pi)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    phase = (rows * np.sin(direction) + columns * np.cos(direction)) / (canvas.unit * rng.uniform(0.06, 0.3))
    return np.asarray(np.sin(2 * np.pi * phase) > rng.uniform(-0.5, 0.8), np.float32)


def _sleeves(canvas: Canvas, laid: Laid, cloth: F32, rng: Generator) -> None:
    for sleeve in laid.sleeves:
        mask = canvas.mask(sleeve.outline)
        canvas.darken(cv2.GaussianBlur(mask, (0, 0), canvas.unit * 0.03), rng.uniform(0, 0.5))
        canvas.fill(mask, cloth * rng.uniform(0.85, 1.08))
        canvas.darken(canvas.line(np.concatenate([sleeve.underarm, sleeve.underarm[-1:]]), 0.015), rng.uniform(0, 0.5))
        if rng.random() < 0.6:
            inner = sleeve.underarm[-1] + (sleeve.underarm[-2] - sleeve.underarm[-1]) * rng.uniform(1, 4)
            outer = sleeve.fold[-1] + (sleeve.fold[-2] - sleeve.fold[-1]) * rng.uniform(1, 4)
            canvas.darken(canvas.line(np.stack([inner, outer]), 0.015), rng.uniform(0.05, 0.4))


def _inside(canvas: Canvas, laid: Laid, cloth: F32, rng: Generator) -> None:
    """What is seen inside the neckline: the back collar of a ghost-neck photo, or nothing where it was cut away."""
    if rng.random() < 0.2:
        return
    colour = cloth * rng.uniform(0.5, 1.0) if rng.random() < 0.7 else rng.uniform(0, 1, 3).astype(np.float32)
    mask = canvas.mask(laid.inside)
    canvas.fill(mask, colour)
    canvas.darken(
        mask * canvas.line(laid.back_neck + np.array([0, rng.uniform(0.05, 0.14)]), 0.015), rng.uniform(0, 0.5)
    )
    if rng.random() < 0.4:
        label = np.array([[-0.1, 0.04], [0.1, 0.04], [0.1, 0.16], [-0.1, 0.16]]) * rng.uniform(0.6, 1.3)
        canvas.fill(
            canvas.mask(label + np.array([0, laid.back_neck[20, 1]])) * mask,
            rng.uniform(0, 1, 3).astype(np.float32),
            cover=False,
        )


def _torso(canvas: Canvas, laid: Laid, cloth: F32, rng: Generator) -> F32:
    mask = canvas.mask(laid.torso)
    canvas.darken(cv2.GaussianBlur(mask, (0, 0), canvas.unit * 0.03), rng.uniform(0, 0.5))
    canvas.fill(mask, cloth)
    if rng.random() < 0.7:
        band = laid.front_neck * np.array([1.06, 1.0]) + [0, rng.uniform(0.05, 0.13)]
        canvas.darken(canvas.line(band, 0.015) * mask, rng.uniform(0.1, 0.5))
    canvas.darken(canvas.line(laid.front_neck, 0.02), rng.uniform(0.0, 0.5))
    if rng.random() < 0.6:
        canvas.darken(canvas.line(laid.torso, 0.012), rng.uniform(0.05, 0.5))
    if laid.category is Category.DRESS:
        _skirt(canvas, laid, mask, rng)
    return mask


def _skirt(canvas: Canvas, laid: Laid, mask: F32, rng: Generator) -> None:
    """A dress's waist seam, and pleats or gathers that fall from its waist."""
    hem = laid.points[[Point.HEM_LEFT, Point.HEM_CENTRE, Point.HEM_RIGHT]]
    if laid.waist is None:
        top = np.array([[-0.8, 0.35 * hem[1, 1]], [0.8, 0.35 * hem[1, 1]]])
    else:
        top = laid.waist[[0, -1]]
        canvas.darken(canvas.line(laid.waist, rng.uniform(0.012, 0.05)) * mask, rng.uniform(0.1, 0.5))
    for share in rng.uniform(0.05, 0.95, rng.integers(0, 12)):
        start = top[0] + share * (top[1] - top[0])
        end = np.array([np.interp(share, [0, 0.5, 1], hem[:, k]) for k in (0, 1)])
        fold = np.stack([start, start + (end - start) * rng.uniform(0.2, 1.0)])
        canvas.darken(cv2.GaussianBlur(canvas.line(fold, 0.03), (0, 0), 0.02 * canvas.unit) * mask, rng.uniform(0, 0.4))


def _collar(canvas: Canvas, laid: Laid, cloth: F32, rng: Generator) -> None:
    """A shirt's collar: a band standing behind the neck and two flaps, and a placket below."""
    half, depth = laid.front_neck[-1, 0], laid.front_neck[20, 1]
    rise = rng.uniform(0.05, 0.2)
    band = np.concatenate(
        [curve_through(np.array([[-half, 0.02], [0, -2 * rise], [half, 0.02]])), [[0.0, 0.3 * depth]]]
    )
    canvas.fill(canvas.mask(band) * (1 - canvas.mask(laid.torso)), cloth * rng.uniform(0.6, 1.0))
    colour = cloth * rng.uniform(0.85, 1.1) if rng.random() < 0.8 else rng.uniform(0, 1, 3).astype(np.float32)
    tip = np.array([rng.uniform(0.3, 0.9) * half, depth + rng.uniform(0.05, 0.3)])
    for sign in (-1.0, 1.0):
        flap = np.array([[half * 0.9, -0.4 * rise], [half * 1.12, 0.1], tip, [0.02, depth]]) * np.array([sign, 1.0])
        mask = canvas.mask(flap)
        canvas.fill(mask, colour)
        canvas.darken(canvas.line(flap, 0.015), rng.uniform(0.1, 0.5))
    placket = np.array([[0.06, depth], [0.06, depth + 0.6], [-0.06, depth + 0.6], [-0.06, depth]])
    canvas.darken(canvas.line(placket, 0.012), rng.uniform(0.0, 0.5))


def _hood(canvas: Canvas, laid: Laid, cloth: F32, rng: Generator) -> None:
    if laid.hood is None:
        return
    canvas.fill(canvas.mask(laid.hood), cloth * rng.uniform(0.85, 1.05))
    height, width = -laid.hood[:, 1].min(), laid.hood[:, 0].max()
    depth, wide = laid.front_neck[20, 1], width * rng.uniform(0.4, 0.75)
    opening = np.concatenate([
        curve_through(np.array([[0.0, depth], [wide * 1.3, -0.1 * height], [wide * 0.6, -0.7 * height]])),
        curve_through(np.array([[wide * 0.6, -0.7 * height], [0.0, -0.95 * height], [-wide * 0.6, -0.7 * height]])),
        curve_through(np.array([[-wide * 0.6, -0.7 * height], [-wide * 1.3, -0.1 * height], [0.0, depth]])),
    ])  # fmt: skip
    inner = cloth * rng.uniform(0.4, 0.95) if rng.random() < 0.6 else rng.uniform(0, 1, 3).astype(np.float32)
    canvas.fill(canvas.mask(opening), inner)
    canvas.darken(canvas.line(opening, 0.02), rng.uniform(0.1, 0.6))
    canvas.darken(canvas.line(laid.front_neck, 0.02), rng.uniform(0.1, 0.6))
    for sign in (-1.0, 1.0):
        cord = curve_through(
            np.array(
                [
                    [0.1 * sign, depth],
                    [0.15 * sign, depth + 0.3],
                    [rng.normal(0.15, 0.05) * sign, depth + rng.uniform(0.2, 0.9)],
                ]
            )
        )
        canvas.fill(canvas.line(cord, 0.04), rng.uniform(0, 1, 3).astype(np.float32), cover=False)
    pocket = np.array([[-0.35, 1.5], [0.35, 1.5], [0.6, 2.1], [0.6, 2.3], [-0.6, 2.3], [-0.6, 2.1], [-0.35, 1.5]])
    canvas.darken(canvas.line(pocket, 0.015), rng.uniform(0, 0.4))


def _paint(canvas: Canvas, laid: Laid, rng: Generator) -> None:
    cloth = (
        rng.uniform(0.05, 1.0, 3).astype(np.float32)
        if rng.random() < 0.6
        else np.full(3, rng.uniform(0.05, 1), np.float32)
    )
    over = rng.random() < 0.35
    _hood(canvas, laid, cloth, rng) if rng.random() < 0.3 else None
    if not over:
        _sleeves(canvas, laid, cloth, rng)
    if laid.hood is None:
        _inside(canvas, laid, cloth, rng)
    torso = _torso(canvas, laid, cloth, rng)
    if rng.random() < 0.6:
        _print(canvas, rng, torso)
    if over:
        _sleeves(canvas, laid, cloth, rng)
    for sleeve in laid.sleeves:
        armhole = np.stack([sleeve.fold[0], sleeve.underarm[0]])
        canvas.darken(canvas.line(armhole, 0.012), rng.uniform(0, 0.45))
    _hood(canvas, laid, cloth, rng)
    if laid.category in (Category.POLO, Category.SHIRT):
        _collar(canvas, laid, cloth, rng)
    if rng.random() < 0.15:
        canvas.colour += (rng.uniform(0, 1, 3).astype(np.float32) - canvas.colour) * (
            stripes(canvas, rng) * rng.uniform(0.2, 1)
        )[..., None]
    canvas.colour *= folds(rng, len(canvas.alpha))[..., None]


def bend(picture: F32, points: F64, rng: Generator, amount: float) -> tuple[F32, F64]:
    """Distort smoothly as lying cloth is: picture (H, W, 4) and points follow each other."""
    size = len(picture)
    shift = np.zeros((size, size, 2), np.float32)
    for cells, weight in ((4, 0.010), (10, 0.004), (28, 0.0016)):
        noise = rng.normal(0, weight * size * amount, (cells, cells, 2)).astype(np.float32)
        shift += cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    bent = cv2.remap(
        picture, columns + shift[..., 0], rows + shift[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    moved = points.copy()
    for _ in range(6):  # the picture is pulled, points are pushed: invert by fixed point
        x, y = np.clip(moved - 0.5, 0, size - 1).T.astype(np.float32)
        at = cv2.remap(shift, x[None], y[None], cv2.INTER_LINEAR)[0]
        moved = points - at
    return bent, moved


def flat_lay(rng: Generator, size: int = 256, category: Category | None = None, calm: bool = False) -> FlatLay:
    """A random flat-lay of `size` x `size` pixels; `calm` ones lie upright and unbent, for measuring by tests."""
    if category is None:
        category = COMMON[rng.choice(len(COMMON), p=_ODDS)]
    laid = lay(rng, category, back=not calm and category is not Category.HOODIE and rng.random() < 0.2)
    shapes = [laid.torso, laid.inside, *[s.outline for s in laid.sleeves]] + ([] if laid.hood is None else [laid.hood])
    canvas = Canvas(size, fit(shapes, rng, size, calm))
    _paint(canvas, laid, rng)
    flat = np.dstack([np.clip(canvas.colour, 0, 1), canvas.alpha])
    points = canvas.pixels(laid.points)
    bent, points = bend(flat, points, rng, 0.0 if calm else rng.uniform(0, 1.6))
    return FlatLay((bent * 255 + 0.5).clip(0, 255).astype(np.uint8), points, laid.present, laid.measures, category)
