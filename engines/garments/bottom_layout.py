"""From a skirt's or trousers' marks to measures, and to matching points of chart and photo.

Chart points here are in half hips, not yet divided: a skirt's (x, y) from the middle between the waistband's corners, a
leg's (across from its outseam, along from the waistband).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.garments.bottom_marks import BottomMarks
from engines.garments.garment import BottomMeasures
from engines.garments.outline import F64, arc_length, resample

_LEVELS = np.linspace(0.0, 1.0, 11)
_HIP_SHARE = 0.4
"""A skirt's hips lie above this share of its length."""
_ACROSS = np.linspace(0.0, 1.0, 9)


@dataclass(frozen=True)
class LegLay:
    """A leg on the canvas: outer and inner edge (n, 2), split at the crotch's level, and its hem (n, 2) outwards in."""

    outseam: tuple[F64, F64]
    inner: tuple[F64, F64]
    hem: F64


@dataclass(frozen=True)
class BottomLayout:
    """A skirt or trousers as it lies in a photo; half hips but where said otherwise.

    edge: the silhouette's upper edge (x, y) (n, 2) from corner to corner; side: a skirt's right edge (n, 2), both
    sides' mean; hem: its lower edge (n, 2) from the middle to the right corner, both sides' mean; legs: left and right,
    none for a skirt; half_hip: canvas pixels; tilt: radians; skew: the largest difference between left and right.
    """

    marks: BottomMarks
    measures: BottomMeasures
    edge: F64
    side: F64
    hem: F64
    legs: list[LegLay]
    half_hip: float
    tilt: float
    skew: float

    def to_canvas(self, points: F64) -> F64:
        """Points (n, 2) in half hips from the waistband's middle on the canvas."""
        return np.asarray(points * self.half_hip + self.marks.waist.mean(0))

    def to_photo(self, points: F64) -> F64:
        """Such points in photo pixels."""
        return self.marks.canvas.photo(self.to_canvas(points))


