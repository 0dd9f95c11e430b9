"""Heartbeats: each process writes the time of its last sign of life into shared memory, its supervisor reads them."""

from __future__ import annotations

import mmap
import os
import time
from typing import Final

import numpy as np

_BYTES: Final = 4096


def create_board() -> int:
    """The descriptor of new shared memory for heartbeats; it ends with its last owner."""
    descriptor = os.memfd_create("twinmirror-pulse")
    os.ftruncate(descriptor, _BYTES)
    return descriptor


class Pulse:
    """One process's heartbeat on the board behind a descriptor."""

    def __init__(self, descriptor: int, index: int) -> None:
        """`index` is the process's place on the board, from 0."""
        self._times = np.frombuffer(mmap.mmap(descriptor, _BYTES), np.float64)
        self._index = index

    def beat(self) -> None:
        """Say that this process lives."""
        self._times[self._index] = time.monotonic()

    @property
    def last(self) -> float | None:
        """`time.monotonic()` of the last beat; None before the first."""
        return float(self._times[self._index]) or None

    def clear(self) -> None:
        """Forget the beats of a process that has ended."""
        self._times[self._index] = 0.0
