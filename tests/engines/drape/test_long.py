"""The contract of dresses, skirts and trousers: the window, the codes, the guess that the network corrects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.drape.baseline import geometric_drape
from engines.drape.contract import GUESS, field_from_frame, garment_code, to_field
from engines.drape.drape import FIELD_HEIGHT, Layer
from engines.drape.long import (
    BOTTOM_NAMES,
    CHANNELS,
    WINDOW,
    BottomCut,
    Kind,
    bottom_code,
    bottom_raw,
    chart_lengths,
    dress_code,
    dress_length,
    input_maps,
)
from engines.drape.long_draper import code_of
from engines.garments.garment import BottomMeasures, Category, Garment, Measures
from engines.pose.body import Landmark

TROUSERS = BottomCut(0.07, 1.9, 0.0, 0.75, 0.46, 0.58, 0.45, 0.62, 0.6)
SKIRT = BottomCut(0.05, 1.2, 1.3, 0.75, 0.46, 0.55)
DRESS = Measures(4.4, 1.5, 0.85, 0.15, 0.9, 0.36, 0.25, 0.05, 0.9, 0.75, 0.6, 0.4)
size = st.floats(0.3, 3.0)


def _coarse(maps: np.ndarray, channel: int, x: float, y: float) -> float:
    return float(maps[channel, int(y // 4), int(x // 4)])


@pytest.fixture
def seen(standing):
    """Somebody who stands, whole in the picture, in the long window."""
    body = standing((900, 640), 220.0, (320.0, 260.0))
    return to_field(body, field_from_frame(body, WINDOW))


def test_the_window_holds_a_standing_person_from_the_shoulders_to_the_feet(seen):
    shoulders, feet = seen.points[[11, 12], 1], seen.points[[29, 30, 31, 32], 1]
    assert shoulders.min() > 0.05 * FIELD_HEIGHT
    assert feet.max() < FIELD_HEIGHT


@given(st.tuples(*[size] * 9))
@settings(deadline=None)
def test_a_code_gives_its_measures_back(values):
    code = bottom_code(BottomCut(*values))
    told = {name: bottom_raw(code, name) for name in BOTTOM_NAMES if name != "hem"}  # legs have no hem of a skirt
    assert told == pytest.approx({n: v for n, v in zip(BOTTOM_NAMES, values, strict=True) if n != "hem"}, abs=1e-4)


def test_a_skirt_tells_nothing_of_legs():
    code = bottom_code(SKIRT)
    assert code[6:].tolist() == [0.0] * 6
    assert bottom_raw(code, "hem") == pytest.approx(1.3)


def test_a_dress_keeps_its_length():
    code = dress_code(garment_code(DRESS, 0.1, 0.55))
    assert dress_length(code) == pytest.approx(4.4 * 0.55, rel=1e-4)
    assert np.abs(code).max() < 8
    assert chart_lengths(Kind.DRESS, code)[:2] == pytest.approx([0.55, 4.4 * 0.55], rel=1e-4)


def test_trousers_are_guessed_along_the_legs(seen):
    maps = input_maps(seen, bottom_code(TROUSERS), Kind.TROUSERS)
    assert maps.shape == (CHANNELS, 72, 64)
    assert np.isfinite(maps).all()
    left_u, left_v = GUESS.start + 2, GUESS.start + 3
    hip, knee, ankle = (seen.points[k] for k in (Landmark.LEFT_HIP, Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE))
    levels = [_coarse(maps, left_v, *point) for point in ((hip + knee) / 2, knee, ankle - [0, 4])]
    assert levels == sorted(levels)
    assert levels[0] == pytest.approx((0.25 + 0.4) / 1.9, abs=0.06)
    middle = (hip + knee) / 2
    outer, inner = (_coarse(maps, left_u, middle[0] + step, middle[1]) for step in (8, -8))
    assert 0 < outer < 0.5 < inner <= 1.0  # the outseam is 0, and the wearer's left is at the picture's right


def test_the_plain_warp_puts_a_skirt_and_trousers_where_they_belong(seen):
    matrix = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    hips, knees = seen.points[[23, 24], 1].mean(), seen.points[[25, 26], 1].mean()
    skirt = geometric_drape(seen, bottom_code(SKIRT), matrix, Kind.SKIRT).alpha[Layer.TORSO] > 0.5
    assert skirt[int(hips), 128]
    assert not skirt[int(hips) - 40, 128]
    trousers = geometric_drape(seen, bottom_code(TROUSERS), matrix, Kind.TROUSERS).alpha
    for layer, knee in ((Layer.SLEEVE_LEFT, seen.points[25]), (Layer.SLEEVE_RIGHT, seen.points[26])):
        assert trousers[layer, int(knees), int(knee[0])] > 0.5
    assert not (trousers[Layer.TORSO] > 0).any()


def _garment(category: Category, measures: Measures | BottomMeasures) -> Garment:
    chart = np.full((64, 64, 4), 255, np.uint8)
    return Garment("g", category, measures, dict.fromkeys(range(4), chart), np.zeros(3, np.uint8), True)


@given(st.tuples(*[st.floats(0.01, 10.0)] * 6), st.sampled_from([Category.SKIRT, Category.TROUSERS]))
@settings(deadline=None)
def test_whatever_a_photo_says_the_network_is_told_of_what_it_has_seen(values, category):
    code = code_of(_garment(category, BottomMeasures(*values)))
    assert np.isfinite(code).all()
    assert np.abs(code).max() < 4
