"""A body's bones as maps on the coarse grid, which every network of this project is given.

Maps are (72, 64) float32 in field coordinates (`engines.drape.drape`): how near each pixel is to each bone, how far
along it, on which side, and how deep the bone lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH, FIELD_HEIGHT, TORSO_PIXELS
from engines.pose.body import Landmark

F32 = NDArray[np.float32]
KEPT = 8
"""Maps of so many limbs are kept."""
STRIDE = FIELD_HEIGHT // COARSE_HEIGHT
"""Field pixels along a coarse pixel's side."""
GRID_X, GRID_Y = np.meshgrid(
    (np.arange(COARSE_WIDTH, dtype=np.float32) + 0.5) * STRIDE,
    (np.arange(COARSE_HEIGHT, dtype=np.float32) + 0.5) * STRIDE,
)
"""Centres of the coarse pixels in field pixels."""
LEFT = (Landmark.LEFT_SHOULDER, Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST, Landmark.LEFT_INDEX, Landmark.LEFT_PINKY)
RIGHT = (
    Landmark.RIGHT_SHOULDER, Landmark.RIGHT_ELBOW, Landmark.RIGHT_WRIST, Landmark.RIGHT_INDEX, Landmark.RIGHT_PINKY,
)  # fmt: skip


@dataclass(frozen=True)
class _Capsule:
    """One bone on the coarse grid, in field pixels: `t` runs 0..1 along it, `across` is signed, `squared` distance."""

    near: F32
    t: F32
    across: F32
    squared: F32


def _capsule(start: F32, end: F32, radius: float) -> _Capsule:
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    length = max(float(np.hypot(dx, dy)), 1e-3)
    dx, dy = np.float32(dx / length), np.float32(dy / length)
    px, py = GRID_X[:1] - start[0], GRID_Y[:, :1] - start[1]
    along = px * dx + py * dy
    across = px * dy - py * dx
    clipped = np.clip(along, 0.0, length)
    along -= clipped
    squared = along * along + across * across
    near = np.asarray(cv2.exp(squared * np.float32(-1.0 / radius**2)), np.float32)
    return _Capsule(near, clipped * np.float32(1.0 / length), across, squared)


def facing(points: F32, world: F32) -> tuple[float, float]:
    """Cosine-like and sine-like of the turn: shoulders' span in the image over the torso, and their depth in metres."""
    span = float(points[Landmark.LEFT_SHOULDER, 0] - points[Landmark.RIGHT_SHOULDER, 0]) / TORSO_PIXELS
    depth = float(world[Landmark.LEFT_SHOULDER, 2] - world[Landmark.RIGHT_SHOULDER, 2])
    return span, depth


def depths(world: F32) -> F32:
    """Depth of each landmark (33,) behind the shoulders, in torso lengths."""
    shoulders = world[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]].mean(0)
    hips = world[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP]].mean(0)
    length = max(float(np.linalg.norm(shoulders - hips)), 0.2)
    return np.asarray((world[:, 2] - shoulders[2]) / length, np.float32)


@dataclass(frozen=True)
class Arm:
    """One arm: distance `along` it from the shoulder and `across` it (towards the trunk), field pixels; its 7 maps."""

    along: F32
    across: F32
    maps: list[F32]


def arm(points: F32, depth: F32, joints: tuple[Landmark, ...], inner: float) -> Arm:
    """Maps of the arm with these joints (`LEFT`, `RIGHT`). `inner` is the sign of `across` towards the trunk.

    The last bodies' are kept, as every network and every garment of a frame asks for the same: not to be changed.
    """
    return _arm(points.tobytes(), depth.tobytes(), joints, inner)


