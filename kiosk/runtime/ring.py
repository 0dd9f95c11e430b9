"""A ring of three pictures in shared memory: the newest wins, nothing queues, and nobody waits for anybody.

One process writes, one reads. Each slot has a lock that the kernel holds for an open file and gives up when its owner
dies: the writer passes over a slot that is being read, a reader never sees one that is being written, and a killed
process leaves neither a lock nor, as the memory has no name, a picture (`docs/adr/0006-ring-without-a-name.md`).
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from kiosk.errors import RingBusyError, StalePictureError
from kiosk.runtime.phase import Hint, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOTS: Final = 3
_PAGE: Final = 4096
_TRIES: Final = 200
_WIPE_SECONDS: Final = 2.0
_FLOCK: Final = "hhqqi4x"
_SLOT_RECORD: Final = np.dtype(
    [
        ("sequence", "<u8"),
        ("captured", "<f8"),
        ("height", "<u4"),
        ("width", "<u4"),
        ("dressed", "<u4"),
        ("panes", "<u4"),
    ]
)
_NEWEST, _COUNT, _PHASE, _GENERATION, _HINT = range(5)
"""Words of the header: sequence and slot of the newest picture, pictures ever written, phase, generation, hint."""


@dataclass(frozen=True)
class RingPicture:
    """A picture (H, W, 3) uint8 RGB, a copy; `captured` is the camera's `time.monotonic()`, `sequence` always rises.

    panes: how many looks stand side by side in it, each as wide as the others.
    """

    picture: NDArray[np.uint8]
    sequence: int
    captured: float
    dressed: bool
    panes: int = 1

    @property
    def age_ms(self) -> float:
        """Milliseconds since the camera took it."""
        return 1e3 * (time.monotonic() - self.captured)


def create_ring(most_pixels: int) -> int:
    """The descriptor of new shared memory for pictures of at most `most_pixels`; it ends with its last owner."""
    descriptor = os.memfd_create("twinmirror-ring")
    slot_bytes = -(-most_pixels * 3 // _PAGE) * _PAGE
    os.ftruncate(descriptor, _PAGE + SLOTS * slot_bytes)
    return descriptor


def reopened(descriptor: int) -> int:
    """The same memory, opened once more: locks belong to an opening, so each process needs its own."""
    return os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR | os.O_CLOEXEC)


class Ring:
    """The ring behind an open descriptor, which it owns from now on."""

    def __init__(self, descriptor: int) -> None:
        """Map the memory that `create_ring` made."""
        self._descriptor = descriptor
        size = os.fstat(descriptor).st_size
        self._memory = mmap.mmap(descriptor, size)
        self._slot_bytes = (size - _PAGE) // SLOTS
        self._words = np.frombuffer(self._memory, np.uint64, 8)
        self._records = np.frombuffer(self._memory, _SLOT_RECORD, SLOTS, 128)

    @property
    def most_pixels(self) -> int:
        """Pixels of the largest picture that fits."""
        return self._slot_bytes // 3

    @property
    def phase(self) -> Phase:
        """What the writer is doing."""
        return Phase(int(self._words[_PHASE]))

    @phase.setter
    def phase(self, phase: Phase) -> None:
        self._words[_PHASE] = phase

    @property
    def hint(self) -> Hint:
        """What the shopper could do better."""
        return Hint(int(self._words[_HINT]))

    @hint.setter
    def hint(self, hint: Hint) -> None:
        self._words[_HINT] = hint

    @property
    def generation(self) -> int:
        """How many writers have ended, each followed by a wipe."""
        return int(self._words[_GENERATION])

    @property
    def newest(self) -> int:
        """Sequence of the newest picture; 0 where there is none."""
        return self._newest()[0]

    def publish(self, picture: NDArray[np.uint8], captured: float, *, dressed: bool, panes: int = 1) -> bool:
        """Lay down a picture (H, W, 3) uint8 RGB as the newest; False where every other slot was being read."""
        height, width = picture.shape[:2]
        if height * width > self.most_pixels:
            raise ValueError(f"{width}x{height} pixels do not fit a ring for {self.most_pixels}")
        newest = self._newest()[1]
        for slot in (s for s in range(SLOTS) if s != newest):
            with self._locked(slot, fcntl.F_WRLCK) as held:
                if not held:
                    continue
                sequence = int(self._words[_COUNT]) + 1
                self._records[slot] = (0, captured, height, width, dressed, panes)
                np.copyto(self._pixels(slot, height, width), picture)
                self._records[slot]["sequence"] = sequence
                self._words[_COUNT] = sequence
                self._words[_NEWEST] = sequence * 4 + slot
                return True
        return False

    def read_latest(self, max_age_ms: float) -> RingPicture:
        """The newest picture. Raises `StalePictureError` where there is none, or it is older than `max_age_ms`."""
        for _ in range(_TRIES):
            sequence, slot = self._newest()
            if not sequence:
                raise StalePictureError(float("inf"))
            found = self._read(slot, sequence, max_age_ms)
            if found is not None:
                return found
        raise StalePictureError(float("inf"))

    def wipe(self) -> None:
        """Overwrite every slot with zeros. Raises `RingBusyError` where another process does not let go of one."""
        self._words[_NEWEST], self.hint = 0, Hint.NONE
        end = time.monotonic() + _WIPE_SECONDS
        for slot in range(SLOTS):
            while not self._wipe_slot(slot):
                if time.monotonic() > end:
                    raise RingBusyError("a process holds on to a picture: restart the mirror")
                time.sleep(0.005)

    def end_generation(self) -> None:
        """Wipe after the writer has ended, and say so."""
        self.phase = Phase.STARTING
        self.wipe()
        self._words[_GENERATION] += np.uint64(1)

    def is_blank(self) -> bool:
        """Whether no slot holds anything but zeros."""
        return not np.frombuffer(self._memory, np.uint8, offset=_PAGE).any()

    def close(self) -> None:
        """Wipe and let go of the memory; may be called twice."""
        if self._descriptor < 0:
            return
        try:
            self.wipe()
        finally:
            self.release()

    def release(self) -> None:
        """Let go of the memory without a wipe, for a process whose supervisor wipes."""
        if self._descriptor >= 0:
            del self._words, self._records, self._memory  # unmapped once no view of it is left
            os.close(self._descriptor)
            self._descriptor = -1

    def _newest(self) -> tuple[int, int]:
        """Sequence and slot of the newest picture, told by one word so that they belong together; (0, -1) for none."""
        word = int(self._words[_NEWEST])
        return (word // 4, word % 4) if word else (0, -1)

    def _read(self, slot: int, sequence: int, max_age_ms: float) -> RingPicture | None:
        """The slot's picture; None where it has made room for a newer one meanwhile."""
        with self._locked(slot, fcntl.F_RDLCK) as held:
            record = self._records[slot]
            if not held or int(record["sequence"]) != sequence:
                return None
            captured = float(record["captured"])
            age = 1e3 * (time.monotonic() - captured)
            if age > max_age_ms:
                raise StalePictureError(age)
            picture = self._pixels(slot, int(record["height"]), int(record["width"])).copy()
            return RingPicture(picture, sequence, captured, bool(record["dressed"]), int(record["panes"]))

    def _wipe_slot(self, slot: int) -> bool:
        with self._locked(slot, fcntl.F_WRLCK) as held:
            if held:
                self._records[slot] = (0, 0.0, 0, 0, 0, 0)
                np.frombuffer(self._memory, np.uint8, self._slot_bytes, _PAGE + slot * self._slot_bytes)[:] = 0
            return held

    def _pixels(self, slot: int, height: int, width: int) -> NDArray[np.uint8]:
        start = _PAGE + slot * self._slot_bytes
        return np.frombuffer(self._memory, np.uint8, height * width * 3, start).reshape(height, width, 3)

    @contextmanager
    def _locked(self, slot: int, kind: int) -> Iterator[bool]:
        """Try for the slot's lock, without waiting; gives whether it is held."""
        held = self._lock(slot, kind)
        try:
            yield held
        finally:
            if held:
                self._lock(slot, fcntl.F_UNLCK)

    def _lock(self, slot: int, kind: int) -> bool:
        try:
            fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, kind, os.SEEK_SET, slot, 1, 0))
        except (BlockingIOError, PermissionError):
            return False
        return True
