"""The contract between bodies, garments and the network: right size and place for anybody, sane for nonsense."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engines.drape import contract
from engines.drape.contract import CHANNELS, CODE_NAMES, FieldBody, field_from_frame, garment_code, input_maps, to_field
from engines.drape.drape import FIELD_HEIGHT, FIELD_WIDTH, TORSO_PIXELS
from engines.drape.draper import code_of
from engines.garments.garment import TORSO_FRAME, Category, Chart, Garment, Measures
from engines.pose.body import Body

TEE = Measures(2.5, 1.0, 0.85, 0.15, 0.75, 0.36, 0.25, 0.05, 0.9, 0.75, 0.6, 0.4)
anybody = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
places = hnp.arrays(np.float32, (33, 2), elements=st.floats(-300, 1500, width=32))
anything = st.floats(-1e5, 1e5, width=32)


def body_of(points: np.ndarray, size: tuple[int, int] = (60, 80)) -> Body:
    return Body(points, np.zeros((33, 3), np.float32), np.ones(33, np.float32), np.zeros(size, np.uint8))


@given(places)
@anybody
def test_the_torso_has_the_same_size_and_place_for_anybody(points):
    body = body_of(points)
    assume(body.torso_length > 8)
    matrix = field_from_frame(body)
    moved = body_of((points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32))
    assert moved.torso_length == pytest.approx(TORSO_PIXELS, rel=1e-3)
    middle = moved.landmarks[[11, 12, 23, 24]].mean(0)
    assert middle == pytest.approx([FIELD_WIDTH / 2, FIELD_HEIGHT / 2], abs=0.1)
    assert matrix[0, 0] == matrix[1, 1] > 0
    assert matrix[0, 1] == matrix[1, 0] == 0


@given(
    torso=st.floats(50, 400),
    size=st.tuples(st.integers(301, 1100), st.integers(301, 1300)),
    at=st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)),
)
@anybody
def test_silhouette_and_points_stay_together_to_half_a_pixel(standing, torso, size, at):
    body = standing(size, torso, (size[1] / 2, size[0] / 2))
    spot = np.array([size[1] / 2 + at[0] * torso, size[0] / 2 + at[1] * torso])
    radius = 0.14 * torso
    assume((spot > radius).all() and (spot < np.array(size[::-1]) - radius).all())
    mask = np.zeros(size, np.uint8)
    # OpenCV counts pixel centres at whole numbers, bodies at halves
    cv2.circle(mask, np.round((spot - 0.5) * 16).astype(int).tolist(), round(radius * 16), 255, -1, cv2.LINE_AA, 4)
    points = body.landmarks.copy()
    points[0] = spot
    matrix = field_from_frame(body)
    seen = to_field(Body(points, body.world, body.visibility, mask), matrix)
    assert seen.silhouette.shape == (FIELD_HEIGHT, FIELD_WIDTH)
    weight = seen.silhouette.astype(float)
    y, x = np.mgrid[:FIELD_HEIGHT, :FIELD_WIDTH] + 0.5
    centre = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()
    assert np.abs(centre - seen.points[0]).max() < 0.5
    assert seen.frame[2] - seen.frame[0] == pytest.approx(size[1] * matrix[0, 0], rel=1e-4)


def test_a_drawn_persons_silhouette_covers_their_limbs(standing):
    body = standing()
    seen = to_field(body, field_from_frame(body))
    for k in (0, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26):
        x, y = seen.points[k].astype(int)
        assert seen.silhouette[min(y, FIELD_HEIGHT - 1), x] == 255


def test_a_code_is_clipped_to_what_the_network_has_seen():
    low = np.full(len(CODE_NAMES), -1.0, np.float32)
    high = np.full(len(CODE_NAMES), 0.5, np.float32)
    code = garment_code(TEE, 0.1, 0.56, (low, high))
    raw = {name: contract.garment_raw(code, name) for name in CODE_NAMES}
    assert max(raw.values()) <= 0.5 + 1e-5
    assert raw["ease"] == pytest.approx(0.1, abs=1e-5)
    free = garment_code(TEE, 0.1, 0.56)
    assert contract.garment_raw(free, "length") == pytest.approx(2.5 * 0.56, rel=1e-5)
    assert contract.garment_raw(free, "cuff") == pytest.approx(0.8, rel=1e-5)


@given(st.lists(st.floats(0.01, 20), min_size=12, max_size=12))
@anybody
def test_no_garment_leaves_the_range_of_the_training_data(values):
    white = {chart: np.full((8, 8, 4), 255, np.uint8) for chart in Chart}
    garment = Garment("any", Category.HOODIE, Measures(*values), white, np.zeros(3, np.uint8), back_is_guessed=True)
    assert np.isfinite(code_of(garment)).all()
    assert abs(code_of(garment)).max() < 6


def _with_neckline(roundness):
    """A tee whose neckline, 0.3 half chests wide and 0.5 deep, falls as |x| to the power of `roundness`."""
    measures = Measures(2.5, 1.0, 0.8, 0.15, 0.75, 0.3, 0.5, 0.05, 0.9, 0.7, 0.6, 0.4)
    v, u = np.mgrid[TORSO_FRAME.v_min : TORSO_FRAME.v_max : 400j, TORSO_FRAME.u_min : TORSO_FRAME.u_max : 400j]
    picture = np.full((400, 400, 4), 255, np.uint8)
    picture[v * 2.5 < 0.5 * (1 - abs(u / 0.3) ** roundness), 3] = 0
    atlas = dict.fromkeys(Chart, picture)
    return Garment("any", Category.TEE, measures, atlas, np.zeros(3, np.uint8), back_is_guessed=True)


def test_the_network_is_told_of_a_shallower_neckline_the_more_it_is_a_v():
    """So that nothing is cut away beside a V; the photo's outline does the cutting."""
    sharp, round_ = (_with_neckline(power) for power in (1.0, 2.5))
    assert sharp.neck_fullness() == pytest.approx(0.5, abs=0.03)
    assert round_.neck_fullness() == pytest.approx(0.76, abs=0.03)
    depths = [contract.garment_raw(code_of(each), "neck_depth") for each in (sharp, round_)]
    assert depths[0] < 0.75 * depths[1]


