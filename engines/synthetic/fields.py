"""Ground truth of the draping network, by rasterising each layer alone into field coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH, FIELD_HEIGHT, FIELD_WIDTH, Layer
from engines.synthetic.body import (
    EYE,
    FOOT,
    FOREARM,
    HAND,
    HEAD,
    RIGHT,
    SHIN,
    THIGH,
    TORSO,
    UPPER_ARM,
    BodyModel,
    PosedBody,
)
from engines.synthetic.camera import Camera
from engines.synthetic.dressing import Dressed, DressedBottom
from engines.synthetic.raster import Hits, rasterise, vertex_normals

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
IDX = NDArray[np.int64]
BLOCK = FIELD_HEIGHT // COARSE_HEIGHT


@dataclass(frozen=True)
class Fields:
    """Targets of one sample; `engines.drape.drape.Drape` says what each means.

    alpha: (288, 256) uint8, bit k is layer k. uv: (6, 72, 64) float16 (u, v of each panel) with `uv_known`
    (3, 72, 64) bool where it counts. front: (72, 64) float16. order: (3, 72, 64) float16 with `order_known`.
    normal, skin_normal: (3, 72, 64) int8 (127 = 1), zero where unknown.
    """

    alpha: NDArray[np.uint8]
    uv: NDArray[np.float16]
    uv_known: NDArray[np.bool_]
    front: NDArray[np.float16]
    order: NDArray[np.float16]
    order_known: NDArray[np.bool_]
    normal: NDArray[np.int8]
    skin_normal: NDArray[np.int8]


def _blocks(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> tuple[F32, NDArray[np.bool_]]:
    """Mean over each 4x4 block's pixels in the mask: (72, 64, C) and where there was any."""
    weight = mask.astype(np.float32)
    shape = (COARSE_HEIGHT, BLOCK, COARSE_WIDTH, BLOCK)
    count = weight.reshape(shape).sum((1, 3))
    total = (values * weight[..., None]).reshape(*shape, values.shape[2]).sum((1, 3))
    return (total / np.maximum(count, 1.0)[..., None]).astype(np.float32), count > 0


@nb.njit(cache=True)
def _extend(values: F32, known: NDArray[np.bool_]) -> tuple[F32, NDArray[np.bool_]]:
    """Continue a smooth field one pixel beyond its edge, linearly where two known pixels lie in line."""
    height, width, channels = values.shape
    out, now = values.copy(), known.copy()
    for y in range(height):
        for x in range(width):
            if known[y, x]:
                continue
            total, count = np.zeros(channels, np.float32), 0.0
            for dy in range(-1, 2):
                for dx in range(-1, 2):
                    ay, ax = y + dy, x + dx
                    if not (0 <= ay < height and 0 <= ax < width) or not known[ay, ax]:
                        continue
                    by, bx = ay + dy, ax + dx
                    if 0 <= by < height and 0 <= bx < width and known[by, bx]:
                        total += 2 * (2 * values[ay, ax] - values[by, bx])
                        count += 2
                    else:
                        total += values[ay, ax]
                        count += 1
            if count > 0:
                out[y, x] = total / count
                now[y, x] = True
    return out, now


class FieldPainter:
    """Paints targets; knows which of the body's faces belong to the trunk and the arms."""

    def __init__(self, model: BodyModel) -> None:
        self.faces = model.body_faces
        parts = model.parts[self.faces].min(1)
        arm = (UPPER_ARM, FOREARM, HAND)
        left, right = np.isin(parts, arm), np.isin(parts, [part + RIGHT for part in arm])
        self.left, self.right = self.faces[left], self.faces[right]
        self.trunk = self.faces[~left & ~right & ~np.isin(parts, [HEAD, EYE])]
        leg = (THIGH, SHIN, FOOT)
        self.legs = [self.faces[np.isin(parts, [TORSO, *(part + side for part in leg)])] for side in (0, RIGHT)]

    def paint(self, body: PosedBody, top: Dressed, camera: Camera, field_from_frame: F32) -> Fields:
        """Targets for one garment on one body, seen by a camera and cropped by `field_from_frame`."""
        scene = _Scene(self, body, top, camera, field_from_frame)
        legs = isinstance(top, DressedBottom)
        inside = self.legs if legs else [self.left, self.right]
        torso, sleeves = scene.torso(), [scene.sleeve(k + 1, inside[k]) for k in (0, 1)]
        arms, trunk = [scene.skin(self.left), scene.skin(self.right)], scene.skin(self.trunk)
        alpha = _pack(torso.outer, torso.inner, sleeves, arms, trunk.mask)
        panels = [(torso.hits, torso.outer), *((hits, mask) for hits, mask in sleeves)]
        uv, known = zip(*(scene.uv(hits, mask) for hits, mask in panels), strict=True)
        front, _ = _blocks(scene.front(torso.hits), torso.outer)
        order, order_known = _leg_orders(torso, sleeves, arms, trunk) if legs else _orders(torso, sleeves, arms, trunk)
        return Fields(
            alpha=alpha,
            uv=np.concatenate([field.transpose(2, 0, 1) for field in uv]).astype(np.float16),
            uv_known=np.stack(known),
            front=front[..., 0].astype(np.float16),
            order=order,
            order_known=order_known,
            normal=scene.garment_normal(
                [torso.hits, sleeves[0][0], sleeves[1][0]], [torso.outer, sleeves[0][1], sleeves[1][1]]
            ),
            skin_normal=scene.skin_normal([*arms, trunk]),
        )


