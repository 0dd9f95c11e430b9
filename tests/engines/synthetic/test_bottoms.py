"""Skirts and trousers: welded panels without holes, hems level, chart coordinates as the garment promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.synthetic.bottoms import LegGirths, cut_bottom
from engines.synthetic.cloth import constraints_of, relax, weld
from engines.synthetic.dressing import _bottom_charts
from engines.synthetic.wardrobe import random_skirt, random_trousers
from tests.engines.synthetic.test_cloth import _collider
from tests.engines.synthetic.test_pattern import _loops

seeds = st.integers(0, 10_000)
on_the_dummy = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def legs(dummy):
    """Legs that suit the dummy."""
    hip = np.array([0.09, dummy.hip, 0.0])
    return LegGirths(hip, hip - [0, 0.42, 0], hip - [0, 0.82, 0], dummy.hip - 0.08, thigh=0.56, calf=0.36)


@given(seeds)
@on_the_dummy
def test_trousers_have_a_waist_and_two_hems_and_no_other_opening(dummy, legs, seed):
    pattern = cut_bottom(dummy, legs, random_trousers(np.random.default_rng(seed)))
    assert _loops(weld(pattern.panels, pattern.joins).faces) == 3


@given(seeds)
@on_the_dummy
def test_a_skirt_has_a_waist_and_a_hem(dummy, legs, seed):
    pattern = cut_bottom(dummy, legs, random_skirt(np.random.default_rng(seed)))
    assert _loops(weld(pattern.panels, pattern.joins).faces) == 2


@given(seeds)
@on_the_dummy
def test_charts_begin_at_the_waistband_and_end_at_the_hem(dummy, legs, seed):
    rng = np.random.default_rng(seed)
    for spec in (random_skirt(rng), random_trousers(rng)):
        pattern = cut_bottom(dummy, legs, spec)
        cloth = weld(pattern.panels, pattern.joins)
        uv, panel, front = _bottom_charts(pattern, cloth, cloth.corners)
        assert uv[..., 1].min() == pytest.approx(0.0, abs=1e-9)
        assert uv[..., 1].max() == pytest.approx(1.0, abs=1e-6)
        if spec.kind == "skirt":
            assert front.any()
            assert not front.all()
            assert set(panel) == {0}
        else:
            assert set(panel) == {1, 2}
            assert uv[..., 0].max() == pytest.approx(-uv[..., 0].min())
            assert uv[..., 0].max() == pytest.approx(max(1.0, spec.hem), abs=0.02)  # a flared hem is wider


def test_a_held_waistband_stays_while_the_cloth_falls(dummy, legs):
    pattern = cut_bottom(dummy, legs, random_skirt(np.random.default_rng(1)))
    cloth = weld(pattern.panels, pattern.joins)
    flat = np.zeros((cloth.count, 3))
    for panel, vertices in zip(pattern.panels, cloth.vertex_of_point, strict=True):
        flat[vertices, :2] = panel.points
    held = np.unique(np.concatenate([cloth.vertex_of_point[k][seam] for k, seam in pattern.waist]))
    apart = _collider(np.array([[9.0, 0, 0], [9.1, 0, 0], [9, 0.1, 0]]), np.array([[0, 1, 2]]))
    hung = relax(flat, constraints_of(cloth, held), apart, np.full(cloth.count, -1), 40)
    assert np.array_equal(hung[held], flat[held])
    free = np.setdiff1d(np.arange(cloth.count), held)
    assert hung[free, 1].min() < flat[free, 1].min()
