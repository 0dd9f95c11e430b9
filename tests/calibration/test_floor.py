"""The floor gives heights and distances to the centimetre, and says when it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.board import PAPERS, Detection, find
from calibration.camera import Camera
from calibration.errors import CalibrationError
from calibration.floor import Floor, distance, fit, rod_length, stature
from calibration.rendered.boards import on_floor, sheet_of, shot
from calibration.rendered.optics import Sensor, gray_of, random_lens
from calibration.rendered.scene import rotation

A1 = PAPERS["a1"]
HEIGHT, TILT, ROLL = 1500.0, 14.0, 1.0


@pytest.fixture(scope="module")
def upright():
    return random_lens(np.random.default_rng(7), (720, 1280))


@pytest.fixture(scope="module")
def portrait(upright):
    return Camera(upright.size, upright.matrix, upright.distortion)


def _pixels(camera, points):
    """Of level points (right, down, away) mm."""
    return camera.pixels(np.asarray(points, float) @ (rotation(z=ROLL) @ rotation(x=TILT)).T)


def test_heights_at_two_metres_are_right_to_the_centimetre(upright, portrait):
    rng = np.random.default_rng(0)
    pose = on_floor(HEIGHT, TILT, ROLL, (50.0, 1900.0), 8.0, A1)
    view = find(gray_of(shot(upright, Sensor(), sheet_of(A1, upright), pose, rng)))
    found = fit(portrait, [view])
    assert found.reasons() == []
    assert found.floor.height == pytest.approx(HEIGHT, abs=5)
    assert found.floor.tilt == pytest.approx(TILT, abs=0.1)
    assert found.floor.roll == pytest.approx(ROLL, abs=0.15)
    feet, head = _pixels(portrait, [[200.0, HEIGHT, 2000.0], [200.0, HEIGHT - 1720.0, 2000.0]])
    assert stature(portrait, found.floor, feet, head) == pytest.approx(1720, abs=10)
    assert distance(portrait, found.floor, feet) == pytest.approx(np.hypot(200, 2000), abs=15)
    rod = _pixels(portrait, [[-500.0, HEIGHT, 2000.0], [500.0, HEIGHT, 2000.0]])
    assert rod_length(portrait, found.floor, rod) == pytest.approx(1000, abs=10)


def _view(camera, height, place, noise=0.1, tilt=TILT):
    pose = on_floor(height, tilt, ROLL, place, 0.0, A1)
    corners = A1.corners()
    pixels = camera.pixels(pose.at(corners)) + np.random.default_rng(1).normal(0, noise, (len(corners), 2))
    return Detection(A1, pixels, corners, camera.size)


def test_a_board_on_a_table_is_told(portrait):
    views = [_view(portrait, HEIGHT, (0.0, 1900.0)), _view(portrait, HEIGHT - 400.0, (200.0, 2100.0))]
    with pytest.raises(CalibrationError, match="disagree"):
        fit(portrait, views)


def test_a_camera_that_moved_between_places_is_told(portrait):
    views = [_view(portrait, HEIGHT, (0.0, 1900.0)), _view(portrait, HEIGHT, (200.0, 2100.0), tilt=TILT + 4.0)]
    with pytest.raises(CalibrationError, match="leave the camera still"):
        fit(portrait, views)


def test_nothing_seen_is_told(portrait):
    with pytest.raises(CalibrationError, match="lay it where"):
        fit(portrait, [])


def test_coarse_corners_are_out_of_gate(portrait):
    assert fit(portrait, [_view(portrait, HEIGHT, (0.0, 1900.0), noise=1.0)]).reasons()


def test_what_is_above_the_horizon_is_no_floor(portrait):
    level = Floor(np.array([0.0, -1.0, 0.0]), HEIGHT)
    assert np.isnan(distance(portrait, level, np.array([360.0, 10.0])))
