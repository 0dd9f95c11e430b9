"""What is printed on the sample garments, and how their cloth is woven; lengths in half chests, y from the neck."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engines.garments.outline import F64
    from engines.garments.training.easel import Colour, Easel

F32 = NDArray[np.float32]
_CREAM: Colour = (242.0, 232.0, 210.0)


def _disc(x: float, y: float, radius: float) -> F64:
    angle = np.linspace(0, 2 * np.pi, 120)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], 1)


def _sun(easel: Easel, y: float, radius: float) -> None:
    disc = easel.mask(_disc(0.0, y, radius))
    height = (easel.y - (y - radius)) / (2 * radius)
    slit = ((height * 9) % 1.0 < 0.1 + 0.5 * np.clip(height - 0.3, 0, 1)) & (height > 0.42)
    top, low = np.array([250, 214, 120], np.float32), np.array([244, 238, 222], np.float32)
    colour = top + (low - top) * np.clip(height, 0, 1)[..., None]
    easel.paint(np.asarray(disc * ~slit, np.float32), colour.astype(np.float32), cover=False)


def sunset(easel: Easel) -> None:
    """A sun cut by the horizon's haze, above two lines of sea."""
    _sun(easel, 1.02, 0.42)
    for row, (half, y) in enumerate(((0.42, 1.56), (0.3, 1.66), (0.18, 1.76))):
        t = np.linspace(-half, half, 60)
        wave = np.stack([t, y + 0.014 * np.sin(t * 22 + row)], 1)
        easel.paint(easel.line(wave, 0.026), _CREAM, cover=False)


def small_sun(easel: Easel) -> None:
    """The same sun, small, below the nape."""
    _sun(easel, 0.52, 0.16)


def crest(easel: Easel) -> None:
    """A ring with a star, on the heart's side."""
    for radius in (0.17, 0.14):
        easel.paint(easel.line(_disc(0.42, 0.86, radius), 0.014, closed=True), _CREAM, cover=False)
    angle = np.pi / 2 + np.arange(10) * np.pi / 5
    reach = np.where(np.arange(10) % 2 == 0, 0.1, 0.042)
    star = np.stack([0.42 + reach * np.cos(angle), 0.86 - reach * np.sin(angle)], 1)
    easel.paint(easel.mask(star), _CREAM, cover=False)


def fern(easel: Easel) -> None:
    """A fern in one green."""
    green: Colour = (64.0, 98.0, 70.0)
    t = np.linspace(0, 1, 60)
    stem = np.stack([0.1 * np.sin(2.4 * t) - 0.06, 1.95 - 1.25 * t], 1)
    easel.paint(easel.line(stem, 0.018), green, cover=False)
    for k in range(4, 58, 3):
        for side in (-1.0, 1.0):
            reach = 0.36 * np.sin(np.pi * (0.12 + 0.86 * t[k]) ** 0.9) + 0.03
            tip = stem[k] + reach * np.array([side * 0.86, -0.5])
            middle = (stem[k] + tip) / 2
            thick = np.array([0.25 * side, 0.43]) * reach * 0.22
            leaf = np.stack([stem[k], middle - thick, tip, middle + thick])
            easel.paint(easel.mask(leaf), green, cover=False)


def peaks(easel: Easel) -> None:
    """Three ranges of mountains below a moon."""
    easel.paint(easel.mask(_disc(0.26, 0.78, 0.12)), (240, 226, 190), cover=False)
    rng = np.random.default_rng(5)
    x = np.linspace(-0.52, 0.52, 27)
    tones: tuple[Colour, ...] = ((128, 150, 172), (176, 190, 200), (232, 232, 226))
    for row, tone in enumerate(tones):
        ridge = 1.0 + 0.17 * row + 0.11 * np.abs(np.sin(x * (5 - row) + 1.3 * row)) * -1 + rng.normal(0, 0.012, len(x))
        low = np.full_like(x, 1.22 + 0.17 * row - 0.03)
        shape = np.concatenate([np.stack([x, ridge], 1), np.stack([x, low], 1)[::-1]])
        easel.paint(easel.mask(shape), tone, cover=False)


