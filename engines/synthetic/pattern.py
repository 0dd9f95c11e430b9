"""Sewing patterns of tops: panels cut to a body's girths, and which of their seams are joined.

Panel coordinates are metres, y up: torso panels have their origin at the centre on the level of the high point of the
shoulder (x towards the wearer's left), sleeve halves at the top of the cap (x across from the fold, y down the arm is
negative).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from engines.synthetic.body import (
    FOREARM,
    NECK,
    RIGHT,
    THIGH,
    TORSO,
    UPPER_ARM,
    BodyModel,
    PosedBody,
)
from engines.synthetic.panel import Panel, arc_length, bezier

F64 = NDArray[np.float64]
IDX = NDArray[np.int64]
Joins = list[tuple[tuple[int, IDX], tuple[int, IDX]]]
"""Seams to join, each a panel's number and its points, both running the same way."""


_WAIST_TO_HIP = 0.16
"""Natural waist above the hip joint, in metres."""


@dataclass(frozen=True)
class Girths:
    """What a tailor measures on the rest body (metres)."""

    shoulder: F64
    elbow: F64
    wrist: F64
    hip: float
    heights: F64
    girth: F64
    half_width: F64
    back: F64
    front: F64
    shoulder_line_x: F64
    shoulder_line_y: F64
    upper_arm: float
    forearm: float

    def at(self, height: float) -> float:
        """Girth of the trunk at a height."""
        return float(np.interp(height, self.heights, self.girth))

    @property
    def arm_length(self) -> float:
        """Shoulder joint to wrist."""
        return float(np.linalg.norm(self.elbow - self.shoulder) + np.linalg.norm(self.wrist - self.elbow))


def _slice(points: F64, height: float) -> tuple[float, float, float, float]:
    ring = points[abs(points[:, 1] - height) < 0.018][:, [0, 2]]
    hull = ring[ConvexHull(ring).vertices]
    girth = float(np.linalg.norm(np.roll(hull, -1, 0) - hull, axis=1).sum())
    return girth, float(abs(ring[:, 0]).max()), float(ring[:, 1].min()), float(ring[:, 1].max())


def limb_girth(points: F64, start: F64, end: F64, low: float, high: float, percentile: float) -> float:
    """Girth of a limb between two distances from its start."""
    axis = (end - start) / np.linalg.norm(end - start)
    along = (points - start) @ axis
    radius = np.linalg.norm(points - start - along[:, None] * axis, axis=1)
    return float(2 * np.pi * np.percentile(radius[(along > low) & (along < high)], percentile))


def measure(model: BodyModel, body: PosedBody) -> Girths:
    """Measure a body in its rest pose."""
    used = np.unique(model.body_faces)
    points, parts, joints = body.rest[used], model.parts[used], body.rest_joints
    shoulder, elbow, wrist = (joints[name + ".L"] for name in ("upperarm01", "lowerarm01", "wrist"))
    hip = float(joints["upperleg01.L"][1])
    trunk = points[np.isin(parts, [TORSO, THIGH, THIGH + RIGHT])]
    heights = np.linspace(hip - 0.16, shoulder[1] - 0.04, 15)
    slices = np.array([_slice(trunk, height) for height in heights])
    top = points[np.isin(parts, [TORSO, NECK, UPPER_ARM]) & (abs(points[:, 2] - shoulder[2]) < 0.09)]
    line_x = np.linspace(0.03, shoulder[0] + 0.075, 14)
    line_y = np.array([top[abs(top[:, 0] - x) < 0.012][:, 1].max() for x in line_x])
    return Girths(
        shoulder=shoulder,
        elbow=elbow,
        wrist=wrist,
        hip=hip,
        heights=heights,
        girth=slices[:, 0],
        half_width=slices[:, 1],
        back=slices[:, 2],
        front=slices[:, 3],
        shoulder_line_x=line_x,
        shoulder_line_y=line_y,
        upper_arm=limb_girth(points[parts == UPPER_ARM], shoulder, elbow, 0.08, 0.16, 75),
        forearm=limb_girth(points[parts == FOREARM], elbow, wrist, 0.0, 0.2, 80),
    )


@dataclass(frozen=True)
class TopSpec:
    """What a designer decides about a top. Lengths in metres for a body of average build (scaled to the wearer)."""

    ease: float
    """Share of the bust girth that the garment is wider than the body."""
    length: float
    """Hem below the hip joint, negative above."""
    flare: float
    waist: float
    neck_width: float
    neck_depth: float
    v_neck: bool
    drop: float
    """How far the shoulder seam lies beyond the shoulder joint."""
    sleeve: float
    """Sleeve length as a share of shoulder to wrist; 0 for none."""
    sleeve_ease: float
    cuff: float
    """Cuff girth over the forearm's or, on short sleeves, over the sleeve's girth at the armpit."""
    skirt: float = 0.0
    """How much wider a dress is at its hem than at its waist, a side, in metres."""


