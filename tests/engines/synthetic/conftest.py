"""Bodies that need no body model: a ball and a tailor's dummy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from engines.synthetic.pattern import Girths


@pytest.fixture
def ball():
    """Gives vertices and outward faces of a ball of some radius about the origin."""

    def make(radius: float, count: int = 900) -> tuple[np.ndarray, np.ndarray]:
        k = np.arange(count) + 0.5
        polar, around = np.arccos(1 - 2 * k / count), np.pi * (1 + 5**0.5) * k
        points = np.stack([np.cos(around) * np.sin(polar), np.cos(polar), np.sin(around) * np.sin(polar)], 1)
        faces = ConvexHull(points).simplices
        a, b, c = (points[faces[:, j]] for j in range(3))
        inwards = (np.cross(b - a, c - a) * a).sum(1) < 0
        faces[inwards] = faces[inwards][:, ::-1]
        return points * radius, faces

    return make


@pytest.fixture
def dummy() -> Girths:
    """The measures of a straight trunk, 95 cm around."""
    line_x = np.linspace(0.03, 0.23, 14)
    heights = np.linspace(0.74, 1.38, 15)
    return Girths(
        shoulder=np.array([0.155, 1.42, 0.0]),
        elbow=np.array([0.36, 1.24, 0.0]),
        wrist=np.array([0.55, 1.06, 0.0]),
        hip=0.9,
        heights=heights,
        girth=np.full(15, 0.95),
        half_width=np.full(15, 0.17),
        back=np.full(15, -0.11),
        front=np.full(15, 0.12),
        shoulder_line_x=line_x,
        shoulder_line_y=1.51 - 0.45 * line_x,
        upper_arm=0.29,
        forearm=0.25,
    )
