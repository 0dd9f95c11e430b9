"""How a body and a garment become the draping network's input, in numpy, for training and runtime alike.

All maps live on the coarse grid (72, 64) of `engines.drape.drape`; the silhouette keeps the fine grid's detail as 16
channels (space to depth). Channel order is `CHANNELS`; the first six are the geometric guess of uv that the network
corrects.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH, FIELD_HEIGHT, FIELD_WIDTH, TORSO_PIXELS
from engines.garments.garment import Measures
from engines.pose.body import Body, Landmark

F32 = NDArray[np.float32]

CODE_NAMES = (
    "ease", "length", "hem", "shoulder", "armpit", "neck_width", "neck_depth", "sleeve_length", "sleeve_width",
    "cuff", "cap_height", "sleeveless",
)  # fmt: skip
_CODE_CENTRE = np.array([0.15, 1.30, 1.05, 0.36, 0.42, 0.17, 0.18, 0.6, 0.36, 0.75, 0.22, 0.0], np.float32)
_CODE_SCALE = np.array([0.12, 0.25, 0.12, 0.06, 0.08, 0.03, 0.06, 0.4, 0.09, 0.2, 0.08, 1.0], np.float32)
CHANNELS = 57
GUESS = slice(0, 6)
SILHOUETTE = slice(27, 43)
"""Channels of the geometric guess of uv and of the silhouette."""
_STRIDE = 4
_GRID_X, _GRID_Y = np.meshgrid(
    (np.arange(COARSE_WIDTH, dtype=np.float32) + 0.5) * _STRIDE,
    (np.arange(COARSE_HEIGHT, dtype=np.float32) + 0.5) * _STRIDE,
)
_LEFT = (Landmark.LEFT_SHOULDER, Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST, Landmark.LEFT_INDEX, Landmark.LEFT_PINKY)
_RIGHT = (
    Landmark.RIGHT_SHOULDER, Landmark.RIGHT_ELBOW, Landmark.RIGHT_WRIST, Landmark.RIGHT_INDEX, Landmark.RIGHT_PINKY,
)  # fmt: skip


def garment_code(measures: Measures, ease: float, half_chest: float, limits: tuple[F32, F32] | None = None) -> F32:
    """What the network is told of a garment (12,), normalised.

    measures: flat measures in half chests; ease: share of the bust girth that the garment is wider than the body;
    half_chest: the garment's half chest over the body's torso length; limits: lowest and highest values in the order
    of `CODE_NAMES`, before normalisation.
    """
    m = measures
    raw = np.array(
        [
            ease, m.length * half_chest, m.hem, m.shoulder * half_chest, m.armpit * half_chest,
            m.neck_width * half_chest, m.neck_depth_front * half_chest, m.sleeve_length * half_chest,
            m.sleeve_width * half_chest, m.cuff_width / max(m.sleeve_width, 1e-3), m.cap_height * half_chest,
            1.0 if m.sleeveless else 0.0,
        ],
        np.float32,
    )  # fmt: skip
    if limits is not None:
        raw = np.clip(raw, *limits)
    if m.sleeveless:
        raw[7:11] = _CODE_CENTRE[7:11]
    return (raw - _CODE_CENTRE) / _CODE_SCALE


def garment_raw(code: F32, name: str) -> float:
    """One of `CODE_NAMES` before normalisation: lengths in torso lengths, `ease`, `hem` and `cuff` as shares."""
    index = CODE_NAMES.index(name)
    return float(code[index] * _CODE_SCALE[index] + _CODE_CENTRE[index])


@dataclass(frozen=True)
class FieldBody:
    """A body in field coordinates: what the network may know of a person.

    points: (33, 2) float32 field pixels; world: (33, 3) float32 metres (`Body.world`); silhouette: (288, 256) uint8,
    0 beyond the frame; frame: (x0, y0, x1, y1), the camera frame's rectangle in field pixels.
    """

    points: F32
    world: F32
    silhouette: NDArray[np.uint8]
    frame: tuple[float, float, float, float]


def field_from_frame(body: Body) -> F32:
    """The similarity (2, 3) that takes frame pixels to field pixels: the torso upright, centred, 96 pixels long."""
    corners = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP]
    centre = body.landmarks[corners].mean(0)
    scale = TORSO_PIXELS / body.torso_length
    offset = np.array([FIELD_WIDTH / 2, FIELD_HEIGHT / 2]) - scale * centre
    return np.array([[scale, 0.0, offset[0]], [0.0, scale, offset[1]]], np.float32)


def to_field(body: Body, matrix: F32) -> FieldBody:
    """Bring a body into field coordinates."""
    height, width = body.silhouette.shape
    scale = float(matrix[0, 0])
    source = body.silhouette
    if scale < 0.75:  # average before shrinking, or thin limbs alias
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        source = cv2.resize(source, size, interpolation=cv2.INTER_AREA)
    # Width and height were rounded apart from each other, so each axis has its own step.
    step = scale * np.array([width / source.shape[1], height / source.shape[0]], np.float32)
    # warpAffine counts pixel centres at whole numbers, we at halves.
    warp = np.column_stack([np.diag(step), matrix[:, 2] + 0.5 * step - 0.5]).astype(np.float32)
    silhouette = cv2.warpAffine(source, warp, (FIELD_WIDTH, FIELD_HEIGHT), flags=cv2.INTER_LINEAR)
    points = body.landmarks @ matrix[:, :2].T + matrix[:, 2]
    frame = (float(matrix[0, 2]), float(matrix[1, 2]))
    end = (frame[0] + scale * width, frame[1] + scale * height)
    return FieldBody(points.astype(np.float32), body.world, silhouette.astype(np.uint8), (*frame, *end))


@dataclass(frozen=True)
class _Capsule:
    """Distance fields of one bone on the coarse grid, in field pixels; `t` runs 0..1 along it, `across` is signed."""

    near: F32
    t: F32
    across: F32
    distance: F32


def _capsule(start: F32, end: F32, radius: float) -> _Capsule:
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    length = max(float(np.hypot(dx, dy)), 1e-3)
    px, py = _GRID_X - start[0], _GRID_Y - start[1]
    along = (px * dx + py * dy) / length
    across = (px * dy - py * dx) / length
    clipped = np.clip(along, 0.0, length)
    distance = np.hypot(along - clipped, across)
    return _Capsule(np.exp(-((distance / radius) ** 2)), clipped / length, across, distance)


def _facing(points: F32, world: F32) -> tuple[float, float]:
    """Cosine-like and sine-like of the turn: shoulders' span in the image over the torso, and their depth in metres."""
    span = float(points[Landmark.LEFT_SHOULDER, 0] - points[Landmark.RIGHT_SHOULDER, 0]) / TORSO_PIXELS
    depth = float(world[Landmark.LEFT_SHOULDER, 2] - world[Landmark.RIGHT_SHOULDER, 2])
    return span, depth