@dataclass(frozen=True)
class TopSizes:
    """The finished measures in metres that `Measures` is made of (see `engines.garments.garment`)."""

    level: float
    """Height of the high point of the shoulder on the rest body."""
    half_chest: float
    length: float
    half_hem: float
    half_shoulder: float
    shoulder_drop: float
    armpit: float
    half_neck: float
    neck_front: float
    neck_back: float
    sleeve_length: float
    sleeve_width: float
    cuff_width: float
    cap_height: float
    side: F64
    """Side seam (k, 2) in panel coordinates."""


def mirrored(curve: F64) -> F64:
    """A curve (n, 2) on the other side of the centre, run through backwards."""
    return np.asarray((curve * np.array([-1.0, 1.0]))[::-1])


def _side_seam(girths: Girths, spec: TopSpec, level: float, half_chest: float, armpit: float, length: float) -> F64:
    """From the armpit to the hem: as wide as the body asks for with the ease, smoothed, flared."""
    bottom = max(armpit + 0.06, min(length, level - girths.heights[0]))
    depth = np.linspace(armpit, bottom, 12)
    need = np.array([girths.at(level - d) for d in depth]) * (1 + spec.ease * 0.6) / 4
    shaped = half_chest * (1 - spec.waist * np.sin(np.pi * np.linspace(0, 1, 12)))
    width = np.maximum(shaped, need)
    if spec.waist == 0:
        width = np.maximum.accumulate(width)
    for _ in range(4):
        width[1:-1] = np.convolve(width, [0.25, 0.5, 0.25], "same")[1:-1]
    width[0] = half_chest
    start = level - girths.hip - _WAIST_TO_HIP if spec.skirt > 0 else armpit
    more = np.linspace(bottom, length, 5)[1:] if length > bottom + 1e-3 else np.zeros(0)
    depth, width = np.r_[depth, more], np.r_[width, np.full(len(more), width[-1])]
    share = np.clip((depth - start) / max(0.2, length - start), 0, 1)
    # A seam that slants as far out is no longer than the centre is: its hem would hang in corners.
    raised = share * (length - start - slanted(length - start, spec.skirt)) if spec.skirt > 0 else 0.0
    return np.stack([width + (spec.flare + spec.skirt) * share, -depth + raised], 1)


def slanted(length: float, out: float) -> float:
    """How far down a seam reaches that is `length` long and runs `out` sideways."""
    return float(np.sqrt(max(length**2 - out**2, (0.6 * length) ** 2)))


def _sleeve_cap(width: float, armhole: float) -> tuple[F64, float]:
    """The cap's curve and height, as long as the armhole (by bisection)."""
    low, high = 0.01, armhole
    curve = np.zeros((2, 2))
    for _ in range(30):
        height = 0.5 * (low + high)
        curve = bezier((0, 0), (0.45 * width, 0), (0.5 * width, -height), (width, -height))
        low, high = (height, high) if arc_length(curve) < armhole else (low, height)
    return curve, height


@dataclass(frozen=True)
class Pattern:
    """Panels and the seams that join them: ((panel, seam), (panel, seam)), both running the same way."""

    panels: list[Panel]
    joins: Joins
    sizes: TopSizes


