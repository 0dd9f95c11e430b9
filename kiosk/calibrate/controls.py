"""A webcam's exposure, gain, white balance and focus, fixed through V4L2 so that colours mean the same every day."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from kiosk.calibrate.errors import StepError

_OFF: Final = {
    "auto_exposure": 1,
    "exposure_auto": 1,
    "white_balance_automatic": 0,
    "white_balance_temperature_auto": 0,
    "focus_automatic_continuous": 0,
    "focus_auto": 0,
    "exposure_dynamic_framerate": 0,
    "exposure_auto_priority": 0,
}
"""What fixes each; newer and older kernels name them differently. 1 is V4L2_EXPOSURE_MANUAL."""
_KEPT: Final = (
    "exposure_time_absolute",
    "exposure_absolute",
    "gain",
    "white_balance_temperature",
    "focus_absolute",
    "power_line_frequency",
)
_SECONDS: Final = 10.0


def lock_controls(source: str) -> dict[str, int]:
    """Fix the controls of webcam `source` at what they are now, and give them by name; {} for clips and streams.

    Raises `StepError` where a webcam is there and its controls cannot be fixed.
    """
    device = _device(source)
    if device is None:
        return {}
    before = parse_controls(_v4l2(device, "--list-ctrls"))
    wanted = {name: value for name, value in _OFF.items() if name in before}
    wanted |= {name: before[name] for name in _KEPT if name in before}
    set_controls(device, wanted)
    return wanted


def set_controls(device: Path, controls: dict[str, int]) -> None:
    """Set controls one by one, automatic ones first: others are read-only until then. Raises `StepError`."""
    for name in sorted(controls, key=lambda name: name not in _OFF):
        _v4l2(device, "--set-ctrl", f"{name}={controls[name]}")


def parse_controls(text: str) -> dict[str, int]:
    """The present values in what `v4l2-ctl --list-ctrls` prints; lines that are none are left out."""
    found = {}
    for line in text.splitlines():
        head, _, tail = line.partition(":")
        values = [word.removeprefix("value=") for word in tail.split() if word.startswith("value=")]
        if head.split() and values and values[0].lstrip("-").isascii() and values[0].lstrip("-").isdecimal():
            found[head.split()[0]] = int(values[0][:12])
    return found


def _device(source: str) -> Path | None:
    if not (source.isascii() and source.isdecimal()):
        return None
    device = Path(f"/dev/video{int(source[:3])}")
    return device if device.exists() else None


def _v4l2(device: Path, *arguments: str) -> str:
    program = shutil.which("v4l2-ctl")
    if program is None:
        raise StepError("v4l2-ctl is missing: apt-get install v4l-utils, then run this again")
    try:
        done = subprocess.run(
            [program, "--device", str(device), *arguments],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StepError(f"{device} refuses {' '.join(arguments)} ({type(error).__name__}): check the camera") from None
    return done.stdout
