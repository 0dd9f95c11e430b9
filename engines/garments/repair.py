"""Rules for landmarks that cloth hides: neck points under a hood, armpits behind hanging sleeves, lost cuffs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engines.garments.landmarks import Landmarks
from engines.garments.outline import F64, Point

_LONGEST_ARMPIT = 1.55
"""An armpit deeper (half chests below the neck points) than this is where a hanging sleeve leaves the body."""
_USUAL_ARMHOLE = 0.82
_NARROW_CUFF = 0.5
_WIDEST_NECK = 0.5


def neck_below_collar(found: Landmarks) -> Landmarks:
    """Move the neck points to where hood or collar meet the shoulders: hollows between shoulder and crown."""
    points = found.points.copy()
    for side in (0, 1):
        hollow = _hollow(found, side)
        if hollow is not None:
            points[Point.NECK_LEFT + side] = hollow
    return replace(found, points=_not_too_wide(points))


def _not_too_wide(points: F64) -> F64:
    """A slumped hood covers the shoulders: carry the shoulder lines on under it, to a usual neck's width."""
    left, right = points[Point.NECK_LEFT], points[Point.NECK_RIGHT]
    excess = float(right[0] - left[0]) / 2 - _WIDEST_NECK * _half_chest(points)
    if excess <= 0:
        return points
    moved: F64 = points.copy()
    for side, sign in ((0, 1.0), (1, -1.0)):
        along = points[Point.NECK_LEFT + side] - points[Point.SHOULDER_LEFT + side]
        rise = float(np.clip(along[1] / max(abs(along[0]), 1e-6), -0.45, 0.0))
        moved[Point.NECK_LEFT + side] += (sign * excess, rise * excess)
    return moved


def _half_chest(points: F64) -> float:
    return float(np.linalg.norm(points[Point.ARMPIT_RIGHT] - points[Point.ARMPIT_LEFT])) / 2


def _hollow(found: Landmarks, side: int) -> F64 | None:
    """The deepest hollow of the outline on its way up from the shoulder point, if it is one."""
    outline, unit = found.outlines[0], _half_chest(found.points)
    start = int(np.linalg.norm(outline - found.points[Point.SHOULDER_LEFT + side], axis=1).argmin())
    step = 1 if side == 0 else -1
    path = outline[(start + step * np.arange(len(outline) // 2)) % len(outline)]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]) / unit
    best, place = 0.05, None  # shallower hollows are creases
    for reach in (0.4, 0.55, 0.7, 0.85, 1.0, 1.2):
        arc = path[: int(np.searchsorted(along, reach))]
        chord = arc[-1] - arc[0]
        length = float(np.linalg.norm(chord))
        inwards = (chord[0] * (arc[:, 1] - arc[0, 1]) - chord[1] * (arc[:, 0] - arc[0, 0])) * step / length
        if inwards.max() / length > best:
            best, place = float(inwards.max()) / length, np.asarray(arc[inwards.argmax()])
    return place


def armpits_behind_sleeves(found: Landmarks) -> Landmarks:
    """Lift armpits that lie too deep to be any, along the body's side, to a usual depth of armhole."""
    points, unit = found.points.copy(), _half_chest(found.points)
    for side in (0, 1):
        armpit, neck = points[Point.ARMPIT_LEFT + side], points[Point.NECK_LEFT + side]
        to_cuff = points[Point.CUFF_INNER_LEFT + side] - armpit
        hangs = to_cuff[1] > 0.6 * unit and abs(to_cuff[0]) < 0.9 * unit
        if found.sleeveless or not hangs or armpit[1] - neck[1] < _LONGEST_ARMPIT * unit:
            continue
        usual = points[Point.SHOULDER_LEFT + side, 1] + _USUAL_ARMHOLE * unit
        up = armpit - points[Point.HEM_LEFT + side]
        if up[1] < -0.1 * unit:
            slope = float(np.clip(up[0] / up[1], -0.15, 0.15))
            points[Point.ARMPIT_LEFT + side] = (armpit[0] + slope * (usual - armpit[1]), usual)
    return replace(found, points=points)


def matching_cuffs(found: Landmarks) -> Landmarks:
    """Where one cuff looks much narrower than the other, its inner corner was hidden: give it the other's width."""
    points = found.points.copy()
    outer, inner = Point.CUFF_OUTER_LEFT, Point.CUFF_INNER_LEFT
    width = [float(np.linalg.norm(points[outer + k] - points[inner + k])) for k in (0, 1)]
    narrow = int(width[1] < width[0])
    if found.sleeveless or width[narrow] > _NARROW_CUFF * width[1 - narrow]:
        return found
    other = 1 - narrow
    across = points[inner + other] - points[outer + other]
    bent = _angle(points, other) + _angle(points, narrow)  # mirrored sleeves may lie at unlike angles
    turn = np.array([[np.cos(bent), -np.sin(bent)], [np.sin(bent), np.cos(bent)]])
    points[inner + narrow] = points[outer + narrow] + turn @ (across * np.array([-1.0, 1.0]))
    distance = np.linalg.norm(found.outlines[0] - points[inner + narrow], axis=1)
    if distance.min() < 2.5 * found.unit:
        points[inner + narrow] = found.outlines[0][distance.argmin()]
    return replace(found, points=points)


def _angle(points: F64, side: int) -> float:
    """Direction of a lower sleeve, radians from straight down, positive to the picture's left."""
    x, y = points[Point.CUFF_OUTER_LEFT + side] - points[Point.FOLD_LEFT + side]
    return float(np.arctan2(-x, y))