def _torso_guess(points: F32, code: F32, sign: float) -> list[F32]:
    """Geometric guess of the torso's u and v: an affine frame through shoulders and hips."""
    shoulders = points[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]].mean(0)
    hips = points[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP]].mean(0)
    axis = (hips - shoulders) / max(float(np.linalg.norm(hips - shoulders)), 1.0)
    x, y = _GRID_X - shoulders[0], _GRID_Y - shoulders[1]
    down = (x * axis[0] + y * axis[1]) / TORSO_PIXELS
    across = (x * axis[1] - y * axis[0]) / TORSO_PIXELS
    return [1.9 * sign * across, (down + 0.16) / garment_raw(code, "length")]


def _arm_maps(
    points: F32, depth: F32, arm: tuple[Landmark, ...], code: F32, inner: float
) -> tuple[list[F32], list[F32]]:
    """Guess of the sleeve's u, v and the maps of one arm. `inner` is the sign of `across` towards the trunk."""
    shoulder, elbow, wrist = (points[k] for k in arm[:3])
    hand = points[[arm[3], arm[4]]].mean(0)
    upper = _capsule(shoulder, elbow, 0.13 * TORSO_PIXELS)
    fore = _capsule(elbow, wrist, 0.11 * TORSO_PIXELS)
    tip = _capsule(wrist, hand + 0.6 * (hand - wrist), 0.1 * TORSO_PIXELS)
    nearer = upper.distance <= fore.distance
    upper_length, fore_length = np.linalg.norm(elbow - shoulder), np.linalg.norm(wrist - elbow)
    along = np.where(nearer, upper.t * upper_length, upper_length + fore.t * fore_length)
    across = np.where(nearer, upper.across, fore.across) * inner
    width = max(garment_raw(code, "sleeve_width"), 0.1) * TORSO_PIXELS
    u = 0.5 + np.clip(across * np.pi / (2 * width), -1.0, 1.0)
    v = along / (max(garment_raw(code, "sleeve_length"), 0.1) * TORSO_PIXELS)
    z = [float(depth[k]) for k in arm[:3]]
    upper_z = upper.near * (z[0] * (1 - upper.t) + z[1] * upper.t)
    fore_z = fore.near * (z[1] * (1 - fore.t) + z[2] * fore.t)
    maps = [
        upper.near, upper.near * upper.t, fore.near, fore.near * fore.t, tip.near,
        np.where(nearer, upper_z, fore_z) * 2, np.clip(across / (0.2 * TORSO_PIXELS), -2, 2),
    ]  # fmt: skip
    return [u, np.clip(v, 0.0, 2.5)], maps


