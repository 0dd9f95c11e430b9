"""The light's direction comes back from boards held each way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.board import find
from calibration.errors import CalibrationError
from calibration.light import fit, white_of
from calibration.rendered.boards import A3, pose_at, sheet_of
from calibration.rendered.optics import Sensor, exposed, gray_of
from calibration.rendered.scene import Sheet, background, seen

TOWARDS = np.array([0.5, -0.7, -0.5]) / np.linalg.norm([0.5, -0.7, -0.5])


def test_it_is_recovered_from_rendered_boards(lens):
    rng = np.random.default_rng(0)
    sheet, sensor = sheet_of(A3, lens), Sensor(corner=0.0, exposure=0.9)
    normals, whites = [], []
    for number in range(10):
        angle = 2 * np.pi * number / 10
        lean = (42.0, 6.0)[number % 2]  # ambient light is told from light from the front by boards that lean much
        tilt = (lean * np.sin(angle), lean * np.cos(angle), 0.0)
        pose = pose_at(lens, A3, np.array([480.0, 270.0]), 500.0, tilt)
        normal = -pose.rotation[:, 2]
        shade = np.float32(0.4 + 0.6 * max(0.0, normal @ TOWARDS))
        lit = Sheet(sheet.light * shade, sheet.density, sheet.origin)
        gray = gray_of(exposed(seen(lens, lit, pose, background(lens, rng) * 0.5), sensor, rng))
        normals.append(normal)
        whites.append(white_of(gray, find(gray)))
    found = fit(np.stack(normals), np.array(whites))
    assert np.degrees(np.arccos(found.direction @ TOWARDS)) < 15
    assert found.share == pytest.approx(0.6, abs=0.25)
    assert found.explained > 0.9


def test_light_from_everywhere_explains_nothing():
    rng = np.random.default_rng(1)
    normals = np.stack([cv2.Rodrigues(rng.uniform(-0.6, 0.6, 3))[0][:, 2] for _ in range(30)])
    assert fit(normals, 0.5 + rng.normal(0, 0.02, 30)).explained < 0.5


def test_too_few_boards_tell_nothing():
    with pytest.raises(CalibrationError, match="8 are needed"):
        fit(np.zeros((4, 3)), np.zeros(4))
