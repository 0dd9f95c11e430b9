"""Sewing patterns of skirts and trousers: panels cut to a body's waist, hips and legs.

Panel coordinates are metres, y up, 0 at the waistband's upper edge. A skirt's panels have x = 0 at the centre (towards
the wearer's left positive). A leg's panels, front and back alike, have x = 0 at the outseam and grow towards the centre
seam and the inseam: so a leg is cut like a sleeve, its outseam in the place of the fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engines.synthetic.body import SHIN, THIGH, TORSO, BodyModel, PosedBody
from engines.synthetic.panel import Panel, bezier
from engines.synthetic.pattern import Girths, Joins, limb_girth, mirrored, slanted

F64 = NDArray[np.float64]
IDX = NDArray[np.int64]
Kind = Literal["skirt", "trousers"]
_HEEL = 0.07
"""How far the ankle's joint lies above the floor, in metres."""


@dataclass(frozen=True)
class LegGirths:
    """What a tailor measures on the left leg of the rest body (metres)."""

    hip: F64
    knee: F64
    ankle: F64
    crotch: float
    """Height of the crotch."""
    thigh: float
    calf: float

    def centre(self, height: F64) -> F64:
        """The leg's axis (n, 3) at some heights."""
        joints = np.stack([self.ankle, self.knee, self.hip])
        return np.stack([np.interp(height, joints[:, 1], joints[:, k]) if k != 1 else height for k in range(3)], 1)


def measure_legs(model: BodyModel, body: PosedBody) -> LegGirths:
    """Measure a body's left leg in its rest pose."""
    used = np.unique(model.body_faces)
    points, parts, joints = body.rest[used], model.parts[used], body.rest_joints
    hip, knee, ankle = (joints[name + ".L"] for name in ("upperleg01", "lowerleg01", "foot"))
    middle = points[np.isin(parts, [TORSO, THIGH]) & (abs(points[:, 0]) < 0.02) & (points[:, 1] < hip[1])]
    crotch = float(middle[:, 1].min()) if len(middle) else float(hip[1]) - 0.08
    below = float(hip[1]) - crotch
    return LegGirths(
        hip, knee, ankle, crotch,
        thigh=limb_girth(points[parts == THIGH], hip, knee, below + 0.01, below + 0.06, 75),
        calf=limb_girth(points[parts == SHIN], knee, ankle, 0.05, 0.2, 80),
    )  # fmt: skip


@dataclass(frozen=True)
class BottomSpec:
    """What a designer decides about a skirt or trousers."""

    kind: Kind
    rise: float
    """Waistband above the hip joint, in metres for an average build."""
    ease: float
    """Share of the hip girth that the garment is wider than the body."""
    length: float
    """Waistband to hem as a share of waistband to floor."""
    hem: float
    """Half hem over half hip of a skirt; hem over thigh width of a leg."""
    crotch_drop: float = 0.0
    """How far trousers hang below the crotch, in metres."""


@dataclass(frozen=True)
class BottomSizes:
    """The finished measures in metres, flat.

    level: height of the waistband on the rest body. leg_width and leg_hem are a leg's width at the crotch and the hem,
    0 for a skirt; rise: waistband to crotch.
    """

    level: float
    half_waist: float
    half_hip: float
    length: float
    half_hem: float
    rise: float
    leg_width: float
    leg_hem: float
    side: F64
    """Half width (k,) of a skirt, or width from outseam to centre or inseam of a leg, with..."""
    depth: F64
    """...the depth (k,) below the waistband at which it is so wide."""


@dataclass(frozen=True)
class BottomPattern:
    """Panels, the seams that join them, and the seams that form the waistband."""

    panels: list[Panel]
    joins: Joins
    waist: list[tuple[int, IDX]]
    sizes: BottomSizes


def _common(girths: Girths, legs: LegGirths, spec: BottomSpec) -> tuple[float, float, float, float, float]:
    """Level, half waist, half hip, depth of the hips and length."""
    scale = (girths.hip - float(legs.ankle[1])) / 0.80
    level = girths.hip + spec.rise * scale
    heights = np.linspace(girths.hip - 0.05, level, 8)
    around = np.array([girths.at(h) for h in heights])
    widest = int(around.argmax())
    half_hip = around[widest] * (1 + spec.ease) / 4
    half_waist = min(girths.at(level) * 1.015 / 4, half_hip)
    length = spec.length * (level - float(legs.ankle[1]) + _HEEL)
    return level, half_waist, half_hip, max(0.05, level - float(heights[widest])), length


def cut_skirt(girths: Girths, legs: LegGirths, spec: BottomSpec) -> BottomPattern:
    """Cut a skirt: two panels that follow waist and hips, then run straight to the hem."""
    level, waist, hip, hip_depth, length = _common(girths, legs, spec)
    hip_depth = min(hip_depth, 0.6 * length)
    hem = hip * spec.hem
    end = hip_depth + slanted(length - hip_depth, hem - hip)
    depth = np.linspace(0, end, 14)
    side = np.where(
        depth < hip_depth,
        waist + (hip - waist) * np.sin(np.clip(depth / hip_depth, 0, 1) * np.pi / 2),
        hip + (hem - hip) * np.clip((depth - hip_depth) / max(end - hip_depth, 1e-3), 0, 1),
    )
    for _ in range(2):
        side[1:-1] = np.convolve(side, [0.25, 0.5, 0.25], "same")[1:-1]
    right = [
        ("waist+", bezier((0, 0), (waist, 0))),
        ("side+", np.stack([side, -depth], 1)),
        ("hem+", bezier((hem, -end), (hem * 0.5, -length), (0, -length))),
    ]
    left = [(edge[:-1] + "-", mirrored(curve)) for edge, curve in reversed(right)]
    panels = [Panel(name, right + left) for name in ("front", "back")]
    joins: Joins = [((0, panels[0].seams["side" + sign]), (1, panels[1].seams["side" + sign])) for sign in "+-"]
    band = [(k, panels[k].seams["waist" + sign]) for k in (0, 1) for sign in "+-"]
    sizes = BottomSizes(level, waist, hip, length, hem, 0.0, 0.0, 0.0, side, depth)
    return BottomPattern(panels, joins, band, sizes)


