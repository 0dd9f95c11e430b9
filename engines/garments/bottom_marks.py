"""Finds the corners and edges of a skirt or trousers laid flat, by rules on its silhouette.

Everything is looked for on an upright canvas: the photo turned until the waistband lies level, and scaled so that the
garment's longer side has `_SIDE` pixels. "Left" and "right" are the picture's, as in `outline`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.errors import GarmentPhotoError
from engines.garments.garment import RGBA
from engines.garments.landmarks import Corners, outlines_of, turning_of
from engines.garments.legs import Parting, part_legs
from engines.garments.outline import F64

_SIDE = 720
_MARGIN = 24
_UNIT = _SIDE / 107
"""Canvas pixels of the step in which corners are looked for, as for tops."""
_TOWARDS_WAIST = np.array([0.42, -0.91])
_TOWARDS_HEM = np.array([0.87, 0.5])
"""A right corner lies farthest in this direction, whatever the usual slant of side, waistband and hem."""


@dataclass(frozen=True)
class Canvas:
    """An upright copy of a matted photo.

    picture: (H, W, 4) uint8 RGBA; to_photo: (2, 3) maps canvas pixels (centres at halves) to the photo's; turned: the
    angle that was taken out, radians.
    """

    picture: RGBA
    to_photo: F64
    turned: float

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The garment (H, W)."""
        return np.asarray(self.picture[..., 3] > 127)

    def photo(self, points: F64) -> F64:
        """Canvas points (n, 2) in photo pixels."""
        return np.asarray(points @ self.to_photo[:, :2].T + self.to_photo[:, 2])


@dataclass(frozen=True)
class BottomMarks:
    """Corners and edges on the canvas, all in its pixels.

    waist, hem: left and right corner (2, 2); top: the silhouette's upper edge from left to right corner (n, 2);
    sides: left and right, from waistband to hem (n, 2); bottom: the lower edge from left to right corner (n, 2);
    legs: how the legs part, None where nothing tells them apart.
    """

    canvas: Canvas
    waist: F64
    hem: F64
    top: F64
    sides: tuple[F64, F64]
    bottom: F64
    legs: Parting | None


def find_marks(picture: RGBA) -> BottomMarks:
    """Marks of a matted skirt or trousers (H, W, 4) uint8; raises `GarmentPhotoError` where it has no such outline."""
    turn = 0.0
    for _ in range(3):
        canvas = _upright(picture, turn)
        outline = outlines_of(canvas.picture[..., 3], 4.0)[0]
        waist, hem = _corners(outline)
        slope = waist[1] - waist[0] + 0.6 * (hem[1] - hem[0])
        off = float(np.arctan2(slope[1], slope[0]))
        if abs(off) < np.radians(0.7):
            break
        turn += off
    return _marks(canvas, outline, waist, hem)


def _marks(canvas: Canvas, outline: F64, waist: F64, hem: F64) -> BottomMarks:
    if waist[1, 0] - waist[0, 0] < 0.1 * _SIDE or hem[:, 1].min() < waist[:, 1].max() + 0.12 * _SIDE:
        raise GarmentPhotoError(
            "this is not the outline of a skirt or trousers: photograph it flat, whole, waistband up"
        )
    top, bottom = _between(outline, waist[0], waist[1]), _between(outline, hem[1], hem[0])[::-1]
    sides = (_side(canvas.mask, waist[0], hem[0], first=True), _side(canvas.mask, waist[1], hem[1], first=False))
    return BottomMarks(canvas, waist, hem, top, sides, bottom, part_legs(canvas.picture, waist, sides, bottom))


def _upright(picture: RGBA, turn: float) -> Canvas:
    """The photo turned back by `turn` radians, its garment filling the canvas."""
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    rows, columns = np.nonzero(picture[..., 3] > 127)
    if len(rows) == 0:
        raise GarmentPhotoError("no garment in the photo: photograph it alone, whole, on a plain white ground")
    turned = np.stack([columns[::7] + 0.5, rows[::7] + 0.5], 1) @ rotation.T
    low, high = turned.min(0), turned.max(0)
    scale = _SIDE / float((high - low).max())
    size = np.ceil((high - low) * scale).astype(int) + 2 * _MARGIN
    forward = np.concatenate([rotation * scale, (_MARGIN - low * scale)[:, None]], 1)
    back = cv2.invertAffineTransform(forward)
    return Canvas(_warped(picture, forward, size, scale), back, turn)


def _warped(picture: RGBA, forward: F64, size: NDArray[np.int_], scale: float) -> RGBA:
    small, shrink = picture, 1.0
    if scale < 0.7:  # averaged first: warping alone would skip pixels
        shrink = scale
        wanted = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        small = np.asarray(cv2.resize(picture, wanted, interpolation=cv2.INTER_AREA), np.uint8)
    matrix = forward.copy()
    matrix[:, :2] /= shrink
    matrix[:, 2] += 0.5 * matrix[:, :2].sum(1) - 0.5  # cv2 counts pixel centres at whole numbers
    return np.asarray(cv2.warpAffine(small, matrix, size.tolist(), flags=cv2.INTER_LINEAR), np.uint8)


def _corners(outline: F64) -> tuple[F64, F64]:
    """Left and right corner of the waistband and of the hem, (2, 2) each."""
    turning = turning_of(outline, round(2.5 * _UNIT))
    sharp = Corners(outline, turning, _UNIT)
    found = []
    for towards in (_TOWARDS_WAIST, _TOWARDS_HEM):
        rough = [outline[(outline @ (towards * [sign, 1.0])).argmax()] for sign in (-1.0, 1.0)]
        found.append(np.stack([sharp.snap(rough[k], rough[1 - k][None], 0.5) for k in (0, 1)]))
    return found[0], found[1]


def _between(outline: F64, start: F64, end: F64) -> F64:
    """The outline clockwise on the screen from `start` to `end`."""
    first, last = (int(np.linalg.norm(outline - p, axis=1).argmin()) for p in (start, end))
    steps = (last - first) % len(outline)
    return np.asarray(outline[(first + np.arange(steps + 1)) % len(outline)])


def _side(mask: NDArray[np.bool_], start: F64, end: F64, first: bool) -> F64:
    """The garment's outermost pixel in each row from the waistband's corner to the hem's."""
    rows = np.arange(int(start[1]) + 3, int(end[1]) - 2)
    band = mask[rows]
    x = band.argmax(1) if first else band.shape[1] - band[:, ::-1].argmax(1)
    inner = np.stack([x, rows + 0.5], 1).astype(float)
    return np.concatenate([start[None], inner[band.any(1)], end[None]])
