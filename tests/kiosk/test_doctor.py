"""`kiosk doctor` on a machine that is well, and on ones that are ill in one part each."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk import doctor
from kiosk.calibrate.profile import (
    CameraPart,
    ColourPart,
    FloorPart,
    LatencyPart,
    PlacementPart,
    PlatePart,
    ScreenPart,
)
from kiosk.calibrate.store import ProfileStore, usual_folder
from kiosk.catalogue import database
from kiosk.cli import app
from kiosk.config import Settings
from kiosk.demo import PERSON
from kiosk.doctor import Level

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@pytest.fixture
def well(tmp_path, monkeypatch, pose_bundle) -> Settings:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("SDL_VIDEODRIVER", "offscreen")
    database.prepare(tmp_path)
    return Settings.model_validate(
        {
            "camera": {"type": "file", "path": str(PERSON)},
            "screen": {"width": 540, "height": 960, "fullscreen": False},
            "data": str(tmp_path),
        }
    )


def test_all_parts_are_told_and_the_exit_code_says_whether_one_is_ill(well, tmp_path):
    file = tmp_path / "kiosk.toml"
    text = '[camera]\ntype = "file"\npath = "{}"\n[screen]\nwidth = 540\nheight = 960\nfullscreen = false\n'
    file.write_text(f'data = "{tmp_path}"\n' + text.format(PERSON))
    good = CliRunner().invoke(app, ["doctor", "--config", str(file)])
    assert good.exit_code == 0, good.output
    for part in ("camera", "display", "models", "disk", "clock", "database", "calibration"):
        assert part in good.output
    file.write_text(f'data = "{tmp_path}"\n' + text.format(tmp_path / "none.mp4"))
    ill = CliRunner().invoke(app, ["doctor", "--config", str(file)])
    assert ill.exit_code == 1
    assert "wrong  camera" in ill.output
    assert "check its cable" in ill.output


def test_a_machine_without_a_screen(well, monkeypatch):
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if list(Path("/dev/dri").glob("card*")):
        monkeypatch.setenv("SDL_VIDEODRIVER", "none-such")
    found = doctor.display(well)
    assert found.level is Level.ILL
    assert found.mend


def test_a_missing_pose_model(well, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    found = doctor.models()
    assert (found.level, found.mend) == (Level.ILL, "run: kiosk model fetch")


def test_a_folder_that_cannot_be_written(well, tmp_path):
    (tmp_path / "file").touch()
    assert doctor.disk(well.model_copy(update={"data": tmp_path / "file" / "x"})).level is Level.ILL


def test_a_clock_that_is_behind(well, tmp_path):
    assert doctor.clock(well).level is not Level.ILL
    ahead = time.time() + 3600
    os.utime(tmp_path / database.FILE, (ahead, ahead))
    assert doctor.clock(well).level is Level.ILL


def test_a_damaged_and_a_missing_database(well, tmp_path):
    assert doctor.database(well).level is Level.WELL
    path = tmp_path / database.FILE
    path.write_bytes(b"no database at all" * 300)
    assert doctor.database(well).level is Level.ILL
    path.unlink()
    assert doctor.database(well).level is Level.WATCH


def test_a_calibration_that_lacks_something_or_is_damaged(well):
    store = ProfileStore(usual_folder())
    found = doctor.calibration()
    assert (found.level, found.mend) == (Level.WATCH, "run: kiosk calibrate camera")
    assert "floor: floor unknown" in found.says
    camera = CameraPart(size=(640, 480), matrix=((500, 0, 320), (0, 500, 240), (0, 0, 1)), distortion=(0,) * 5)
    store.record("camera", camera)
    store.record("floor", FloorPart(normal=(0.0, -1.0, 0.0), height=1400.0))
    store.record("screen", ScreenPart(rotation=IDENTITY, translation=(0.0, 0.0, 0.0), pitch=0.5, size=(1080, 1920)))
    store.record("colour", ColourPart(matrix=IDENTITY, gamma=2.2, black=0.0))
    store.record("plate", PlatePart(picture=f"plate-{16 * '0'}.png"))
    store.record("latency", LatencyPart(figures={"p50_ms": 120.0}))
    store.record("placement", PlacementPart())
    found = doctor.calibration()
    assert found.level is Level.WATCH
    assert found.says == f"at {usual_folder()}: latency: p50_ms is 120, the goal 100"
    store.record("latency", LatencyPart(figures={"p50_ms": 80.0}))
    assert doctor.calibration().level is Level.WELL
    (usual_folder() / "profile.json").write_text("{")
    assert doctor.calibration().level is Level.ILL
