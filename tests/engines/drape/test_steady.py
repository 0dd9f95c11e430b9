"""The average over time: calm on a still body, at once on a moving one, each limb for itself."""

from __future__ import annotations

import numpy as np

from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH, FIELD_HEIGHT, FIELD_WIDTH, Layer
from engines.drape.steady import SteadyFields
from engines.pose.body import Landmark

ALPHA, FIELDS = (len(Layer), FIELD_HEIGHT, FIELD_WIDTH), (16, COARSE_HEIGHT, COARSE_WIDTH)


def _points() -> np.ndarray:
    return np.full((33, 2), 100.0, np.float32)


def _blank(value: float) -> tuple[np.ndarray, np.ndarray]:
    return np.full(ALPHA, value, np.float32), np.full(FIELDS, value, np.float32)


def test_first_frame_passes() -> None:
    alpha, fields = SteadyFields().average("tee", _points(), *_blank(0.7))
    assert np.allclose(alpha, 0.7)
    assert np.allclose(fields, 0.7)


def test_noise_on_a_still_body_is_averaged_away() -> None:
    steady, rng, last = SteadyFields(), np.random.default_rng(0), []
    for _ in range(60):
        noise = rng.normal(0, 1, (16, 1, 1)).astype(np.float32)
        _, fields = steady.average("tee", _points(), _blank(0.0)[0], np.broadcast_to(noise, FIELDS).copy())
        last.append(float(fields[0, 0, 0]))
    assert np.std(last[20:]) < 0.35


def test_a_moving_arm_is_followed_at_once_and_the_other_is_not() -> None:
    steady = SteadyFields()
    steady.average("tee", _points(), *_blank(0.0))
    moved = _points()
    moved[Landmark.LEFT_WRIST] += 9.0
    alpha, fields = steady.average("tee", moved, *_blank(1.0))
    assert np.allclose(alpha[Layer.SLEEVE_LEFT], 1.0)
    assert np.allclose(fields[2:4], 1.0)
    assert alpha[Layer.SLEEVE_RIGHT].max() < 0.1
    assert fields[4:6].max() < 0.1


def test_garments_are_kept_apart_and_forgotten() -> None:
    steady = SteadyFields()
    steady.average("tee", _points(), *_blank(0.0))
    alpha, _ = steady.average("hoodie", _points(), *_blank(1.0))
    assert np.allclose(alpha, 1.0)
    steady.forget()
    alpha, _ = steady.average("tee", _points(), *_blank(1.0))
    assert np.allclose(alpha, 1.0)
