"""Random tops, dresses, skirts and trousers within what shops sell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engines.synthetic.bottoms import BottomSpec
from engines.synthetic.pattern import TopSpec


def random_top(rng: np.random.Generator) -> TopSpec:
    """A tank, tee, polo, long sleeve, sweater or hoodie body, from tight to oversized."""
    u = rng.uniform
    fit = rng.choice(["tight", "regular", "relaxed", "oversized"], p=[0.15, 0.45, 0.27, 0.13])
    ease = {"tight": u(0.0, 0.06), "regular": u(0.06, 0.16), "relaxed": u(0.16, 0.28), "oversized": u(0.28, 0.45)}[fit]
    drop = u(0.005, 0.03) + max(0.0, ease - 0.12) * u(0.05, 0.2)
    style = rng.random()
    if style < 0.1:
        sleeve, drop = 0.0, u(-0.035, 0.0)
    elif style < 0.55:
        sleeve = u(0.24, 0.52)
    elif style < 0.62:
        sleeve = u(0.52, 0.85)
    else:
        sleeve = u(0.93, 1.06)
    return TopSpec(
        ease=float(ease),
        length=float(np.clip(rng.normal(0.07, 0.05), -0.08, 0.2)),
        flare=float(u(0.01, 0.05) if rng.random() < 0.15 else 0.0),
        waist=float(u(0.02, 0.08) if rng.random() < 0.2 else 0.0),
        neck_width=float(u(0.072, 0.1)),
        neck_depth=float(u(0.05, 0.1) if rng.random() < 0.8 else u(0.1, 0.17)),
        v_neck=bool(rng.random() < 0.15),
        drop=float(drop),
        sleeve=float(sleeve),
        sleeve_ease=float(np.clip(ease * u(0.8, 1.6) + u(0.02, 0.12), 0.04, 0.6)),
        cuff=float(u(0.0, 0.4) if sleeve > 0.85 else u(0.5, 1.0)),
    )


def random_worn(rng: np.random.Generator) -> TopSpec:
    """A top that somebody comes in: often a loose sweater or hoodie, whose outline says little of the body."""
    spec = random_top(rng)
    if rng.random() < 0.5:
        return spec
    ease = float(rng.uniform(0.16, 0.45))
    return replace(
        spec, ease=ease, sleeve=float(rng.uniform(0.9, 1.12)), sleeve_ease=float(ease * rng.uniform(0.9, 1.7) + 0.08),
        drop=float(rng.uniform(0.01, 0.06)), cuff=float(rng.uniform(0.1, 0.8)),
        neck_depth=float(rng.uniform(0.04, 0.09)),
    )  # fmt: skip


def random_dress(rng: np.random.Generator) -> TopSpec:
    """A dress from a sheath to a wide one, from mid thigh to the ankle."""
    u = rng.uniform
    top = random_top(rng)
    loose = rng.random() < 0.35
    ease = float(u(0.14, 0.3) if loose else u(0.01, 0.12))
    return replace(
        top, ease=ease, length=float(u(0.16, 0.85)), drop=min(top.drop, 0.03),
        waist=0.0 if loose else float(u(0.03, 0.12)),
        skirt=float(u(0.0, 0.06) if rng.random() < 0.4 else u(0.06, 0.3)), flare=0.0,
        sleeve=0.0 if rng.random() < 0.35 else top.sleeve, neck_depth=float(u(0.05, 0.16)),
        v_neck=bool(rng.random() < 0.25), sleeve_ease=min(top.sleeve_ease, 0.25),
    )  # fmt: skip


def random_skirt(rng: np.random.Generator) -> BottomSpec:
    """A pencil, straight, A-line or wide skirt, from mini to maxi."""
    u = rng.uniform
    kind = rng.random()
    hem = u(0.88, 0.98) if kind < 0.25 else u(0.98, 1.1) if kind < 0.5 else u(1.1, 1.8)
    return BottomSpec("skirt", float(u(0.03, 0.17)), float(u(0.01, 0.08)), float(u(0.34, 0.92)), float(hem))


def random_trousers(rng: np.random.Generator) -> BottomSpec:
    """Shorts, cropped and long trousers, leggings to wide."""
    u = rng.uniform
    fit = rng.random()
    ease = u(-0.03, 0.03) if fit < 0.25 else u(0.03, 0.12) if fit < 0.75 else u(0.12, 0.3)
    style = rng.random()
    length = u(0.36, 0.56) if style < 0.25 else u(0.7, 0.86) if style < 0.35 else u(0.9, 0.99)
    hem = u(0.85, 1.15) if length < 0.6 else u(0.45, 0.7) if rng.random() < 0.6 else u(0.7, 1.1)
    drop = 0.0 if fit < 0.25 else u(0.0, 0.03) if fit < 0.75 else u(0.01, 0.06)
    return BottomSpec("trousers", float(u(0.03, 0.16)), float(ease), float(length), float(hem), float(drop))
