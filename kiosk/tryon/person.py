"""The person's outline at frame resolution: the estimator's soft mask, sharpened by plate and picture."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.tryon.figure import Box
from kiosk.tryon.pixels import Matte, Picture, grown, guided, luma, ramp
from kiosk.tryon.plate import Plate, continued

_Number = TypeVar("_Number", bound=np.generic)

NOISE = 3.0
"""Change in levels, after a small blur, that camera noise alone makes between frames."""
HOLD = 0.75
"""Share of the last frame's matte that a pixel keeps while nothing moves there."""


class Steadiness:
    """Holds mattes still where the picture holds still; crops may wander from frame to frame."""

    def __init__(self) -> None:
        """No frame seen yet."""
        self._calm: Picture | None = None
        self._box = Box(0, 0, 0, 0)
        self._mattes: dict[str, Matte] = {}
        self._hold: Matte | None = None

    def look(self, grey: Picture, box: Box) -> None:
        """Compare this frame's crop (h, w) uint8 with the last one's, before any `steady` call for the frame."""
        calm = np.asarray(cv2.blur(grey, (5, 5)), np.uint8)
        self._hold = None
        if self._calm is not None:
            last = _moved(self._calm, self._box, box)
            self._mattes = {name: _moved(matte, self._box, box) for name, matte in self._mattes.items()}
            change = cv2.dilate(cv2.absdiff(calm, last), np.ones((5, 5), np.uint8))
            self._hold = ramp(np.asarray(change, np.float32), 2.5 * NOISE, NOISE) * np.float32(HOLD)
        self._calm, self._box = calm, box

    def steady(self, name: str, matte: Matte) -> Matte:
        """The matte (h, w) of this frame's crop, drawn toward the last frame's where the picture is still."""
        before = self._mattes.get(name)
        if self._hold is not None and before is not None:
            pull = before - matte
            pull *= self._hold
            matte = np.add(matte, pull, out=pull)
        self._mattes[name] = matte
        return matte


def _moved(picture: NDArray[_Number], old: Box, new: Box) -> NDArray[_Number]:
    """A picture of the crop `old` on the crop `new`; 0 where it has nothing."""
    if old == new:
        return picture
    moved = np.zeros(new.shape, picture.dtype)
    x0, y0 = max(old.x0, new.x0), max(old.y0, new.y0)
    x1, y1 = min(old.x1, new.x1), min(old.y1, new.y1)
    if x1 > x0 and y1 > y0:
        part = picture[y0 - old.y0 : y1 - old.y0, x0 - old.x0 : x1 - old.x0]
        moved[y0 - new.y0 : y1 - new.y0, x0 - new.x0 : x1 - new.x0] = part
    return moved


def person_alpha(crop: Picture, silhouette: NDArray[np.uint8], plate: Plate, scale: float) -> Matte:
    """Alpha (h, w) float32 in 0..1 of the person in the crop.

    silhouette: (h, w) uint8, the estimator's probability. plate: that of the same crop. scale: the torso's length in
    pixels. The plate speaks only in a band about the mask's edge, so a shirt of the wall's colour
    makes no hole.
    """
    mask = silhouette.astype(np.float32) * np.float32(1 / 255)
    radius = max(2, round(0.025 * scale))
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    inner = np.asarray(cv2.erode(silhouette, kernel)) > 225
    outer = np.asarray(cv2.dilate(silhouette, kernel)) > 40
    seen = ramp(_difference(crop, plate.picture).astype(np.float32), 10.0, 26.0)
    edge = np.where(plate.known, 0.35 * mask + 0.65 * seen, mask)
    rough = np.where(inner, np.float32(1.0), edge * outer)
    guide = luma(crop).astype(np.float32) * np.float32(1 / 255)
    return ramp(guided(guide, rough, max(2, round(0.02 * scale)), 4e-4), 0.1, 0.9)


def _difference(crop: Picture, plate: Picture) -> Picture:
    """How far the crop is from the plate, in levels; a mere shadow counts less than a change of colour."""
    y, red, blue = cv2.split(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb))
    py, pred, pblue = cv2.split(cv2.cvtColor(np.ascontiguousarray(plate), cv2.COLOR_RGB2YCrCb))
    colour = cv2.convertScaleAbs(cv2.max(cv2.absdiff(red, pred), cv2.absdiff(blue, pblue)), alpha=2.0)
    darker = cv2.convertScaleAbs(cv2.subtract(py, y), alpha=0.5)
    change = cv2.max(cv2.max(colour, darker), cv2.subtract(y, py))
    return np.asarray(cv2.blur(change, (3, 3)), np.uint8)


def behind(crop: Picture, person: Matte, plate: Plate, scale: float) -> Picture:
    """What lies behind the person (h, w, 3): the plate, and where it is unknown the scene about them, continued."""
    about = grown((person > 0.02).astype(np.float32), max(2, round(0.035 * scale))) < 0.5
    seen = np.asarray(
        cv2.copyTo(np.ascontiguousarray(plate.picture), plate.known.astype(np.uint8), crop.copy()), np.uint8
    )
    share = cv2.blur((plate.known | about).astype(np.float32), (3, 3))
    return continued(seen, np.where(plate.known, 1.0, ramp(share, 0.7, 1.0)).astype(np.float32))
