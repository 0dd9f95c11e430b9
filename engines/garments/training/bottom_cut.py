"""The pieces of cloth of a product photo of trousers or a skirt, symmetric and pressed, as studios lay them out.

Units: half hips, y down, 0 at the waistband's corners, x to the right of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.garments.outline import F64
from engines.garments.training.pattern import curve_through

DIP, RISEN = 0.1, 0.035
"""How far the front's upper edge hangs in the middle, and the back's stands above its corners."""
_HIP = 0.62
"""Trousers are 1 wide at this share of their rise."""


@dataclass(frozen=True)
class LegCut:
    """Sizes of trousers: knee and hem are the leg's widths there, gap half the way between the legs at the hem.

    five_pockets: cut and sewn as jeans, else with slant pockets and pressed creases.
    """

    waist: float
    rise: float
    length: float
    knee: float
    hem: float
    gap: float
    band: float
    five_pockets: bool


@dataclass(frozen=True)
class SkirtCut:
    """Sizes of a pleated skirt."""

    waist: float
    hem: float
    hem_rise: float
    length: float
    band: float
    pleats: int


JEANS = LegCut(0.84, 1.14, 4.4, 0.82, 0.7, 0.28, 0.17, five_pockets=True)
CHINOS = LegCut(0.84, 1.2, 4.4, 0.92, 0.82, 0.28, 0.16, five_pockets=False)
PLEATED = SkirtCut(0.7, 1.6, 0.22, 3.1, 0.15, 14)


def upper_edge(waist: float, down: float = 0.0) -> F64:
    """The front's upper edge (n, 2) left to right, or a line parallel to it so far below."""
    t = np.linspace(-1.0, 1.0, 41)
    return np.stack([(waist + 0.1 * down) * t, DIP * (1 - np.abs(t) ** 2.2) + down], 1)


def inner_back(waist: float) -> F64:
    """What is seen of the back's inner side (n, 2) above the front's edge."""
    t = np.linspace(-1.0, 1.0, 41)
    top = np.stack([waist * t, -RISEN * (1 - t**2)], 1)
    return np.concatenate([top, upper_edge(waist, 0.01)[::-1]])


def outseam(cut: LegCut) -> F64:
    """The right outseam (n, 2) from the waistband to the hem."""
    hip, outer = np.array([1.0, _HIP * cut.rise]), np.array([cut.gap + cut.hem, cut.length])
    knee = np.array([cut.gap / 2 + cut.knee, (cut.rise + cut.length) / 2])
    bent = 2 * knee - (hip + outer) / 2  # the control point of the curve through the knee
    above = hip - (bent - hip) * 0.5 * hip[1] / (bent - hip)[1]  # so that both curves meet without a kink
    upper = curve_through(np.stack([np.array([cut.waist, 0.0]), above, hip]))
    return np.concatenate([upper, curve_through(np.stack([hip, bent, outer]), 60)[1:]])


def inseam(cut: LegCut) -> F64:
    """The right inseam (n, 2) from the crotch to the hem."""
    crotch, inner = np.array([0.0, cut.rise]), np.array([cut.gap, cut.length + 0.03])
    return curve_through(np.stack([crotch, [0.33 * cut.gap, cut.rise + 0.3], inner]), 40)


def right_leg(cut: LegCut) -> F64:
    """The right half of trousers (n, 2), from the middle of the front's upper edge round to the crotch."""
    half = upper_edge(cut.waist)[20:]
    hem = curve_through(np.array([outseam(cut)[-1], [cut.gap + cut.hem / 2, cut.length + 0.045], inseam(cut)[-1]]))
    return np.concatenate([half, outseam(cut)[1:], hem[1:], inseam(cut)[::-1][1:]])


def leg_middle(cut: LegCut, y: NDArray[np.floating]) -> F64:
    """Where the right leg's crease lies (n,) at depths y (n,)."""
    outer, inner = outseam(cut), inseam(cut)
    low = cut.rise + 0.3
    between = (np.interp(y, outer[:, 1], outer[:, 0]) + np.interp(y, inner[:, 1], inner[:, 0])) / 2
    at_low = float((np.interp(low, outer[:, 1], outer[:, 0]) + np.interp(low, inner[:, 1], inner[:, 0])) / 2)
    above = 0.5 * cut.waist + (at_low - 0.5 * cut.waist) * np.clip(y / low, 0.0, 1.0)
    return np.asarray(np.where(y < low, above, between))


def skirt_side(cut: SkirtCut) -> F64:
    """The right side seam (n, 2) from the waistband to the hem."""
    corner = np.array([cut.hem, cut.length - cut.hem_rise])
    return curve_through(
        np.array([[cut.waist, 0.0], [cut.waist + 0.42 * (cut.hem - cut.waist), 0.3 * cut.length], corner]), 60
    )


def skirt_hem(cut: SkirtCut) -> F64:
    """The hem (n, 2) from right to left; each pleat's fold hangs a little below its neighbour's valley."""
    t = np.linspace(1.0, -1.0, 40 * cut.pleats + 1)
    share = ((t + 1) / 2 * cut.pleats) % 1.0
    share *= np.clip((1 - np.abs(t)) * cut.pleats, 0.0, 1.0)
    level = cut.length - cut.hem_rise * np.abs(t) ** 2
    return np.stack([cut.hem * t, level - 0.018 * share], 1)


def skirt(cut: SkirtCut) -> F64:
    """The outline (n, 2) of a skirt's front."""
    side = skirt_side(cut)
    return np.concatenate([upper_edge(cut.waist), side[1:], skirt_hem(cut)[1:-1], (side * [-1.0, 1.0])[::-1]])
