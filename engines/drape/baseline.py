"""The plain geometric warp that the network must beat: affine torso and limbs by landmarks, no learning."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import GUESS, FieldBody, field_from_frame, garment_raw, to_field
from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH, FIELD_HEIGHT, FIELD_WIDTH, Drape, Layer
from engines.drape.draper import code_of
from engines.drape.long import Kind, bottom_raw, dress_length, maps_for
from engines.garments.garment import Garment
from engines.pose.body import Body

F32 = NDArray[np.float32]
_SLEEVES = (Layer.SLEEVE_LEFT, Layer.SLEEVE_RIGHT)


def _enlarge(field: F32) -> F32:
    return np.asarray(cv2.resize(field, (FIELD_WIDTH, FIELD_HEIGHT), interpolation=cv2.INTER_LINEAR), np.float32)


def _torso(u: F32, v: F32, code: F32, length: float) -> F32:
    """Inside the flat outline of a torso: sides, hem, shoulder slope and a round neckline."""
    armpit = garment_raw(code, "armpit") / length
    neck = garment_raw(code, "neck_depth") / length
    half_neck = garment_raw(code, "neck_width") / (0.53)
    half_shoulder = garment_raw(code, "shoulder") / 0.53
    side = np.where(v < armpit, half_shoulder + (1 - half_shoulder) * np.clip(v / armpit, 0, 1) ** 2, 1.0)
    slope = 0.08 * np.clip(abs(u) - half_neck, 0, 1)
    neckline = np.where(abs(u) < half_neck, neck * np.sqrt(np.clip(1 - (u / half_neck) ** 2, 0, 1)), slope)
    return np.asarray((abs(u) < side) & (v < 1.0) & (v > neckline), np.float32)


def _sleeve(u: F32, v: F32, near: F32, code: F32) -> F32:
    if garment_raw(code, "sleeveless") > 0.5:
        return np.zeros_like(u)
    return ((abs(u - 0.5 * np.sign(u)) < 0.5) & (v > 0.0) & (v < 1.0) & (near > 0.2)).astype(np.float32)


def _bottom(large: list[F32], near: list[F32], kind: Kind, code: F32) -> dict[Layer, F32]:
    """Alphas of a skirt between straight sides, or of two legs as wide as cut."""
    if kind == Kind.SKIRT:
        u, v = large[:2]
        side = 1.0 + (bottom_raw(code, "hem") - 1.0) * np.clip(v, 0, 1)
        return {Layer.TORSO: ((abs(u) < side) & (v > 0) & (v < 1)).astype(np.float32)}
    legs = {}
    for layer, (u, v), close in zip(_SLEEVES, (large[2:4], large[4:6]), near, strict=True):
        inside = (abs(u - 0.5 * np.sign(u)) < 0.5) & (v > 0) & (v < 1) & (close > 0.2)
        legs[layer] = inside.astype(np.float32)
    return legs


def _top(large: list[F32], near: list[F32], code: F32, length: float) -> dict[Layer, F32]:
    """Alphas of a top or dress."""
    return {
        Layer.TORSO: _torso(large[0], large[1], code, length),
        Layer.SLEEVE_LEFT: _sleeve(large[2], large[3], near[0], code),
        Layer.SLEEVE_RIGHT: _sleeve(large[4], large[5], near[1], code),
    }


def geometric_drape(body: FieldBody, code: F32, matrix: F32, kind: Kind = Kind.TOP) -> Drape:
    """A `Drape` by landmarks alone: no arms, no order, flat normals."""
    maps = maps_for(kind)(body, code)
    guess = maps[GUESS]
    large = [_enlarge(np.ascontiguousarray(field)) for field in guess]
    alpha = np.zeros((len(Layer), FIELD_HEIGHT, FIELD_WIDTH), np.float32)
    if kind in {Kind.TOP, Kind.DRESS}:
        near = [_enlarge(np.maximum(maps[k], maps[k + 2])) for k in (6, 13)]
        length = garment_raw(code, "length") if kind == Kind.TOP else dress_length(code)
        layers = _top(large, near, code, length)
    else:
        near = [_enlarge(np.maximum(maps[k], maps[k + 1])) for k in (57, 60)]
        layers = _bottom(large, near, kind, code)
    for layer, value in layers.items():
        alpha[layer] = value
    flat = np.zeros((3, COARSE_HEIGHT, COARSE_WIDTH), np.float32)
    flat[2] = 1.0
    return Drape(
        field_from_frame=matrix,
        alpha=alpha,
        uv=guess.reshape(3, 2, COARSE_HEIGHT, COARSE_WIDTH),
        front=np.ones((COARSE_HEIGHT, COARSE_WIDTH), np.float32),
        order=np.full((3, COARSE_HEIGHT, COARSE_WIDTH), 0.5, np.float32),
        normal=flat,
        skin_normal=flat,
    )


class GeometricDraper:
    """Drapes as `engines.drape.draper.Draper` does, by the geometric warp."""

    def forget(self) -> None:
        """Nothing is kept between frames."""

    def drape(self, body: Body, garment: Garment) -> Drape:
        """Fields of one garment on one body."""
        matrix = field_from_frame(body)
        return geometric_drape(to_field(body, matrix), code_of(garment), matrix)
