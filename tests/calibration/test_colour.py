"""Colours come back within the gate; a shining, dark or clipped chart is refused."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.camera import Camera
from calibration.chart import Patches, find_chart, reference_linear
from calibration.colour import Correction, drifted, fit, to_srgb
from calibration.errors import CalibrationError
from calibration.rendered.charts import chart_shot, held_chart, patch_centres, random_colour_sensor
from calibration.rendered.optics import random_lens


def _shot(seed, gloss=0.0):
    rng = np.random.default_rng(seed)
    lens, sensor = random_lens(rng, (640, 360)), random_colour_sensor(rng)
    pose = held_chart(rng, lens)
    camera = Camera(lens.size, lens.matrix, lens.distortion)
    return chart_shot(lens, sensor, pose, rng, gloss), patch_centres(camera, pose)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_rendered_chart_is_found_and_corrected(seed):
    picture, centres = _shot(seed)
    patches = find_chart(picture)
    assert np.abs(patches.middles - centres).max() < 6.0
    found = fit(patches)
    assert found.reasons() == []
    assert found.mean <= 3.0
    assert found.largest <= 6.0


def test_a_shining_chart_is_refused():
    picture, _ = _shot(2, gloss=0.5)
    try:
        reasons = fit(find_chart(picture)).reasons()
    except CalibrationError as error:
        reasons = [str(error)]
    assert any("shin" in words for words in reasons)


def test_no_chart_is_told():
    with pytest.raises(CalibrationError, match="no 24-patch chart"):
        find_chart(np.full((200, 300, 3), 90, np.uint8))


def _patches(levels) -> Patches:
    rows, columns = np.divmod(np.arange(24.0), 6)
    return Patches(levels, np.zeros(24), np.stack([columns, rows], 1) * 40, np.zeros(24))


def test_a_camera_that_is_right_is_left_alone():
    found = fit(_patches(255 * to_srgb(reference_linear())))
    assert found.mean < 0.6
    assert np.abs(found.correction.matrix - np.eye(3)).max() < 0.1


def test_too_dark_and_clipped_are_refused():
    levels = 255 * to_srgb(reference_linear())
    with pytest.raises(CalibrationError, match="too dark"):
        fit(_patches(levels * 0.3))
    bright = _patches(levels)
    bright.clipped[18] = 0.5
    with pytest.raises(CalibrationError, match="patch 19 is clipped"):
        fit(bright)


def test_the_correction_of_a_picture_is_that_of_its_patches():
    picture, _ = _shot(0)
    patches = find_chart(picture)
    found = fit(patches)
    corrected = found.correction.corrected(picture)
    assert corrected.shape == picture.shape
    x, y = patches.middles[21].round().astype(int)  # a middle grey
    grey = corrected[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3).mean(0)
    assert np.abs(grey - 255 * to_srgb(reference_linear())[21]).max() < 14  # light falls off over the chart
    assert np.ptp(grey) < 8


def test_no_correction_changes_nothing():
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    assert np.abs(Correction.none().corrected(picture).astype(int) - picture).max() <= 1


def test_drift_is_seen_and_noise_is_not():
    before = np.array([150.0, 148.0, 152.0])
    assert drifted(Correction.none(), before, before + 0.5) < 0.5
    assert drifted(Correction.none(), before, before * (1.08, 1.0, 0.92)) > 3.0


@pytest.mark.parametrize("correction", [Correction.none(), Correction(np.eye(3), 2.4, 0.03)])
def test_levels_go_to_light_and_back(correction):
    levels = np.arange(256.0)[12:]
    assert np.abs(correction.levels(correction.linear(levels)) - levels).max() < 0.01