def cut_trousers(girths: Girths, legs: LegGirths, spec: BottomSpec) -> BottomPattern:
    """Cut trousers: a front and a back for each leg, joined at outseam, inseam and, left to right, at the centre."""
    level, waist, hip, hip_depth, length = _common(girths, legs, spec)
    rise = level - legs.crotch + spec.crotch_drop
    length = max(length, rise + 0.06)
    width = max(legs.thigh * (1 + spec.ease) / 2, hip + 0.025)
    hem = max(spec.hem * width, legs.calf * 0.5 if spec.length > 0.6 else 0.5 * width)
    hip_depth = min(hip_depth, 0.75 * rise)
    centre = bezier((waist, 0), (hip, -hip_depth * 0.7), (hip * 0.99, -rise + 0.02), (width, -rise))
    knee = rise + 0.45 * (length - rise)
    inseam = bezier((width, -rise), ((width + hem) / 2 - 0.1 * (width - hem), -knee), (hem, -length))
    edges = [
        ("waist", bezier((0, 0), (waist, 0))),
        ("centre", centre),
        ("inseam", inseam),
        ("hem", bezier((hem, -length), (0, -length))),
        ("outseam", bezier((0, -length), (0, 0))),
    ]
    panels = [Panel(f"leg{sign}{half}", edges) for sign in "+-" for half in ("front", "back")]
    joins: Joins = [
        ((k, panels[k].seams[s]), (k + 1, panels[k + 1].seams[s])) for k in (0, 2) for s in ("outseam", "inseam")
    ]
    joins += [((k, panels[k].seams["centre"]), (k + 2, panels[k + 2].seams["centre"])) for k in (0, 1)]
    band = [(k, panel.seams["waist"]) for k, panel in enumerate(panels)]
    edge = np.concatenate([centre, inseam[1:]])
    sizes = BottomSizes(level, waist, hip, length, 0.0, rise, width, hem, edge[:, 0], -edge[:, 1])
    return BottomPattern(panels, joins, band, sizes)


def cut_bottom(girths: Girths, legs: LegGirths, spec: BottomSpec) -> BottomPattern:
    """Cut a skirt or trousers to a body's girths."""
    return (cut_skirt if spec.kind == "skirt" else cut_trousers)(girths, legs, spec)


def place_skirt(points: F64, front: bool, sizes: BottomSizes, girths: Girths) -> F64:
    """A skirt's panel (n, 2) as a half tube around the rest body (n, 3)."""
    x, y = points.T
    width = np.interp(-y, sizes.depth, sizes.side)
    return around_trunk(x / np.maximum(width, 1e-3), width, sizes.level + y, front, girths)


def around_trunk(share: F64, width: F64, height: F64, front: bool, girths: Girths) -> F64:
    """Points (n, 3) on the trunk's half ring at `share` (-1..1, from side to side) of a panel so wide."""
    facing = 1.0 if front else -1.0
    rx = np.interp(height, girths.heights, girths.half_width)
    back, ahead = np.interp(height, girths.heights, girths.back), np.interp(height, girths.heights, girths.front)
    middle, rz = (back + ahead) / 2, (ahead - back) / 2
    grow = np.maximum(4 * width / (2 * np.pi * np.sqrt((rx**2 + rz**2) / 2)), 1.04)
    angle = share * np.pi / 2
    return np.stack([grow * rx * np.sin(angle), height, middle + facing * grow * rz * np.cos(angle)], 1)


def place_leg(points: F64, front: bool, sizes: BottomSizes, girths: Girths, legs: LegGirths) -> F64:
    """A left leg's panel (n, 2) around the rest body (n, 3): a quarter of the trunk above, half the leg below."""
    x, y = points.T
    facing = 1.0 if front else -1.0
    width = np.maximum(np.interp(-y, sizes.depth, sizes.side), 1e-3)
    height = sizes.level + y
    share = np.clip(x / width, 0, 1)
    pelvis = around_trunk(1 - share, width, height, front, girths)
    radius = np.maximum(width / np.pi, 0.045)
    axis, angle = legs.centre(height), np.pi * share
    ring = axis + np.stack([radius * np.cos(angle), 0 * x, facing * radius * np.sin(angle)], 1)
    down = np.clip((-y - sizes.rise + 0.09) / 0.11, 0, 1)[:, None]
    down = down * down * (3 - 2 * down)
    placed = (1 - down) * pelvis + down * ring
    placed[:, 0] = np.maximum(placed[:, 0], 0.004)
    return np.asarray(placed, np.float64)
