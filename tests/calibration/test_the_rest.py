"""Delay, placement, moved camera, and the true mirror."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.camera import Camera, guessed
from calibration.errors import CalibrationError
from calibration.floor import Floor
from calibration.latency import measure, rhythm, shares
from calibration.moved import turned
from calibration.placement import camera_advice, light_advice, light_of, view_angles
from calibration.rendered.scene import rotation
from calibration.screen import ScreenPose
from calibration.true_mirror import eye_of, undistorted, warp


def _flashes(delay, rng, *, fps=30.0, jitter=0.004, count=100, seen=True):
    """What a camera sees of the flashing patch: frames at `fps`, each showing the screen `delay` seconds ago."""
    edges = rhythm(count, 3)
    times = np.arange(0.0, edges[-1] + 1.0, 1.0 / fps) + rng.uniform(0, 0.005)
    shown = np.searchsorted(edges, times - delay - rng.normal(0, jitter, len(times)), side="right") % 2
    pictures = rng.normal(60, 2, (len(times), 12, 16))
    if seen:
        pictures[:, 4:8, 5:9] += 90.0 * shown[:, None, None]
    return edges, times, np.clip(pictures, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("delay", [0.045, 0.112, 0.28])
def test_the_delay_is_recovered(delay):
    edges, times, pictures = _flashes(delay, np.random.default_rng(1))
    found = measure(edges, times, pictures)
    assert found.reasons() == []
    # A change is seen in the next frame: on average half a frame later, at most one
    assert found.p50 == pytest.approx(1e3 * delay + 16.7, abs=5)
    assert found.p95 < 1e3 * delay + 33.4 + 12
    assert bool(found.over_goal()) == (found.p50 > 100 or found.p95 > 150)


def test_a_patch_that_is_not_seen_is_told():
    with pytest.raises(CalibrationError, match="not seen"):
        measure(*_flashes(0.1, np.random.default_rng(2), seen=False))


def test_a_patch_seen_half_the_time_is_refused():
    edges, times, pictures = _flashes(0.1, np.random.default_rng(3))
    pictures[len(times) * 4 // 5 :] = 60
    assert "flashes were seen" in measure(edges, times, pictures).reasons()[0]


def test_shares_add_up():
    parts = shares(80.0, {"pose": 12.0, "drape": 5.0, "compose": 8.0, "idle": 0.0})
    assert parts["all"] == 105.0
    assert "idle" not in parts


def test_flicker_and_darkness_are_told():
    rng = np.random.default_rng(0)
    scene = rng.uniform(80, 160, (120, 160))
    rows = np.arange(120)
    steady = np.stack([scene + rng.normal(0, 1.5, scene.shape) for _ in range(20)])
    lamps = np.stack([scene * (1 + 0.08 * np.sin(rows / 9 + 2.1 * n))[:, None] for n in range(20)])
    assert light_advice(light_of(steady.astype(np.uint8))) == []
    assert "flickers by 8%" in " ".join(light_advice(light_of(lamps.astype(np.uint8))))
    assert "too dark" in light_advice(light_of((steady * 0.2).astype(np.uint8)))[0]


def test_somebody_who_walks_by_is_no_flicker():
    rng = np.random.default_rng(0)
    frames = np.repeat(rng.uniform(80, 160, (1, 120, 160)), 20, 0) + rng.normal(0, 1.5, (20, 120, 160))
    for number, frame in enumerate(frames):
        frame[20:, 5 * number : 5 * number + 30] = 40
    assert light_of(frames.astype(np.uint8)).flicker < 0.02


def _placed(height, tilt, size=(720, 1280), degrees=75.0):
    up = rotation(x=tilt) @ np.array([0.0, -1.0, 0.0])
    return guessed(size, degrees), Floor(up, height)


def test_a_good_place_needs_no_advice():
    camera, floor = _placed(1425.0, 4.0)
    assert floor.tilt == pytest.approx(4.0)
    assert view_angles(camera, floor) == pytest.approx((33.5, -41.5), abs=0.3)
    assert camera_advice(camera, floor) == []


@pytest.mark.parametrize(
    ("height", "tilt", "size", "words"),
    [
        (700.0, 2.0, (720, 1280), "raise the camera by 650 mm"),
        (1425.0, -8.0, (720, 1280), "tilt the camera down by 9°"),
        (1425.0, 20.0, (720, 1280), "tilt it up by 15°"),
        (1425.0, 4.0, (1280, 720), "turn the camera upright"),
    ],
)
def test_advice_says_what_to_move_by_how_much(height, tilt, size, words):
    assert words in " ".join(camera_advice(*_placed(height, tilt, size)))


@pytest.fixture(scope="module")
def shop():
    """A scene with corners to hold on to."""
    rng = np.random.default_rng(5)
    picture = np.full((480, 640, 3), 120, np.uint8)
    for _ in range(160):
        x, y, w, h = rng.integers(0, (600, 440, 60, 60))
        cv2.rectangle(picture, (int(x), int(y)), (int(x + w + 8), int(y + h + 8)), rng.integers(0, 255, 3).tolist(), -1)
    return cv2.GaussianBlur(picture, (0, 0), 1.0)


@pytest.mark.parametrize("degrees", [0.0, 1.0, 3.0])
def test_a_moved_camera_is_measured(shop, degrees):
    camera = guessed((640, 480))
    homography = camera.matrix @ rotation(x=degrees * 0.6, y=degrees * 0.8) @ np.linalg.inv(camera.matrix)
    now = cv2.warpPerspective(shop, homography, (640, 480), borderMode=cv2.BORDER_REFLECT)
    now[150:480, 250:400] = 40  # somebody stands there
    assert turned(camera, shop, now) == pytest.approx(degrees, abs=0.15)


def test_a_bare_wall_tells_nothing():
    with pytest.raises(CalibrationError, match="too little"):
        turned(guessed((640, 480)), np.full((480, 640, 3), 99, np.uint8), np.full((480, 640, 3), 99, np.uint8))


def _true_mirror():
    """A portrait screen with the camera 60 mm above its rim, tilted down by 9°."""
    turn = rotation(x=-9.0) @ np.diag([-1.0, 1.0, -1.0])
    screen = ScreenPose(turn, -turn @ np.array([267.0, -60.0, 0.0]))
    camera = Camera((720, 1280), guessed((720, 1280)).matrix, np.array([-0.08, 0.01, 0.0, 0.0, 0.0]))
    return camera, screen


def test_a_true_mirror_shows_what_glass_would():
    camera, screen = _true_mirror()
    eye = np.array([300.0, 150.0, -1800.0])
    homography = warp(camera, screen, 0.494, eye)
    hand = np.array([[520.0, 700.0, -1800.0]])  # in the plane of the eyes, to the shopper's right
    pixel = undistorted(camera, camera.pixels(screen.points(hand)))
    shown = cv2.perspectiveTransform(pixel[:, None], homography)[0, 0] * 0.494
    reflection = hand[0] * (1, 1, -1)
    share = eye[2] / (eye[2] - reflection[2])
    assert shown == pytest.approx((eye + share * (reflection - eye))[:2], abs=0.5)


def test_the_eyes_are_placed_by_feet_on_the_floor():
    camera, screen = _true_mirror()
    up = screen.rotation @ np.array([0.0, -1.0, 0.0])
    floor = Floor(up, 1500.0)  # the camera is 1.5 m above it
    eyes, feet = np.array([[267.0, -160.0, -2000.0]]), np.array([[267.0, 1440.0, -2000.0]])
    seen = camera.pixels(screen.points(np.concatenate([eyes, feet])))
    assert eye_of(camera, floor, screen, seen[1], seen[0]) == pytest.approx(eyes[0], abs=1.0)
    assert np.isnan(eye_of(camera, floor, screen, np.array([360.0, 0.0]), seen[0])).all()


def test_eyes_behind_the_screen_are_refused():
    camera, screen = _true_mirror()
    with pytest.raises(CalibrationError, match="behind the screen"):
        warp(camera, screen, 0.494, np.array([0.0, 0.0, 100.0]))
