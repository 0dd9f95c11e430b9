"""From landmarks to measures and to matching curves: chart points on one side, photo points on the other.

Chart points here are in half chests, not yet divided by length or sleeve width: torso (x, y) from the middle between
the neck points, sleeve (across, along) from the shoulder point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engines.errors import GarmentPhotoError
from engines.garments.garment import Measures
from engines.garments.landmarks import Landmarks
from engines.garments.outline import F64, Point, arc_length, resample

_SIDES = (0, 1)
_STRAIGHT, _WAISTED = 8, 16
"""How many points a straight side seam has, and one that follows a waist."""
_CURVED_HEM = 0.12
"""Corners that rise more than this (half chests) above the hem's middle are a cut, less is how the cloth lies."""


@dataclass(frozen=True)
class SleeveLay:
    """A sleeve in the photo: its fold from shoulder to cuff and its underarm seam from armpit to cuff, (n, 2)."""

    fold: F64
    underarm: F64
    width: float
    cap: float
    cuff: float

    @property
    def length(self) -> float:
        """Along the fold, in photo pixels like all sizes here."""
        return arc_length(self.fold)


@dataclass(frozen=True)
class Layout:
    """A garment as it lies in a photo.

    sleeves: picture's left and right, empty for a tank; measures: this photo's own, the front neckline's depth still
    the network's guess; half_chest: photo pixels; hem_rise: how far the hem's corners lie above its middle, in half
    chests, 0 for a level hem; tilt: radians; skew: the largest left-right difference in half chests; bend: (n,) how far
    the side seam runs outside (x, half chests) a straight line from armpit to hem: 0 for tops, a dress has a waist.
    """

    found: Landmarks
    sleeves: list[SleeveLay]
    measures: Measures
    half_chest: float
    hem_rise: float
    tilt: float
    skew: float
    bend: F64


def lay_out(found: Landmarks, waisted: bool = False) -> Layout:
    """Measure a garment by its landmarks, a `waisted` one with the curve of its sides.

    Raises `GarmentPhotoError` where they make no garment.
    """
    points = found.points
    right = _direction(points)
    down = np.array([-right[1], right[0]])
    origin = (points[Point.NECK_LEFT] + points[Point.NECK_RIGHT]) / 2
    half_chest = float((points[Point.ARMPIT_RIGHT] - points[Point.ARMPIT_LEFT]) @ right) / 2
    if half_chest <= 0:
        raise GarmentPhotoError(
            "this is not the outline of a top laid flat: photograph it flat, whole, sleeves beside it"
        )
    frame = (origin, np.stack([right, down], 1))
    local = (points - origin) @ frame[1] / half_chest
    sleeves = [] if found.sleeveless else [_sleeve(found, side) for side in _SIDES]
    measures, skew = _measures(local, sleeves, half_chest)
    corner = float(local[[Point.HEM_LEFT, Point.HEM_RIGHT], 1].mean())
    rise = float(local[Point.HEM_CENTRE, 1]) - corner
    rise = rise if rise > _CURVED_HEM else 0.0
    if rise == 0.0:  # a level hem: its middle may hang or be tucked, its corners count as well
        measures = replace(measures, length=(corner + float(local[Point.HEM_CENTRE, 1])) / 2)
    tilt = float(np.arctan2(right[1], right[0]))
    bend = _bend(found, frame, half_chest) if waisted else np.zeros(_STRAIGHT)
    return Layout(found, sleeves, measures, half_chest, rise, tilt, skew, bend)


_WORN = {"shoulder": (0.5, 1.05), "armpit": (0.6, 1.2), "sleeve_width": (0.35, 0.95), "cap_height": (0.15, 0.8)}


def settled(m: Measures) -> Measures:
    """The measures as worn: a hanging or creased sleeve drags armpit and shoulder away from where they are sewn."""
    if m.sleeveless:
        return m
    return replace(m, **{name: float(np.clip(getattr(m, name), *limits)) for name, limits in _WORN.items()})