def _trunk_maps(points: F32) -> list[F32]:
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


def _valid(frame: tuple[float, float, float, float]) -> F32:
    x0, y0, x1, y1 = frame
    inside = (x0 < _GRID_X) & (x1 > _GRID_X) & (y0 < _GRID_Y) & (y1 > _GRID_Y)
    return np.asarray(inside, np.float32)


def _space_to_depth(silhouette: NDArray[np.uint8]) -> F32:
    # Rows are (coarse, a, b), columns (coarse, c, d); channels run (b, d, a, c), so that a pixel shuffle by 2 in the
    # network gives the four channels (b, d) on the grid of half resolution.
    blocks = silhouette.reshape(COARSE_HEIGHT, 2, 2, COARSE_WIDTH, 2, 2).transpose(2, 5, 1, 4, 0, 3)
    channels = blocks.reshape(_STRIDE * _STRIDE, COARSE_HEIGHT, COARSE_WIDTH)
    return np.asarray(channels.astype(np.float32) / 255.0, np.float32)


def input_maps(body: FieldBody, code: F32) -> F32:
    """The network's input (57, 72, 64) float32 for one body and one garment (`garment_code`)."""
    points = body.points
    span, turn = _facing(points, body.world)
    sign = 1.0 if span >= 0 else -1.0
    shoulders = body.world[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]].mean(0)
    hips = body.world[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP]].mean(0)
    length = max(float(np.linalg.norm(shoulders - hips)), 0.2)
    depth = (body.world[:, 2] - shoulders[2]) / length
    guess_left, left = _arm_maps(points, depth, _LEFT, code, -sign)
    guess_right, right = _arm_maps(points, depth, _RIGHT, code, sign)
    guess_left[0] *= sign
    guess_right[0] *= sign
    scalars = np.concatenate([[2 * span, 3 * turn], code]).astype(np.float32)
    planes = np.broadcast_to(scalars[:, None, None], (len(scalars), COARSE_HEIGHT, COARSE_WIDTH))
    maps = [
        *_torso_guess(points, code, sign), *guess_left, *guess_right, *left, *right, *_trunk_maps(points),
        _valid(body.frame),
    ]  # fmt: skip
    return np.concatenate([np.stack(maps), _space_to_depth(body.silhouette), planes]).astype(np.float32)
