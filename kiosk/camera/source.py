"""The interface of every camera, and the frame it gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing_extensions import Self

USUAL_FPS: Final = 30.0


@dataclass(frozen=True)
class Frame:
    """One picture of a camera.

    picture: (H, W, 3) uint8 RGB.
    id: counts from 0 what the camera gave, also what nobody read: gaps are dropped frames.
    captured: `time.monotonic()` seconds when the picture left the camera, before any decoding or processing.
    source_time: seconds by the clip's own clock, or since a live camera was connected; measures motion.
    """

    picture: NDArray[np.uint8]
    id: int
    captured: float
    source_time: float


class CameraSource(ABC):
    """A camera. Connect, read, disconnect, from one thread; or use it as a context manager."""

    fps: float = USUAL_FPS
    """Frames a second as the camera declares it, or what is usual where it tells nothing sensible."""

    @abstractmethod
    def connect(self) -> None:
        """Open the camera. Raises `CameraError` where that fails; nothing is left open then."""

    @abstractmethod
    def read(self, timeout: float = 2.0) -> Frame:
        """The next frame that was not given before, waiting up to `timeout` seconds.

        Raises `EndOfClipError` after a clip's last, `CameraStaleError` where none comes in time.
        """

    @abstractmethod
    def read_latest(self, max_age_ms: float = 200.0) -> Frame:
        """The newest frame, at once, also where it was given before.

        Raises `CameraStaleError` where it is older than `max_age_ms`, `EndOfClipError` after a clip's last.
        """

    @abstractmethod
    def disconnect(self) -> None:
        """Close the camera; may be called twice."""

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.disconnect()