def _armhole(
    girths: Girths, spec: TopSpec, level: float, scale: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Shoulder point and armpit point in torso panel coordinates."""
    half_shoulder = girths.shoulder[0] + spec.drop
    on_line = float(np.interp(half_shoulder, girths.shoulder_line_x, girths.shoulder_line_y)) + 0.004
    drop = max(0.02, level - on_line)
    armpit = drop + 0.15 * scale + 0.4 * max(0.0, girths.upper_arm - 0.28) * 0.5 + 0.12 * spec.ease
    armpit += 0.3 * max(0.0, spec.drop - 0.03)
    bust = max(girths.at(level - armpit), girths.at(level - armpit - 0.05))
    half_chest = max(bust * (1 + spec.ease) / 4, half_shoulder + 0.005)
    return (half_shoulder, -drop), (half_chest, -armpit)


def _torso(
    name: str,
    spec: TopSpec,
    scale: float,
    half_neck: float,
    shoulder: tuple[float, float],
    armhole: F64,
    side: F64,
    length: float,
) -> Panel:
    front = name == "front"
    depth = spec.neck_depth * scale if front else 0.02 * scale
    if spec.v_neck and front:
        neck = bezier((0, -depth), (half_neck * 0.55, -depth * 0.5), (half_neck, 0))
    else:
        neck = bezier((0, -depth), (half_neck * 0.62, -depth), (half_neck * 0.97, -depth * 0.45), (half_neck, 0))
    half_hem, corner = side[-1]
    middle = -length - 0.006
    hem = bezier((half_hem, corner), (half_hem * 0.5, middle), (0, middle))
    seam = bezier((half_neck, 0), shoulder)
    right = [("neck+", neck), ("shoulder+", seam), ("armhole+", armhole), ("side+", side), ("hem+", hem)]
    left = [(edge[:-1] + "-", mirrored(curve)) for edge, curve in reversed(right)]
    return Panel(name, right + left)


def _sleeve_panels(sign: str, cap: F64, cap_height: float, width: float, cuff: float, length: float) -> list[Panel]:
    long = length > 0.4
    bend = (width * 0.6 + cuff * 0.4, -cap_height - 0.5 * (length - cap_height))
    under = (
        bezier((width, -cap_height), bend, (cuff, -length)) if long else bezier((width, -cap_height), (cuff, -length))
    )
    edges = [
        ("cap", cap),
        ("under", under),
        ("cuff", bezier((cuff, -length), (0, -length))),
        ("fold", bezier((0, -length), (0, 0))),
    ]
    return [Panel(f"sleeve{sign}{half}", edges) for half in ("front", "back")]


def cut_top(girths: Girths, spec: TopSpec) -> Pattern:
    """Cut a top to a body's girths."""
    scale = girths.shoulder[0] / 0.155
    half_neck = spec.neck_width * scale
    level = float(np.interp(half_neck, girths.shoulder_line_x, girths.shoulder_line_y)) + 0.008
    shoulder, armpit = _armhole(girths, spec, level, scale)
    length = max(level - girths.hip + spec.length * scale, -armpit[1] + 0.1)
    side = _side_seam(girths, spec, level, armpit[0], -armpit[1], length)
    drop = -armpit[1] + shoulder[1]
    armhole = bezier(
        shoulder,
        (shoulder[0] - 0.014 * scale, shoulder[1] - 0.55 * drop),
        (shoulder[0] + 0.25 * (armpit[0] - shoulder[0]) - 0.004, armpit[1]),
        armpit,
    )
    panels = [_torso(name, spec, scale, half_neck, shoulder, armhole, side, length) for name in ("front", "back")]
    joins = [
        ((0, panels[0].seams[seam + sign]), (1, panels[1].seams[seam + sign]))
        for sign in "+-"
        for seam in ("shoulder", "side")
    ]
    sleeve = (0.0, 0.0, 0.0, 0.0)
    if spec.sleeve > 0:
        sleeve = _add_sleeves(panels, joins, girths, spec, arc_length(armhole))
    sizes = TopSizes(
        level, armpit[0], length, side[-1, 0], shoulder[0], -shoulder[1], -armpit[1], half_neck,
        spec.neck_depth * scale, 0.02 * scale, *sleeve, side,
    )  # fmt: skip
    return Pattern(panels, joins, sizes)


def _add_sleeves(
    panels: list[Panel],
    joins: Joins,
    girths: Girths,
    spec: TopSpec,
    armhole: float,
) -> tuple[float, float, float, float]:
    """Cut and join both sleeves; length, width, cuff width and cap height in metres."""
    width = min(girths.upper_arm * (1 + spec.sleeve_ease) / 2, 0.94 * armhole)
    cap, cap_height = _sleeve_cap(width, armhole)
    length = max(spec.sleeve * girths.arm_length - spec.drop, cap_height + 0.03)
    if spec.sleeve > 0.8:
        cuff = max(girths.forearm * (1 + 0.3 * spec.cuff) / 2 * 0.85, width * 0.45)
    else:
        cuff = width * (1 - 0.25 * (1 - spec.cuff) * min(1.0, (length - cap_height) / 0.1))
    for sign in "+-":
        halves = _sleeve_panels(sign, cap, cap_height, width, cuff, length)
        for torso, half in enumerate(halves):
            seam = panels[torso].seams["armhole" + sign]
            panels.append(half)
            joins.append(((len(panels) - 1, half.seams["cap"]), (torso, seam if sign == "+" else seam[::-1])))
        first, second = len(panels) - 2, len(panels) - 1
        joins.extend(((first, halves[0].seams[s]), (second, halves[1].seams[s])) for s in ("fold", "under"))
    return length, width, cuff, cap_height
