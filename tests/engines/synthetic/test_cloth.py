"""Cloth keeps its lengths and stays off the skin."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from engines.synthetic.cloth import Collider, constraints_of, relax, weld
from engines.synthetic.panel import Panel, bezier
from engines.synthetic.pattern import Pattern
from engines.synthetic.raster import vertex_normals

RADIUS = 0.05


@pytest.fixture
def sheet():
    """A flat square of 30 cm."""
    corners = [(-0.15, -0.15), (0.15, -0.15), (0.15, 0.15), (-0.15, 0.15)]
    edges = [(str(k), bezier(corners[k], corners[(k + 1) % 4])) for k in range(4)]
    return Pattern([Panel("sheet", edges)], [], None)


@pytest.fixture
def bar():
    """A horizontal bar along z: points and faces of its surface."""
    around, along = 40, 31
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    z = np.linspace(-0.3, 0.3, along)
    ring = np.stack([RADIUS * np.cos(angle), RADIUS * np.sin(angle)], 1)
    points = np.concatenate([np.c_[ring, np.full(around, height)] for height in z])
    here = np.arange((along - 1) * around)
    right = here - here % around + (here + 1) % around
    faces = np.concatenate([np.c_[here, right, here + around], np.c_[right, right + around, here + around]])
    return points, faces


def _collider(vertices, faces):
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    starts = np.r_[0, np.cumsum(np.bincount(edges[:, 0], minlength=len(vertices)))]
    return Collider(vertices, vertex_normals(vertices, faces), starts, edges[:, 1].copy())


def test_a_sheet_over_a_bar_hangs_without_stretching_or_sinking_in(sheet, bar):
    cloth, collider = weld(sheet.panels, sheet.joins), _collider(*bar)
    assert (collider.normals[:, :2] * collider.points[:, :2]).sum(1).min() > 0
    flat = sheet.panels[0].points
    start = np.stack([flat[:, 0], np.full(len(flat), RADIUS + 0.01), flat[:, 1]], 1)
    near = cKDTree(collider.points).query(start)[1].astype(np.int64)
    limits = constraints_of(cloth)
    hung = relax(start, limits, collider, near, 400)
    assert np.isfinite(hung).all()
    lengths = np.linalg.norm(hung[limits.edges[:, 0]] - hung[limits.edges[:, 1]], axis=1)
    strain = lengths / limits.edge_lengths - 1
    hangs = abs(flat[limits.edges].mean(1)[:, 0]) > 0.5 * np.pi * RADIUS
    assert np.percentile(abs(strain[hangs]), 95) < 0.02
    assert abs(strain).max() < 0.04  # over the bar, where the weight of both ends pulls
    assert np.hypot(hung[:, 0], hung[:, 1]).min() > RADIUS
    assert hung[:, 1].min() < -0.03  # both ends have come down


def test_constraints_have_flat_lengths(sheet):
    cloth = weld(sheet.panels, sheet.joins)
    limits = constraints_of(cloth)
    flat = sheet.panels[0].points
    assert np.allclose(limits.edge_lengths, np.linalg.norm(flat[limits.edges[:, 0]] - flat[limits.edges[:, 1]], axis=1))
    assert np.allclose(limits.bend_lengths, np.linalg.norm(flat[limits.bends[:, 0]] - flat[limits.bends[:, 1]], axis=1))