def _bend(found: Landmarks, frame: tuple[F64, F64], half_chest: float) -> F64:
    """How far (n,), in half chests, the sides run outside straight lines, both sides' mean; frame: origin and axes."""
    bends = []
    for side, sign in ((0, -1.0), (1, 1.0)):
        ends = found.points[Point.ARMPIT_LEFT + side], found.points[Point.HEM_LEFT + side]
        curve = (_along_outline(found, *ends, side == 1, _WAISTED) - frame[0]) @ frame[1] / half_chest
        bends.append(sign * (curve[:, 0] - np.linspace(curve[0, 0], curve[-1, 0], _WAISTED)))
    return np.asarray(np.mean(bends, axis=0))


def side_seam(layout: Layout, m: Measures) -> F64:
    """The right side seam (n, 2) in half chests of `m`, from armpit to hem."""
    corner = np.array([m.hem, m.length - layout.hem_rise])
    seam = np.linspace([1.0, m.armpit], corner, len(layout.bend))
    seam[:, 0] += layout.bend
    return np.asarray(seam)


def side_in_photo(layout: Layout, side: int) -> F64:
    """The same seam as it lies in the photo (n, 2), at the picture's left (0) or right (1)."""
    p = layout.found.points
    ends = p[Point.ARMPIT_LEFT + side], p[Point.HEM_LEFT + side]
    return _along_outline(layout.found, *ends, side == 1, len(layout.bend))


def _direction(points: F64) -> F64:
    """Unit vector from the garment's left to its right in the picture, by all pairs of the torso."""
    pairs = ((Point.NECK_LEFT, 0.5), (Point.SHOULDER_LEFT, 1.0), (Point.ARMPIT_LEFT, 1.0), (Point.HEM_LEFT, 1.0))
    total = np.sum([weight * (points[p + 1] - points[p]) for p, weight in pairs], axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-6))


def _both(local: F64, left: Point) -> tuple[F64, float]:
    """The mean of a left and a right point, as the right one (2,), and how far they differ."""
    mirrored = local[left] * np.array([-1.0, 1.0])
    return (mirrored + local[left + 1]) / 2, float(np.abs(mirrored - local[left + 1]).max())


def _measures(local: F64, sleeves: list[SleeveLay], half_chest: float) -> tuple[Measures, float]:
    neck, _ = _both(local, Point.NECK_LEFT)
    shoulder, skew_shoulder = _both(local, Point.SHOULDER_LEFT)
    armpit, skew_armpit = _both(local, Point.ARMPIT_LEFT)
    hem, skew_hem = _both(local, Point.HEM_LEFT)
    sleeve = [
        float(np.mean([getattr(s, n) for s in sleeves])) / half_chest if sleeves else 0.0
        for n in ("length", "width", "cuff", "cap")
    ]
    measures = Measures(
        length=float(local[Point.HEM_CENTRE, 1]), hem=float(hem[0]), shoulder=float(shoulder[0]),
        shoulder_drop=float(shoulder[1]), armpit=float(armpit[1]), neck_width=float(neck[0]),
        neck_depth_front=max(0.02, float(local[Point.NECK_FRONT, 1])),
        neck_depth_back=max(0.0, float(local[Point.NECK_BACK, 1])),
        sleeve_length=sleeve[0], sleeve_width=sleeve[1], cuff_width=sleeve[2], cap_height=sleeve[3],
    )  # fmt: skip
    return measures, max(skew_shoulder, skew_armpit, skew_hem)


def _along_outline(found: Landmarks, start: F64, end: F64, clockwise: bool, count: int) -> F64:
    """From `start` to `end`: along an outline where one leads there without detour, else straight; (count, 2)."""
    limit = 1.22 * float(np.linalg.norm(end - start)) + 2 * found.unit
    for curve in found.outlines:
        first, last = (int(np.linalg.norm(curve - p, axis=1).argmin()) for p in (start, end))
        gap = max(float(np.linalg.norm(curve[k] - p)) for k, p in ((first, start), (last, end)))
        steps = ((last - first) if clockwise else (first - last)) % len(curve)
        arc = curve[(first + np.arange(steps + 1) * (1 if clockwise else -1)) % len(curve)]
        if gap <= 3 * found.unit and len(arc) > 2 and arc_length(arc) <= limit:
            return resample(np.concatenate([start[None], arc[1:-1], end[None]]), count)
    return np.linspace(start, end, count)


