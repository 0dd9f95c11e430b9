"""The screen is found by a hand mirror, and refused where that cannot be."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.board import Detection, screen_board
from calibration.camera import Camera
from calibration.capture import fault
from calibration.errors import CalibrationError
from calibration.rendered.mirrors import PITCH, SCREEN, held_mirror, mirrored_shot, random_screen, screen_sheet
from calibration.rendered.optics import Sensor, gray_of, random_lens
from calibration.rendered.scene import Mirror
from calibration.screen import find_mirrored, solve

BOARD, OFFSET = screen_board(*SCREEN, PITCH)


def _view(camera, screen, mirror: Mirror, rng, noise=0.1) -> Detection:
    """The whole pattern in a mirror, by the formula alone."""
    corners = BOARD.corners()
    pixels = camera.pixels(mirror.reflected(screen).at(corners + OFFSET)) + rng.normal(0, noise, (len(corners), 2))
    return Detection(BOARD, pixels, corners, camera.size)


def _error(fit, screen):
    turn = np.degrees(np.linalg.norm(cv2.Rodrigues(fit.pose.rotation @ screen.rotation.T)[0]))
    return np.linalg.norm(fit.pose.translation - screen.translation), turn


def test_it_is_recovered_from_rendered_mirrors():
    rng = np.random.default_rng(2)
    lens, sensor = random_lens(rng), Sensor(blur=0.8)
    camera = Camera(lens.size, lens.matrix, lens.distortion)
    screen, sheet, views = random_screen(rng), screen_sheet(), []
    while len(views) < 5:
        picture = mirrored_shot(lens, sensor, sheet, screen, held_mirror(rng, lens, screen), rng)
        try:
            view = find_mirrored(gray_of(picture), BOARD)
        except CalibrationError:
            continue
        views += [] if fault(gray_of(picture), view) else [view]
    fit = solve(camera, views, OFFSET)
    mm, degrees = _error(fit, screen)
    assert fit.reasons() == []
    assert mm < 5.0
    assert degrees < 0.5


@pytest.mark.parametrize("seed", [0, 2, 3, 4])
def test_three_poses_are_enough_without_noise(lens, camera, seed):
    rng = np.random.default_rng(seed)
    screen = random_screen(rng)
    fit = solve(camera, [_view(camera, screen, held_mirror(rng, lens, screen), rng, 0.0) for _ in range(3)], OFFSET)
    mm, degrees = _error(fit, screen)
    assert mm < 0.05
    assert degrees < 0.005


def test_two_poses_are_refused(lens, camera):
    rng = np.random.default_rng(0)
    screen = random_screen(rng)
    with pytest.raises(CalibrationError, match="only 2 mirror poses"):
        solve(camera, [_view(camera, screen, held_mirror(rng, lens, screen), rng) for _ in range(2)], OFFSET)


def test_a_mirror_turned_about_one_axis_is_refused(camera):
    rng = np.random.default_rng(0)
    screen = random_screen(rng)
    views = []
    for angle in np.radians([-12.0, 0.0, 12.0]):
        normal = np.array([np.sin(angle), 0.0, np.cos(angle)])
        views.append(_view(camera, screen, Mirror(normal, 600.0, normal * 600.0, 200.0), rng))
    with pytest.raises(CalibrationError, match="one axis"):
        solve(camera, views, OFFSET)


def test_a_camera_that_moved_meanwhile_is_refused(lens, camera):
    rng = np.random.default_rng(5)
    screen = random_screen(rng)
    mirrors = [held_mirror(rng, lens, screen) for _ in range(6)]
    views = [_view(camera, screen, mirror, rng) for mirror in mirrors[:3]]
    turn = cv2.Rodrigues(np.radians([3.0, 3.0, 3.0]))[0]
    moved = type(screen)(turn @ screen.rotation, turn @ screen.translation)
    views += [_view(camera, moved, mirror, rng) for mirror in mirrors[3:]]
    assert any("moved" in words for words in solve(camera, views, OFFSET).reasons())
