"""Plain shoes, built about the feet: at each height the outline of all of the foot that lies above it, made round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from engines.synthetic.body import FOOT, RIGHT

if TYPE_CHECKING:
    from engines.synthetic.body import BodyModel, PosedBody

F64 = NDArray[np.float64]
IDX = NDArray[np.int64]
_AROUND: Final = 48
_LEVELS: Final = 15
_ROOM: Final = 0.008


def shoe_pair(model: BodyModel, body: PosedBody) -> tuple[F64, IDX, IDX]:
    """Vertices (n, 3) of both shoes as they stand on the floor, faces (m, 3), and each vertex's bone (n,)."""
    vertices, faces, bones = list[F64](), list[IDX](), list[IDX]()
    for side, part in ((".L", FOOT), (".R", FOOT + RIGHT)):
        foot = body.vertices[model.parts == part]
        foot = foot[foot[:, 1] < body.joints["foot" + side][1] + 0.02]
        made, triangles = _shoe(foot, float(body.joints["foot" + side][1]))
        faces.append(triangles + sum(len(points) for points in vertices))
        vertices.append(made)
        bones.append(np.full(len(made), model.bones.index("foot" + side)))
    return np.concatenate(vertices), np.concatenate(faces), np.concatenate(bones)


def _shoe(foot: F64, ankle: float) -> tuple[F64, IDX]:
    """One shoe about the foot's points (n, 3)."""
    angles = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    rays = np.stack([np.sin(angles), np.cos(angles)], 1)
    top = ankle + 0.015
    levels = np.linspace(0.0, top, _LEVELS)
    middle = np.array([np.median(foot[:, 0]), 0.45 * foot[:, 2].min() + 0.55 * foot[:, 2].max() - 0.03])
    reach = np.array([_outline(foot[foot[:, 1] >= min(level - 0.012, top - 0.03)], middle, rays) for level in levels])
    reach = gaussian_filter(reach, (0.8, 1.0), mode=("nearest", "wrap")) + _ROOM
    reach[0] -= 0.003
    flat = middle + reach[..., None] * rays
    rings = np.stack([flat[..., 0], np.repeat(levels[:, None], _AROUND, 1), flat[..., 1]], 2).reshape(-1, 3)
    cap = np.array([[middle[0], top, foot[foot[:, 1] > top - 0.03][:, 2].mean()]])
    return np.concatenate([rings, cap]), _faces()


def _outline(points: F64, middle: NDArray[np.float64], rays: F64) -> F64:
    """(angles,) how far the convex outline of points reaches from `middle` along each ray, in the floor's plane."""
    seen = points[:, [0, 2]] - middle
    support = (seen @ rays.T).max(0)
    # A convex outline along a ray is the nearest of its support lines
    facing = rays @ rays.T
    crossing = np.where(facing > 0.05, support[None, :] / np.maximum(facing, 0.05), np.inf)
    return np.asarray(crossing.min(1))


def _faces() -> IDX:
    out = []
    for level in range(_LEVELS - 1):
        for k in range(_AROUND):
            a, b = level * _AROUND + k, level * _AROUND + (k + 1) % _AROUND
            out += [[a, b, b + _AROUND], [a, b + _AROUND, a + _AROUND]]
    rim = (_LEVELS - 1) * _AROUND
    out += [[rim + k, rim + (k + 1) % _AROUND, _LEVELS * _AROUND] for k in range(_AROUND)]
    return np.array(out, np.int64)
