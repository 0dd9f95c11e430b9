"""A live camera: a thread keeps its newest picture and connects again, for ever, when it is lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import cv2

from kiosk.camera.capture import open_live, picture_of
from kiosk.camera.source import USUAL_FPS, CameraSource, Frame
from kiosk.errors import CameraError, CameraStaleError

_log = logging.getLogger(__name__)
_HIGHEST_FPS: Final = 240.0
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 8.0
_STALE: Final = 0.2
"""Seconds after which a picture is no longer live."""
_FAILURES: Final = 5
"""So many frames in a row that cannot be read mean that the camera is lost."""


class LiveSource(CameraSource):
    """A webcam or a stream. Nothing queues: a reader that is slow gets the newest frame and misses those between."""

    def __init__(
        self,
        device: int | str,
        name: str,
        size: tuple[int, int] | None = None,
        opened: Callable[[], None] | None = None,
    ) -> None:
        """`device` is a webcam's number or a URL, `name` what errors call it, `size` (width, height) to ask for.

        `opened` is called on the camera's thread each time it was opened, before its first picture: one that was
        unplugged has forgotten what was set on it.
        """
        self._device = device
        self._name = name
        self._size = size
        self._opened = opened or _nothing
        self._arrived = threading.Condition()
        self._newest: Frame | None = None
        self._given = -1
        self._count = 0
        self._connected = 0.0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self.reconnects = 0
        """How often the camera was lost and opened again."""

    def connect(self) -> None:
        """See `CameraSource.connect`. Only this first time does a missing camera raise; later losses are mended."""
        self.disconnect()
        capture = open_live(self._device, self._name, self._size)
        declared = float(capture.get(cv2.CAP_PROP_FPS))
        self.fps = declared if 0.0 < declared <= _HIGHEST_FPS else USUAL_FPS
        self._connected = time.monotonic()
        self._ending.clear()
        self._thread = threading.Thread(target=self._run, args=(capture,), name="camera", daemon=True)
        self._thread.start()

    def read(self, timeout: float = 2.0) -> Frame:
        """See `CameraSource.read`."""
        with self._arrived:
            if not self._arrived.wait_for(self._has_new, timeout):
                raise CameraStaleError(
                    f"{self._name} has given no picture for {timeout:.1f} s: it is being connected again"
                )
            return self._give()

    def read_latest(self, max_age_ms: float = 200.0) -> Frame:
        """See `CameraSource.read_latest`."""
        with self._arrived:
            age = 1e3 * (time.monotonic() - self._newest.captured) if self._newest else float("inf")
            if age > max_age_ms:
                raise CameraStaleError(
                    f"{self._name} has given no picture for {age:.0f} ms: it is being connected again"
                )
            return self._give()

    def disconnect(self) -> None:
        """See `CameraSource.disconnect`."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout=10.0)
            self._thread = None
        self._newest = None

    def _has_new(self) -> bool:
        """Whether a frame waits that was not given before; what lay unread while the camera was silent is too old."""
        newest = self._newest
        return newest is not None and newest.id > self._given and time.monotonic() - newest.captured < _STALE

    def _give(self) -> Frame:
        if self._newest is None:
            raise CameraError(f"{self._name} is not open: connect first")
        self._given = self._newest.id
        return self._newest

    def _run(self, capture: Any) -> None:
        """Read until the end is asked for, opening the camera again whenever it is lost."""
        while True:
            self._opened()
            self._pump(capture)
            capture.release()
            if self._ending.is_set():
                return
            _log.warning("%s was lost", self._name)
            opened = self._open_again()
            if opened is None:
                return
            capture = opened
            self.reconnects += 1
            _log.info("%s is back", self._name)

    def _pump(self, capture: Any) -> None:
        """Keep the newest picture until the camera fails or the end is asked for."""
        failures = 0
        while failures < _FAILURES and not self._ending.is_set():
            if not capture.grab():
                failures = _FAILURES if isinstance(self._device, str) else failures + 1
                continue
            captured = time.monotonic()
            picture = picture_of(capture)
            if picture is None:
                failures += 1
                continue
            failures = 0
            with self._arrived:
                self._newest = Frame(picture, self._count, captured, captured - self._connected)
                self._count += 1
                self._arrived.notify_all()

    def _open_again(self) -> Any | None:
        """Try until it opens, ever less often; None where the end is asked for meanwhile."""
        pause = _FIRST_PAUSE
        while not self._ending.wait(pause):
            try:
                return open_live(self._device, self._name, self._size)
            except CameraError:
                pause = min(2 * pause, _LONGEST_PAUSE)
        return None


def _nothing() -> None:
    """What most callers want done to a camera that was opened."""
