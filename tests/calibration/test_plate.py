"""The empty scene follows light and furniture; people never get into it, seen or missed by the estimator."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.plate import PlateLimits, ScenePlate
from kiosk.demo import PERSON

HEIGHT, WIDTH = 180, 240
FPS = 2.0


def _wall(rng, light=1.0):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    base = 120 + 40 * np.sin(x / 17)[..., None] * [1.0, 0.8, 0.6] + 20 * np.cos(y / 23)[..., None]
    return np.clip(base * light + rng.normal(0, 2.0, base.shape), 0, 255).astype(np.uint8)


def _run(plate, frames, start, *, somebody):
    for number, frame in enumerate(frames):
        plate.feed(frame, start + number / FPS, somebody=somebody)
    return start + len(frames) / FPS


def _away(plate, rng, light=1.0):
    return np.abs(cv2.blur(plate.picture, (5, 5)).astype(int) - cv2.blur(_wall(rng, light), (5, 5)))


@pytest.fixture(scope="module")
def person():
    """Frames of the rendered person, small, with the person's own slight movements as they stand."""
    capture = cv2.VideoCapture(str(PERSON))
    read, frame = capture.read()
    capture.release()
    assert read
    small = cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)[..., ::-1]
    x, y, w, h = 80, 20, 90, 150
    return small[y : y + h, x : x + w]


def _standing(rng, person, seconds):
    """Somebody who stands still: they sway by a pixel or two (a centimetre at 3 m), and breathe."""
    frames = []
    for number in range(int(seconds * FPS)):
        frame, t = _wall(rng), number / FPS
        dx, dy = round(1.6 * np.sin(0.9 * t) + 1.0 * np.sin(0.37 * t)), round(0.8 * np.sin(1.6 * t))
        h, w = person.shape[:2]
        frame[15 + dy : 15 + dy + h, 80 + dx : 80 + dx + w] = person
        frames.append(frame)
    return frames


@pytest.mark.parametrize("somebody", [True, False])
def test_a_person_standing_still_never_becomes_background(person, somebody):
    """Longer than furniture takes, once seen by the estimator and once missed by it all along."""
    rng = np.random.default_rng(0)
    plate = ScenePlate(_wall(rng))
    _run(plate, _standing(rng, person, 200), 0.0, somebody=somebody)
    assert _away(plate, rng).max() < 18


def test_furniture_is_learnt_in_the_end_and_not_at_once():
    rng = np.random.default_rng(1)
    plate = ScenePlate(_wall(rng), PlateLimits(still_s=20.0))

    def chair(seconds):
        frames = [_wall(rng) for _ in range(int(seconds * FPS))]
        for frame in frames:
            frame[100:170, 150:210] = (90, 50, 30)
        return frames

    now = _run(plate, chair(15), 0.0, somebody=False)
    assert np.abs(plate.picture[130, 180].astype(int) - (90, 50, 30)).max() > 20
    _run(plate, chair(15), now, somebody=False)
    assert np.abs(plate.picture[110:160, 160:200].astype(int) - (90, 50, 30)).max() < 12


@pytest.mark.parametrize("light", [0.6, 1.35])
def test_light_is_followed_with_somebody_there(person, light):
    rng = np.random.default_rng(2)
    plate = ScenePlate(_wall(rng))
    frames = [_wall(rng, light) for _ in range(10)]
    for frame in frames:
        frame[30:180, 90:170] = person[:150, :80] if person.shape[0] >= 150 else 60
    _run(plate, frames, 0.0, somebody=True)
    assert np.median(_away(plate, rng, light)) < 4


def test_sun_on_one_side_is_followed():
    rng = np.random.default_rng(3)
    plate = ScenePlate(_wall(rng))
    slope = np.linspace(0.7, 1.3, WIDTH)[None, :, None]
    frames = [np.clip(_wall(rng) * slope, 0, 255).astype(np.uint8) for _ in range(10)]
    _run(plate, frames, 0.0, somebody=True)
    wanted = cv2.blur((_wall(rng) * slope).clip(0, 255).astype(np.uint8), (5, 5)).astype(int)
    assert np.percentile(np.abs(cv2.blur(plate.picture, (5, 5)).astype(int) - wanted), 95) < 14
