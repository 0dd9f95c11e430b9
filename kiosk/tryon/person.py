"""The person's outline at frame resolution: the estimator's soft mask, sharpened by plate and picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.tryon.figure import Box
from kiosk.tryon.pixels import Matte, Picture, guided, luma, ramp

NOISE = 3.0
"""Change in levels, after a small blur, that camera noise alone makes between frames."""
HOLD = 0.75
"""Share of the last frame's matte that a pixel keeps while nothing moves there."""


class Steadiness:
    """Holds mattes still where the picture holds still; all state is in frame coordinates, so crops may wander."""

    def __init__(self) -> None:
        """No frame seen yet."""
        self._last: Picture | None = None
        self._mattes: dict[str, Matte] = {}
        self._hold: Matte | None = None
        self._box: Box | None = None

    def look(self, grey: Picture, box: Box, shape: tuple[int, int]) -> None:
        """Compare this frame's crop (h, w) uint8 with the last one's, before any `steady` call for the frame."""
        calm = np.asarray(cv2.blur(grey, (5, 5)), np.uint8)
        if self._last is None or self._last.shape != shape:
            self._last, self._mattes, self._hold = np.zeros(shape, np.uint8), {}, None
        else:
            change = np.asarray(cv2.absdiff(calm, self._last[box.slices]))
            change = np.asarray(cv2.dilate(change, np.ones((5, 5), np.uint8)), np.float32)
            self._hold = ramp(change, 2.5 * NOISE, NOISE) * np.float32(HOLD)
        self._last[:] = 0
        self._last[box.slices] = calm
        self._box = box

    def steady(self, name: str, matte: Matte) -> Matte:
        """The matte (h, w) of this frame's crop, drawn toward the last frame's where the picture is still."""
        box = self._box
        assert box is not None and self._last is not None, "look() comes first"
        kept = self._mattes.setdefault(name, np.full(self._last.shape, -1.0, np.float32))
        if self._hold is not None:
            before = kept[box.slices]
            matte = np.where(before >= 0.0, matte + (before - matte) * self._hold, matte)
        kept[:] = -1.0
        kept[box.slices] = matte
        return matte


def person_alpha(
    crop: Picture, silhouette: NDArray[np.uint8], plate: Picture, known: NDArray[np.bool_], scale: float
) -> Matte:
    """Alpha (h, w) float32 in 0..1 of the person in the crop.

    silhouette: (h, w) uint8, the estimator's probability. plate, known: the clean plate of the same crop. scale: the
    torso's length in pixels. The plate speaks only in a band about the mask's edge, so a shirt of the wall's colour
    makes no hole.
    """
    mask = silhouette.astype(np.float32) * np.float32(1 / 255)
    radius = max(2, round(0.025 * scale))
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    inner = np.asarray(cv2.erode(silhouette, kernel)) > 225
    outer = np.asarray(cv2.dilate(silhouette, kernel)) > 40
    seen = ramp(_difference(crop, plate), 10.0, 26.0)
    edge = np.where(known, 0.35 * mask + 0.65 * seen, mask)
    rough = np.where(inner, np.float32(1.0), edge * outer)
    guide = luma(crop).astype(np.float32) * np.float32(1 / 255)
    return ramp(guided(guide, rough, max(2, round(0.02 * scale)), 4e-4), 0.1, 0.9)


def _difference(crop: Picture, plate: Picture) -> Matte:
    """How far the crop is from the plate, in levels; a mere shadow counts less than a change of colour."""
    delta = crop.astype(np.int16) - plate
    light = np.asarray(cv2.transform(delta, np.full((1, 3), 1 / 3, np.float32)), np.float32)
    colour = np.abs(delta - light[..., None]).max(2)
    shade = np.where(light < 0, 0.5 * -light, light)
    return np.asarray(cv2.blur(np.maximum(1.6 * colour, shade).astype(np.float32), (3, 3)))
