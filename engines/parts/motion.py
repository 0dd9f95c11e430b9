"""Hands and forearms that move while the shutter is open, drawn into a picture that was rendered sharp."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import FIELD_WIDTH
from engines.parts.contract import Part
from engines.parts.shards import Sample

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
_REACH = 41
"""Side in pixels of the square from which what lies behind a limb is guessed; more than a limb is wide."""


def _streak(length: float, angle: float) -> F32:
    """A line as a blur's kernel that adds up to 1; length in pixels."""
    size = 2 * int(np.ceil(length / 2)) + 3
    kernel = np.zeros((size, size), np.float32)
    way = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    middle = size // 2
    ends = [np.round((middle + sign * way) * 16).astype(int).tolist() for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _around(values: F32) -> F32:
    return np.asarray(cv2.blur(values, (_REACH, _REACH), borderType=cv2.BORDER_REPLICATE), np.float32)


def _behind(sample: Sample, limb: NDArray[np.bool_]) -> tuple[F32, U8]:
    """Picture (float32) and label with the limb taken away: the commonest other part around, in its mean colour."""
    picture, label = sample.picture.astype(np.float32), sample.label.copy()
    # A ring about the limb shows its colour too, as the lens blurs.
    safe = cv2.dilate(limb.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    best = np.full(label.shape, 1e-6, np.float32)
    for part in (Part.BACKGROUND, Part.TOP, Part.FACE, Part.HAIR, Part.LOWER):
        here = ((sample.label == part) & safe).astype(np.float32)
        share = _around(here)
        wins = limb & (share > best)
        if not wins.any():
            continue
        best[wins], label[wins] = share[wins], part
        if part == Part.BACKGROUND:
            picture[wins] = sample.plate[wins]
        else:
            picture[wins] = _around(sample.picture * here[..., None])[wins] / share[wins, None]
    label[limb & (best <= 1e-6)] = Part.BACKGROUND
    return picture, label


def with_moving_arms(sample: Sample, rng: np.random.Generator) -> Sample:
    """The sample with one side's or both sides' bare arms and held things smeared along a random way of 3-22 pixels.

    A pixel shows the limb where it did so for more than half of the time.
    """
    limb = np.isin(sample.label, (Part.ARM, Part.HELD))
    if rng.random() < 0.5:
        # Often enough the arms lie on either side of the trunk's middle.
        half = slice(0, FIELD_WIDTH // 2) if rng.random() < 0.5 else slice(FIELD_WIDTH // 2, None)
        limb[:, half] = False
    if limb.sum() < 20:
        return sample
    rows, columns = (_span(np.atleast_1d(limb.any(axis))) for axis in (1, 0))
    box = (rows, columns)
    part = replace(sample, picture=sample.picture[box], plate=sample.plate[box], label=sample.label[box])
    picture, label = sample.picture.copy(), sample.label.copy()
    picture[box], label[box] = _smeared(part, limb[box], _streak(rng.uniform(3, 22), rng.uniform(0, np.pi)))
    return replace(sample, picture=picture, label=label)


def _span(there: NDArray[np.bool_]) -> slice:
    """From the first to the last that is there, with room for what lies around it."""
    first, last = np.flatnonzero(there)[[0, -1]].tolist()
    return slice(max(0, first - _REACH // 2), last + 1 + _REACH // 2)


def _smeared(sample: Sample, limb: NDArray[np.bool_], kernel: F32) -> tuple[U8, U8]:
    """Picture and label of a sample whose `limb` (H, W) is blurred by a kernel before what lies behind it."""
    picture, label = _behind(sample, limb)
    there = limb.astype(np.float32)
    cover = cv2.filter2D(there, -1, kernel)
    layer = cv2.filter2D(sample.picture * there[..., None], -1, kernel)
    held = cv2.filter2D(there * (sample.label == Part.HELD), -1, kernel)
    label = np.where(cover > 0.5, np.where(held > cover / 2, Part.HELD, Part.ARM), label)
    picture = picture * (1 - cover[..., None]) + layer
    return np.clip(picture, 0, 255).astype(np.uint8), label.astype(np.uint8)
