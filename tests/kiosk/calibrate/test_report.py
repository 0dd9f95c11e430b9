"""The report in a real browser: it is laid out, its pictures are seen, and nothing in it can do harm."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from kiosk.calibrate.profile import PlatePart
from kiosk.calibrate.report import write_report
from kiosk.imaging import write_picture


@pytest.fixture(scope="module")
def chromium() -> str:
    """Installed by scripts/setup with the tests' other system packages."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "chromium is missing: run scripts/setup, or apt-get install chromium"
    return program


def _browse(chromium, tmp_path, *arguments):
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={tmp_path / 'user'}"]
    command = [chromium, *flags, "--virtual-time-budget=2000", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.fixture
def report(full_store, tmp_path):
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[:, :80] = (200, 30, 30)
    name = "plate-0123456789abcdef.png"
    write_picture(full_store.folder / name, picture)
    full_store.record("plate", PlatePart(picture=name))
    write_report(tmp_path / "report.html", full_store)
    return tmp_path / "report.html"


def test_it_tells_what_was_measured_and_what_is_out_of_gate(chromium, report, tmp_path):
    page = _browse(chromium, tmp_path, "--dump-dom", report.as_uri())
    for words in ("Calibration report", "rms px", "in gate", "place known to 9.0 mm only", "screen's place unknown"):
        assert words in page
    assert "by twinmirror 0." in page
    assert "&lt;b&gt;" in page
    assert page.count("<svg") == 4
    assert "<script" not in page


def test_its_pictures_are_seen(chromium, report, tmp_path):
    shot = tmp_path / "shot.png"
    _browse(chromium, tmp_path, "--window-size=1000,3200", f"--screenshot={shot}", report.as_uri())
    pixels = np.asarray(Image.open(shot).convert("RGB")).reshape(-1, 3).astype(int)
    for colour in ((0x3F, 0xAE, 0x6B), (0x3B, 0x6F, 0xB5), (200, 30, 30), (115, 82, 66)):
        assert (np.abs(pixels - colour).max(1) < 12).sum() > 300, colour


def test_a_mirror_without_calibration_has_a_report_too(store, tmp_path):
    write_report(tmp_path / "r.html", store)
    text = (tmp_path / "r.html").read_text()
    assert text.count("Not measured") == 7
    assert "lens unknown" in text
