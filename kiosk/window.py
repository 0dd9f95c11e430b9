"""A plain window with the mirror's picture: `kiosk mirror`, for a look without touch, session or collection."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import Garment
from engines.pose.worker import PoseWorker
from kiosk.camera.source import CameraSource
from kiosk.errors import CameraStaleError, EndOfClipError, OutputError

if TYPE_CHECKING:
    from kiosk.tryon.live import LiveMirror

_TITLE: Final = "TwinMirror - AI preview (Esc closes)"
_NO_DISPLAY: Final = "no window can be opened here: use --headless --out VIDEO"
_KEYS_THAT_CLOSE: Final = (27, ord("q"))


def run_window(source: CameraSource, garments: Sequence[Garment], frames: int | None = None) -> None:
    """Show `source` as a mirror does, left and right exchanged, until Esc, the window's end, or `frames`.

    Without garments the person is shown as they are. Raises `CameraError`, `OutputError` without a display, and what
    the try-on raises.
    """
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        # Asked before, because Qt ends the whole process where it finds none
        raise OutputError(_NO_DISPLAY)
    shown = 0
    try:
        with source:
            for picture in _pictures(source, garments):
                shown += 1
                if not _show(picture) or shown == frames:
                    return
    except cv2.error:
        raise OutputError(_NO_DISPLAY) from None
    finally:
        _close()


def _pictures(source: CameraSource, garments: Sequence[Garment]) -> Iterator[NDArray[np.uint8]]:
    if not garments:
        yield from _plain(source)
        return
    # Loaded only where something is worn: the plain window needs no network
    from kiosk.tryon.live import LiveMirror, seen_frames  # noqa: PLC0415

    mirror: LiveMirror = LiveMirror(garments)
    with PoseWorker(live=True) as worker, closing(mirror.shown(seen_frames(source, worker))) as pictures:
        for shown in pictures:
            yield shown.picture


def _plain(source: CameraSource) -> Iterator[NDArray[np.uint8]]:
    """The source's pictures; black while the camera is away."""
    last = np.zeros((480, 640, 3), np.uint8)
    while True:
        try:
            last = source.read().picture
            yield last
        except CameraStaleError:
            yield np.zeros_like(last)
        except EndOfClipError:
            return


def _show(picture: NDArray[np.uint8]) -> bool:
    """Whether the window is still open after showing (H, W, 3) uint8 RGB."""
    cv2.imshow(_TITLE, cv2.cvtColor(cv2.flip(picture, 1), cv2.COLOR_RGB2BGR))
    key = cv2.waitKey(1) & 0xFF
    return key not in _KEYS_THAT_CLOSE and cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) >= 1


def _close() -> None:
    try:
        cv2.destroyAllWindows()
    except cv2.error:
        return
