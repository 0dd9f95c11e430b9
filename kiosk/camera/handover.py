"""A camera passed from one reader to another without a moment in which nobody shows its pictures."""

from __future__ import annotations

import threading

from kiosk.camera.source import CameraSource, Frame
from kiosk.errors import EndOfClipError


class Handover(CameraSource):
    """Until `finish`, one thread looks at each frame and the other, slower one `read`s the newest of them.

    From then on the slow one reads the camera itself.
    """

    def __init__(self, camera: CameraSource) -> None:
        self._camera = camera
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._finished = False

    def connect(self) -> None:
        """The camera is connected by whoever made it."""

    def disconnect(self) -> None:
        """See `connect`."""

    def look(self) -> Frame:
        """The camera's next frame, which waits for the other reader too. Raises what the camera raises."""
        try:
            frame = self._camera.read()
        except EndOfClipError:
            self.finish()
            raise
        with self._changed:
            self._newest = frame
            self._changed.notify_all()
        return frame

    def finish(self) -> None:
        """Call it instead of `look`, once."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def read(self, timeout: float = 2.0) -> Frame:
        """A frame that was not read before. Raises what the camera raises."""
        with self._changed:
            self._changed.wait_for(lambda: self._finished or self._newest is not None)
            if not self._finished and self._newest is not None:
                frame, self._newest = self._newest, None
                return frame
        return self._camera.read(timeout)

    def read_latest(self, max_age_ms: float = 200.0) -> Frame:  # noqa: ARG002 - each is as new as can be
        """See `read`."""
        return self.read()
