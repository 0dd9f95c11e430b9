"""A camera passed from a quick reader to a slow one: pictures never stand still, and late ones are left out."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np
import pytest

from kiosk.camera import CameraSource, Frame
from kiosk.camera.handover import Handover
from kiosk.errors import EndOfClipError
from kiosk.runtime.vision import _without_late

PICTURE = np.zeros((4, 4, 3), np.uint8)


class Counted(CameraSource):
    """A camera whose frames are only counted, and the threads that read it."""

    def __init__(self, most: int = 10**6) -> None:
        self.most, self.count, self.readers = most, 0, []

    def connect(self) -> None: ...

    def disconnect(self) -> None: ...

    def read(self, timeout: float = 2.0) -> Frame:
        if self.count >= self.most:
            raise EndOfClipError("over")
        self.readers.append(threading.get_ident())
        self.count += 1
        return Frame(PICTURE, self.count, time.monotonic(), float(self.count))

    def read_latest(self, max_age_ms: float = 200.0) -> Frame:
        return self.read()


def test_a_slow_reader_keeps_nobody_waiting_and_gets_the_newest():
    camera = Counted()
    handover = Handover(camera)
    for _ in range(5):
        handover.look()
    assert handover.read().id == 5
    handover.look()
    handover.finish()
    assert handover.read().id == 7  # what lay there is not shown again, the camera's next frame is


def test_a_reader_that_waits_reads_by_itself_once_it_may():
    camera = Counted()
    handover, read = Handover(camera), []
    waiting = threading.Thread(target=lambda: read.append(handover.read()))
    waiting.start()
    time.sleep(0.05)
    assert not read
    handover.finish()
    waiting.join(5)
    assert read
    assert camera.readers == [waiting.ident]


def test_the_end_reaches_both_readers():
    handover, ended = Handover(Counted(most=0)), []

    def read() -> None:
        try:
            handover.read()
        except EndOfClipError:
            ended.append(True)

    waiting = threading.Thread(target=read)
    waiting.start()
    with pytest.raises(EndOfClipError):
        handover.look()
    waiting.join(5)
    assert ended


@dataclass
class Waited:
    """What `_without_late` asks of a seen frame."""

    frame: Frame


def test_frames_too_old_to_be_shown_are_left_out_but_never_all():
    def aged(*ages: float):
        return [Waited(Frame(PICTURE, number, time.monotonic() - age, 0.0)) for number, age in enumerate(ages)]

    def kept(*ages: float) -> list[int]:
        return [seen.frame.id for seen in _without_late(iter(aged(*ages)), 1.0)]

    assert kept(0, 0, 0) == [0, 1, 2]
    assert kept(0, 3, 0, 0) == [0, 2, 3]
    assert kept(3, 3, 3, 3) == [1, 3]
    assert kept(0, 3) == [0]
