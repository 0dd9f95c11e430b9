"""Hoods and collars: where they lie, that they are seen, and that a back shows none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tryon_scene import HEIGHT, WIDTH, drape, garment

from engines.drape.drape import Panel
from engines.garments.garment import Category
from kiosk.tryon.colours import DEFAULT_LIGHT
from kiosk.tryon.fields import FieldView
from kiosk.tryon.figure import Box
from kiosk.tryon.neckwear import NeckRing, before_neck, behind_neck, has_neckwear

SHAPE = (HEIGHT, WIDTH)
WHOLE = Box(0, 0, WIDTH, HEIGHT)


@pytest.fixture
def hoodie():
    return replace(garment(2.5), category=Category.HOODIE)


@pytest.fixture
def polo():
    return replace(garment(), category=Category.POLO)


def _painted(sheets) -> np.ndarray:
    alpha = np.zeros(SHAPE, np.float32)
    for sheet in sheets:
        alpha[sheet.patch.slices] = np.maximum(alpha[sheet.patch.slices], sheet.alpha)
    return alpha


@pytest.mark.parametrize(("u", "v"), [(0.0, 0.3), (0.4, 0.25), (-0.37, 0.61)])
def test_a_chart_point_is_found_where_the_drape_shows_it(u, v):
    view = FieldView(drape(), WHOLE)
    x, y = view.place(Panel.TORSO, u, v)
    shown = [view.smooth(view.drape.uv[Panel.TORSO][axis], WHOLE)[int(y), int(x)] for axis in (0, 1)]
    assert shown == pytest.approx([u, v], abs=0.02)


def test_a_hood_lies_about_the_neck_behind_and_before(hoodie):
    ring = NeckRing.of(hoodie, FieldView(drape(), WHOLE))
    behind, before = behind_neck(hoodie, ring, DEFAULT_LIGHT, SHAPE), before_neck(hoodie, ring, DEFAULT_LIGHT, SHAPE)
    back, front = _painted([behind]), _painted(before)
    assert back.max() == front.max() == 1.0
    rows = np.arange(HEIGHT)[:, None]
    assert (back * rows).sum() / back.sum() < (front * rows).sum() / front.sum()
    assert front[int(ring.points[0, 1]), int(ring.points[0, 0])] > 0.9
    reach = np.flatnonzero(np.maximum(back, front).max(0) > 0.5)
    assert reach[0] < ring.points[:, 0].min() + 1
    assert reach[-1] > ring.points[:, 0].max() - 1


def test_a_collar_falls_in_two_leaves_of_the_cloths_own_colour(polo):
    ring = NeckRing.of(polo, FieldView(drape(), WHOLE))
    left, right = before_neck(polo, ring, DEFAULT_LIGHT, SHAPE)
    middle = float(ring.middle[0])
    centres = [float((_painted([leaf]) * np.arange(WIDTH)).sum() / _painted([leaf]).sum()) for leaf in (left, right)]
    assert max(centres) - middle == pytest.approx(middle - min(centres), abs=2.0)
    tone = np.median(left.colour[left.alpha > 0.9], axis=0)
    assert tone.argmax() == 1  # the garment is green


def test_from_behind_or_on_a_plain_tee_there_is_none(hoodie):
    turned = replace(drape(), front=np.zeros((72, 64), np.float32))
    assert NeckRing.of(hoodie, FieldView(turned, WHOLE)) is None
    assert has_neckwear(hoodie)
    assert not has_neckwear(garment())
