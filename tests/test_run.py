"""What `make run` opens, by what the machine has: seen with commands that only say how they were called."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[1] / "scripts" / "run"


@pytest.mark.parametrize(
    ("camera", "display", "kivy", "opened"),
    [
        (True, True, True, "kiosk run"),
        (True, True, False, "kiosk mirror --source 0"),
        (False, True, True, "kiosk demo --out build/demo.mp4"),
        (True, False, True, "kiosk demo --out build/demo.mp4"),
    ],
)
def test_the_mirror_opens_where_it_can(tmp_path: Path, camera: bool, display: bool, kivy: bool, opened: str) -> None:
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    for name, body in {"kiosk": 'echo "kiosk $*"', "python": f"exit {int(not kivy)}"}.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    environment |= {"DISPLAY": ":9"} if display else {}
    environment["BASH_FUNC_compgen%%"] = f"() {{ return {int(not camera)}; }}"
    done = subprocess.run([RUN], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
    assert done.stdout.splitlines()[-1] == opened
