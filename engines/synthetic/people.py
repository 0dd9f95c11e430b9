"""Random adults in the poses that people take before a mirror."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from engines.synthetic.body import FOREARM, HAND, HEAD, NECK, RIGHT, THIGH, TORSO
from engines.synthetic.raster import vertex_normals

if TYPE_CHECKING:
    from engines.synthetic.body import BodyModel, PosedBody

F64 = NDArray[np.float64]
ARM_POSES = ("down", "akimbo", "crossed", "before", "raised", "behind", "face")
ARM_POSE_SHARES = (0.36, 0.12, 0.15, 0.17, 0.07, 0.05, 0.08)
SITTING_SHARE = 0.06


def rotation(axis: tuple[float, float, float], degrees: float) -> F64:
    """Rotation matrix (3, 3) about an axis (Rodrigues)."""
    x, y, z = np.array(axis, float) / np.linalg.norm(axis)
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = np.radians(degrees)
    return np.asarray(np.eye(3) + np.sin(angle) * k + (1.0 - np.cos(angle)) * k @ k, np.float64)


def shortest_rotation(source: F64, target: F64) -> F64:
    """The rotation (3, 3) that takes one direction to another without twist."""
    a, b = source / np.linalg.norm(source), target / np.linalg.norm(target)
    x, y, z = np.cross(a, b)
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + k + k @ k / max(1e-6, 1.0 + float(a @ b)), np.float64)


def random_phenotype(rng: np.random.Generator) -> dict[str, float]:
    """Adults of all ages, figures, heights and sexes; plus sizes are drawn more often than they occur."""
    u = rng.uniform
    plus = rng.random() < 0.3
    sex = u(0.0, 0.25) if rng.random() < 0.5 else u(0.7, 1.0)
    return {
        "gender": float(sex),
        "age": float(u(0.55, 1.0)),
        "muscle": float(u(0.2, 0.45) if plus else u(0.2, 0.85)),
        "weight": float(u(0.9, 2.1) if plus else np.clip(rng.normal(0.5, 0.2), 0.1, 0.95)),
        "height": float(u(0.3, 0.75)),
        "proportions": float(u(0.3, 0.9)),
        "cupsize": float(u(0.15, 0.9)),
        "firmness": float(u(0.3, 0.8)),
        "african": float(u()),
        "asian": float(u()),
        "caucasian": float(u()),
    }


def _unit(x: float, y: float, z: float) -> F64:
    v = np.array([x, y, z], float)
    return np.asarray(v / np.linalg.norm(v), np.float64)


def _arm_directions(kind: str, rng: np.random.Generator) -> tuple[F64, F64]:  # noqa: PLR0911 - one row a pose
    """Directions of upper arm and forearm of a left arm (x away from the body, z forward)."""
    u = rng.uniform
    if kind == "down":
        upper = _unit(np.tan(np.radians(u(3, 32))), -1, u(-0.25, 0.3))
        return upper, _unit(*(upper + np.array([u(-0.5, 0.15), 0.0, u(0.0, 0.6)])))
    if kind == "akimbo":
        return _unit(u(0.6, 1.2), -1, u(-0.5, 0.05)), _unit(u(-1, -0.6), u(-0.7, -0.2), u(0.0, 0.6))
    if kind == "crossed":
        return _unit(u(0.05, 0.4), -1, u(0.0, 0.45)), _unit(u(-1, -0.5), u(-0.25, 0.5), u(0.35, 0.8))
    if kind == "before":
        return _unit(u(0.05, 0.5), -1, u(-0.1, 0.5)), _unit(u(-0.6, 0.3), u(-0.3, 1.0), u(0.4, 1.0))
    if kind == "raised":
        return _unit(u(0.8, 1.5), u(-0.6, 0.6), u(-0.2, 0.4)), _unit(u(-0.6, 1), u(-0.3, 1.2), u(-0.2, 0.7))
    if kind == "face":
        return _unit(u(0.1, 0.8), -1, u(0.0, 0.7)), _unit(u(-0.9, -0.1), u(0.8, 1.6), u(0.2, 0.7))
    return _unit(u(0.15, 0.5), -1, u(-0.5, -0.1)), _unit(u(-0.9, -0.2), u(-0.8, -0.3), u(-0.6, -0.1))


@dataclass(frozen=True)
class _RestArms:
    """Rest directions of the bones that a pose turns."""

    upper: F64
    fore: F64

    @classmethod
    def of(cls, model: BodyModel, side: str) -> _RestArms:
        joints = model.neutral.joints
        shoulder, elbow, wrist = (joints[name + side] for name in ("upperarm01", "lowerarm01", "wrist"))
        return cls(elbow - shoulder, wrist - elbow)


def turn_arm(model: BodyModel, side: str, upper: F64, fore: F64, clavicle: F64, twist: float = 0.0) -> dict[str, F64]:
    """Rotations that point an arm: directions (3,) of upper arm and forearm in the body's frame, twist in degrees."""
    rest = _RestArms.of(model, side)
    upper = clavicle.T @ upper
    upper_rotation = rotation(tuple(upper), twist) @ shortest_rotation(rest.upper, upper)
    return {
        "clavicle" + side: clavicle,
        "upperarm01" + side: upper_rotation,
        "lowerarm01" + side: shortest_rotation(rest.fore, upper_rotation.T @ (clavicle.T @ fore)),
    }


