"""Prints and lanyards on worn clothes: what looks most like the skin and hair that the network must find."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import FIELD_HEIGHT, FIELD_WIDTH, TORSO_PIXELS
from engines.parts.contract import Part
from engines.parts.shards import Sample
from engines.pose.body import Landmark

U8 = NDArray[np.uint8]
_TORSO = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP]


def _colour(sample: Sample, rng: np.random.Generator) -> tuple[float, ...]:
    """Skin's, hair's, near white, near black, or any."""
    kind = rng.random()
    part = Part.FACE if kind < 0.35 else Part.HAIR
    own = sample.picture[sample.label == part]
    if kind < 0.5 and len(own):
        return tuple(float(v) for v in own[rng.integers(len(own))] * rng.uniform(0.8, 1.15, 3))
    base = rng.choice([235.0, 25.0]) + rng.uniform(-20, 20, 3) if kind < 0.75 else rng.uniform(0, 255, 3)
    return tuple(np.clip(base, 0, 255).tolist())


def _shapes(canvas: U8, mask: U8, sample: Sample, rng: np.random.Generator) -> None:
    """Blots, polygons and letters over the torso, drawn into a picture and its mask."""
    middle = sample.body.points[_TORSO].mean(0)
    for _ in range(int(rng.integers(1, 6))):
        x, y = (middle + rng.normal(0, 0.3 * TORSO_PIXELS, 2)).astype(int).tolist()
        size, colour = int(rng.uniform(4, 45)), _colour(sample, rng)
        for picture, paint in ((canvas, colour), (mask, (255,))):
            state = np.random.default_rng(int(colour[0] * 1000) + size)
            kind = state.random()
            if kind < 0.35:
                axes = (size, max(2, int(size * state.uniform(0.3, 1))))
                cv2.ellipse(picture, (x, y), axes, float(state.uniform(0, 180)), 0, 360, paint, -1)
            elif kind < 0.7:
                corners = np.array([x, y]) + state.normal(0, size, (int(state.integers(3, 8)), 2))
                cv2.fillPoly(picture, [corners.astype(np.int32)], paint)
            else:
                text = "".join(state.choice(list("AKMNSEOXPRT24"), int(state.integers(1, 8))))
                scale, bold = float(state.uniform(0.3, 1.3)), int(state.integers(1, 5))
                cv2.putText(picture, text, (x - size, y), cv2.FONT_HERSHEY_SIMPLEX, scale, paint, bold)


def _lanyard(canvas: U8, mask: U8, sample: Sample, rng: np.random.Generator) -> None:
    """Two bands from the sides of the neck to a badge."""
    points, colour = sample.body.points, _colour(sample, rng)
    shoulders = points[_TORSO[:2]]
    top = shoulders.mean(0) - np.array([0, rng.uniform(0.05, 0.14) * TORSO_PIXELS])
    badge = points[_TORSO].mean(0) + np.array([rng.normal(0, 4), rng.uniform(-0.2, 0.25) * TORSO_PIXELS])
    wide, half = int(rng.integers(1, 4)), float(rng.uniform(0.06, 0.14)) * TORSO_PIXELS
    size = (np.array([0.06, 0.1]) * TORSO_PIXELS * rng.uniform(0.7, 1.3)).astype(int)
    paper = tuple(rng.uniform(150, 255, 3).tolist()) if rng.random() < 0.7 else colour
    for picture, band, card in ((canvas, colour, paper), (mask, (255,), (255,))):
        for side in (-half, half):
            start = (top + np.array([side, 0])).astype(int).tolist()
            cv2.line(picture, start, badge.astype(int).tolist(), band, wide)
        corner = badge.astype(int) - np.array([size[0] // 2, 0])
        cv2.rectangle(picture, corner.tolist(), (corner + size).tolist(), card, -1)


def printed(sample: Sample, rng: np.random.Generator) -> Sample:
    """The sample with a print on the top, or with a lanyard before neck and top, lit as the cloth beneath is."""
    canvas, mask = sample.picture.copy(), np.zeros((FIELD_HEIGHT, FIELD_WIDTH), np.uint8)
    lanyard = rng.random() < 0.35
    (_lanyard if lanyard else _shapes)(canvas, mask, sample, rng)
    under = sample.label == Part.TOP
    if lanyard:
        under |= (sample.label == Part.FACE) & (np.arange(FIELD_HEIGHT)[:, None] > sample.body.points[Landmark.NOSE, 1])
    cover = cv2.GaussianBlur(np.where(under, mask, 0).astype(np.float32) / 255, (0, 0), 0.6)
    luma = sample.picture.mean(2).astype(np.float32) + 8
    light = cv2.GaussianBlur(luma, (0, 0), 2.0) / max(float(luma[under].mean()) if under.any() else 1.0, 8.0)
    lit = canvas.astype(np.float32) * np.clip(light, 0.4, 1.5)[..., None]
    picture = sample.picture + (lit - sample.picture) * cover[..., None]
    label = np.where(under & (mask > 0), Part.TOP, sample.label).astype(np.uint8)
    return replace(sample, picture=np.clip(picture, 0, 255).astype(np.uint8), label=label)
