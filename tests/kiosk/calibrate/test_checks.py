"""The rod and the drifting patch: what is right passes, what is not is an alarm."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from calibration.rendered.scene import rotation
from kiosk.calibrate.checks import parse_numbers
from kiosk.calibrate.errors import StepError
from kiosk.calibrate.profile import FloorPart, three
from kiosk.cli import app

runner = CliRunner()


def _run(*arguments, store):
    return runner.invoke(app, ["calibrate", *map(str, arguments), "--profile", str(store.folder)])


def _ends(store, lens, length):
    """Pixels of a rod that lies 2 m away."""
    tilt = rotation(x=20.0)
    store.record("floor", FloorPart(normal=three(tilt @ np.array([0.0, -1.0, 0.0])), height=1500.0))
    points = np.array([[-length / 2, 1500.0, 2600.0], [length / 2, 1500.0, 2600.0]]) @ tilt.T
    pixels = store.load().camera.camera().pixels(points)
    return ",".join(f"{value:.2f}" for value in pixels.ravel())


def test_a_rod_of_the_right_length_passes_and_is_noted(full_store, lens):
    result = _run("rod", "--length", 1000, "--ends", _ends(full_store, lens, 1000.0), store=full_store)
    assert result.exit_code == 0, result.output
    assert abs(full_store.load().floor.figures["rod_error_mm"]) < 1.0


def test_a_rod_of_another_length_is_an_alarm(full_store, lens):
    result = _run("rod", "--length", 1000, "--ends", _ends(full_store, lens, 1030.0), store=full_store)
    assert result.exit_code == 1
    assert "it measures 1030 mm" in result.stderr


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,x", "1,2,3,nan", "1,2,3,1e9", "1,2,3,4,5"])
def test_what_is_not_four_numbers_is_refused(text):
    with pytest.raises(StepError):
        parse_numbers(text)


def test_without_floor_or_colours_the_checks_say_what_is_first(store):
    assert "calibrate floor' first" in _run("rod", "--length", 1000, "--ends", "1,2,3,4", store=store).stderr
    assert "calibrate colour' first" in _run("drift", "--source", "x.avi", store=store).stderr


def _clip(path, colour):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"FFV1"), 30.0, (160, 120))
    for _ in range(5):
        writer.write(np.full((120, 160, 3), colour[::-1], np.uint8))
    writer.release()
    return path


def test_drift_is_silent_until_the_light_changes(full_store, tmp_path):
    same, other = _clip(tmp_path / "a.avi", (150, 148, 152)), _clip(tmp_path / "b.avi", (170, 148, 130))
    assert "no patch is watched" in _run("drift", "--source", same, store=full_store).stderr
    assert _run("drift", "--source", same, "--patch", "40,40,20,20", store=full_store).exit_code == 0
    assert _run("drift", "--source", same, store=full_store).stdout == "drift 0.00\n"
    result = _run("drift", "--source", other, store=full_store)
    assert result.exit_code == 1
    assert "it drifted by" in result.stderr
