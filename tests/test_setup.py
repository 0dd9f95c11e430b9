"""What `make` asks for on a bare machine: seen with an ldconfig that knows fewer libraries."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[1] / "scripts" / "setup"
ALL = "libGL.so.1 libgthread-2.0.so.0 libxcb.so.1 libEGL.so.1 libGLESv2.so.2 libmtdev.so.1"


@pytest.mark.parametrize(
    ("missing", "package"),
    [("libGL.so.1", "libgl1"), ("libGLESv2.so.2", "libgles2"), ("libmtdev.so.1", "libmtdev1")],
)
def test_missing_libraries_are_asked_for_not_installed(tmp_path: Path, missing: str, package: str) -> None:
    stub = tmp_path / "ldconfig"
    stub.write_text(f"#!/bin/sh\necho '{ALL.replace(missing, '')}'\n")
    stub.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "CI": ""}
    done = subprocess.run(
        [SETUP, tmp_path / "venv"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode != 0
    assert done.stderr.rstrip().endswith(f"apt-get install --yes --no-install-recommends {package}")
    assert not (tmp_path / "venv").exists()
