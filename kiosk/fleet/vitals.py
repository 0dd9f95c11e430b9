"""The mirror's supervisor tells the agent how the mirror fares, every few seconds, from what it sees anyway."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Final

from kiosk.fleet.health import FILE, write_health
from kiosk.runtime.phase import Phase
from kiosk.runtime.pulse import Pulse
from kiosk.runtime.ring import Ring

_log = logging.getLogger(__name__)
_EVERY_S: Final = 2.0
_SILENT_S: Final = 15.0


class Vitals:
    """Call `tell` often. folder: the agent's. vision, screen: the heartbeats of these processes."""

    def __init__(self, folder: Path, ring: Ring, vision: Pulse, screen: Pulse) -> None:
        self._folder, self._ring, self._vision, self._screen = folder, ring, vision, screen
        self._due = 0.0

    def tell(self) -> None:
        """Write the sign of life when it is due; a full disk is logged and harms nobody."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + _EVERY_S
        phase = self._ring.phase
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_health(
                self._folder / FILE,
                session=phase in {Phase.LIVE, Phase.NO_CAMERA},
                screen=_beats(self._screen, now),
                camera=_beats(self._vision, now) and phase is not Phase.NO_CAMERA,
                engine=phase is not Phase.STARTING,
                frames=self._ring.newest,
            )
        except OSError as error:
            _log.warning("the fleet's agent is not told how the mirror fares (%s)", error.strerror)


def _beats(pulse: Pulse, now: float) -> bool:
    last = pulse.last
    return last is not None and now - last < _SILENT_S
