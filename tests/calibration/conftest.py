"""One rendered camera and its pictures of a board, shared by the tests."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.board import find
from calibration.camera import Camera
from calibration.rendered.boards import held_pictures
from calibration.rendered.optics import gray_of, random_lens, random_sensor

SIZE = (960, 540)


@pytest.fixture(scope="session")
def lens():
    return random_lens(np.random.default_rng(4), SIZE)


@pytest.fixture(scope="session")
def sensor():
    return random_sensor(np.random.default_rng(4))


@pytest.fixture(scope="session")
def camera(lens) -> Camera:
    """The truth, as a step would have found it."""
    return Camera(lens.size, lens.matrix, lens.distortion)


@pytest.fixture(scope="session")
def grays(lens, sensor):
    return [gray_of(picture) for picture in held_pictures(np.random.default_rng(4), lens, sensor, 18)]


@pytest.fixture(scope="session")
def views(grays):
    return [find(gray) for gray in grays]
