"""The contract of dresses, skirts and trousers: a taller window on the person, and the legs beside the arms.

Their own network (`drape_long.onnx`) has the shape of the tops' and gives the same fields (`engines.drape.drape`). A
dress has a torso and sleeves like a top; a skirt is a torso panel alone; trousers have a leg in the place of each
sleeve, so `Layer.SLEEVE_LEFT` and `Panel.SLEEVE_LEFT` are then the left leg. Input maps are those of
`engines.drape.contract`, with seven more channels: where each leg is (3 + 3), and the kind of garment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from engines.drape import contract, limbs
from engines.drape.contract import FieldBody, garment_raw
from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH
from engines.pose.body import Landmark

F32 = NDArray[np.float32]
WINDOW = contract.Window(torso=80.0, middle=72.0)
"""From above the shoulders to below the feet of whoever stands."""
CHANNELS = 64


class Kind(IntEnum):
    """What the draping networks tell apart; all tops are one kind."""

    TOP = 0
    DRESS = 1
    SKIRT = 2
    TROUSERS = 3


BOTTOM_NAMES = ("ease", "length", "hem", "waist", "half_waist", "half_hip", "rise", "leg_width", "cuff")
"""A skirt's or trousers' code before normalisation: `ease`, `hem` and `cuff` are shares, the rest torso lengths.

`hem` is half hem over half hip of a skirt, `cuff` hem over width of a leg, `waist` how far below the shoulders the
waistband lies.
"""
_CENTRE = np.array([0.08, 1.40, 1.0, 0.80, 0.40, 0.50, 0.45, 0.60, 0.8, 0, 0, 0], np.float32)
_SCALE = np.array([0.10, 0.45, 0.3, 0.10, 0.08, 0.08, 0.10, 0.10, 0.2, 1, 1, 1], np.float32)
_DRESS_LENGTH = (2.2, 0.5)
"""Centre and scale of a dress's length, torso lengths."""


@dataclass(frozen=True)
class BottomCut:
    """A skirt or trousers on somebody, in the terms of `BOTTOM_NAMES`; leg measures are 0 for a skirt."""

    ease: float
    length: float
    hem: float
    waist: float
    half_waist: float
    half_hip: float
    rise: float = 0.0
    leg_width: float = 0.0
    cuff: float = 0.0


def bottom_code(cut: BottomCut) -> F32:
    """What the network is told of a skirt or trousers (12,), normalised."""
    raw = np.zeros(len(_CENTRE), np.float32)
    raw[: len(BOTTOM_NAMES)] = [getattr(cut, name) for name in BOTTOM_NAMES]
    if cut.leg_width <= 0:
        raw[6:9] = _CENTRE[6:9]
    else:
        raw[2] = _CENTRE[2]
    return np.asarray((raw - _CENTRE) / _SCALE, np.float32)


def bottom_raw(code: F32, name: str) -> float:
    """One of `BOTTOM_NAMES` before normalisation."""
    index = BOTTOM_NAMES.index(name)
    return float(code[index] * _SCALE[index] + _CENTRE[index])


def dress_code(top_code: F32) -> F32:
    """A dress's code (12,) from that of a top so long: lengths beyond any top's made small."""
    code: F32 = top_code.copy()
    index = contract.CODE_NAMES.index("length")
    code[index] = (garment_raw(top_code, "length") - _DRESS_LENGTH[0]) / _DRESS_LENGTH[1]
    return code


def dress_length(code: F32) -> float:
    """A dress's length in torso lengths."""
    return float(code[contract.CODE_NAMES.index("length")] * _DRESS_LENGTH[1] + _DRESS_LENGTH[0])


def chart_lengths(kind: Kind, code: F32) -> F32:
    """Torso lengths of one chart unit: (6,), u and v of each panel."""
    if kind in {Kind.TOP, Kind.DRESS}:
        length = garment_raw(code, "length") if kind == Kind.TOP else dress_length(code)
        half_chest = 0.5 * (1 + garment_raw(code, "ease"))
        width, sleeve = garment_raw(code, "sleeve_width"), garment_raw(code, "sleeve_length")
        return np.array([half_chest, length, width, sleeve, width, sleeve], np.float32)
    half_hip, length = bottom_raw(code, "half_hip"), bottom_raw(code, "length")
    width = bottom_raw(code, "leg_width")
    return np.array([half_hip, length, width, length, width, length], np.float32)


