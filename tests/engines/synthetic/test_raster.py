"""The rasteriser against half-planes, planes and spheres worked out by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from engines.synthetic.raster import rasterise, vertex_normals

HEIGHT, WIDTH = 24, 30
FACE = np.array([[0, 1, 2]])
coordinate = st.floats(-8, 38, width=32)
corners = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=3)
depths = st.lists(st.floats(0.25, 4.0, width=32), min_size=3, max_size=3)


def _weights(corner: np.ndarray) -> np.ndarray:
    """Barycentric weights (H, W, 3) of every pixel's centre."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    matrix = np.vstack([corner.T, np.ones(3)])
    return np.stack([x, y, np.ones_like(x)], 2) @ np.linalg.inv(matrix).T


@given(corners, depths)
def test_one_triangle_is_where_its_half_planes_meet(points, inverse_depths):
    corner = np.array(points, float)
    area = abs(np.cross(np.append(corner[1] - corner[0], 0), np.append(corner[2] - corner[0], 0))[2])
    assume(area > 4.0)
    weights = _weights(corner)
    hits = rasterise(np.c_[corner, inverse_depths], FACE, HEIGHT, WIDTH)
    assert not hits.mask[weights.min(2) < -1e-3].any()
    assert hits.mask[weights.min(2) > 1e-3].all()
    expected = weights @ np.array(inverse_depths)
    assert np.allclose(hits.inverse_depth[hits.mask], expected[hits.mask], atol=2e-3, rtol=2e-3)


@given(corners, depths)
def test_values_are_perspective_correct(points, inverse_depths):
    corner, inverse = np.array(points, float), np.array(inverse_depths)
    area = abs(np.cross(np.append(corner[1] - corner[0], 0), np.append(corner[2] - corner[0], 0))[2])
    assume(area > 30.0)
    values = np.array([[[1.0, 0.0], [0.0, 2.0], [-1.0, 5.0]]])
    hits = rasterise(np.c_[corner, inverse], FACE, HEIGHT, WIDTH)
    weights = _weights(corner) * inverse
    expected = (weights / weights.sum(2, keepdims=True)) @ values[0]
    assert np.allclose(hits.interpolate(values)[hits.mask], expected[hits.mask], atol=0.05)


def test_the_nearer_triangle_hides_the_farther_one_in_either_order():
    near = [[2, 2, 1.0], [20, 2, 1.0], [2, 20, 1.0]]
    far = [[2, 2, 0.5], [20, 2, 0.5], [2, 20, 0.5]]
    for points, expected in ((near + far, 0), (far + near, 1)):
        hits = rasterise(np.array(points), np.array([[0, 1, 2], [3, 4, 5]]), HEIGHT, WIDTH)
        assert set(hits.face[hits.mask].tolist()) == {expected}
        assert np.allclose(hits.inverse_depth[hits.mask], 1.0)


def test_a_triangle_that_reaches_behind_the_camera_is_left_out():
    hits = rasterise(np.array([[2, 2, 1.0], [20, 2, -1.0], [2, 20, 1.0]]), FACE, HEIGHT, WIDTH)
    assert not hits.mask.any()


def test_normals_of_a_ball_point_outwards(ball):
    vertices, faces = ball(0.15)
    normals = vertex_normals(vertices, faces)
    assert (normals * vertices).sum(1).min() > 0.98 * 0.15
