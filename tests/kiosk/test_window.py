"""The plain window, in a process of its own: on a virtual display where there is one, and without any."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def _mirror(clip: Path, before: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-m", "kiosk.cli", "mirror", "--source", str(clip), "--frames", "5"]
    root = str(Path(__file__).resolve().parents[2])
    environment = {**environment, "PYTHONPATH": root}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


@pytest.mark.skipif(not shutil.which("xvfb-run"), reason="needs xvfb-run for a virtual display")
def test_a_clip_is_shown_in_a_window(cases: Path) -> None:
    done = _mirror(cases / "clips" / "book.mkv", ["xvfb-run", "-a"], dict(os.environ))
    assert done.returncode == 0, done.stderr


def test_without_a_display_the_error_is_one_line(cases: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    done = _mirror(cases / "clips" / "book.mkv", [], bare)
    assert done.returncode == 1
    assert done.stderr == "kiosk: no window can be opened here: use --headless --out VIDEO\n"
