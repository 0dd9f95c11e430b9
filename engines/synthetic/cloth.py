"""Cloth: welded panels as a mesh, relaxed by extended position-based dynamics with small steps.

Method: Macklin et al., "Small Steps in Physics Simulation" (SCA 2019): one constraint pass per substep with XPBD
compliance, so stiffness does not depend on an iteration count. Bending is a distance constraint between the two
vertices opposite an edge, at its flat length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray

from engines.synthetic.panel import Panel
from engines.synthetic.pattern import Joins

F64 = NDArray[np.float64]
IDX = NDArray[np.int64]
SUBSTEP = 1.0 / 300.0
GRAVITY = 9.81
STRETCH_COMPLIANCE = 2e-6
COMPRESSION_COMPLIANCE = 2e-5
BEND_COMPLIANCE = 6e-4
"""In metres per newton for a vertex of unit mass. Compression is softer than stretch, so that folds can form."""
MARGIN = 0.006
"""How far cloth stays off the skin, in metres."""
FRICTION = 0.6
DAMPING = 0.985
TOP_SPEED = 2.0


@dataclass(frozen=True)
class Welded:
    """Panels joined: `faces` (m, 3) into `count` vertices, `corners` (m, 3, 2) in panel coordinates.

    `panel_of_face` (m,) indexes the pattern's panels; `vertex_of_point[k]` maps panel k's points to vertices.
    """

    count: int
    faces: IDX
    corners: F64
    panel_of_face: IDX
    vertex_of_point: list[IDX]


def weld(panels: list[Panel], joins: Joins) -> Welded:
    """Join the panels along their seams."""
    offsets = np.cumsum([0] + [len(panel.points) for panel in panels])
    parent = np.arange(offsets[-1])

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = int(parent[i])
        return i

    for (first, seam_a), (second, seam_b) in joins:
        for a, b in zip(seam_a + offsets[first], seam_b + offsets[second], strict=True):
            low, high = sorted((find(int(a)), find(int(b))))
            parent[high] = low
    roots = np.array([find(i) for i in range(len(parent))])
    unique, vertex = np.unique(roots, return_inverse=True)
    return Welded(
        count=len(unique),
        faces=np.concatenate([vertex[panel.faces + offsets[k]] for k, panel in enumerate(panels)]),
        corners=np.concatenate([panel.points[panel.faces] for panel in panels]),
        panel_of_face=np.concatenate([np.full(len(panel.faces), k) for k, panel in enumerate(panels)]),
        vertex_of_point=[vertex[offsets[k] : offsets[k + 1]] for k in range(len(panels))],
    )


@dataclass(frozen=True)
class Constraints:
    """Edges (k, 2) and bending pairs (l, 2) with their flat lengths, and each vertex's inverse mass (0 holds it)."""

    edges: IDX
    edge_lengths: F64
    bends: IDX
    bend_lengths: F64
    inverse_mass: F64


def _edge_frames(origin: F64, tip: F64, opposite: F64) -> tuple[F64, F64]:
    """Position of the opposite corner along an edge and its distance from it."""
    axis = tip - origin
    axis = axis / (np.linalg.norm(axis, axis=1, keepdims=True) + 1e-9)
    arm = opposite - origin
    return (arm * axis).sum(1), abs(arm[:, 0] * axis[:, 1] - arm[:, 1] * axis[:, 0])


def constraints_of(cloth: Welded, held: IDX | None = None) -> Constraints:
    """Constraints with rest lengths measured in the flat panels; `held` vertices stay where they are."""
    f, c = cloth.faces, cloth.corners
    ends = np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]])
    flat = np.concatenate([c[:, [0, 1]], c[:, [1, 2]], c[:, [2, 0]]])
    opposite = np.concatenate([f[:, 2], f[:, 0], f[:, 1]])
    opposite_flat = np.concatenate([c[:, 2], c[:, 0], c[:, 1]])
    swap = ends[:, 0] > ends[:, 1]
    ends[swap], flat[swap] = ends[swap][:, ::-1], flat[swap][:, ::-1]
    order = np.argsort(ends[:, 0] * 10**6 + ends[:, 1], kind="stable")
    key = (ends[:, 0] * 10**6 + ends[:, 1])[order]
    _, start, count = np.unique(key, return_index=True, return_counts=True)
    lengths = np.linalg.norm(flat[:, 0] - flat[:, 1], axis=1)[order]
    shared = start[count == 2]
    i, j = order[shared], order[shared + 1]
    along_i, high_i = _edge_frames(flat[i, 0], flat[i, 1], opposite_flat[i])
    along_j, high_j = _edge_frames(flat[j, 0], flat[j, 1], opposite_flat[j])
    mass = np.bincount(f.ravel(), minlength=cloth.count).astype(float)
    inverse_mass = 6.0 / np.maximum(mass, 1.0)
    if held is not None:
        inverse_mass[held] = 0.0
    return Constraints(
        edges=ends[order][start],
        edge_lengths=np.add.reduceat(lengths, start) / count,
        bends=np.stack([opposite[i], opposite[j]], 1),
        bend_lengths=np.hypot(along_i - along_j, high_i + high_j),
        inverse_mass=inverse_mass,
    )


@dataclass(frozen=True)
class Collider:
    """Skin that cloth rests on: `points` and unit `normals` (n, 3), neighbours in CSR form (`starts`, `neighbours`)."""

    points: F64
    normals: F64
    starts: IDX
    neighbours: IDX


