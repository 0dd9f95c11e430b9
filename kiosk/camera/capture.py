"""OpenCV's video capture, opened with care."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.errors import CameraError

MAX_SIDE: Final = 7680
_OPEN_MILLISECONDS: Final = 5000
_READ_MILLISECONDS: Final = 2000
_OPTIONS: Final = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_environment_lock = threading.Lock()


def open_clip(path: Path) -> Any:
    """An opened capture of a video file. Raises `CameraError` where it holds no readable video."""
    try:
        if not path.is_file() or path.stat().st_size == 0:
            raise CameraError(f"{path} is no clip: give a video file that is not empty")
    except (OSError, ValueError):
        raise CameraError(f"{path} cannot be read: check the path") from None
    # A playlist within a file could make FFmpeg fetch from the network
    with _ffmpeg_options("protocol_whitelist;file"):
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    return checked(capture, str(path), "give a video file, for example MP4 or MKV")


def open_live(device: int | str, name: str, size: tuple[int, int] | None) -> Any:
    """An opened capture of a webcam's number or a stream's URL. Raises `CameraError` where it cannot be opened."""
    if isinstance(device, int):
        capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        if size and capture.isOpened():
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return checked(capture, name, "plug it in, or check that no other program holds it")
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_MILLISECONDS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_MILLISECONDS]
    with _ffmpeg_options("rtsp_transport;tcp"):
        capture = cv2.VideoCapture(device, cv2.CAP_FFMPEG, limits)
    return checked(capture, name, "check the address and that the camera is on")


def checked(capture: Any, name: str, advice: str) -> Any:
    """`capture` where it is open and of a sane size; else it is released. Raises `CameraError`."""
    if not capture.isOpened():
        capture.release()
        raise CameraError(f"{name} cannot be opened: {advice}")
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    if not (0 <= width <= MAX_SIDE and 0 <= height <= MAX_SIDE):
        capture.release()
        raise CameraError(f"{name} gives pictures of {width:.0f}x{height:.0f} pixels: use at most {MAX_SIDE} a side")
    return capture


def picture_of(capture: Any) -> NDArray[np.uint8] | None:
    """Decode what was grabbed last: (H, W, 3) uint8 RGB; None where it is damaged."""
    decoded, picture = capture.retrieve()
    if not decoded or picture is None or picture.ndim != 3 or picture.size == 0:
        return None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


@contextmanager
def _ffmpeg_options(options: str) -> Iterator[None]:
    """OpenCV takes FFmpeg's options from the environment alone; what stands there already goes first."""
    with _environment_lock:
        before = os.environ.get(_OPTIONS)
        os.environ[_OPTIONS] = before or options
        try:
            yield
        finally:
            if before is None:
                del os.environ[_OPTIONS]
