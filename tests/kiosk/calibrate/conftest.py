"""A rendered camera, a bench of figures, and clips as a technician would make them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.rendered.boards import held_pictures
from calibration.rendered.optics import random_lens, random_sensor
from kiosk.calibrate.profile import (
    CameraPart,
    ColourPart,
    FloorPart,
    LatencyPart,
    PlacementPart,
    matrix,
)
from kiosk.calibrate.store import ProfileStore

SIZE = (960, 540)


def write_clip(path, pictures, times=1):
    """A lossless clip, each picture so many frames long."""
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"FFV1"), 30.0, (width, height))
    assert writer.isOpened()
    for picture in pictures:
        for _ in range(times):
            writer.write(np.ascontiguousarray(picture[..., ::-1]))
    writer.release()
    return path


def camera_part(lens) -> CameraPart:
    k = [float(value) for value in lens.distortion]
    return CameraPart(
        size=lens.size,
        matrix=matrix(lens.matrix),
        distortion=(k[0], k[1], k[2], k[3], k[4]),
        cells=((True, False, True), (True, True, True)),
        uncertainty=((0.1, 0.05, 0.2), (0.1, 0.04, 0.3)),
        figures={"rms_px": 0.05},
    )


@pytest.fixture(scope="session")
def lens():
    return random_lens(np.random.default_rng(4), SIZE)


@pytest.fixture(scope="session")
def board_clip(lens, tmp_path_factory):
    """Eighteen boards, each held still for three frames."""
    pictures = held_pictures(np.random.default_rng(4), lens, random_sensor(np.random.default_rng(4)), 18)
    return write_clip(tmp_path_factory.mktemp("clips") / "boards.avi", pictures, 3)


@pytest.fixture
def store(tmp_path) -> ProfileStore:
    return ProfileStore(tmp_path / "calibration")


@pytest.fixture
def full_store(store, lens) -> ProfileStore:
    """A mirror with most steps done, one refused."""
    store.record("camera", camera_part(lens))
    store.record("floor", FloorPart(normal=(0.0, -0.99, -0.14), height=1500.0, figures={"rms_px": 0.1}))
    patch = ((0.45, 0.32, 0.26), (0.46, 0.31, 0.27), 0.8)
    identity = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    colour = ColourPart(matrix=identity, gamma=2.2, black=0.0, patches=(patch,) * 24, figures={"mean_delta_e": 0.8})
    store.record("colour", colour)
    store.record("latency", LatencyPart(delays_ms=tuple(80.0 + n % 40 for n in range(100)), figures={"p50_ms": 99.0}))
    store.record("placement", PlacementPart(advice=("tilt the camera down by 4° <b>",)))
    store.refuse("screen", ["place known to 9.0 mm only"])
    return store