def _pose_arm(model: BodyModel, side: str, kind: str, rng: np.random.Generator) -> dict[str, F64]:
    sign = 1.0 if side == ".L" else -1.0
    clavicle = rotation((0, 0, 1), sign * rng.uniform(-4, 7))
    upper, fore = (direction * np.array([sign, 1.0, 1.0]) for direction in _arm_directions(kind, rng))
    return turn_arm(model, side, upper, fore, clavicle, sign * rng.uniform(-25, 25))


def _fingers(side: str, rng: np.random.Generator) -> dict[str, F64]:
    """A loosely closed hand; rest hands are stretched flat."""
    curl = rng.uniform(0, 45)
    sign = 1.0 if side == ".L" else -1.0
    return {
        f"finger{finger}-{joint}{side}": rotation((0, 0, 1), -sign * curl * rng.uniform(0.5, 1.0))
        for finger in (2, 3, 4, 5)
        for joint in (1, 2)
    }


def random_pose(model: BodyModel, rng: np.random.Generator) -> dict[str, F64]:
    """Rotations for `BodyModel.pose`."""
    u = rng.uniform
    kinds = rng.choice(ARM_POSES, 2, p=ARM_POSE_SHARES)
    if rng.random() < 0.6:
        kinds[1] = kinds[0]
    pose = {
        "spine03": rotation((0, 0, 1), u(-6, 6)) @ rotation((0, 1, 0), u(-12, 12)) @ rotation((1, 0, 0), u(-6, 10)),
        "neck01": rotation((0, 1, 0), u(-25, 25)) @ rotation((1, 0, 0), u(-10, 15)) @ rotation((0, 0, 1), u(-8, 8)),
    }
    for side, kind, sign in ((".L", kinds[0], 1.0), (".R", kinds[1], -1.0)):
        pose |= _pose_arm(model, side, str(kind), rng) | _fingers(side, rng)
        pose["upperleg01" + side] = rotation((0, 0, 1), sign * u(-4, 9)) @ rotation((1, 0, 0), u(-8, 8))
    if rng.random() < SITTING_SHARE:
        pose |= _sitting(rng)
    return pose


def _sitting(rng: np.random.Generator) -> dict[str, F64]:
    """Legs of a person on a chair."""
    u, pose = rng.uniform, {}
    for side, sign in ((".L", 1.0), (".R", -1.0)):
        bend = u(60, 95)
        pose["upperleg01" + side] = rotation((0, 0, 1), sign * u(0, 16)) @ rotation((1, 0, 0), -bend)
        pose["lowerleg01" + side] = rotation((1, 0, 0), bend + u(-20, 15))
    return pose


def _depth_inside(points: F64, skin: F64, normals: F64) -> float:
    """Share of points that lie under a skin."""
    distance, nearest = cKDTree(skin).query(points)
    below = ((points - skin[nearest]) * normals[nearest]).sum(1) < -0.004
    return float((below & (distance < 0.15)).mean())


def arms_pass_through(model: BodyModel, body: PosedBody) -> bool:
    """Whether a forearm or hand lies inside the trunk or head, as no person's can."""
    used = np.unique(model.body_faces)
    parts = model.parts[used]
    normals = vertex_normals(body.vertices, model.body_faces)[used]
    points = body.vertices[used]
    trunk = np.isin(parts, [TORSO, HEAD, NECK, THIGH, THIGH + RIGHT])
    for side in (0, RIGHT):
        arm = np.flatnonzero(np.isin(parts, [FOREARM + side, HAND + side]))[::6]
        if _depth_inside(points[arm], points[trunk], normals[trunk]) > 0.06:
            return True
    return False


def random_body(model: BodyModel, rng: np.random.Generator) -> PosedBody:
    """A random adult in a pose that their figure allows."""
    phenotype = random_phenotype(rng)
    body = model.pose(phenotype, random_pose(model, rng))
    for _ in range(12):
        if not arms_pass_through(model, body):
            break
        body = model.pose(phenotype, random_pose(model, rng))
    return body
