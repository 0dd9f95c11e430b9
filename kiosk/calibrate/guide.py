"""What the technician sees while a step looks: the camera's picture, what was found, bars, and one sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.status import Status

from calibration.board import Detection
from calibration.capture import Capture
from kiosk.camera.source import CameraSource, Frame
from kiosk.errors import CameraStaleError, EndOfClipError

RGB = NDArray[np.uint8]
_TITLE: Final = "TwinMirror calibration (Esc ends)"
_GREEN: Final = (70, 200, 120)
_GRAY: Final = (190, 190, 190)
_ESCAPE: Final = 27
console: Final = Console(stderr=True)


class Guide:
    """One line in the terminal, and a window where there is a display."""

    def __init__(self, status: Status, window: bool) -> None:
        """`window` opens one."""
        self._status = status
        self._window = window
        self.ended = False

    def say(self, words: str) -> None:
        """Show one sentence."""
        self._status.update(words)

    def show(self, picture: RGB) -> None:
        """Show a picture as it is, full screen; Esc sets `ended`."""
        if not self._window:
            return
        cv2.namedWindow(_TITLE, cv2.WINDOW_NORMAL)
        cv2.setWindowProperty(_TITLE, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN)
        cv2.imshow(_TITLE, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        self.ended = self.ended or (cv2.waitKey(1) & 0xFF) == _ESCAPE

    @property
    def window(self) -> bool:
        """Whether pictures are shown."""
        return self._window


@contextmanager
def guiding(words: str) -> Iterator[Guide]:
    """A guide for one step; its window closes with the step."""
    window = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    with console.status(words) as status:
        try:
            yield Guide(status, window)
        finally:
            if window:
                cv2.destroyAllWindows()


def frames(source: CameraSource, guide: Guide) -> Iterator[Frame]:
    """The source's frames, until a clip's end or Esc; a live camera that falls silent is waited for."""
    with source:
        while not guide.ended:
            try:
                yield source.read()
            except CameraStaleError as error:
                guide.say(str(error))
            except EndOfClipError:
                return


def drawn_capture(picture: RGB, capture: Capture, detection: Detection | None, words: str) -> RGB:
    """The mirrored picture with covered cells, the corners found, bars for each movement, and the sentence."""
    shown = _cells(picture.copy(), capture.cells())
    if detection is not None:
        for x, y in detection.image:
            cv2.circle(shown, (round(x), round(y)), 4, _GREEN, 1, cv2.LINE_AA)
    shown = np.ascontiguousarray(shown[:, ::-1])  # as in any mirror; words are written after
    _bars(shown, capture.bars())
    _sentence(shown, words)
    return shown


def _cells(picture: RGB, cells: NDArray[np.bool_]) -> RGB:
    height, width = picture.shape[:2]
    full = cv2.resize(cells.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)[..., None]
    tint = np.where(full > 0, np.array(_GREEN, np.float32), np.array(_GRAY, np.float32))
    mixed = np.where(full > 0, 0.75 * picture + 0.25 * tint, 0.9 * picture + 0.1 * tint)
    out = np.asarray(mixed, np.uint8)
    rows, columns = cells.shape
    for row in range(1, rows):
        cv2.line(out, (0, row * height // rows), (width, row * height // rows), _GRAY, 1)
    for column in range(1, columns):
        cv2.line(out, (column * width // columns, 0), (column * width // columns, height), _GRAY, 1)
    return out


def _bars(picture: RGB, bars: dict[str, float]) -> None:
    height, width = picture.shape[:2]
    unit = height / 720
    for number, (name, share) in enumerate(bars.items()):
        y = round(height - (30 + 34 * (len(bars) - 1 - number)) * unit)
        left, right = round(0.16 * width), round(0.5 * width)
        cv2.rectangle(
            picture, (round(0.02 * width), y - round(24 * unit)), (right + 8, y + round(8 * unit)), (0, 0, 0), -1
        )
        cv2.putText(
            picture, name, (round(0.03 * width), y), cv2.FONT_HERSHEY_SIMPLEX, 0.7 * unit, _GRAY, 2, cv2.LINE_AA
        )
        cv2.rectangle(picture, (left, y - round(16 * unit)), (right, y), _GRAY, 1)
        end = round(left + share * (right - left))
        cv2.rectangle(picture, (left, y - round(16 * unit)), (end, y), _GREEN, -1)


def _sentence(picture: RGB, words: str) -> None:
    height, width = picture.shape[:2]
    scale = 0.9 * height / 720
    cv2.rectangle(picture, (0, 0), (width, round(56 * height / 720)), (0, 0, 0), -1)
    place = (round(0.02 * width), round(38 * height / 720))
    cv2.putText(picture, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 2, cv2.LINE_AA)
