"""`kiosk run`: the process table of the mirror, kept running until it is told to end."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from engines.pose.bundle import ensure_bundle
from kiosk import logs
from kiosk.camera.config import UrlCamera
from kiosk.catalogue.opening import open_at_start
from kiosk.errors import CatalogueError
from kiosk.fleet.vitals import Vitals
from kiosk.preparing import unfinished
from kiosk.runtime.notify import Notifier
from kiosk.runtime.processes import Descriptors, launcher
from kiosk.runtime.pulse import Pulse, create_board
from kiosk.runtime.ring import Ring, create_ring, reopened
from kiosk.runtime.supervisor import ProcessSpec, Supervisor
from kiosk.runtime.vision_child import ISOLATED, OPEN
from kiosk.runtime.wish import create_pipe

if TYPE_CHECKING:
    from types import FrameType

    from kiosk.config import Settings

_log = logging.getLogger(__name__)
_ROUND_SECONDS: Final = 0.1
_SMALLEST_RING: Final = 1280 * 720
_ASK_AGAIN_SECONDS: Final = 3.0
"""How soon a collection that was just imported is prepared."""
SCREEN_ENTRY: Final = ("-m", "kiosk.ui.child")


def run_kiosk(settings: Settings) -> None:
    """Keep the mirror running until SIGTERM, SIGINT, or its window is closed.

    Raises `CollectionError`, `CatalogueError`, `ModelUnavailableError`, and `RunError` where the screen cannot be kept
    alive.
    """
    logs.set_up("kiosk", settings.data)
    ensure_bundle()
    ending = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ending.set()

    before = [(number, signal.signal(number, end)) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        keep_running(settings, ending)
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def keep_running(settings: Settings, ending: threading.Event, screen: Sequence[str] = SCREEN_ENTRY) -> None:
    """Run the process table until `ending` is set or the screen ends by itself; `screen` is what shows the mirror."""
    open_at_start(settings.data, settings.collection)
    pixels = max(settings.screen.width * settings.screen.height, _SMALLEST_RING)
    out, into = create_pipe()
    shared = Descriptors(create_ring(pixels), create_board(), out, into)
    ring = Ring(reopened(shared.ring))
    table = process_table(settings, ring.end_generation, screen)
    supervisor = Supervisor(table, launcher([spec.name for spec in table], shared), time.monotonic)
    notifier = Notifier()
    vitals = Vitals(settings.data / "fleet", ring, Pulse(shared.board, 0), Pulse(shared.board, 1))
    try:
        supervisor.step()
        notifier.ready()
        while not ending.is_set() and not supervisor.finished:
            supervisor.step()
            notifier.alive()
            if settings.fleet is not None:
                vitals.tell()
            ending.wait(_ROUND_SECONDS)
    finally:
        notifier.stopping()
        supervisor.stop(time.sleep)
        ring.close()
        for descriptor in (shared.ring, shared.board, out, into):
            os.close(descriptor)


def process_table(settings: Settings, wiped: Callable[[], None], screen: Sequence[str]) -> list[ProcessSpec]:
    """What runs; `wiped` overwrites the ring and is called whenever the process that saw the camera has ended."""
    told = settings.model_dump_json()
    asked = -_ASK_AGAIN_SECONDS
    network = ISOLATED
    if isinstance(settings.camera, UrlCamera):
        _log.warning("a camera in the network leaves its process the network: prefer one at this machine")
        network = OPEN

    def wanted() -> bool:
        nonlocal asked
        if time.monotonic() - asked < _ASK_AGAIN_SECONDS:
            return False
        asked = time.monotonic()
        with suppress(OSError, CatalogueError):
            return unfinished(settings.data)
        return False

    return [
        ProcessSpec("vision", ("-m", "kiosk.runtime.vision_child", told, network), silence_s=15.0, after_end=wiped),
        ProcessSpec("screen", (*screen, told), most_failures=5, essential=True, ends_all=True, silence_s=15.0),
        ProcessSpec(
            "preparing",
            ("-m", "kiosk.runtime.preparing_child", str(settings.data)),
            should_run=wanted,
            silence_s=600.0,
        ),
    ]
