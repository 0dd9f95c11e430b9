"""`kiosk doctor` on a machine that is well, and on ones that are ill in one part each."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk import doctor
from kiosk.catalogue import database
from kiosk.cli import app
from kiosk.config import Settings
from kiosk.demo import PERSON
from kiosk.doctor import Level


@pytest.fixture
def well(tmp_path, monkeypatch, pose_bundle) -> Settings:
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
    for part in ("camera", "display", "models", "disk", "clock", "database"):
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