def lay_out_skirt(marks: BottomMarks) -> BottomLayout:
    """Measure a skirt by its marks."""
    origin = marks.waist.mean(0)
    length = float(np.median(marks.bottom[len(marks.bottom) // 3 : -len(marks.bottom) // 3, 1]) - origin[1])
    half_hip = _half_hip(marks, _HIP_SHARE * length)
    left, right = (_local(side, origin, half_hip) for side in marks.sides)
    side, skew = _mean_side(left, right)
    hem = _mean_hem(_local(marks.bottom, origin, half_hip), side[-1])
    waist = _half_waist(marks, half_hip)
    measures = BottomMeasures(float(hem[0, 1]), waist, float(side[-1, 0]), 0.0, 0.0, 0.0)
    edge = _local(marks.top, origin, half_hip)
    return BottomLayout(marks, measures, edge, side, hem, [], half_hip, marks.canvas.turned, skew)


def lay_out_trousers(marks: BottomMarks) -> BottomLayout:
    """Measure trousers by their marks, which must part the legs."""
    if marks.legs is None:
        raise ValueError("these marks part no legs")
    origin, crotch = marks.waist.mean(0), marks.legs.crotch
    half_hip = _half_hip(marks, float(crotch[1] - origin[1]))
    legs = [_leg(marks, side) for side in (0, 1)]
    rise = float(crotch[1] - origin[1]) / half_hip
    below = float(np.mean([arc_length(leg.outseam[1]) for leg in legs] + [arc_length(leg.inner[1]) for leg in legs]))
    width = float(np.mean([np.linalg.norm(leg.outseam[1][0] - crotch) for leg in legs])) / half_hip
    hem = float(np.mean([np.linalg.norm(leg.hem[-1] - leg.hem[0]) for leg in legs])) / half_hip
    measures = BottomMeasures(rise + below / half_hip, _half_waist(marks, half_hip), 0.0, rise, width, hem)
    left, right = (_local(side, origin, half_hip) for side in marks.sides)
    side, skew = _mean_side(left, right)
    edge = _local(marks.top, origin, half_hip)
    return BottomLayout(marks, measures, edge, side, side[-1:], legs, half_hip, marks.canvas.turned, skew)


def _local(points: F64, origin: F64, half_hip: float) -> F64:
    return np.asarray((points - origin) / half_hip)


def _half_waist(marks: BottomMarks, half_hip: float) -> float:
    return float(np.linalg.norm(marks.waist[1] - marks.waist[0])) / 2 / half_hip


def _half_hip(marks: BottomMarks, depth: float) -> float:
    """Half the greatest width within `depth` canvas pixels below the waistband."""
    levels = float(marks.waist[:, 1].mean()) + np.linspace(0.1, 1.0, 40) * depth
    left, right = (np.interp(levels, side[:, 1], side[:, 0]) for side in marks.sides)
    return float(np.percentile(right - left, 95)) / 2


def _mean_side(left: F64, right: F64) -> tuple[F64, float]:
    """The right edge (n, 2) that both sides' mean makes, and how far they differ at most."""
    ours, theirs = resample(right, 31), resample(left, 31) * np.array([-1.0, 1.0])
    return (ours + theirs) / 2, float(np.abs(ours - theirs)[2:-2].max())


def _mean_hem(bottom: F64, corner: F64) -> F64:
    """The hem (9, 2) from its middle to the right corner, symmetric."""
    x = _ACROSS * corner[0]
    order = np.argsort(bottom[:, 0])
    y = [np.interp(sign * x, bottom[order, 0], bottom[order, 1]) for sign in (-1.0, 1.0)]
    hem = np.stack([x, np.mean(y, axis=0)], 1)
    hem[-1] = corner
    return hem


def _leg(marks: BottomMarks, side: int) -> LegLay:
    legs, outer = marks.legs, marks.sides[side]
    assert legs is not None  # noqa: S101  the caller has looked
    at = int(np.clip(np.abs(outer[:, 1] - legs.crotch[1]).argmin(), 1, len(outer) - 2))
    middle = marks.waist.mean(0)
    inseam = legs.inseams[side]
    bottom = marks.bottom if side == 0 else marks.bottom[::-1]
    # By its place on the outline, not by x: an upright inseam lies above the hem's inner corner.
    end = int(np.linalg.norm(bottom - inseam[-1], axis=1).argmin())
    hem = np.concatenate([outer[-1:], bottom[1:end], inseam[-1:]])
    return LegLay((outer[: at + 1], outer[at:]), (np.stack([middle, legs.crotch]), inseam), hem)


def skirt_match(layout: BottomLayout) -> tuple[F64, F64]:
    """Matching points of a skirt: chart (n, 2) in half hips, photo (n, 2) pixels of sides, hem and waistband."""
    marks = layout.marks
    origin = marks.waist.mean(0)
    chart, canvas = [], []
    for sign, edge in ((-1.0, marks.sides[0]), (1.0, marks.sides[1])):
        chart.append(resample(layout.side, len(_LEVELS)) * np.array([sign, 1.0]))
        canvas.append(resample(edge, len(_LEVELS)))
    bottom = marks.bottom[np.argsort(marks.bottom[:, 0])]
    share = np.linspace(-1.0, 1.0, 13)[1:-1]
    x = np.interp(share, [-1, 0, 1], [marks.hem[0, 0], (marks.hem[0, 0] + marks.hem[1, 0]) / 2, marks.hem[1, 0]])
    canvas.append(np.stack([x, np.interp(x, bottom[:, 0], bottom[:, 1])], 1))
    at = np.abs(share) * layout.hem[-1, 0]
    chart.append(np.stack([share * layout.hem[-1, 0], np.interp(at, layout.hem[:, 0], layout.hem[:, 1])], 1))
    chart.append(np.zeros((1, 2)))
    canvas.append(origin[None])
    return np.concatenate(chart), marks.canvas.photo(np.concatenate(canvas))


def leg_match(layout: BottomLayout, side: int, m: BottomMeasures) -> tuple[F64, F64]:
    """Matching points of one leg: chart (across, along) in half hips of `m`, photo (n, 2) pixels."""
    leg = layout.legs[side]
    above, below = np.linspace(0.0, m.rise, 6), np.linspace(m.rise, m.length, 9)[1:]
    along = np.concatenate([above, below])
    outer, inner = (np.concatenate([resample(p[0], 6), resample(p[1], 9)[1:]]) for p in (leg.outseam, leg.inner))
    across = leg_width_at(layout, along, m)
    hem = resample(leg.hem, 5)[1:-1]
    hem_chart = np.stack([np.linspace(0, m.leg_hem, 5)[1:-1], np.full(3, m.length)], 1)
    chart = np.concatenate([np.stack([0 * along, along], 1), np.stack([across, along], 1), hem_chart])
    return chart, layout.marks.canvas.photo(np.concatenate([outer, inner, hem]))


def leg_width_at(layout: BottomLayout, along: F64, m: BottomMeasures) -> F64:
    """A leg's width (n,) at depths (n,) below the waistband, both in half hips: the mean of both legs'."""
    widths = []
    for leg in layout.legs:
        outer, inner = (np.concatenate([resample(p[0], 6), resample(p[1], 9)[1:]]) for p in (leg.outseam, leg.inner))
        widths.append(np.linalg.norm(outer - inner, axis=1) / layout.half_hip)
    knots = np.concatenate([np.linspace(0.0, m.rise, 6), np.linspace(m.rise, m.length, 9)[1:]])
    return np.interp(along, knots, np.mean(widths, axis=0))