@nb.njit(cache=True, fastmath=True)
def _solve_pairs(x: F64, w: F64, pairs: IDX, lengths: F64, stretch: float, compress: float, backwards: bool) -> None:
    count = len(pairs)
    for step in range(count):
        k = count - 1 - step if backwards else step
        a, b = pairs[k, 0], pairs[k, 1]
        d0, d1, d2 = x[b, 0] - x[a, 0], x[b, 1] - x[a, 1], x[b, 2] - x[a, 2]
        length = np.sqrt(d0 * d0 + d1 * d1 + d2 * d2) + 1e-9
        error = length - lengths[k]
        compliance = (stretch if error > 0 else compress) / (SUBSTEP * SUBSTEP)
        scale = error / length / (w[a] + w[b] + compliance)
        x[a, 0] += w[a] * scale * d0
        x[a, 1] += w[a] * scale * d1
        x[a, 2] += w[a] * scale * d2
        x[b, 0] -= w[b] * scale * d0
        x[b, 1] -= w[b] * scale * d1
        x[b, 2] -= w[b] * scale * d2


@nb.njit(cache=True, fastmath=True)
def _walk(p: F64, start: int, points: F64, starts: IDX, neighbours: IDX) -> int:
    """Nearest skin vertex, found over the mesh from the last one (three hops at most)."""
    nearest = start
    best = (p[0] - points[start, 0]) ** 2 + (p[1] - points[start, 1]) ** 2 + (p[2] - points[start, 2]) ** 2
    for _ in range(3):
        found = nearest
        for q in range(starts[nearest], starts[nearest + 1]):
            u = neighbours[q]
            d = (p[0] - points[u, 0]) ** 2 + (p[1] - points[u, 1]) ** 2 + (p[2] - points[u, 2]) ** 2
            if d < best:
                best, found = d, u
        if found == nearest:
            break
        nearest = found
    return nearest


@nb.njit(cache=True, fastmath=True)
def _collide(
    x: F64, w: F64, before: F64, near: IDX, points: F64, normals: F64, starts: IDX, neighbours: IDX, friction: float
) -> None:
    for i in range(len(x)):
        if near[i] < 0 or w[i] == 0.0:
            continue
        c = _walk(x[i], near[i], points, starts, neighbours)
        near[i] = c
        r0, r1, r2 = x[i, 0] - points[c, 0], x[i, 1] - points[c, 1], x[i, 2] - points[c, 2]
        height = r0 * normals[c, 0] + r1 * normals[c, 1] + r2 * normals[c, 2]
        if height >= MARGIN or r0 * r0 + r1 * r1 + r2 * r2 > 0.0144:
            continue
        push = min(MARGIN - height, 0.01)
        for k in range(3):
            x[i, k] += push * normals[c, k]
        t0, t1, t2 = x[i, 0] - before[i, 0], x[i, 1] - before[i, 1], x[i, 2] - before[i, 2]
        along = t0 * normals[c, 0] + t1 * normals[c, 1] + t2 * normals[c, 2]
        t0, t1, t2 = t0 - along * normals[c, 0], t1 - along * normals[c, 1], t2 - along * normals[c, 2]
        slide = np.sqrt(t0 * t0 + t1 * t1 + t2 * t2) + 1e-12
        hold = min(1.0, friction * (push + 0.0003) / slide)
        x[i, 0] -= hold * t0
        x[i, 1] -= hold * t1
        x[i, 2] -= hold * t2


@nb.njit(cache=True, fastmath=True)
def _simulate(
    x: F64, w: F64, edges: IDX, edge_lengths: F64, bends: IDX, bend_lengths: F64, near: IDX, points: F64,
    normals: F64, starts: IDX, neighbours: IDX, substeps: int, gravity: float, friction: float,
) -> None:  # fmt: skip
    velocity = np.zeros_like(x)
    before = x.copy()
    for step in range(substeps):
        for i in range(len(x)):
            if w[i] == 0.0:
                for k in range(3):
                    before[i, k] = x[i, k]
                continue
            velocity[i, 1] -= gravity * SUBSTEP
            speed = np.sqrt(velocity[i, 0] ** 2 + velocity[i, 1] ** 2 + velocity[i, 2] ** 2)
            keep = DAMPING if speed <= TOP_SPEED else DAMPING * TOP_SPEED / speed
            for k in range(3):
                velocity[i, k] *= keep
                before[i, k] = x[i, k]
                x[i, k] += velocity[i, k] * SUBSTEP
        backwards = step % 2 == 1
        _solve_pairs(x, w, edges, edge_lengths, STRETCH_COMPLIANCE, COMPRESSION_COMPLIANCE, backwards)
        _solve_pairs(x, w, bends, bend_lengths, BEND_COMPLIANCE, BEND_COMPLIANCE, backwards)
        _solve_pairs(x, w, edges, edge_lengths, STRETCH_COMPLIANCE, COMPRESSION_COMPLIANCE, not backwards)
        _collide(x, w, before, near, points, normals, starts, neighbours, friction)
        for i in range(len(x)):
            for k in range(3):
                velocity[i, k] = (x[i, k] - before[i, k]) / SUBSTEP


def relax(
    x: F64, constraints: Constraints, collider: Collider, near: IDX, substeps: int,
    gravity: float = GRAVITY, friction: float = FRICTION,
) -> F64:  # fmt: skip
    """Let cloth settle; returns new positions (n, 3). `near` (n,) is each vertex's skin vertex and is updated."""
    x = np.ascontiguousarray(x.copy())
    _simulate(
        x, constraints.inverse_mass, constraints.edges, constraints.edge_lengths, constraints.bends,
        constraints.bend_lengths, near, np.ascontiguousarray(collider.points),
        np.ascontiguousarray(collider.normals), collider.starts, collider.neighbours, substeps, gravity, friction,
    )  # fmt: skip
    return x
