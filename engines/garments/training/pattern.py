"""The outlines of a random top or dress laid flat: what `flatlay` paints.

Units: half chests, y down, 0 at the neck points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.garments.garment import Category, Measures
from engines.garments.outline import F64, POINTS, Point
from engines.garments.training.dress import dress_side, dress_sizes, waist_seam

Generator = np.random.Generator
_SLEEVE_SIZES = ("length", "width", "cuff", "cap")
_EITHER = frozenset({Category.SHIRT, Category.DRESS})
LONG = frozenset({Category.LONG_SLEEVE, Category.HOODIE, Category.JACKET})


@dataclass(frozen=True)
class Sleeve:
    """One sleeve: its outline (n, 2), fold and underarm curves, and its sizes."""

    outline: F64
    fold: F64
    underarm: F64
    length: float
    width: float
    cuff: float
    cap: float


@dataclass(frozen=True)
class Laid:
    """A top or dress laid flat.

    sleeves: left and right of the picture, none where sleeveless; necks: curves (n, 2) left to right; waist: a dress's
    seam between bodice and skirt (n, 2), if it has one.
    """

    category: Category
    torso: F64
    inside: F64
    sleeves: list[Sleeve]
    front_neck: F64
    back_neck: F64
    hood: F64 | None
    points: F64
    present: np.ndarray
    measures: Measures
    waist: F64 | None = None


def curve_through(knots: F64, count: int = 24) -> F64:
    """A quadratic Bezier curve (count, 2) by its three control points."""
    t = np.linspace(0.0, 1.0, count)[:, None]
    return np.asarray(knots[0] * (1 - t) ** 2 + 2 * knots[1] * t * (1 - t) + knots[2] * t**2)


def neckline(half_width: float, depth: float, roundness: float) -> F64:
    """From the left neck point to the right: roundness 1 is a V, 2 and more a crew neck."""
    t = np.linspace(-1.0, 1.0, 41)
    return np.stack([half_width * t, depth * (1 - np.abs(t) ** roundness)], 1)


def _fold(start: F64, length: float, angles: tuple[float, float, float], elbow: float) -> F64:
    """A fold line that leaves the shoulder at the first angle, hangs at the second, below the elbow at the third."""
    s = np.linspace(0.0, length, 80)
    ease = np.clip(s / 0.9, 0, 1)
    ease = ease * ease * (3 - 2 * ease)
    bend = np.clip((s - elbow) / 0.35 + 0.5, 0, 1)
    angle = angles[0] + (angles[1] - angles[0]) * ease + (angles[2] - angles[1]) * bend
    step = np.stack([np.cos(angle), np.sin(angle)], 1) * (length / (len(s) - 1))
    return np.asarray(start + np.concatenate([np.zeros((1, 2)), np.cumsum(step[:-1], 0)]))


def _ribbon(fold: F64, armhole: F64, length: float, taper: float, slant: float) -> Sleeve | None:
    """The sleeve whose underarm starts at the torso's armpit (the armhole's end); None if unsewable."""
    armpit = armhole[-1]
    distance = np.linalg.norm(fold - armpit, axis=1)
    at = int(distance.argmin())
    width, cap = float(distance[at]), length * at / (len(fold) - 1)
    if not (0.34 < width < 1.0 and 0.12 < cap < 1.25 and length - cap > 0.12):
        return None
    along = np.gradient(fold, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    inwards = np.stack([-along[:, 1], along[:, 0]], 1)
    share = np.linspace(0.0, 1.0, len(fold) - at)
    cuff = width * taper
    across = width + (cuff - width) * share**0.8
    underarm = fold[at:] + inwards[at:] * across[:, None] + along[at:] * (slant * share**2)[:, None]
    underarm[0] = armpit
    outline = np.concatenate([fold, underarm[::-1], armhole[::-1]])
    return Sleeve(outline, fold, underarm, length, width, cuff, cap)


def _sleeve(rng: Generator, long: bool, armhole: F64, style: tuple[float, float]) -> Sleeve:
    """A sleeve on the right; poses are tried until one fits the armhole."""
    free, taper = style
    shoulder, armpit = armhole[0], armhole[-1]
    for _ in range(200):
        first = np.radians(rng.uniform(15, 60))
        hang = first + np.radians(rng.uniform(-8, 60 if long else 45))
        bend = np.radians(rng.normal(0, 18)) if long and rng.random() < 0.6 else 0.0
        cap_guess = 0.6 * float(np.linalg.norm(armpit - shoulder))
        length = cap_guess + free * rng.uniform(0.98, 1.02)
        fold = _fold(shoulder, length, (first, min(hang, 1.65), hang + bend), 0.55 * length)
        sleeve = _ribbon(fold, armhole, length, taper, rng.normal(0, 0.03))
        if sleeve is not None:
            return sleeve
    raise ValueError("no sleeve fits this armhole")


def _mirror(curve: F64) -> F64:
    return np.asarray(curve * np.array([-1.0, 1.0]))


@dataclass(frozen=True)
class _Torso:
    """One side (the right) of a torso: its corners and curves."""

    neck: F64
    shoulder: F64
    armpit: F64
    hem: F64
    side: F64
    armhole: F64


def _torso_side(rng: Generator, sizes: dict[str, float], sleeveless: bool) -> _Torso:
    shake = rng.normal(0, 0.018, (3, 2))
    shoulder = np.array([sizes["shoulder"], sizes["drop"]]) + shake[0] * 0.6
    armpit = np.array([1.0, sizes["armpit"]]) + shake[1]
    hem = np.array([sizes["hem"], sizes["length"] - sizes["hem_rise"]]) + shake[2]
    waist = (armpit + hem) / 2 - np.array([rng.uniform(-0.04, 0.12), 0.0])
    inset = rng.uniform(0.1, 0.35) if sleeveless else rng.uniform(0.0, 0.15)
    corner = np.array([min(shoulder[0], armpit[0]) - inset, armpit[1] - 0.15 * (armpit[1] - shoulder[1])])
    is_dress = "waist" in sizes
    side = dress_side(rng, armpit, hem, sizes) if is_dress else curve_through(np.stack([armpit, waist, hem]))
    return _Torso(
        np.array([sizes["neck"], 0.0]), shoulder, armpit, hem, side,
        curve_through(np.stack([shoulder, corner, armpit])),
    )  # fmt: skip


def _random_sizes(rng: Generator, category: Category) -> dict[str, float]:
    tank = category is Category.TANK
    neck = rng.uniform(0.3, 0.62)
    armpit = rng.uniform(0.7, 1.45)
    wide = {"hoodie": (0.08, 0.35), "polo": (0.1, 0.35), "shirt": (0.1, 0.4)}.get(category.value, (0.1, 0.85))
    return {
        "neck": neck,
        "shoulder": neck + rng.uniform(0.12, 0.4) if tank else rng.uniform(max(0.78, neck + 0.2), 1.12),
        "drop": rng.uniform(0.04, 0.2) if tank else rng.uniform(0.12, 0.42),
        "armpit": armpit,
        "hem": rng.uniform(0.82, 1.28),
        "length": armpit + rng.uniform(1.0, 2.5),
        "hem_rise": rng.choice([0.0, rng.uniform(-0.04, 0.08), rng.uniform(0.1, 0.3)], p=[0.4, 0.5, 0.1]),
        "neck_front": rng.uniform(*wide),
        "neck_back": rng.uniform(0.0, 0.1) * (3.0 if tank and rng.random() < 0.3 else 1.0),
    }


def _hood(rng: Generator, half_neck: float) -> F64:
    """A hood above the neck points, standing or slumped."""
    width, height = half_neck * rng.uniform(0.9, 1.5), rng.uniform(0.25, 1.5)
    lean, top = rng.normal(0, 0.08), rng.uniform(0.15, 0.85)
    knots = np.array([
        [-half_neck, 0.0], [-width, -0.35 * height], [-width * top + lean, -0.9 * height], [lean, -height * 1.02],
        [width * top + lean, -0.9 * height], [width, -0.35 * height], [half_neck, 0.0],
    ])  # fmt: skip
    corners = zip(knots[:-2], knots[1:-1], knots[2:], strict=True)
    parts = [curve_through(np.stack([(a + b) / 2, b, (b + c) / 2]), 10) for a, b, c in corners]
    return np.concatenate([knots[:1], *parts, knots[-1:], [[0.0, 0.35]]])


def _hem(left: F64, right: F64, centre: float) -> F64:
    """From the right corner to the left, level at `centre` in the middle."""
    t = np.linspace(1.0, -1.0, 31)
    corner = np.where(t > 0, right[1], left[1])
    x = np.where(t > 0, t * right[0], -t * left[0])
    return np.stack([x, centre + (corner - centre) * np.abs(t) ** 3], 1)


def _landmarks(sides: list[_Torso], sleeves: list[Sleeve], necks: tuple[F64, F64], hem: F64) -> tuple[F64, np.ndarray]:
    points, present = np.zeros((POINTS, 2)), np.ones(POINTS, bool)
    for k, side in enumerate(sides):
        corners = (side.neck, side.shoulder, side.armpit)
        points[[Point.NECK_LEFT + k, Point.SHOULDER_LEFT + k, Point.ARMPIT_LEFT + k]] = corners
        points[Point.HEM_LEFT + k] = side.hem
        chosen = [Point.FOLD_LEFT + k, Point.UNDERARM_LEFT + k, Point.CUFF_OUTER_LEFT + k, Point.CUFF_INNER_LEFT + k]
        present[chosen] = bool(sleeves)
        if sleeves:
            sleeve = sleeves[k]
            middle = len(sleeve.underarm) // 2
            at = len(sleeve.fold) - len(sleeve.underarm) + middle
            points[chosen] = (sleeve.fold[at], sleeve.underarm[middle], sleeve.fold[-1], sleeve.underarm[-1])
    points[Point.HEM_CENTRE] = hem[len(hem) // 2]
    points[Point.NECK_FRONT], points[Point.NECK_BACK] = necks[0][20], necks[1][20]
    return points, present


def _measures(sizes: dict[str, float], sides: list[_Torso], sleeves: list[Sleeve]) -> Measures:
    """In the laid garment's own half chest, averaged over both sides."""
    unit = float(np.mean([abs(s.armpit[0]) for s in sides]))
    hem, shoulder, armpit = (
        np.mean([np.abs(getattr(s, c)) for s in sides], axis=0) / unit for c in ("hem", "shoulder", "armpit")
    )
    sleeve = [float(np.mean([getattr(s, n) for s in sleeves])) / unit if sleeves else 0.0 for n in _SLEEVE_SIZES]
    return Measures(
        sizes["length"] / unit, float(hem[0]), float(shoulder[0]), float(shoulder[1]), float(armpit[1]),
        sizes["neck"] / unit, sizes["neck_front"] / unit, sizes["neck_back"] / unit, *sleeve,
    )  # fmt: skip


