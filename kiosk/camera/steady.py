"""A camera that is never given up: whatever fails is connected again, for ever, ever less often."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from kiosk.camera.clip import ClipSource
from kiosk.camera.source import USUAL_FPS, CameraSource, Frame
from kiosk.errors import CameraError, CameraStaleError, EndOfClipError

_log = logging.getLogger(__name__)
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 8.0
_SLICE: Final = 0.1
_READ_SECONDS: Final = 1.0


class SteadyCamera(CameraSource):
    """Frames of another camera, without end; a clip begins anew when it is over.

    Ids and source times go on rising over reconnects, so whoever follows a person is not confused.
    """

    def __init__(self, make: Callable[[], CameraSource], wanted: Callable[[bool], bool]) -> None:
        """`make` gives a source that is not yet connected.

        `wanted` is called often, with whether a picture was there just now; once it gives False, `read` raises
        `EndOfClipError`.
        """
        self._make = make
        self._wanted = wanted
        self._source: CameraSource | None = None
        self._pause = _FIRST_PAUSE
        self._shift = 0.0
        self._last = 0.0
        self._count = 0

    def connect(self) -> None:
        """Nothing is connected before it is read."""

    def read(self, timeout: float = 2.0) -> Frame:  # noqa: ARG002 - it waits for as long as it is wanted
        """The next frame, waiting as long as it is wanted. Raises `EndOfClipError` alone, once it is not."""
        seen = True
        while self._wanted(seen):
            try:
                frame = self._next(self._source or self._connected())
            except CameraStaleError:
                seen = False  # the source itself connects again
            except EndOfClipError:
                self.disconnect()
            except CameraError as error:
                _log.warning("%s", error)
                self.disconnect()
                seen = False
                self._wait()
            else:
                self._pause = _FIRST_PAUSE
                return frame
        raise EndOfClipError("the camera is not wanted any more")

    def read_latest(self, max_age_ms: float = 200.0) -> Frame:  # noqa: ARG002 - each is as new as can be
        """See `read`."""
        return self.read()

    def disconnect(self) -> None:
        """See `CameraSource.disconnect`."""
        if self._source is not None:
            self._source.disconnect()
            self._source = None

    def _connected(self) -> CameraSource:
        source = self._make()
        source.connect()
        self._source, self.fps = source, source.fps or USUAL_FPS
        self._shift = self._last + 1.0 / self.fps
        return source

    def _next(self, source: CameraSource) -> Frame:
        # A clip read frame by frame by a slow reader would fall behind; a camera does so by itself
        frame = source.read_latest() if isinstance(source, ClipSource) else source.read(_READ_SECONDS)
        self._last = self._shift + frame.source_time
        self._count += 1
        return replace(frame, id=self._count - 1, source_time=self._last)

    def _wait(self) -> None:
        """Pause before the next try, cut short when the camera is not wanted any more."""
        end = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        while time.monotonic() < end and self._wanted(False):
            time.sleep(_SLICE)
