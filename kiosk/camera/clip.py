"""A clip as a camera: at its own pace, or as fast as it is read."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cv2

from kiosk.camera.capture import open_clip, picture_of
from kiosk.camera.source import USUAL_FPS, CameraSource, Frame
from kiosk.errors import CameraError, EndOfClipError

_HIGHEST_FPS = 1000.0


class ClipSource(CameraSource):
    """Gives every frame through `read`; `read_latest` of a paced clip leaves out those whose time has passed."""

    def __init__(self, path: Path, *, paced: bool) -> None:
        """`paced` waits for each frame's time; else frames come as fast as they are read."""
        self._path = path
        self._paced = paced
        self._capture: Any = None
        self._count = 0
        self._last_time = -1.0
        self._started: float | None = None

    def connect(self) -> None:
        """See `CameraSource.connect`."""
        self.disconnect()
        self._capture = open_clip(self._path)
        declared = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = declared if 0.0 < declared <= _HIGHEST_FPS else USUAL_FPS
        self._count, self._last_time, self._started = 0, -1.0, None

    def read(self, timeout: float = 2.0) -> Frame:  # noqa: ARG002 - a file never keeps one waiting for long
        """See `CameraSource.read`; damaged frames are left out."""
        while True:
            seconds = self._grab()
            captured = self._wait_for(seconds)
            picture = picture_of(self._capture)
            if picture is not None:
                return Frame(picture, self._count - 1, captured, seconds)

    def read_latest(self, max_age_ms: float = 200.0) -> Frame:
        """See `CameraSource.read_latest`; at the clip's own pace a slow reader misses frames, as from a camera."""
        while self._paced and self._started is not None:
            next_due = self._started + self._last_time + 1.0 / self.fps
            if time.monotonic() - next_due <= max_age_ms / 1e3:
                break
            self._grab()
        return self.read()

    def disconnect(self) -> None:
        """See `CameraSource.disconnect`."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _grab(self) -> float:
        """Step to the next frame; gives its time in seconds, which always rises."""
        if self._capture is None:
            raise CameraError(f"{self._path} is not open: connect first")
        if not self._capture.grab():
            if self._count == 0:
                raise CameraError(f"{self._path} holds no picture: give another clip")
            raise EndOfClipError(f"{self._path} has ended")
        told = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1e3
        step = 1.0 / self.fps
        believable = self._last_time < told < self._last_time + 100 * step
        self._last_time = told if believable else self._last_time + step if self._count else 0.0
        self._count += 1
        return self._last_time

    def _wait_for(self, seconds: float) -> float:
        now = time.monotonic()
        if not self._paced:
            return now
        if self._started is None:
            self._started = now - seconds
        due = self._started + seconds
        if due > now:
            time.sleep(due - now)
        return max(now, due)
