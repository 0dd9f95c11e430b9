"""The pieces of cloth of a product photo, symmetric and pressed, as studios lay them out.

Units: half chests, y down, 0 at the neck points, x to the right of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.garments.garment import Category
from engines.garments.outline import F64
from engines.garments.training.pattern import curve_through, neckline


@dataclass(frozen=True)
class Cut:
    """Sizes of a garment.

    turn: how far the sleeves hang, degrees below level; sleeve, cuff 0 without sleeves; swing: twice as far the hem
    hangs in its middle; waist: half a dress's waist and its depth.
    """

    neck: float
    depth: float
    back_depth: float
    roundness: float
    shoulder: tuple[float, float]
    armpit: float
    hem: float
    length: float
    sleeve: float
    cuff: float
    turn: float
    swing: float = 0.07
    waist: tuple[float, float] = (0.0, 0.0)


CUTS = {
    Category.TEE: Cut(0.38, 0.30, 0.06, 2.3, (0.9, 0.2), 0.95, 0.98, 2.62, 0.98, 0.64, 48.0),
    Category.LONG_SLEEVE: Cut(0.38, 0.28, 0.06, 2.3, (0.9, 0.2), 0.95, 0.97, 2.66, 2.42, 0.34, 64.0),
    Category.HOODIE: Cut(0.4, 0.3, 0.06, 2.0, (0.98, 0.24), 1.02, 0.9, 2.6, 2.36, 0.38, 62.0),
    Category.POLO: Cut(0.36, 0.26, 0.05, 1.6, (0.9, 0.2), 0.95, 0.98, 2.62, 0.92, 0.6, 48.0),
    Category.TANK: Cut(0.42, 0.62, 0.3, 2.4, (0.64, 0.08), 1.0, 0.98, 2.68, 0.0, 0.0, 0.0),
    Category.DRESS: Cut(
        0.46, 0.6, 0.08, 1.9, (0.88, 0.19), 0.94, 1.72, 4.35, 0.74, 0.54, 37.0, swing=0.5, waist=(0.77, 1.72)
    ),
}


@dataclass(frozen=True)
class Panel:
    """One sleeve at the picture's right: its outline, and where it starts and in which direction it runs."""

    outline: F64
    cuff: F64
    start: F64
    along: F64


def torso(cut: Cut, top: F64) -> F64:
    """The torso's outline (n, 2) below the neckline `top` (n, 2), which runs from left to right."""
    shoulder, armpit, hem = np.array(cut.shoulder), np.array([1.0, cut.armpit]), np.array([cut.hem, cut.length])
    inwards = 0.3 if cut.sleeve == 0 else 0.1
    corner = np.array([shoulder[0] - inwards * 0.4, armpit[1] - 0.12 * (armpit[1] - shoulder[1])])
    armhole = curve_through(np.stack([shoulder, corner, armpit]))
    side = flare(cut) if cut.waist[0] else curve_through(np.stack([armpit, (armpit + hem) / 2 - [0.05, 0.0], hem]))
    low = cut.length + cut.swing
    bottom = curve_through(np.array([[cut.hem, cut.length], [0.0, low], [-cut.hem, cut.length]]))
    right = np.concatenate([armhole, side])
    left = np.concatenate([side[::-1], armhole[::-1]]) * [-1.0, 1.0]
    return np.concatenate([top, right, bottom, left])


def flare(cut: Cut) -> F64:
    """A dress's right side seam (n, 2) from the armpit in to the waist and out to the hem."""
    armpit, waist, hem = np.array([1.0, cut.armpit]), np.array(cut.waist), np.array([cut.hem, cut.length])
    bodice = curve_through(np.stack([armpit, waist + (armpit - waist) * [0.2, 0.5], waist]))
    skirt = curve_through(np.stack([waist, waist + (hem - waist) * [0.62, 0.34], hem]))
    return np.concatenate([bodice, skirt[1:]])


def sleeve(cut: Cut) -> Panel:
    """The sleeve at the picture's right; a long one bends a little at the elbow."""
    start, armpit = np.array(cut.shoulder), np.array([1.0, cut.armpit])
    turn = np.radians(cut.turn)
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-along[1], along[0]])
    bulge = 0.1 * cut.sleeve
    outer_end = start + cut.sleeve * along
    inner_end = outer_end + cut.cuff * across
    fold = curve_through(np.stack([start, start + 0.4 * cut.sleeve * along - bulge * 0.6 * across, outer_end]))
    under = curve_through(np.stack([inner_end, (inner_end + armpit) / 2 - bulge * 0.15 * across, armpit]))
    seam = curve_through(np.stack([armpit, np.array([0.5, 0.6 * cut.armpit]), start]))  # under the torso
    return Panel(np.concatenate([fold, under, seam]), np.stack([outer_end, inner_end]), start, along)


def front_neck(cut: Cut, grown: float = 0.0) -> F64:
    """The front neckline, left to right; `grown` widens it, such as to the outer edge of a collar's rib."""
    curve = neckline(cut.neck + grown, cut.depth + grown, cut.roundness)
    return np.asarray(curve + np.array([0.0, _on_shoulder(cut, grown)]))


def back_neck(cut: Cut, grown: float = 0.0) -> F64:
    """The back neckline, left to right."""
    curve = neckline(cut.neck + grown, cut.back_depth + 0.8 * grown, 2.4)
    return np.asarray(curve + np.array([0.0, _on_shoulder(cut, grown)]))


def _on_shoulder(cut: Cut, grown: float) -> float:
    """How far a point so much further out lies down the shoulder."""
    return grown * cut.shoulder[1] / (cut.shoulder[0] - cut.neck)


def hood(cut: Cut) -> tuple[F64, F64]:
    """A hood laid up: its outline, and the opening through which its inside is seen."""
    n, d = cut.neck, cut.depth
    half = np.concatenate([
        curve_through(np.array([[0.0, -0.98], [0.52, -1.0], [0.66, -0.5]])),
        curve_through(np.array([[0.66, -0.5], [0.72, -0.2], [n + 0.1, 0.06]])),
    ])  # fmt: skip
    outline = np.concatenate([half, [[0.0, d + 0.12]], (half * [-1.0, 1.0])[::-1]])
    inner = np.concatenate([
        curve_through(np.array([[0.0, -0.74], [0.36, -0.72], [0.4, -0.36]])),
        curve_through(np.array([[0.4, -0.36], [0.4, 0.0], [0.03, d]])),
    ])  # fmt: skip
    return outline, np.concatenate([inner, (inner * [-1.0, 1.0])[::-1]])
