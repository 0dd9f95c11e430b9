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

from engines.drape import limbs
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


@dataclass(frozen=True)
class Window:
    """What part of a person the field shows: pixels of a torso's length, and the row where the torso's middle lies."""

    torso: float
    middle: float


TOPS = Window(TORSO_PIXELS, FIELD_HEIGHT / 2)
CHANNELS = 57
GUESS = slice(0, 6)
SILHOUETTE = slice(27, 43)
"""Channels of the geometric guess of uv and of the silhouette."""


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


def field_from_frame(body: Body, window: Window = TOPS) -> F32:
    """The similarity (2, 3) that takes frame pixels to field pixels: the torso centred, as long as the window asks."""
    corners = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP]
    centre = body.landmarks[corners].mean(0)
    scale = window.torso / body.torso_length
    offset = np.array([FIELD_WIDTH / 2, window.middle]) - scale * centre
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


def _torso_guess(points: F32, code: F32, sign: float) -> list[F32]:
    """Geometric guess of the torso's u and v: an affine frame through shoulders and hips."""
    shoulders = points[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]].mean(0)
    hips = points[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP]].mean(0)
    axis = (hips - shoulders) / max(float(np.linalg.norm(hips - shoulders)), 1.0)
    x, y = limbs.GRID_X - shoulders[0], limbs.GRID_Y - shoulders[1]
    down = (x * axis[0] + y * axis[1]) / TORSO_PIXELS
    across = (x * axis[1] - y * axis[0]) / TORSO_PIXELS
    return [1.9 * sign * across, (down + 0.16) / garment_raw(code, "length")]


def sleeve_guess(arm: limbs.Arm, code: F32, torso: float = TORSO_PIXELS) -> list[F32]:
    """Geometric guess of the sleeve's u and v, where a torso is so many pixels long."""
    width = max(garment_raw(code, "sleeve_width"), 0.1) * torso
    u = 0.5 + np.clip(arm.across * np.pi / (2 * width), -1.0, 1.0)
    v = arm.along / (max(garment_raw(code, "sleeve_length"), 0.1) * torso)
    return [u, np.clip(v, 0.0, 2.5)]


def input_maps(body: FieldBody, code: F32) -> F32:
    """The network's input (57, 72, 64) float32 for one body and one garment (`garment_code`)."""
    points = body.points
    span, turn = limbs.facing(points, body.world)
    sign = 1.0 if span >= 0 else -1.0
    depth = limbs.depths(body.world)
    left = limbs.arm(points, depth, limbs.LEFT, -sign)
    right = limbs.arm(points, depth, limbs.RIGHT, sign)
    guess_left, guess_right = sleeve_guess(left, code), sleeve_guess(right, code)
    guess_left[0] *= sign
    guess_right[0] *= sign
    scalars = np.concatenate([[2 * span, 3 * turn], code]).astype(np.float32)
    planes = np.broadcast_to(scalars[:, None, None], (len(scalars), COARSE_HEIGHT, COARSE_WIDTH))
    maps = [
        *_torso_guess(points, code, sign), *guess_left, *guess_right, *left.maps, *right.maps,
        *limbs.trunk_maps(points), limbs.valid(body.frame),
    ]  # fmt: skip
    silhouette = limbs.space_to_depth(body.silhouette).astype(np.float32) / np.float32(255)
    return np.concatenate([np.stack(maps), silhouette, planes]).astype(np.float32)
