"""How a twin stands: weight shifts from foot to foot, breath, a glance, a blink; over in `SECONDS` and begun anew.

Every motion is a sum of cosines of whole periods, so that the loop has no seam, and the way back mirrors the way there:
frame k equals frame `FRAMES` - k.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from engines.synthetic.people import rotation, turn_arm

if TYPE_CHECKING:
    from engines.synthetic.body import BodyModel, PosedBody
    from engines.synthetic.twin_people import TwinSpec

F64 = NDArray[np.float64]
FPS: Final = 15.0
SECONDS: Final = 6.0
FRAMES: Final = round(FPS * SECONDS)
DIFFERENT: Final = FRAMES // 2 + 1
"""Frames that differ from one another."""
_BLINKS: Final = (0.13, 0.44)
"""When the eyes close, in periods; the way back closes them at the mirrored times too."""
_BLINK_WIDTH: Final = 0.011
_LID_DEGREES: Final = 34.0


def _wave(time: float, times: int, late: float = 0.0) -> float:
    """An even wave of `times` whole periods; `late` blends in its overtone, so that no two people swing alike."""
    turn = 2 * np.pi * time
    return float((1 - abs(late)) * np.cos(times * turn) + late * np.cos((times + 1) * turn))


def rotations(model: BodyModel, spec: TwinSpec, time: float) -> dict[str, F64]:
    """Rotations of the bones at `time` in periods, 0..1."""
    late = 0.35 * np.sin(spec.phase)
    sway, breath, glance = _wave(time, 1, late), _wave(time, 2), _wave(time, 1, -late)
    lean = 1.5 * sway
    pose = {
        "root": rotation((0, 1, 0), spec.turn),
        "spine05": rotation((0, 0, 1), -0.9 * lean),
        "spine03": rotation((1, 0, 0), -0.7 * breath) @ rotation((0, 1, 0), -0.25 * spec.turn + 2.2 * sway),
        "spine01": rotation((0, 0, 1), 0.5 * lean),
        "neck01": rotation((0, 1, 0), -0.35 * spec.turn + 2.5 * glance) @ rotation((1, 0, 0), 1.0 + 0.5 * breath),
        "head": rotation((0, 1, 0), -0.3 * spec.turn + 2.5 * glance) @ rotation((0, 0, 1), 1.1 * sway),
    }
    for side, sign in ((".L", 1.0), (".R", -1.0)):
        pose |= _arm(model, spec, side, sign, sway, breath)
        pose |= _hand(side, sign, 1.0 + 0.12 * sway)
        pose["upperleg01" + side] = rotation((0, 0, 1), 1.0 * lean - sign * 5.6)
        pose["foot" + side] = rotation((0, 0, 1), -1.0 * lean + sign * 5.6) @ rotation((0, 1, 0), sign * 6.0)
    return pose


def _arm(model: BodyModel, spec: TwinSpec, side: str, sign: float, sway: float, breath: float) -> dict[str, F64]:
    swing = 0.035 * sway * sign
    upper = np.array([sign * (spec.arms + 0.012 * breath), -1.0, -0.05 + swing])
    bend = spec.bend if sign * spec.turn > 0 else 0.2
    fore = np.array([sign * (spec.arms - 0.06 - 0.4 * (bend - 0.2)), -1.0, bend + 1.6 * swing + 0.012 * breath])
    clavicle = rotation((0, 0, 1), sign * (-2.0 + 0.7 * breath))
    upper, fore = upper / np.linalg.norm(upper), fore / np.linalg.norm(fore)
    return turn_arm(model, side, upper, fore, clavicle, sign * -8.0)


def _hand(side: str, sign: float, share: float) -> dict[str, F64]:
    """A hand at rest, each finger a little more bent than the one before it."""
    bent = {
        f"finger{finger}-{joint}{side}": rotation((0, 0, 1), -sign * share * (8 + 4 * finger) * (0.8 + 0.25 * joint))
        for finger in (2, 3, 4, 5)
        for joint in (1, 2, 3)
    }
    return bent | {f"finger1-2{side}": rotation((0, 1, 0), sign * 12 * share)}


def posed(model: BodyModel, spec: TwinSpec, phenotype: dict[str, float], time: float) -> PosedBody:
    """The body at `time` in periods; its feet stay where they are, on the floor at y = 0."""
    body = model.pose(phenotype, rotations(model, spec, time))
    feet = (body.joints["foot.L"] + body.joints["foot.R"]) / 2
    shift = -np.array([feet[0], body.vertices[np.unique(model.body_faces), 1].min(), feet[2]])
    transforms = body.bone_transforms.copy()
    transforms[:, :3, 3] += shift
    joints = {name: place + shift for name, place in body.joints.items()}
    vertices = _blinked(model, body, body.vertices, time) + shift
    return replace(body, vertices=vertices, bone_transforms=transforms, joints=joints)


def _blinked(model: BodyModel, body: PosedBody, vertices: F64, time: float) -> F64:
    """The upper lids turned about their eyeballs by as much as they are closed at `time`."""
    closed = max(np.exp(-(((min(time, 1 - time) - at) / _BLINK_WIDTH) ** 2)) for at in _BLINKS)
    if closed < 0.02:
        return vertices
    out = vertices.copy()
    used = np.unique(model.body_faces)
    for side in (".L", ".R"):
        bone = body.bone_transforms[model.bones.index("head")][:3, :3]
        eye = body.rest_joints["eye" + side]
        local = body.rest[used] - eye
        distance = np.linalg.norm(local, axis=1)
        weight = np.clip((0.026 - distance) / 0.011, 0, 1) * np.clip((local[:, 1] + 0.002) / 0.003, 0, 1)
        weight *= np.clip(1.25 - local[:, 1] / 0.014, 0, 1) * (local[:, 2] > 0.0)
        chosen = weight > 0
        seen = vertices[used[chosen]] - body.joints["eye" + side]
        axis = bone @ np.array([1.0, 0.0, 0.0])
        angle = np.radians(_LID_DEGREES * closed) * weight[chosen, None]
        turned = (
            seen * np.cos(angle)
            + np.cross(axis, seen) * np.sin(angle)
            + axis * (seen @ axis)[:, None] * (1 - np.cos(angle))
        )
        out[used[chosen]] = turned + body.joints["eye" + side]
    return np.asarray(out, np.float64)