LEFT_LEG = (Landmark.LEFT_HIP, Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE, Landmark.LEFT_HEEL, Landmark.LEFT_FOOT_INDEX)
RIGHT_LEG = (
    Landmark.RIGHT_HIP, Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE, Landmark.RIGHT_HEEL, Landmark.RIGHT_FOOT_INDEX,
)  # fmt: skip


def _torso_frame(points: F32) -> tuple[F32, F32]:
    """Torso lengths down from the shoulders' middle and across, to the picture's right."""
    shoulders = points[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]].mean(0)
    hips = points[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP]].mean(0)
    axis = (hips - shoulders) / max(float(np.linalg.norm(hips - shoulders)), 1.0)
    x, y = limbs.GRID_X - shoulders[0], limbs.GRID_Y - shoulders[1]
    down, across = x * axis[0] + y * axis[1], x * axis[1] - y * axis[0]
    return np.asarray(down / WINDOW.torso, np.float32), np.asarray(across / WINDOW.torso, np.float32)


def _leg_guess(leg: limbs.Arm, down: F32, code: F32, sign: float) -> list[F32]:
    """Geometric guess of a leg's u and v: along the bones below the hip's joint, along the trunk above it."""
    width, length = max(bottom_raw(code, "leg_width"), 0.2), max(bottom_raw(code, "length"), 0.3)
    waist = bottom_raw(code, "waist")
    u = sign * (0.5 + np.clip(leg.across * np.pi / (2 * width * WINDOW.torso), -1.0, 1.0))
    v = np.where(leg.along > 0, (1.0 - waist) + leg.along / WINDOW.torso, down - waist) / length
    return [np.asarray(u, np.float32), np.asarray(np.clip(v, -0.6, 2.0), np.float32)]


def _guess(
    kind: Kind, points: F32, code: F32, sign: float, sleeves: list[list[F32]], legs: list[limbs.Arm]
) -> list[F32]:
    """The six channels of `contract.GUESS`."""
    down, across = _torso_frame(points)
    if kind == Kind.DRESS:
        return [1.9 * sign * across, (down + 0.16) / dress_length(code), *sleeves[0], *sleeves[1]]
    half_hip, length = max(bottom_raw(code, "half_hip"), 0.2), max(bottom_raw(code, "length"), 0.2)
    torso = [sign * across / half_hip, (down - bottom_raw(code, "waist")) / length]
    return [*torso, *(field for leg in legs for field in _leg_guess(leg, down, code, sign))]


def input_maps(body: FieldBody, code: F32, kind: Kind) -> F32:
    """The network's input (64, 72, 64) float32 for one body, in `WINDOW`, and one garment."""
    points = body.points
    span, turn = limbs.facing(points, body.world)
    sign = 1.0 if span >= 0 else -1.0
    depth = limbs.depths(body.world)
    arms = [limbs.arm(points, depth, joints, side * sign) for joints, side in ((limbs.LEFT, -1), (limbs.RIGHT, 1))]
    legs = [limbs.arm(points, depth, joints, side * sign) for joints, side in ((LEFT_LEG, -1), (RIGHT_LEG, 1))]
    sleeves = [contract.sleeve_guess(arm, code, WINDOW.torso) for arm in arms] if kind == Kind.DRESS else []
    for guess in sleeves:
        guess[0] *= sign
    scalars = np.concatenate([[2 * span, 3 * turn], code]).astype(np.float32)
    planes = np.broadcast_to(scalars[:, None, None], (len(scalars), COARSE_HEIGHT, COARSE_WIDTH))
    maps = [
        *_guess(kind, points, code, sign, sleeves, legs), *arms[0].maps, *arms[1].maps,
        *limbs.trunk_maps(points), limbs.valid(body.frame),
    ]  # fmt: skip
    silhouette = limbs.space_to_depth(body.silhouette).astype(np.float32) / np.float32(255)
    more = [leg.maps[k] for leg in legs for k in (0, 2, 6)]
    more.append(np.full((COARSE_HEIGHT, COARSE_WIDTH), float(kind - Kind.SKIRT), np.float32))
    return np.concatenate([np.stack(maps), silhouette, planes, np.stack(more)]).astype(np.float32)


def maps_for(kind: Kind) -> Callable[[FieldBody, F32], F32]:
    """What makes the input maps of a kind of garment, of its own network, from a body and a code."""
    if kind == Kind.TOP:
        return contract.input_maps
    return lambda body, code: input_maps(body, code, kind)
