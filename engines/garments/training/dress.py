"""What makes a dress of a top's pattern: its length, waist, skirt and straps. Units: half chests, y down."""

from __future__ import annotations

import numpy as np

from engines.garments.outline import F64

Generator = np.random.Generator


def dress_sizes(rng: Generator, sleeveless: bool) -> dict[str, float]:
    """The sizes of a sheath, A-line or wide dress from mini to maxi, by the names that a top's have too."""
    straps = sleeveless and rng.random() < 0.5
    neck = rng.uniform(0.35, 0.72) if sleeveless else rng.uniform(0.3, 0.6)
    armpit = rng.uniform(0.6, 1.0) if sleeveless else rng.uniform(0.7, 1.2)
    length = armpit + rng.uniform(2.5, 5.6)
    loose = rng.random() < 0.3
    hem = rng.choice([rng.uniform(0.78, 1.15), rng.uniform(1.15, 1.8), rng.uniform(1.8, 2.9)], p=[0.4, 0.4, 0.2])
    waist = rng.uniform(0.94, 1.12) if loose else rng.uniform(0.68, 0.96)
    strap = rng.uniform(0.05, 0.16) if straps else rng.uniform(0.16, 0.42)
    return {
        "neck": neck,
        "shoulder": neck + strap if sleeveless else rng.uniform(max(0.74, neck + 0.2), 1.05),
        "drop": rng.uniform(0.0, 0.04) if straps else rng.uniform(0.04, 0.34),
        "armpit": armpit,
        "hem": max(hem, 0.9 * waist),
        "length": length,
        "hem_rise": rng.uniform(-0.04, 0.08) + rng.uniform(0.0, 0.35) * max(0.0, hem - 1.0),
        "neck_front": rng.uniform(0.12, 0.95 * armpit),
        "neck_back": rng.uniform(0.0, 0.12) if rng.random() < 0.75 else rng.uniform(0.1, 0.4),
        "waist": waist,
        "waist_depth": armpit + rng.uniform(0.5, 1.05),
    }


def dress_side(rng: Generator, armpit: F64, hem: F64, sizes: dict[str, float]) -> F64:
    """The right side seam (n, 2) from armpit to hem: in to the waist, over the hips, straight or flared down."""
    t = np.linspace(0.0, 1.0, 24)[:, None]
    waist = np.array([sizes["waist"], sizes["waist_depth"]])
    below = min(0.8, 0.35 * float(hem[1] - waist[1]))
    swell = rng.uniform(-0.1, 0.35) * below
    hip = waist + np.array([(hem[0] - waist[0]) * below / float(hem[1] - waist[1]) + swell, below])
    upper = _spline(armpit, (armpit + waist) / 2 - [0.5 * (armpit[0] - waist[0]), 0.0], waist, t)
    lower = _spline(waist, hip, hem, t)
    return np.asarray(np.concatenate([upper, lower[1:]]))


def _spline(start: F64, control: F64, end: F64, t: F64) -> F64:
    return np.asarray(start * (1 - t) ** 2 + 2 * control * t * (1 - t) + end * t**2)


def waist_seam(rng: Generator, sizes: dict[str, float]) -> F64 | None:
    """The seam between bodice and skirt (n, 2), if there is one."""
    if rng.random() < 0.4:
        return None
    t = np.linspace(-1.0, 1.0, 21)
    dip = rng.normal(0, 0.05)
    return np.stack([sizes["waist"] * t, sizes["waist_depth"] + dip * (1 - t**2)], 1)
