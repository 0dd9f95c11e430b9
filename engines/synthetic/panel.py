"""One flat panel of a sewing pattern: curves that close an outline, filled with triangles."""

from __future__ import annotations

from itertools import pairwise

import numba as nb
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

F64 = NDArray[np.float64]
IDX = NDArray[np.int64]
GRID = 0.02
"""Distance of cloth vertices in metres."""


@nb.njit(cache=True, fastmath=True)
def _signed_distance(points: F64, polygon: F64) -> F64:
    """Distance to a polygon's edge, positive inside."""
    out = np.empty(len(points))
    for i in range(len(points)):
        x, y = points[i, 0], points[i, 1]
        best, inside = 1e9, False
        for j in range(len(polygon)):
            k = (j + 1) % len(polygon)
            ax, ay, bx, by = polygon[j, 0], polygon[j, 1], polygon[k, 0], polygon[k, 1]
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                inside = not inside
            ex, ey = bx - ax, by - ay
            t = min(1.0, max(0.0, ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey + 1e-12)))
            best = min(best, (x - ax - t * ex) ** 2 + (y - ay - t * ey) ** 2)
        out[i] = np.sqrt(best) if inside else -np.sqrt(best)
    return out


def bezier(*control: tuple[float, float]) -> F64:
    """A Bezier curve (40, 2) of degree 1 to 3."""
    t = np.linspace(0.0, 1.0, 40)[:, None]
    points = [np.array(point, float) for point in control]
    while len(points) > 1:
        points = [(1 - t) * a + t * b for a, b in pairwise(points)]
    return points[0]


def arc_length(curve: F64) -> float:
    """Length of a polyline."""
    return float(np.linalg.norm(np.diff(curve, axis=0), axis=1).sum())


def resample(curve: F64, segments: int) -> F64:
    """A polyline of equal steps (segments + 1, 2)."""
    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
    t = np.linspace(0.0, along[-1], segments + 1)
    return np.stack([np.interp(t, along, curve[:, axis]) for axis in (0, 1)], 1)


def _steps(length: float) -> int:
    return max(2, round(length / GRID))


def _hex_grid(low: F64, high: F64) -> F64:
    rows = []
    for j, y in enumerate(np.arange(low[1] + 0.43 * GRID, high[1], GRID * np.sqrt(3) / 2)):
        x = np.arange(low[0] - GRID, high[0] + GRID, GRID) + (0.5 * GRID if j & 1 else 0.0)
        rows.append(np.stack([x, np.full(len(x), y)], 1))
    return np.concatenate(rows)


class Panel:
    """One flat piece: `points` (n, 2), `faces` (m, 3) wound counter-clockwise, `seams` by name as point indices."""

    def __init__(self, name: str, edges: list[tuple[str, F64]]) -> None:
        """`edges`: named curves that close the outline, each beginning where the one before ends."""
        self.name = name
        self.seams: dict[str, IDX] = {}
        outline_parts: list[F64] = []
        count = 0
        for seam, curve in edges:
            steps = _steps(arc_length(curve))
            outline_parts.append(resample(curve, steps)[:-1])
            self.seams[seam] = np.arange(count, count + steps + 1)
            count += steps
        self.seams[edges[-1][0]][-1] = 0
        outline = np.concatenate(outline_parts)
        inner = _hex_grid(outline.min(0), outline.max(0))
        inner = inner[_signed_distance(inner, outline) > 0.6 * GRID]
        self.points = np.concatenate([outline, inner])
        self.faces = self._triangles(outline)

    def _triangles(self, outline: F64) -> IDX:
        faces = Delaunay(self.points).simplices
        a, b, c = (self.points[faces[:, k]] for k in range(3))
        area = 0.5 * ((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1]))
        keep = (_signed_distance((a + b + c) / 3, outline) > 0) & (abs(area) > 0.02 * GRID**2)
        faces, area = faces[keep], area[keep]
        faces[area < 0] = faces[area < 0][:, ::-1]
        return np.asarray(faces, np.int64)
