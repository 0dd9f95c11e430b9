"""A twin as what stands before the camera: its clip without end, with the body of each frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from kiosk.camera.clip import ClipSource
from kiosk.errors import EndOfClipError
from kiosk.twins.bodies import load_bodies

if TYPE_CHECKING:
    from kiosk.camera.source import Frame
    from kiosk.tryon.live import Seen
    from kiosk.twins.record import Twin


def twin_frames(twin: Twin, wanted: Callable[[], bool], *, paced: bool = True) -> Iterator[Seen]:
    """The twin's frames as `kiosk.tryon.live.seen_frames` gives a camera's, without an estimator.

    Paced they come at the clip's own pace, for ever until `wanted` gives False; else as fast as they are taken, for
    one loop. Raises `TwinError` where the body data are damaged, `CameraError` where the clip is.
    """
    from kiosk.tryon.live import Seen  # noqa: PLC0415 - it loads what a first picture needs not

    bodies = load_bodies(twin.body)
    for index, frame in _frames(twin, wanted, paced=paced):
        body = bodies.at(min(index, len(bodies) - 1), *frame.picture.shape[:2])
        yield Seen(frame, [body], perf_counter(), 0.0)


def _frames(twin: Twin, wanted: Callable[[], bool], *, paced: bool) -> Iterator[tuple[int, Frame]]:
    """Each frame's place in the clip, and the frame, whose id and source time go on rising over the loops."""
    source = ClipSource(twin.clip, paced=paced)
    count, past, last = 0, 0.0, 0.0
    try:
        source.connect()
        while wanted():
            try:
                frame = source.read_latest() if paced else source.read()
            except EndOfClipError:
                if not paced:
                    return
                past += last + 1.0 / source.fps
                source.connect()
                continue
            last = frame.source_time
            yield frame.id, replace(frame, id=count, source_time=past + last)
            count += 1
    finally:
        source.disconnect()