def test_a_sleeveless_garments_sleeves_are_neutral():
    tank = Measures(2.5, 1.0, 0.6, 0.1, 0.75, 0.36, 0.25, 0.05, 0.0, 0.0, 0.0, 0.0)
    code = garment_code(tank, 0.1, 0.56)
    assert code[7:11].tolist() == [0, 0, 0, 0]
    assert contract.garment_raw(code, "sleeveless") == 1.0


@given(
    points=hnp.arrays(np.float32, (33, 2), elements=anything),
    world=hnp.arrays(np.float32, (33, 3), elements=st.floats(-50, 50, width=32)),
)
@anybody
def test_maps_of_hostile_bodies_are_finite(points, world):
    body = Body(points, world, np.zeros(33, np.float32), np.full((48, 64), 200, np.uint8))
    maps = input_maps(to_field(body, field_from_frame(body)), np.zeros(len(CODE_NAMES), np.float32))
    assert maps.shape == (CHANNELS, 72, 64)
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()


@pytest.mark.parametrize("where", [0.0, 5000.0, -5000.0])
def test_maps_of_coincident_landmarks_are_finite(where):
    body = body_of(np.full((33, 2), where, np.float32))
    maps = input_maps(to_field(body, field_from_frame(body)), np.zeros(len(CODE_NAMES), np.float32))
    assert np.isfinite(maps).all()


def test_the_silhouettes_channels_keep_every_pixel(standing):
    rng = np.random.default_rng(0)
    silhouette = rng.integers(0, 256, (FIELD_HEIGHT, FIELD_WIDTH), dtype=np.uint8)
    body = standing()
    seen = to_field(body, field_from_frame(body))
    maps = input_maps(FieldBody(seen.points, seen.world, silhouette, seen.frame), np.zeros(12, np.float32))
    assert np.array_equal(np.sort(np.round(maps[contract.SILHOUETTE] * 255).ravel()), np.sort(silhouette.ravel()))
