"""`kiosk doctor`: looks at all that a mirror needs, and says of each part how it is and how to mend it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import typer

from engines.errors import TwinMirrorError
from kiosk.commands import one_line_errors
from kiosk.config import Settings

_LEAST_FREE: Final = 2 * 1024**3
_LITTLE_FREE: Final = 8 * 1024**3
_CAMERA_SECONDS: Final = 8.0
_WINDOW_SECONDS: Final = 60.0
_DRIVERS: Final = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
_DARK: Final = 12.0
"""Mean of 0 to 255 below which a picture shows nothing."""


class Level(Enum):
    """How a part is."""

    WELL = "ok"
    WATCH = "watch"
    ILL = "wrong"


@dataclass(frozen=True)
class Finding:
    """What was found of a part, and what to do about it, or ""."""

    part: str
    level: Level
    says: str
    mend: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Every part, one after the other; takes seconds."""
    yield camera(settings)
    yield display(settings)
    yield models()
    yield disk(settings)
    yield clock(settings)
    yield database(settings)
    yield calibration()


def camera(settings: Settings) -> Finding:
    """Whether the camera opens and gives a picture that shows something."""
    from kiosk.camera.config import open_source  # noqa: PLC0415 - loads OpenCV

    try:
        with open_source(settings.camera) as source:
            frame = source.read(_CAMERA_SECONDS)
    except TwinMirrorError as error:
        mend = "check its cable and [camera] in the settings; a mirror that runs keeps the camera to itself"
        return Finding("camera", Level.ILL, str(error), mend)
    height, width = frame.picture.shape[:2]
    if frame.picture.mean() < _DARK:
        return Finding("camera", Level.WATCH, f"{width}x{height}, but black", "take its cover off, or turn light on")
    return Finding("camera", Level.WELL, f"{width}x{height}")


def display(settings: Settings) -> Finding:
    """Whether a window opens, and what draws it: tried in a process of its own, which may fail as it likes."""
    mend = "plug the screen in and log in to a graphical session, or set DISPLAY or WAYLAND_DISPLAY"
    if not (any(map(os.environ.get, _DRIVERS)) or list(Path("/dev/dri").glob("card*"))):
        return Finding("display", Level.ILL, "there is no screen", mend)
    command = [sys.executable, "-m", "kiosk.ui.probe", settings.model_dump_json()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WINDOW_SECONDS, check=True)
        window = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return Finding("display", Level.ILL, "no window can be opened", mend)
    says = f"{window['width']}x{window['height']}, drawn by {window['renderer']}"
    wanted = (settings.screen.width, settings.screen.height)
    if (window["width"], window["height"]) != wanted:
        return Finding("display", Level.WATCH, says, f"the settings name {wanted[0]}x{wanted[1]}: correct [screen]")
    if "llvmpipe" in window["renderer"]:
        return Finding("display", Level.WATCH, says, "install the graphics driver: the processor draws everything")
    return Finding("display", Level.WELL, says)


def models() -> Finding:
    """Whether every network is there and can be loaded."""
    from engines.pose.bundle import has_bundle  # noqa: PLC0415
    from engines.runtime.engine import MODELS  # noqa: PLC0415
    from engines.runtime.onnx_engine import OnnxEngine  # noqa: PLC0415 - loads onnxruntime

    if not has_bundle():
        return Finding("models", Level.ILL, "the pose model is missing or damaged", "run: kiosk model fetch")
    shipped = sorted(MODELS.glob("*.onnx"))
    if not shipped:
        return Finding("models", Level.ILL, f"no network in {MODELS}", "install this program again")
    try:
        for model in shipped:
            OnnxEngine(model)
    except TwinMirrorError as error:
        return Finding("models", Level.ILL, str(error), "install this program again: the file comes with it")
    return Finding("models", Level.WELL, f"{', '.join(['pose', *(model.stem for model in shipped)])} load")


