"""What a dress of the product photos has beyond a top: its waist seam, and the folds that fall from its gathers."""

from __future__ import annotations

import numpy as np

from engines.garments.outline import F64
from engines.garments.training import cut as cuts
from engines.garments.training.cut import Cut
from engines.garments.training.easel import F32, Easel, seam


def waist_curve(cut: Cut) -> F64:
    """The seam between bodice and skirt (n, 2), left to right, hanging a little in its middle."""
    t = np.linspace(-1.0, 1.0, 41)
    return np.stack([cut.waist[0] * t, cut.waist[1] + 0.05 * (1 - t**2)], 1)


def sew_waist(easel: Easel, cut: Cut, mask: F32) -> None:
    """A seam that throws a soft shade on the skirt, whose cloth is gathered into it."""
    curve = waist_curve(cut)
    easel.shade(1 - 0.22 * easel.blurred(easel.line(curve + np.array([0.0, 0.035]), 0.05), 0.03) * mask)
    easel.shade(1 - 0.3 * easel.line(curve, 0.012) * mask)
    seam(easel, curve - np.array([0.0, 0.03]), mask)


def dress_folds(easel: Easel, cut: Cut, rng: np.random.Generator) -> F32:
    """Added light (H, W): pulls from the armpits, small gathers below the waist, and wide folds that run to the hem."""
    out = np.zeros_like(easel.x)
    middle = np.interp(easel.x, *waist_curve(cut).T)
    below = np.clip((easel.y - middle) / (cut.length - cut.waist[1]), 0, 1.1)
    side = cuts.flare(cut)
    share = easel.x / np.interp(easel.y, side[:, 1], side[:, 0])
    skirt = easel.y > middle
    for place in np.linspace(-0.92, 0.92, 23) + rng.uniform(-0.02, 0.02, 23):
        reach, width = rng.uniform(0.06, 0.22), rng.uniform(0.012, 0.022)
        out -= rng.uniform(0.1, 0.24) * np.exp(-(((share - place) / width) ** 2)) * np.exp(-below / reach) * skirt
    for place in np.linspace(-0.85, 0.85, 11) + rng.uniform(-0.05, 0.05, 11):
        ridge = (share - place - rng.uniform(-0.05, 0.05) * below) / rng.uniform(0.03, 0.075)
        out += (
            rng.choice([-0.1, 0.055]) * rng.uniform(0.6, 1.1) * np.exp(-(ridge**2)) * np.clip(2.2 * below, 0, 1) * skirt
        )
    for flip in (-1.0, 1.0):
        for _ in range(4):
            lean, start = rng.uniform(0.2, 0.9), cut.armpit + rng.uniform(-0.1, 0.45)
            x = 1.0 - flip * easel.x
            ridge = (easel.y - start - lean * x) / rng.uniform(0.05, 0.09)
            out += rng.uniform(-0.06, 0.04) * np.exp(-(ridge**2)) * np.exp(-((x / 0.45) ** 2)) * (x > 0) * ~skirt
    return easel.blurred(np.asarray(out, np.float32), 0.012)