def _flip_side(side: _Torso) -> _Torso:
    return _Torso(*(_mirror(getattr(side, name)) for name in _Torso.__dataclass_fields__))


def lay(rng: Generator, category: Category, back: bool = False) -> Laid:
    """A random top or dress of a category, laid flat, seen from the front or (mirrored, so alike) from the back."""
    while True:
        try:
            return _lay(rng, category, back)
        except ValueError:  # drawn sizes that no sleeve fits: draw others
            continue


def _lay(rng: Generator, category: Category, back: bool) -> Laid:
    is_dress = category is Category.DRESS
    tank = category is Category.TANK or (is_dress and rng.random() < 0.45)
    sizes = dress_sizes(rng, tank) if is_dress else _random_sizes(rng, category)
    sides = [_flip_side(_torso_side(rng, sizes, tank)), _torso_side(rng, sizes, tank)]
    long = category in LONG or (category in _EITHER and rng.random() < 0.5)
    free = rng.uniform(1.5, 2.5) if long else rng.uniform(0.18, 0.95)
    style = (free, rng.uniform(0.4, 0.85) if long else rng.uniform(0.65, 0.98))
    sleeves = [] if tank else [_flip_sleeve(_sleeve(rng, long, _mirror(sides[0].armhole), style)),
                               _sleeve(rng, long, sides[1].armhole, style)]  # fmt: skip
    roundness = rng.choice([rng.uniform(1.0, 1.3), rng.uniform(1.7, 3.0)], p=[0.3, 0.7])
    back_neck = neckline(sizes["neck"], sizes["neck_back"], 2.5)
    depth = max(sizes["neck_front"], sizes["neck_back"] + 0.02)
    front_neck = back_neck if back else neckline(sizes["neck"], depth, roundness)
    left, right = sides
    hem = _hem(left.hem, right.hem, sizes["length"])
    torso = np.concatenate([front_neck, right.armhole, right.side, hem, left.side[::-1], left.armhole[::-1]])
    inside = np.concatenate([back_neck, front_neck[::-1]])
    hood = _hood(rng, sizes["neck"]) if category is Category.HOODIE else None
    points, present = _landmarks(sides, sleeves, (front_neck, back_neck), hem)
    present[Point.NECK_BACK] = hood is None
    measures = _measures(sizes, sides, sleeves)
    waist = waist_seam(rng, sizes) if is_dress else None
    return Laid(category, torso, inside, sleeves, front_neck, back_neck, hood, points, present, measures, waist)


def _flip_sleeve(s: Sleeve) -> Sleeve:
    return Sleeve(_mirror(s.outline), _mirror(s.fold), _mirror(s.underarm), s.length, s.width, s.cuff, s.cap)
