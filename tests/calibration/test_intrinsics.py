"""The camera comes back as it was rendered; what proves nothing is refused."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from calibration.board import Detection, find
from calibration.camera import Camera, guessed
from calibration.capture import Capture
from calibration.errors import CalibrationError
from calibration.intrinsics import calibrate


@pytest.fixture(scope="module")
def found(views):
    return calibrate(views)


def test_the_camera_is_recovered(found, lens):
    assert found.reasons() == []
    assert found.camera.matrix[0, 0] == pytest.approx(lens.matrix[0, 0], rel=0.002)
    assert np.abs(found.camera.matrix[:2, 2] - lens.matrix[:2, 2]).max() < 2.0
    rays = Camera(lens.size, lens.matrix, lens.distortion).rays(np.array([[40.0, 40.0], [900.0, 500.0]]))
    assert np.abs(found.camera.pixels(rays) - [[40.0, 40.0], [900.0, 500.0]]).max() < 1.5


def test_the_uncertainty_is_honest(found, lens):
    width, height = lens.size
    rows, columns = found.uncertainty.shape
    x, y = np.meshgrid((np.arange(columns) + 0.5) * width / columns, (np.arange(rows) + 0.5) * height / rows)
    pixels = np.stack([x.ravel(), y.ravel()], 1)
    rays = Camera(lens.size, lens.matrix, lens.distortion).rays(pixels)
    back = found.camera.rays(pixels)
    left, _, right = np.linalg.svd(rays.T @ back)  # as the map, but for a turn of the whole camera
    error = np.linalg.norm(found.camera.pixels(rays @ (left @ right)) - pixels, axis=1)
    assert (error < 5 * found.uncertainty.ravel() + 0.05).mean() > 0.9
    assert found.uncertainty.max() < 0.5


def test_too_few_views_are_refused(views):
    with pytest.raises(CalibrationError, match="only 10 pictures"):
        calibrate(views[:10])


def test_boards_that_face_the_camera_prove_no_focal_length(camera):
    rng = np.random.default_rng(1)
    flat = [_seen(camera, rng, np.zeros(3)) for _ in range(20)]
    assert any("face the camera" in words or "focal length" in words for words in calibrate(flat).reasons())


def test_one_corner_of_the_picture_is_not_all(camera):
    rng = np.random.default_rng(2)
    near = [_seen(camera, rng, rng.uniform(-0.5, 0.5, 3), middle=(-60.0, -60.0, 900.0)) for _ in range(20)]
    assert any("covered" in words for words in calibrate(near).reasons())


def test_a_bent_board_is_refused(camera):
    rng = np.random.default_rng(3)
    bent = [_seen(camera, rng, rng.uniform(-0.5, 0.5, 3), bend=6.0) for _ in range(24)]
    assert any("RMS" in words for words in calibrate(bent).reasons())


def test_mixed_boards_are_refused(views, camera):
    other = replace(views[0], board=replace(views[0].board, name="a4"))
    with pytest.raises(CalibrationError, match="mixed"):
        calibrate([*views, other])


def test_a_blurred_board_is_not_taken(grays):
    capture = Capture()
    soft = cv2.GaussianBlur(grays[0], (0, 0), 4.0)
    try:
        words = [capture.feed(soft, find(soft)) for _ in range(4)]
    except CalibrationError:
        words = []
    assert capture.views == []
    assert "taken" not in words


def test_still_new_views_are_taken_once(grays, views):
    capture = Capture()
    assert [capture.feed(grays[1], views[1]) for _ in range(4)][:3] == ["hold still", "hold still", "taken"]
    assert capture.feed(grays[1], views[1]) == "taken already: move on"
    assert len(capture.views) == 1


def test_a_moving_board_is_not_taken(grays, views):
    capture = Capture()
    for step in range(6):
        assert capture.feed(grays[1], replace(views[1], image=views[1].image + 3.0 * step)) == "hold still"


def test_bars_fill_and_the_guide_ends(grays, views):
    capture = Capture()
    for gray, view in zip(grays, views, strict=True):
        for _ in range(3):
            capture.feed(gray, view)
    assert len(capture.views) >= 15
    assert min(capture.bars().values()) == 1.0
    assert capture.cells().mean() >= 0.8


def test_a_camera_keeps_its_rays_at_another_size(camera):
    half = camera.sized((480, 270))
    pixels = np.array([[100.0, 80.0], [800.0, 500.0]])
    assert np.allclose(half.rays((pixels + 0.5) / 2 - 0.5), camera.rays(pixels), atol=1e-6)
    with pytest.raises(CalibrationError, match="calibrate it anew"):
        camera.sized((640, 480))
    assert guessed((1280, 720)).matrix[0, 0] == pytest.approx(949, abs=5)


def _seen(camera, rng, turn, middle=None, bend=0.0) -> Detection:
    """A board's corners by the formula alone, with noise."""
    from calibration.board import PAPERS

    board = PAPERS["a3"]
    corners = board.corners()
    flat = corners - corners.mean(0)
    shaped = flat + np.outer(bend * (flat[:, 0] / flat[:, 0].max()) ** 2, [0.0, 0.0, 1.0])
    rotation = cv2.Rodrigues(turn)[0]
    if middle is None:
        distance = rng.uniform(550, 900)
        middle = np.array([rng.uniform(-0.35, 0.35), rng.uniform(-0.15, 0.15), 1.0]) * distance
    pixels = camera.pixels(shaped @ rotation.T + middle) + rng.normal(0, 0.05, (len(flat), 2))
    inside = ((pixels > 5) & (pixels < np.array(camera.size) - 5)).all(1)
    return Detection(board, pixels[inside], corners[inside], camera.size)