def _through(found: Landmarks, start: F64, middle: F64, end: F64, clockwise: bool) -> F64:
    """A sleeve's edge in two stretches, (25, 2)."""
    upper = _along_outline(found, start, middle, clockwise, 13)
    lower = _along_outline(found, middle, end, clockwise, 13)
    return resample(np.concatenate([upper, lower[1:]]), 25)


def _sleeve(found: Landmarks, side: int) -> SleeveLay:
    p = found.points
    # Clockwise on the screen the outline runs cuff, fold, shoulder on the left and shoulder, fold, cuff on the right.
    outwards = side == 1
    fold = _through(
        found, p[Point.SHOULDER_LEFT + side], p[Point.FOLD_LEFT + side], p[Point.CUFF_OUTER_LEFT + side], outwards
    )
    underarm = _through(
        found, p[Point.ARMPIT_LEFT + side], p[Point.UNDERARM_LEFT + side], p[Point.CUFF_INNER_LEFT + side], not outwards
    )
    width, cap = _across(fold, p[Point.ARMPIT_LEFT + side])
    cuff = float(np.linalg.norm(p[Point.CUFF_OUTER_LEFT + side] - p[Point.CUFF_INNER_LEFT + side]))
    return SleeveLay(fold, underarm, width, cap, cuff)


def _across(fold: F64, armpit: F64) -> tuple[float, float]:
    """Distance of the armpit from the fold, and how far along the fold its foot lies."""
    fine = resample(fold, 200)
    distance = np.linalg.norm(fine - armpit, axis=1)
    at = int(distance.argmin())
    return float(distance[at]), arc_length(fine[: at + 1]) if at else 0.0


def hem_level(x: F64, measures: Measures, rise: float) -> F64:
    """Where the hem lies (half chests below the neck points) at `x`; its shape follows the corners' rise."""
    return np.asarray(measures.length - rise * np.abs(x / measures.hem) ** 3)


def torso_match(layout: Layout, m: Measures) -> tuple[F64, F64]:
    """Matching points of the torso, corners, side seams and hem: chart (n, 2) in half chests of `m`, photo (n, 2)."""
    found, rise = layout.found, layout.hem_rise
    p = found.points
    chart: list[F64] = [
        np.array(
            [[-m.neck_width, 0.0], [m.neck_width, 0.0], [-m.shoulder, m.shoulder_drop], [m.shoulder, m.shoulder_drop]]
        )
    ]
    photo: list[F64] = [p[Point.NECK_LEFT : Point.SHOULDER_RIGHT + 1]]
    for side, sign in ((0, -1.0), (1, 1.0)):
        chart.append(side_seam(layout, m) * np.array([sign, 1.0]))
        photo.append(side_in_photo(layout, side))
        x = np.linspace(sign * m.hem, 0.0, 6)[1:-1]
        chart.append(np.stack([x, hem_level(x, m, rise)], 1))
        photo.append(_along_outline(found, p[Point.HEM_LEFT + side], p[Point.HEM_CENTRE], side == 1, 6)[1:-1])
    chart.append(np.array([[0.0, m.length]]))
    photo.append(p[Point.HEM_CENTRE][None])
    return np.concatenate(chart), np.concatenate(photo)


def sleeve_match(sleeve: SleeveLay, m: Measures) -> tuple[F64, F64]:
    """Matching points of one sleeve: chart (across, along) in half chests and photo."""
    fold = np.stack([np.zeros(9), np.linspace(0, m.sleeve_length, 9)], 1)
    underarm = np.linspace([m.sleeve_width, m.cap_height], [m.cuff_width, m.sleeve_length], 7)
    middle = np.array([[m.cuff_width / 2, m.sleeve_length]])
    cuff = (sleeve.fold[-1] + sleeve.underarm[-1]) / 2
    chart = np.concatenate([fold, underarm, middle])
    return chart, np.concatenate([resample(sleeve.fold, 9), resample(sleeve.underarm, 7), cuff[None]])