@dataclass(frozen=True)
class _Torso:
    hits: Hits
    outer: NDArray[np.bool_]
    inner: NDArray[np.bool_]


class _Scene:
    """One top on one body before one camera: rasterises layers into field coordinates."""

    def __init__(self, painter: FieldPainter, body: PosedBody, top: Dressed, camera: Camera, matrix: F32) -> None:
        self.painter, self.top = painter, top
        skin_normals = vertex_normals(body.vertices, painter.faces)
        top_normals = vertex_normals(top.vertices, top.faces)
        self.count = len(body.vertices)
        # An occluding skin lies a little under the real one, so that it never pokes through the cloth.
        shrunk = body.vertices - 0.012 * skin_normals
        vertices = np.concatenate([body.vertices, shrunk, top.vertices])
        self.normals = camera.turn(np.concatenate([skin_normals, skin_normals, top_normals])) * np.array([1, -1, 1])
        points = camera.project(vertices)
        points[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        self.points = points.astype(np.float32)

    def _hit(self, faces: IDX) -> Hits:
        return rasterise(self.points, faces, FIELD_HEIGHT, FIELD_WIDTH)

    def _cloth(self, panel: int, occluder: IDX) -> tuple[Hits, NDArray[np.int32], NDArray[np.bool_]]:
        chosen = np.flatnonzero(self.top.panel == panel)
        faces = np.concatenate([self.top.faces[chosen] + 2 * self.count, occluder + self.count])
        hits = self._hit(faces)
        mask = (hits.face >= 0) & (hits.face < len(chosen))
        original = np.where(mask, chosen[np.minimum(hits.face, len(chosen) - 1)] if len(chosen) else -1, -1)
        return hits, original.astype(np.int32), mask

    def _outwards(self, original: NDArray[np.int32], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        corners = self.points[self.top.faces + 2 * self.count][..., :2]
        first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        facing = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] < 0
        return mask & facing[original]

    def torso(self) -> _Torso:
        """The torso's panels with the trunk between front and back."""
        hits, original, mask = self._cloth(0, self.painter.trunk)
        outer = self._outwards(original, mask)
        return _Torso(Hits(hits.inverse_depth, original, hits.bary), outer, mask & ~outer)

    def sleeve(self, panel: int, limb: IDX) -> tuple[Hits, NDArray[np.bool_]]:
        """One sleeve or trouser leg with its limb's faces inside it."""
        hits, original, mask = self._cloth(panel, limb)
        return Hits(hits.inverse_depth, original, hits.bary), mask

    def skin(self, faces: IDX) -> _SkinHits:
        """Bare skin alone; `face` indexes the body's own faces given."""
        hits = self._hit(faces)
        normals = hits.interpolate(self.normals[faces])
        return _SkinHits(hits.inverse_depth, hits.face, hits.bary, normals)

    def uv(self, hits: Hits, mask: NDArray[np.bool_]) -> tuple[F32, NDArray[np.bool_]]:
        """Chart coordinates (72, 64, 2), continued two coarse pixels beyond the edge."""
        values, known = _blocks(hits.interpolate(self.top.uv), mask)
        for _ in range(2):
            values, known = _extend(values, known)
        return values, known

    def front(self, hits: Hits) -> F32:
        return np.where(hits.face >= 0, self.top.front[hits.face], False)[..., None].astype(np.float32)

    def garment_normal(self, hits: list[Hits], masks: list[NDArray[np.bool_]]) -> NDArray[np.int8]:
        """Normals of whichever panel lies nearest."""
        corners = self.normals[self.top.faces + 2 * self.count]
        nearest = np.zeros((FIELD_HEIGHT, FIELD_WIDTH), np.float32)
        normal = np.zeros((FIELD_HEIGHT, FIELD_WIDTH, 3), np.float32)
        for hit, mask in zip(hits, masks, strict=True):
            ahead = mask & (hit.inverse_depth > nearest)
            normal[ahead] = hit.interpolate(corners)[ahead]
            nearest[ahead] = hit.inverse_depth[ahead]
        normal *= np.where(normal[..., 2:] < 0, -1, 1)
        return _as_int8(*_blocks(normal, nearest > 0))

    def skin_normal(self, layers: list[_SkinHits]) -> NDArray[np.int8]:
        normal = np.zeros((FIELD_HEIGHT, FIELD_WIDTH, 3), np.float32)
        seen = np.zeros((FIELD_HEIGHT, FIELD_WIDTH), bool)
        for layer in layers:
            fresh = layer.mask & ~seen
            normal[fresh] = layer.normals[fresh]
            seen |= fresh
        return _as_int8(*_blocks(normal, seen))


@dataclass(frozen=True)
class _SkinHits(Hits):
    normals: F32


def _as_int8(normal: F32, known: NDArray[np.bool_]) -> NDArray[np.int8]:
    length = np.linalg.norm(normal, axis=2, keepdims=True)
    unit = np.where(known[..., None], normal / np.maximum(length, 1e-6), 0.0)
    return np.asarray((unit.transpose(2, 0, 1) * 127).round(), np.int8)


def _pack(
    outer: NDArray[np.bool_], inner: NDArray[np.bool_], sleeves: list[tuple[Hits, NDArray[np.bool_]]],
    arms: list[_SkinHits], trunk: NDArray[np.bool_],
) -> NDArray[np.uint8]:  # fmt: skip
    layers = {
        Layer.TORSO: outer,
        Layer.INSIDE: inner,
        Layer.SLEEVE_LEFT: sleeves[0][1],
        Layer.SLEEVE_RIGHT: sleeves[1][1],
        Layer.ARM_LEFT: arms[0].mask,
        Layer.ARM_RIGHT: arms[1].mask,
        Layer.TRUNK: trunk,
    }
    bits = [mask.astype(np.uint8) << np.uint8(layer) for layer, mask in layers.items()]
    return np.asarray(np.bitwise_or.reduce(bits), np.uint8)


def _orders(
    torso: _Torso, sleeves: list[tuple[Hits, NDArray[np.bool_]]], arms: list[_SkinHits], trunk: _SkinHits
) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """Which of arm and torso, and of left and right arm, lies nearer."""
    middle = np.maximum(np.where(torso.outer, torso.hits.inverse_depth, 0), trunk.inverse_depth)
    near = [
        np.maximum(np.where(mask, hits.inverse_depth, 0), arm.inverse_depth)
        for (hits, mask), arm in zip(sleeves, arms, strict=True)
    ]
    return _compared((near[0], middle), (near[1], middle), (near[0], near[1]))


def _leg_orders(
    torso: _Torso, legs: list[tuple[Hits, NDArray[np.bool_]]], arms: list[_SkinHits], trunk: _SkinHits
) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """Which of each arm and the garment, and of left and right leg, lies nearer."""
    near = [np.where(mask, hits.inverse_depth, 0) for hits, mask in legs]
    middle = np.where(torso.outer, torso.hits.inverse_depth, 0)
    middle = np.maximum.reduce([middle, trunk.inverse_depth, *near])
    return _compared((arms[0].inverse_depth, middle), (arms[1].inverse_depth, middle), (near[0], near[1]))


def _compared(
    *pairs: tuple[NDArray[np.floating], NDArray[np.floating]],
) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """Where the first of each pair of inverse depths is the nearer, and where both are."""
    order, known = [], []
    for first, second in pairs:
        both = (first > 0) & (second > 0)
        value, there = _blocks((first > second)[..., None].astype(np.float32), both)
        order.append(value[..., 0])
        known.append(there)
    return np.stack(order).astype(np.float16), np.stack(known)
