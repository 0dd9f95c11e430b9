"""Scripts and units as their own tools see them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SCRIPTS = [DEPLOY / "install.sh", DEPLOY / "bundle.sh", DEPLOY / "files" / "screen-alive"]


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_clean(script: Path) -> None:
    done = _run("shellcheck", script)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_each_unit_is_exposed_to_little(unit: Path) -> None:
    done = _run("systemd-analyze", "security", "--offline=true", "--threshold=29", unit)
    assert done.returncode == 0, done.stdout.splitlines()[-1:]


def test_units_are_understood(tmp_path: Path) -> None:
    """All in one folder, as installed, and what they start stood in for by a program that is there."""
    for unit in UNITS:
        text = re.sub(r"^(ExecStart=-?)\S+", rf"\1{shutil.which('true')}", unit.read_text(), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text)
    # Of another package; without it the tool would only say that it is missing
    (tmp_path / "seatd.service").write_text("[Service]\nExecStart=/bin/true\n")
    done = _run("systemd-analyze", "verify", *(tmp_path / unit.name for unit in UNITS))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def _settings(unit: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "systemd" / unit).read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_whoever_sees_the_camera_has_no_network_and_whoever_has_the_console_no_camera() -> None:
    mirror, screen = _settings("twinmirror-mirror.service"), _settings("twinmirror-screen.service")
    assert mirror["PrivateNetwork"] == ["yes"]
    assert mirror["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert mirror["LimitCORE"] == ["0"]
    assert "char-video4linux rw" in mirror["DeviceAllow"]
    assert not any("video4linux" in device or "media" in device for device in screen["DeviceAllow"])
    assert not any("input" in device for device in mirror["DeviceAllow"])
    assert mirror["User"] != screen["User"]


@pytest.mark.parametrize("unit", ["twinmirror-mirror.service", "twinmirror-screen.service"])
def test_what_hangs_or_dies_is_started_again_within_limits(unit: str) -> None:
    said = _settings(unit)
    assert said["Type"] == ["notify"]
    assert said["Restart"] == ["always"]
    assert {"WatchdogSec", "StartLimitBurst", "StartLimitIntervalSec", "TimeoutStartSec"} <= set(said)


def test_a_dry_run_does_nothing() -> None:
    before = {path for place in ("/etc", "/opt") for path in Path(place).iterdir()}
    done = _run(DEPLOY / "install.sh", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "would run: useradd" in done.stdout
    assert "none of them done" in done.stdout
    assert {path for place in ("/etc", "/opt") for path in Path(place).iterdir()} == before


def test_wrong_words_and_help() -> None:
    done = _run(DEPLOY / "install.sh", "reinstall")
    assert done.returncode == 1
    assert done.stderr == "install.sh: reinstall is not known: see --help\n"
    assert "uninstall" in _run(DEPLOY / "install.sh", "--help").stdout


def test_what_the_installer_writes_is_there_to_be_written() -> None:
    text = (DEPLOY / "install.sh").read_text()
    listed = re.findall(r'^    "((?:systemd|files)/\S+) ', text, flags=re.MULTILINE)
    assert sorted(listed) == sorted(
        str(path.relative_to(DEPLOY))
        for folder in ("systemd", "files")
        for path in (DEPLOY / folder).iterdir()
        if path.name != "mirror.toml"
    )
