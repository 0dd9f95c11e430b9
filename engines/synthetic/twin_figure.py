"""A twin's mesh: body, clothes and what each point of them is, known once; then moved with the bones.

Attributes belong to vertices and are interpolated for each pixel, so that no edge of a colour follows the triangles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.spatial import cKDTree

from engines.synthetic.dressing import Wardrobe
from engines.synthetic.raster import rasterise, vertex_normals
from engines.synthetic.twin_motion import posed
from engines.synthetic.twin_shoes import shoe_pair

if TYPE_CHECKING:
    from engines.synthetic.body import BodyModel, PosedBody
    from engines.synthetic.twin_people import TwinSpec

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
IDX = NDArray[np.int64]
_UNDER: Final = 0.014
_LIGHTS: Final = 56
_SHADOW_SIDE: Final = 420


class Stuff(IntEnum):
    """What a pixel shows; faces of skin are legs where trousers are painted on."""

    SKIN, EYE, TOP, SHOE, LEGS = range(5)


@dataclass(frozen=True)
class Figure:
    """One twin's mesh at rest in its motion, with what is known of each vertex.

    faces (m, 3), stuff (m,). rest (n, 3): where each vertex of the body is on the average body, for what is painted
    on; the clothes' own places follow. cloth (k, 3): the top as it hangs on `first`, and the shoes; cloth_weights: how
    they follow the bones. under (n,): see `_under`; legs (n, n): smooths the widened legs. open_sky, key (n,): shares
    of the sky, and of the key light, that nothing keeps away.
    """

    model: BodyModel
    spec: TwinSpec
    phenotype: dict[str, float]
    first: PosedBody
    faces: IDX
    stuff: IDX
    rest: F64
    cloth: F64
    cloth_weights: sp.csr_matrix
    under: F64
    legs: sp.csr_matrix
    open_sky: F64 = field(default_factory=lambda: np.zeros(0))
    key: F64 = field(default_factory=lambda: np.zeros(0))

    def at(self, time: float) -> tuple[F64, F64, PosedBody]:
        """Vertices (n, 3), unit normals (n, 3), and the body, at `time` in periods."""
        body = posed(self.model, self.spec, self.phenotype, time)
        return (*self.placed(body), body)

    def placed(self, body: PosedBody) -> tuple[F64, F64]:
        """Vertices and unit normals for a pose of the body."""
        normals = vertex_normals(body.vertices, self.model.body_faces)
        skin = np.asarray(self.legs @ (body.vertices + normals * self.under[:, None]))
        moved = body.bone_transforms @ np.linalg.inv(self.first.bone_transforms)
        blend = np.asarray(self.cloth_weights @ moved.reshape(len(moved), 16)).reshape(-1, 4, 4)
        cloth = np.einsum("nij,nj->ni", blend[:, :3, :3], self.cloth) + blend[:, :3, 3]
        vertices = np.concatenate([skin, cloth])
        body_faces, cloth_faces = self.stuff < Stuff.TOP, self.stuff >= Stuff.TOP
        normals = vertex_normals(vertices, self.faces[body_faces]) + vertex_normals(vertices, self.faces[cloth_faces])
        return vertices, normals


def figure_of(model: BodyModel, spec: TwinSpec) -> Figure:
    """Cut the twin's clothes, put them on, and find what keeps the light away."""
    phenotype = spec.phenotype | {"height": _height_for(model, spec)}
    first = posed(model, spec, phenotype, 0.25)
    wardrobe = Wardrobe(model)
    top = wardrobe.dress(first, spec.worn, 260)
    shoes, shoe_faces, shoe_bones = shoe_pair(model, first)
    cloth = np.concatenate([top.vertices, shoes])
    weights = _cloth_weights(model, first, top.vertices, top.faces)
    worn = sp.csr_matrix((np.ones(len(shoes)), (np.arange(len(shoes)), shoe_bones)), (len(shoes), len(model.bones)))
    count = len(first.vertices)
    meshes = (model.body_faces, model.eye_faces, top.faces + count, shoe_faces + count + len(top.vertices))
    faces = np.concatenate(meshes)
    stuff = np.concatenate([np.full(len(mesh), kind) for mesh, kind in zip(meshes, Stuff, strict=False)])
    under = _under(model, first, top.vertices)
    figure = Figure(
        model, spec, phenotype, first, faces, stuff, np.concatenate([model.neutral.rest, cloth]), cloth,
        sp.csr_matrix(sp.vstack([weights, worn])), under, _leg_smoothing(model, under),
    )  # fmt: skip
    vertices, normals = figure.placed(first)
    sky, key = visibility(vertices, normals, faces)
    return Figure(**(figure.__dict__ | {"open_sky": sky, "key": key}))


def _height_for(model: BodyModel, spec: TwinSpec) -> float:
    """Anny's height value at which the body is as tall as the twin."""
    used = np.unique(model.body_faces)

    def missing(value: float) -> float:
        up = model.pose(spec.phenotype | {"height": value}, {}).vertices[used, 1]
        return float(up.max() - up.min() - spec.metres)

    return float(brentq(missing, -0.2, 1.2, xtol=0.004))


