"""Finds a flat garment's landmarks: a small network points near them, the outline says where exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.errors import GarmentPhotoError, ModelUnavailableError
from engines.garments.landmark_input import InputFrame, frame_around, network_input, read_heat
from engines.garments.outline import F64, POINTS, SLEEVE_POINTS, Point

MODEL = Path(__file__).parents[1] / "models" / "garment_landmarks.onnx"
_SURE = 0.25
"""A landmark whose heat map peaks below this is not in the picture."""
_CONVEX = (
    Point.CUFF_OUTER_LEFT, Point.CUFF_OUTER_RIGHT, Point.CUFF_INNER_LEFT, Point.CUFF_INNER_RIGHT,
    Point.HEM_LEFT, Point.HEM_RIGHT,
)  # fmt: skip
_CONCAVE = (Point.ARMPIT_LEFT, Point.ARMPIT_RIGHT)
_ON_OUTLINE = (Point.NECK_LEFT, Point.NECK_RIGHT, Point.SHOULDER_LEFT, Point.SHOULDER_RIGHT, Point.FOLD_LEFT,
               Point.FOLD_RIGHT, Point.HEM_CENTRE, Point.NECK_BACK)  # fmt: skip


@dataclass(frozen=True)
class Landmarks:
    """Where a garment's named points lie.

    points (19, 2) in photo pixels by `Point`; peaks (19,) the network's certainty 0..1; outlines: closed curves (n, 2),
    about a pixel a step, the outer one first, clockwise on the screen, then gaps between sleeves and body the other way
    round, so cloth is always on the same hand; unit: photo pixels of one pixel of the network's input.
    """

    points: F64
    peaks: F64
    outlines: list[F64]
    unit: float

    @property
    def sleeveless(self) -> bool:
        """Whether no sleeve was seen."""
        return bool(np.median(self.peaks[list(SLEEVE_POINTS)]) < _SURE)


@cache
def _session(path: Path) -> object:
    import onnxruntime  # noqa: PLC0415  loaded when a photo comes, not when a garment is worn

    if not path.is_file():
        raise ModelUnavailableError(f"{path.name} is missing from engines/models: install the package again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def find_landmarks(picture: NDArray[np.uint8]) -> Landmarks:
    """Landmarks of a matted garment (H, W, 4) uint8; raises `GarmentPhotoError` where it has no outline of a top."""
    frame = frame_around(picture[..., 3])
    points, peaks = _predict(picture, frame)
    outlines = outlines_of(picture[..., 3], frame.scale)
    found = Landmarks(points, peaks, outlines, frame.scale)
    torso = [p for p in range(POINTS) if p not in SLEEVE_POINTS and p < Point.NECK_FRONT]
    if np.median(peaks[torso]) < _SURE:
        raise GarmentPhotoError(
            "this is not the outline of a top laid flat: photograph it flat, whole, sleeves beside it"
        )
    return Landmarks(_refine(found), peaks, outlines, frame.scale)


def _predict(picture: NDArray[np.uint8], frame: InputFrame) -> tuple[F64, F64]:
    session = _session(MODEL)
    (heat,) = session.run(None, {"picture": network_input(picture, frame)[None]})  # type: ignore[attr-defined]
    points, peaks = read_heat(heat[0])
    return frame.to_photo(points), peaks


def outlines_of(alpha: NDArray[np.uint8], unit: float) -> list[F64]:
    """The garment's outer contour and those of its large gaps, smoothed over a third of a network pixel."""
    contours, tree = cv2.findContours((alpha > 127).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outer = [c for c, node in zip(contours, tree[0], strict=True) if node[3] < 0] if contours else []
    if not outer:
        raise GarmentPhotoError("no garment in the photo: photograph it alone, whole, on a plain white ground")
    gaps = [
        c for c, node in zip(contours, tree[0], strict=True) if node[3] >= 0 and cv2.contourArea(c) > (5 * unit) ** 2
    ]
    return [_smooth(max(outer, key=cv2.contourArea), True, unit), *[_smooth(c, False, unit) for c in gaps]]


def _smooth(contour: NDArray[np.int32], clockwise: bool, unit: float) -> F64:
    curve = contour[:, 0].astype(float) + 0.5
    x, y = curve.T
    if (float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) > 0) != clockwise:
        curve = curve[::-1]
    width = max(1, round(0.35 * unit))
    kernel = np.hanning(2 * width + 3)[1:-1]
    kernel /= kernel.sum()
    padded = np.concatenate([curve[-width:], curve, curve[:width]])
    return np.stack([np.convolve(padded[:, k], kernel, "valid") for k in (0, 1)], axis=1)


def turning_of(outline: F64, reach: int) -> F64:
    """How sharply the outline turns at each point (n,), radians, positive at convex corners."""
    behind, ahead = outline - np.roll(outline, reach, 0), np.roll(outline, -reach, 0) - outline
    cross = behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0]
    return np.asarray(np.arctan2(cross, (behind * ahead).sum(1)))


@dataclass(frozen=True)
class Corners:
    """All outlines' points (n, 2), how sharply they turn the wanted way (n,), and the network pixel's size."""

    outline: F64
    sharp: F64
    unit: float

    def snap(self, point: F64, rivals: F64, floor: float) -> F64:
        """The corner (2,) near by that turns at least `floor` and is no rival's (n, 2); else the point."""
        distance = np.linalg.norm(self.outline - point, axis=1) / self.unit
        rival = np.min([np.linalg.norm(self.outline - other, axis=1) for other in rivals], axis=0) / self.unit
        score = self.sharp - 0.12 * distance**2
        score[(distance > 4) | (self.sharp < floor) | (rival < distance)] = -np.inf
        best = int(score.argmax())
        return np.asarray(self.outline[best] if np.isfinite(score[best]) else point)


def _refine(found: Landmarks) -> F64:
    """Corners snap to the outline's sharpest turn near by, other outline points to the nearest of it."""
    points: F64 = found.points.copy()
    unit = found.unit
    reach = max(2, round(2.5 * unit))
    turning = np.concatenate([turning_of(curve, reach) for curve in found.outlines])
    outline = np.concatenate(found.outlines)
    for kinds, sign, floor in ((_CONVEX, 1.0, 0.5), (_CONCAVE, -1.0, 0.6)):
        corners = Corners(outline, sign * turning, unit)
        for p in kinds:
            points[p] = corners.snap(found.points[p], found.points[[q for q in kinds if q != p]], floor)
    for p in _ON_OUTLINE:
        distance = np.linalg.norm(found.outlines[0] - points[p], axis=1)
        if distance.min() < 4 * unit:
            points[p] = found.outlines[0][distance.argmin()]
    return points
