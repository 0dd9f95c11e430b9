"""Films for the attract screen: one loop of a twin in a garment, as seamless as the twin's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2

from kiosk.camera.clip import ClipSource
from kiosk.imaging import staged_output
from kiosk.tryon.live import LiveMirror, video_writer
from kiosk.twins.bodies import load_bodies
from kiosk.twins.source import twin_frames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.garments.garment import Garment
    from kiosk.tryon.live import Seen
    from kiosk.twins.record import Twin

_BEFORE: Final = 20
"""Frames of the loop's end that go before its beginning, so that the garment hangs calmly when that comes."""


def film_twin(twin: Twin, garments: Sequence[Garment], out: Path, beat: Callable[[], None] = lambda: None) -> None:
    """Write a video of the twin in garments, worn from the skin outwards; `beat` is called for each frame.

    Raises `TwinError`, `CameraError`, `ModelUnavailableError` and `OutputError`.
    """
    with ClipSource(twin.clip, paced=False) as source:
        rate = source.fps
    count = len(load_bodies(twin.body))
    mirror = LiveMirror(garments)
    with staged_output(out) as stage, closing(mirror.shown(_run_up(twin, count, rate))) as pictures:
        writer = None
        try:
            for number, shown in enumerate(pictures):
                beat()
                if number < min(_BEFORE, count):
                    continue
                writer = writer or video_writer(stage, shown.picture, rate, out)
                writer.write(cv2.cvtColor(shown.picture, cv2.COLOR_RGB2BGR))
        finally:
            if writer is not None:
                writer.release()


def _run_up(twin: Twin, count: int, rate: float) -> Iterator[Seen]:
    """The loop's last frames, then all of it, with times that rise."""
    for number, seen in enumerate(twin_frames(twin, lambda: True, paced=False)):
        if number >= count - _BEFORE:
            yield seen
    for seen in twin_frames(twin, lambda: True, paced=False):
        frame = seen.frame
        yield replace(seen, frame=replace(frame, id=count + frame.id, source_time=count / rate + frame.source_time))
