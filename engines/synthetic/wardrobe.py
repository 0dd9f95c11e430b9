"""Random tops within what shops sell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

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