@lru_cache(maxsize=KEPT)
def _arm(points_bytes: bytes, depth_bytes: bytes, joints: tuple[Landmark, ...], inner: float) -> Arm:
    points, depth = np.frombuffer(points_bytes, np.float32).reshape(-1, 2), np.frombuffer(depth_bytes, np.float32)
    shoulder, elbow, wrist = (points[k] for k in joints[:3])
    hand = points[[joints[3], joints[4]]].mean(0)
    upper = _capsule(shoulder, elbow, 0.13 * TORSO_PIXELS)
    fore = _capsule(elbow, wrist, 0.11 * TORSO_PIXELS)
    tip = _capsule(wrist, hand + 0.6 * (hand - wrist), 0.1 * TORSO_PIXELS)
    nearer = upper.squared <= fore.squared
    upper_length, fore_length = np.linalg.norm(elbow - shoulder), np.linalg.norm(wrist - elbow)
    along = np.where(nearer, upper.t * upper_length, upper_length + fore.t * fore_length)
    across = np.where(nearer, upper.across, fore.across) * inner
    z = [float(depth[k]) for k in joints[:3]]
    upper_z = upper.near * (z[0] * (1 - upper.t) + z[1] * upper.t)
    fore_z = fore.near * (z[1] * (1 - fore.t) + z[2] * fore.t)
    maps = [
        upper.near, upper.near * upper.t, fore.near, fore.near * fore.t, tip.near,
        np.where(nearer, upper_z, fore_z) * 2, np.clip(across / (0.2 * TORSO_PIXELS), -2, 2),
    ]  # fmt: skip
    return Arm(np.asarray(along, np.float32), np.asarray(across, np.float32), maps)


def trunk_maps(points: F32) -> list[F32]:
    """Six maps: shoulders (near, along), hips, sides, thighs, neck. Kept and not to be changed, as `arm`'s."""
    return _trunk_maps(points.tobytes())


@lru_cache(maxsize=KEPT)
def _trunk_maps(points_bytes: bytes) -> list[F32]:
    points = np.frombuffer(points_bytes, np.float32).reshape(-1, 2)

    def near(a: F32, b: F32, radius: float) -> F32:
        return _capsule(a, b, radius * TORSO_PIXELS).near

    left, right = points[Landmark.LEFT_SHOULDER], points[Landmark.RIGHT_SHOULDER]
    hip_l, hip_r = points[Landmark.LEFT_HIP], points[Landmark.RIGHT_HIP]
    head = points[[Landmark.LEFT_EAR, Landmark.RIGHT_EAR]].mean(0)
    line = _capsule(right, left, 0.12 * TORSO_PIXELS)
    return [
        line.near, line.near * line.t, near(hip_l, hip_r, 0.12),
        np.maximum(near(left, hip_l, 0.08), near(right, hip_r, 0.08)),
        np.maximum(near(hip_l, points[Landmark.LEFT_KNEE], 0.12), near(hip_r, points[Landmark.RIGHT_KNEE], 0.12)),
        near(head, (left + right) / 2, 0.15),
    ]  # fmt: skip


def valid(frame: tuple[float, float, float, float]) -> F32:
    """1 where the camera's frame (x0, y0, x1, y1 in field pixels) is."""
    x0, y0, x1, y1 = frame
    inside = (x0 < GRID_X) & (x1 > GRID_X) & (y0 < GRID_Y) & (y1 > GRID_Y)
    return np.asarray(inside, np.float32)


def space_to_depth(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A plane of the field's size (288, 256) as 16 channels (16, 72, 64).

    Rows are (coarse, a, b), columns (coarse, c, d); channels run (b, d, a, c), so that a pixel shuffle by 2 in the
    network gives the four channels (b, d) on the grid of half resolution.
    """
    columns = np.stack(cv2.split(np.ascontiguousarray(plane).reshape(FIELD_HEIGHT, COARSE_WIDTH, STRIDE)))
    blocks = columns.reshape(2, 2, COARSE_HEIGHT, 2, 2, COARSE_WIDTH).transpose(4, 1, 3, 0, 2, 5)
    return np.asarray(blocks.reshape(STRIDE * STRIDE, COARSE_HEIGHT, COARSE_WIDTH), np.uint8)
