"""What an activated release does on a real kiosk: collections go on show, software gets an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engines.errors import TwinMirrorError
from kiosk.catalogue import database
from kiosk.catalogue.importing import import_collection
from kiosk.catalogue.store import Catalogue
from kiosk.fleet.disk import make_folder, point, write_whole
from kiosk.fleet.errors import FleetError
from kiosk.fleet.manifest import Kind, Manifest

_WHOLE: Final = ".whole"
_BUILD_S: Final = 1800.0
_RESTART_S: Final = 120.0


@dataclass
class MirrorEffects:
    """Effects on the mirror whose data lie in `data`; `restart` is the command that starts it anew.

    Software is installed, from the release's wheels alone, into `environments/<release>`; `environments/current` is
    turned to the active one, and the mirror is started from there.
    """

    data: Path
    restart: tuple[str, ...]

    @property
    def environments(self) -> Path:
        """Where software is installed."""
        return self.data / "environments"

    def prepare(self, manifest: Manifest, release: str, files: Path) -> None:
        """See `Effects`."""
        place = self.environments / release
        if manifest.kind is not Kind.SOFTWARE or (place / _WHOLE).exists():
            return
        make_folder(self.environments)
        shutil.rmtree(place, ignore_errors=True)
        wheels = sorted(str(path) for path in files.rglob("*.whl"))
        _do([sys.executable, "-m", "venv", "--without-pip", str(place)])
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(place)]
        _do([*pip, "install", "--quiet", "--no-index", "--no-deps", "--no-cache-dir", *wheels])
        _do([*pip, "check"])
        os.sync()
        write_whole(place / _WHOLE, b"")

    def activated(self, slot: str, release: str | None, manifest: Manifest | None, files: Path | None) -> None:
        """See `Effects`."""
        kind = Kind(slot.partition("-")[0])
        if kind is Kind.COLLECTION:
            self._show(files)
            return
        if kind is Kind.SOFTWARE and manifest is not None and release is not None and files is not None:
            self.prepare(manifest, release, files)
            point(self.environments / "current", release)
            self._sweep(release)
        self._restart_once(slot, release or "")

    def _show(self, files: Path | None) -> None:
        """Put a collection on show; the mirror serves a session that runs to its end."""
        try:
            database.prepare(self.data)
            with closing(Catalogue(self.data)) as catalogue:
                if files is None:
                    catalogue.undo(time.time())
                else:
                    number = import_collection(files, self.data, catalogue).number
                    catalogue.activate(number, time.time())
        except FleetError:
            raise
        except TwinMirrorError as error:
            raise FleetError(str(error)) from None

    def _restart_once(self, slot: str, release: str) -> None:
        """Restart the mirror, once for each release: this may be called again after a cut of power or a restart."""
        marks = self.environments / "restarted"
        make_folder(marks)
        mark = marks / slot
        if mark.exists() and mark.read_text() == release:
            return
        write_whole(mark, release.encode())
        if self.restart:
            _do(list(self.restart), _RESTART_S)

    def _sweep(self, release: str) -> None:
        """Keep the active environment and the one before."""
        found = [path for path in self.environments.iterdir() if (path / _WHOLE).exists() and path.name != release]
        for path in sorted(found, key=lambda path: path.stat().st_mtime)[:-2]:
            shutil.rmtree(path, ignore_errors=True)


def _do(command: list[str], timeout: float = _BUILD_S) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FleetError(f"{command[0]} does not run ({error}): check the settings") from None
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())[-200:]
        raise FleetError(f"{' '.join(command[1:4])} failed ({said}): publish a release that can be installed")
