"""A small z-buffer rasteriser: triangle ids and barycentric coordinates, from which every ground truth follows."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


@nb.njit(cache=True, fastmath=True)
def _fill(points: F32, faces: I32, height: int, width: int) -> tuple[F32, I32, F32]:
    inverse_depth = np.zeros((height, width), np.float32)
    ids = np.full((height, width), -1, np.int32)
    bary = np.zeros((height, width, 2), np.float32)
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0], points[b, 1], points[b, 2]
        cx, cy, cz = points[c, 0], points[c, 1], points[c, 2]
        if az <= 0 or bz <= 0 or cz <= 0:
            continue
        det = (by - cy) * (ax - cx) + (cx - bx) * (ay - cy)
        if abs(det) < 1e-12:
            continue
        x0 = max(0, int(np.floor(min(ax, bx, cx) - 0.5)))
        x1 = min(width - 1, int(np.ceil(max(ax, bx, cx) - 0.5)))
        y0 = max(0, int(np.floor(min(ay, by, cy) - 0.5)))
        y1 = min(height - 1, int(np.ceil(max(ay, by, cy) - 0.5)))
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                px, py = x + 0.5, y + 0.5
                u = ((by - cy) * (px - cx) + (cx - bx) * (py - cy)) / det
                v = ((cy - ay) * (px - cx) + (ax - cx) * (py - cy)) / det
                w = 1.0 - u - v
                if u < 0 or v < 0 or w < 0:
                    continue
                iz = u * az + v * bz + w * cz
                if iz > inverse_depth[y, x]:
                    inverse_depth[y, x] = iz
                    ids[y, x] = f
                    bary[y, x, 0] = u * az / iz
                    bary[y, x, 1] = v * bz / iz
    return inverse_depth, ids, bary


@dataclass(frozen=True)
class Hits:
    """What each pixel sees. `inverse_depth` (H, W) is 1/metres, 0 where nothing is; `face` (H, W) is -1 there."""

    inverse_depth: F32
    face: I32
    bary: F32

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(H, W) where a triangle was hit."""
        return self.face >= 0

    def interpolate(self, corner_values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Values (H, W, C) from per-corner values (faces, 3, C), perspective correct; 0 where nothing was hit."""
        out = np.zeros((*self.face.shape, corner_values.shape[2]), np.float32)
        mask = self.mask
        b = self.bary[mask]
        weights = np.concatenate([b, 1.0 - b.sum(1, keepdims=True)], 1)
        out[mask] = (corner_values[self.face[mask]] * weights[..., None]).sum(1)
        return out


def rasterise(points: NDArray[np.floating], faces: NDArray[np.integer], height: int, width: int) -> Hits:
    """Rasterise triangles.

    points: (n, 3) of pixel x, pixel y (centres at half integers) and 1/depth, depth in metres from the camera.
    faces: (m, 3) indices.
    """
    inverse_depth, ids, bary = _fill(
        np.ascontiguousarray(points, np.float32), np.ascontiguousarray(faces, np.int32), height, width
    )
    return Hits(inverse_depth, ids, bary)


def vertex_normals(vertices: NDArray[np.floating], faces: NDArray[np.integer]) -> F64:
    """Area-weighted unit normals (n, 3) of a mesh; zero for vertices without a face."""
    cross = np.cross(vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]])
    normals = np.zeros((len(vertices), 3))
    for axis in range(3):
        for corner in range(3):
            normals[:, axis] += np.bincount(faces[:, corner], cross[:, axis], len(vertices))
    return np.asarray(normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12), np.float64)