def _cloth_weights(model: BodyModel, body: PosedBody, cloth: F64, faces: IDX) -> sp.csr_matrix:
    """(cloth vertices, bones): the weights of the skin beneath, smoothed over the cloth."""
    used = np.unique(model.body_faces)
    distance, nearest = cKDTree(body.vertices[used]).query(cloth, k=6)
    share = 1 / (distance + 0.01) ** 2
    share /= share.sum(1, keepdims=True)
    weights = np.zeros((len(cloth), len(model.bones)))
    for j in range(6):
        skin = used[nearest[:, j]]
        np.add.at(
            weights,
            (np.arange(len(cloth))[:, None], model.skin_bones[skin]),
            model.skin_weights[skin] * share[:, j : j + 1],
        )
    average = _averaging(faces, len(cloth), np.ones(len(cloth), bool))
    for _ in range(12):
        weights = average @ weights
    return sp.csr_matrix(weights / weights.sum(1, keepdims=True))


def _under(model: BodyModel, body: PosedBody, cloth: F64) -> F64:
    """(n,) metres along the normal: skin under the top keeps out of its way, legs are widened to trousers."""
    out = np.zeros(len(body.vertices))
    used = np.unique(model.body_faces)
    distance, _ = cKDTree(cloth).query(body.vertices[used])
    out[used] = -0.01 * np.clip((0.03 - distance) / 0.012, 0, 1)
    hip, ankle = body.rest_joints["upperleg01.L"][1], body.rest_joints["foot.L"][1]
    down = (hip - body.rest[:, 1]) / (hip - ankle)
    legs = np.isin(model.parts, (7, 8, 9, 17, 18, 19)) | ((model.parts == 0) & (down > -0.12))
    wide = np.interp(
        down, (-0.1, 0.1, 0.35, 0.55, 0.7, 0.92, 1.0, 1.02), (0.0, 0.008, 0.015, 0.022, 0.022, 0.034, 0.038, -0.02)
    )
    return np.where(legs & (out > -0.004), np.maximum(out, wide), out)


def _leg_smoothing(model: BodyModel, under: F64) -> sp.csr_matrix:
    """(n, n): widened legs lose what a trouser leg does not show of them: muscles, knees."""
    average = _averaging(model.body_faces, len(under), under > 0.001)
    out = average
    for _ in range(5):
        out = average @ out
    return sp.csr_matrix(out)


def _averaging(faces: IDX, count: int, chosen: NDArray[np.bool_]) -> sp.csr_matrix:
    """Matrix that replaces each chosen vertex by the mean of itself and its neighbours; others stay."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    edges = np.concatenate([edges[chosen[edges[:, 0]]], np.repeat(np.arange(count)[:, None], 2, 1)])
    matrix = sp.csr_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    matrix.data[:] = 1
    return sp.csr_matrix(sp.diags(1 / np.asarray(matrix.sum(1)).ravel()) @ matrix)


_TOWARD_KEY: Final = np.array([-0.52, 0.62, 0.6])
KEY: Final = _TOWARD_KEY / np.linalg.norm(_TOWARD_KEY)


def visibility(vertices: F64, normals: F64, faces: IDX) -> tuple[F64, F64]:
    """(n,) shares of sky and of a broad key lamp that each vertex sees, from shadow maps of many directions."""
    rng = np.random.default_rng(5)
    golden = np.pi * (3 - np.sqrt(5)) * np.arange(_LIGHTS)
    height = np.linspace(0.97, -0.25, _LIGHTS)
    ring = np.sqrt(1 - height**2)
    dome = np.stack([ring * np.cos(golden), height, ring * np.sin(golden)], 1)
    lamp = KEY + rng.normal(0, 0.13, (14, 3))
    lamp /= np.linalg.norm(lamp, axis=1, keepdims=True)
    sky, total, key = np.zeros(len(vertices)), np.full(len(vertices), 1e-6), np.zeros(len(vertices))
    for number, direction in enumerate(np.concatenate([dome, lamp])):
        seen = _lit(vertices, normals, faces, direction)
        if number < _LIGHTS:
            weight = np.clip(normals @ direction, 0, 1) + 0.05
            sky += weight * seen
            total += weight
        else:
            key += seen / len(lamp)
    return sky / total, key


def _lit(vertices: F64, normals: F64, faces: IDX, direction: F64) -> F64:
    """(n,) 1 where a lamp far away in this direction is seen, else 0."""
    side = np.cross(direction, [0.0, 0.0, 1.0] if abs(direction[2]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    up = np.cross(direction, side)
    flat = np.stack([vertices @ side, vertices @ up], 1)
    low, high = flat.min(0), flat.max(0)
    scale = (_SHADOW_SIDE - 4) / float((high - low).max())
    toward = vertices @ direction
    # The rasteriser keeps the largest third coordinate, and asks it to be above 0
    points = np.column_stack([(flat - low) * scale + 2, toward - toward.min() + 1.0])
    hits = rasterise(points, faces, _SHADOW_SIDE, _SHADOW_SIDE)
    place = np.column_stack([(flat + 0.004 * np.stack([normals @ side, normals @ up], 1) - low) * scale + 2])
    column, row = np.clip(place.astype(int), 0, _SHADOW_SIDE - 1).T
    front = hits.inverse_depth[row, column]
    bias = 0.008 + 0.012 * (1 - np.clip(normals @ direction, 0, 1))
    return np.asarray(points[:, 2] >= front - bias, np.float64)