def badge(easel: Easel) -> None:
    """A band of three colours across the chest."""
    tones: tuple[Colour, ...] = ((172, 60, 52), (222, 160, 72), (58, 92, 120))
    for row, tone in enumerate(tones):
        y = 0.9 + 0.1 * row
        band = np.array([[-0.5, y], [0.5, y], [0.5, y + 0.07], [-0.5, y + 0.07]])
        easel.paint(easel.mask(band), tone, cover=False)


def waves(easel: Easel) -> None:
    """Rows of waves that fade downwards."""
    t = np.linspace(-0.5, 0.5, 160)
    for row in range(9):
        wave = np.stack([t, 0.95 + 0.1 * row + 0.035 * np.sin(t * 19 + 0.9 * row)], 1)
        easel.paint(easel.line(wave, 0.034 - 0.003 * row) * (1 - 0.07 * row), (226, 236, 230), cover=False)


def breton(_across: F32, along: F32) -> F32:
    """Narrow stripes from the chest down; none at the shoulders."""
    return np.asarray(((along % 0.19) < 0.075) & (along > 0.5), np.float32)


def chest_stripes(_across: F32, along: F32) -> F32:
    """Two bands across the chest."""
    first, second = (along > 1.12) & (along < 1.26), (along > 1.32) & (along < 1.37)
    return np.asarray(first | second, np.float32)


def ribs(across: F32, _along: F32) -> F32:
    """Vertical ribs."""
    return np.asarray(0.5 + 0.5 * np.sin(2 * np.pi * across / 0.05), np.float32)


def window_check(across: F32, along: F32) -> F32:
    """A thin check."""
    lines = ((across + 0.2) % 0.4 < 0.016) | (along % 0.4 < 0.016)
    return np.asarray(0.75 * lines, np.float32)


def _scattered(across: F32, along: F32, shift: float) -> tuple[F32, F32, F32]:
    """Places of motifs in offset rows, each moved a little: x, y (H, W) from the nearest one, and its number."""
    wide, high = 0.46, 0.31
    row = np.floor(along / high + shift)
    column = np.floor(across / wide + 0.5 * (row % 2) + shift)
    number = 2.39 * row + 4.1 * column
    x = across - (column + 0.5 - shift - 0.5 * (row % 2)) * wide - 0.035 * np.sin(3.3 * number)
    y = along - (row + 0.5 - shift) * high - 0.028 * np.sin(5.1 * number + 1)
    return x, y, number


def blossoms(across: F32, along: F32) -> F32:
    """Five-petalled blossoms, with pairs of leaves between them."""
    x, y, number = _scattered(across, along, 0.0)
    radius, angle = np.hypot(x, y), np.arctan2(y, x) + number
    petals = np.clip((0.074 + 0.028 * np.cos(5 * angle) - radius) / 0.006 + 0.5, 0, 1)
    heart = np.clip((radius - 0.023) / 0.006 + 0.5, 0, 1)
    x, y, number = _scattered(across, along, 0.5)
    angle = np.arctan2(y, x) + number
    leaves = np.clip((0.044 * np.abs(np.cos(angle)) ** 3 - np.hypot(x, y)) / 0.006 + 0.5, 0, 1)
    return np.asarray(np.maximum(petals * heart, 0.7 * leaves), np.float32)


def denim(across: F32, along: F32) -> F32:
    """Uneven yarn, and the pale of wear down the fronts of thighs and knees."""
    rng = np.random.default_rng(11)
    yarn = np.interp(across, np.linspace(-1.6, 1.6, 640), rng.normal(0, 1, 640))
    slub = np.interp(along + 0.3 * across, np.linspace(-0.5, 5.5, 500), rng.normal(0, 1, 500))
    worn = np.exp(-(((np.abs(across) - 0.52) / 0.27) ** 2)) * np.exp(-((np.abs(along - 1.9) / 1.15) ** 2.6))
    whiskers = np.zeros_like(across)
    for k in range(4):
        ridge = (along - 0.86 - 0.13 * k + 0.35 * (np.abs(across) - 0.1)) / 0.03
        whiskers += np.exp(-(ridge**2)) * np.exp(-(((np.abs(across) - 0.3) / 0.26) ** 2))
    return np.asarray(np.clip(0.06 + 0.03 * yarn + 0.012 * slub + 0.4 * worn + 0.09 * whiskers, 0, 1), np.float32)
