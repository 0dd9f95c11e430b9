"""Patterns: seams that fit each other, welded panels without holes, chart coordinates as the garment promises."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.synthetic.cloth import weld
from engines.synthetic.dressing import _charts, measures_of
from engines.synthetic.panel import arc_length, bezier, resample
from engines.synthetic.pattern import TopSpec, cut_top
from engines.synthetic.wardrobe import random_top

TEE = TopSpec(
    ease=0.12, length=0.06, flare=0.0, waist=0.0, neck_width=0.085, neck_depth=0.07, v_neck=False, drop=0.02,
    sleeve=0.35, sleeve_ease=0.2, cuff=0.8,
)  # fmt: skip
any_top = st.integers(0, 10_000).map(lambda seed: random_top(np.random.default_rng(seed)))
on_the_dummy = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _loops(faces: np.ndarray) -> int:
    """Closed rims of a mesh; fails where an edge has more than two faces or a rim branches."""
    directed = Counter(tuple(edge) for face in faces for edge in zip(face, np.roll(face, -1), strict=True))
    edges = Counter(frozenset(edge) for edge in directed.elements())
    assert max(edges.values()) <= 2
    following: dict[int, set[int]] = {}
    for edge, count in edges.items():
        if count == 1:
            a, b = edge
            following.setdefault(a, set()).add(b)
            following.setdefault(b, set()).add(a)
    assert all(len(ends) == 2 for ends in following.values())
    loops = 0
    while following:
        loops += 1
        waiting = [next(iter(following))]
        while waiting:
            waiting += following.pop(waiting.pop(), set())
    return loops


@given(any_top)
@on_the_dummy
def test_the_sleeves_cap_is_as_long_as_the_armhole(dummy, spec):
    pattern = cut_top(dummy, spec)
    caps = [panel for panel in pattern.panels if panel.name.startswith("sleeve")]
    armhole = arc_length(pattern.panels[0].points[pattern.panels[0].seams["armhole+"]])
    assert [abs(arc_length(cap.points[cap.seams["cap"]]) - armhole) < 0.002 for cap in caps] == [True] * len(caps)
    assert len(caps) == (4 if spec.sleeve > 0 else 0)


@given(any_top)
@on_the_dummy
def test_welded_panels_leave_neck_hem_and_cuffs_open_and_nothing_else(dummy, spec):
    pattern = cut_top(dummy, spec)
    cloth = weld(pattern.panels, pattern.joins)
    for (first, seam_a), (second, seam_b) in pattern.joins:
        assert (cloth.vertex_of_point[first][seam_a] == cloth.vertex_of_point[second][seam_b]).all()
    assert _loops(cloth.faces) == 4


def test_charts_are_one_at_side_seam_hem_and_cuff(dummy):
    pattern = cut_top(dummy, TEE)
    cloth = weld(pattern.panels, pattern.joins)
    uv, panel, front = _charts(pattern.panels, cloth, cloth.corners, pattern.sizes)
    torso, left = uv[panel == 0].reshape(-1, 2), uv[panel == 1].reshape(-1, 2)
    assert abs(torso[:, 0]).max() == pytest.approx(1.0, abs=1e-6)
    assert torso[:, 1].max() == pytest.approx(1.0, abs=0.015)  # the hem is cut a little lower in the middle
    side = pattern.panels[0].points[pattern.panels[0].seams["side+"]]
    assert side[:, 0] / pattern.sizes.half_chest == pytest.approx(1.0, abs=1e-6)
    assert side[-1, 1] == pytest.approx(-pattern.sizes.length, abs=1e-6)
    assert (left[:, 0].min(), left[:, 0].max()) == pytest.approx((-1.0, 1.0), abs=1e-3)
    assert left[:, 1].max() == pytest.approx(1.0, abs=1e-6)
    assert front[panel == 0].any()
    assert not front[panel > 0].any()


def test_measures_are_in_half_chests(dummy):
    sizes = cut_top(dummy, TEE).sizes
    measures = measures_of(sizes)
    assert sizes.half_chest == pytest.approx(0.95 * 1.12 / 4)
    assert measures.hem == pytest.approx(1.0)
    assert measures.length == pytest.approx(sizes.length / sizes.half_chest)
    assert not measures.sleeveless
    assert measures_of(cut_top(dummy, replace(TEE, sleeve=0.0)).sizes).sleeveless


def test_ease_makes_a_top_wider(dummy):
    wide = cut_top(dummy, replace(TEE, ease=0.4)).sizes.half_chest
    assert wide > 1.2 * cut_top(dummy, TEE).sizes.half_chest


def test_curves_keep_their_ends_and_steps():
    curve = bezier((0, 0), (1, 2), (3, 0))
    even = resample(curve, 7)
    assert np.allclose(even[[0, -1]], [(0, 0), (3, 0)])
    assert arc_length(even) == pytest.approx(arc_length(curve), rel=0.02)