def disk(settings: Settings) -> Finding:
    """Whether there is room, and whether it can be written."""
    place = settings.data
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(place).free
    except OSError as error:
        return Finding("disk", Level.ILL, f"{place} cannot be written ({error.strerror})", "make room, check its owner")
    says = f"{free / 1024**3:.1f} GiB free at {place}"
    if free < _LEAST_FREE:
        return Finding("disk", Level.ILL, says, "remove files until 2 GiB are free")
    if free < _LITTLE_FREE:
        return Finding("disk", Level.WATCH, says, "remove files soon: collections and updates need 8 GiB")
    return Finding("disk", Level.WELL, says)


def clock(settings: Settings) -> Finding:
    """Whether the clock can be right, and whether anything keeps it so."""
    now = time.time()
    known = [Path(__file__), settings.data / "catalogue.sqlite"]
    newest = max((file.stat().st_mtime for file in known if file.exists()), default=0.0)
    says = datetime.fromtimestamp(now).astimezone().strftime("%Y-%m-%d %H:%M %Z")
    if now < newest - 60:
        return Finding("clock", Level.ILL, f"{says} is before what this machine did already", "set it: timedatectl")
    if _synchronised() is False:
        return Finding("clock", Level.WATCH, f"{says}, kept by nothing", "run: timedatectl set-ntp true")
    return Finding("clock", Level.WELL, says)


def _synchronised() -> bool | None:
    """Whether the system says that its clock follows a time server; None where it says nothing."""
    tool = shutil.which("timedatectl")
    if tool is None:
        return None
    asked = [tool, "show", "--property=NTPSynchronized", "--value"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return {"yes": True, "no": False}.get(said)


def database(settings: Settings) -> Finding:
    """Whether the catalogue is whole, read only."""
    from kiosk.catalogue.database import FILE, MIGRATIONS, newest_backup  # noqa: PLC0415

    path = settings.data / FILE
    if not path.is_file():
        return Finding("database", Level.WATCH, "there is no catalogue yet", "start `kiosk run`, which makes it")
    backup = newest_backup(settings.data)
    mend = f"end the mirror and put {backup} in its place" if backup else "start `kiosk run`, which sets it aside"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as there:
            problem = there.execute("PRAGMA integrity_check(1)").fetchone()[0]
            version = there.execute("PRAGMA user_version").fetchone()[0]
            count = there.execute("SELECT count(*) FROM garments").fetchone()[0] if version else 0
    except sqlite3.Error as error:
        return Finding("database", Level.ILL, f"{path}: {error}", mend)
    if problem != "ok":
        return Finding("database", Level.ILL, f"{path}: {problem}", mend)
    if version != len(MIGRATIONS):
        return Finding("database", Level.WATCH, f"of version {version}", "restart `kiosk run`, which brings it forward")
    return Finding("database", Level.WELL, f"{count} garments")


def calibration() -> Finding:
    """What the mirror's calibration lacks: it runs without, by safe defaults."""
    from kiosk.calibrate.errors import ProfileError  # noqa: PLC0415
    from kiosk.calibrate.profile import STEPS  # noqa: PLC0415 - loads OpenCV
    from kiosk.calibrate.store import load_profile, usual_folder  # noqa: PLC0415

    try:
        profile = load_profile()
    except ProfileError as error:
        return Finding("calibration", Level.ILL, str(error), f"copy the newest of {usual_folder() / 'history'} over it")
    lacking = profile.lacks() + [f"{step}: {fault}" for step in STEPS for fault in profile.faults(step)]
    if not lacking:
        return Finding("calibration", Level.WELL, f"complete at {usual_folder()}")
    following = profile.next_step() or lacking[0].partition(":")[0]
    says = f"at {usual_folder()}: {'; '.join(lacking)}"
    return Finding("calibration", Level.WATCH, says, f"run: kiosk calibrate {following}")


@one_line_errors
def doctor_command(
    config: Annotated[Path | None, typer.Option("--config", help="The settings' TOML file.")] = None,
) -> None:
    """Look at all that a mirror needs and say how to mend it; exits with 1 where a part is ill."""
    from kiosk.config import load_settings  # noqa: PLC0415

    findings = []
    for finding in examine(load_settings(config)):
        findings.append(finding)
        typer.echo(f"{finding.level.value:6} {finding.part:11} {finding.says}")
        if finding.mend:
            typer.echo(f"{'':18} {finding.mend}")
    raise typer.Exit(int(any(finding.level is Level.ILL for finding in findings)))
