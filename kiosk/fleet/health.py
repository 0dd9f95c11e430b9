"""How the mirror fares, as it says itself in a small file that the agent asks before and after it activates a release.

The file's time is the machine's time since boot, which no setting of the clock changes.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Protocol

from pydantic import Field, ValidationError

from kiosk.fleet.manifest import Strict

FILE: Final = "health.json"
_STALE_S: Final = 15.0
_MOST_BYTES: Final = 16 * 1024


class Health(Strict):
    """A sign of life. boot_s: when it was written. session: a shopper is there. frames: number of the newest one.

    screen, camera: their processes are up. engine: the networks are loaded and were checked.
    """

    boot_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    session: bool
    screen: bool
    camera: bool
    frames: Annotated[int, Field(ge=0)]
    engine: bool


class Probe(Protocol):
    """What the agent asks before and after it activates something."""

    def session(self) -> bool:
        """Whether a shopper stands before the mirror."""

    def well(self) -> tuple[bool, str]:
        """Whether the mirror shows pictures, and else why not."""


@dataclass
class FileProbe:
    """Asks the file that the mirror writes. While a shopper is there frames must grow from one asking to the next."""

    path: Path
    _frames: int = -1

    def session(self) -> bool:
        """See `Probe`; a mirror that is silent has nobody before it."""
        health = self._read()
        return health is not None and health.session

    def well(self) -> tuple[bool, str]:
        """See `Probe`."""
        health = self._read()
        if health is None:
            return False, "the mirror gives no sign of life"
        grown, self._frames = health.frames != self._frames, health.frames
        for good, reason in (
            (health.screen, "the screen's process is down"),
            (health.camera, "the camera's process is down"),
            (health.engine, "the networks are not ready"),
            (grown or not health.session, "no new frames are shown"),
        ):
            if not good:
                return False, reason
        return True, ""

    def _read(self) -> Health | None:
        try:
            with self.path.open("rb") as file:
                health = Health.model_validate_json(file.read(_MOST_BYTES))
        except (OSError, ValidationError):
            return None
        return health if 0 <= boot_time() - health.boot_s <= _STALE_S else None


def write_health(path: Path, *, session: bool, screen: bool, camera: bool, engine: bool, frames: int) -> None:
    """Write the sign of life; it need not outlast a cut of power. Raises `OSError`."""
    health = Health(boot_s=boot_time(), session=session, screen=screen, camera=camera, engine=engine, frames=frames)
    stage = path.with_suffix(".stage")
    stage.write_text(health.model_dump_json())
    os.replace(stage, path)  # noqa: PTH105


def boot_time() -> float:
    """Seconds since the machine started, the same for all processes."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
