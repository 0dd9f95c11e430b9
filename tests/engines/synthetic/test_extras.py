"""Padding, boxes in the hand and the wardrobe of those who come in."""

from __future__ import annotations

import numpy as np
import pytest

from engines.synthetic.dressing import DressedTop
from engines.synthetic.extras import Extras, _box, _padded, random_extras
from engines.synthetic.wardrobe import random_worn


def test_thick_cloth_stands_off_by_about_its_thickness(ball):
    vertices, faces = ball(0.3)
    uv = np.zeros((len(faces), 3, 2))
    top = DressedTop(vertices, faces, uv, np.zeros(len(faces), int), np.ones(len(faces), bool), None, None)
    piece = _padded(top, 0.02)
    off = np.linalg.norm(piece.vertices, axis=1) - 0.3
    assert 0.014 < off.mean() < 0.026
    assert off.min() > 0
    assert np.allclose(_padded(top, 0.0).vertices, vertices)


def test_a_boxs_faces_look_outwards():
    centre = np.array([1.0, 2.0, 3.0])
    vertices, faces = _box(centre, np.eye(3), np.array([0.1, 0.2, 0.05]))
    corners = vertices[faces] - centre
    volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume == pytest.approx(0.1 * 0.2 * 0.05)


def test_extras_are_drawn_by_seed_and_often_thick():
    drawn = [random_extras(np.random.default_rng(seed)) for seed in range(200)]
    again = random_extras(np.random.default_rng(7))
    assert drawn[7].thickness == again.thickness
    assert 0.45 < np.mean([extras.thickness > 0 for extras in drawn]) < 0.75
    assert all(extras.thickness <= 0.03 and extras.collar <= 0.05 for extras in drawn)
    assert Extras() == Extras(0.0, 0.0, None, None)


def test_many_come_in_loose_long_sleeves():
    worn = [random_worn(np.random.default_rng(seed)) for seed in range(200)]
    assert np.mean([spec.sleeve > 0.85 and spec.ease > 0.15 for spec in worn]) > 0.4
