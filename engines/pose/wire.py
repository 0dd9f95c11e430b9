"""What passes between the pose worker and its owner: fixed records on two pipes, pictures in anonymous memory.

Nothing is pickled: what a process says that decodes untrusted pictures in native code is read as numbers only. The
memory has no name in any file system, so no picture of a shopper can outlive the two processes.
"""

from __future__ import annotations

import mmap
import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engines.pose.body import Body

MAX_PEOPLE: Final = 4
SLOTS: Final = 2
"""One frame is looked at while the next is laid ready."""
SIDE: Final = 1024
"""Longest side of a picture that fits a slot, in pixels."""

REQUEST: Final = struct.Struct("<IIIq")
"""slot, height, width, timestamp in milliseconds."""
ANSWER: Final = struct.Struct("<IIf")
"""slot, number of people, milliseconds of work."""
READY: Final = b"ready "
FAILED: Final = b"failed "

_LANDMARK_FLOATS: Final = 33 * 6
_FRAME_BYTES: Final = SIDE * SIDE * 3
_PERSON_BYTES: Final = _LANDMARK_FLOATS * 4 + SIDE * SIDE
_SLOT_BYTES: Final = _FRAME_BYTES + MAX_PEOPLE * _PERSON_BYTES
MEMORY_BYTES: Final = SLOTS * _SLOT_BYTES
"""Address space only: pages that are never touched cost nothing."""


class SharedSlots:
    """The shared memory behind an open descriptor, seen as slots with a picture and the people found in it."""

    def __init__(self, descriptor: int) -> None:
        """Map the memory of `descriptor`, which must hold `MEMORY_BYTES`; the descriptor may be closed after."""
        self._memory = mmap.mmap(descriptor, MEMORY_BYTES)

    def frame(self, slot: int, height: int, width: int) -> NDArray[np.uint8]:
        """The slot's picture (height, width, 3) uint8, as a view into the memory."""
        flat = np.frombuffer(self._memory, np.uint8, height * width * 3, slot * _SLOT_BYTES)
        return flat.reshape(height, width, 3)

    def write_person(self, slot: int, index: int, body: Body) -> None:
        """Lay down the person; the silhouette has the size of the slot's picture."""
        numbers, mask = self._person(slot, index, *body.silhouette.shape)
        numbers[:, :2], numbers[:, 2:5], numbers[:, 5] = body.landmarks, body.world, body.visibility
        mask[:] = body.silhouette

    def read_person(self, slot: int, index: int, height: int, width: int) -> Body:
        """The person as own copies, so that the slot may be used again."""
        numbers, mask = self._person(slot, index, height, width)
        kept = np.nan_to_num(numbers)
        return Body(kept[:, :2].copy(), kept[:, 2:5].copy(), np.clip(kept[:, 5], 0.0, 1.0), mask.copy())

    def _person(self, slot: int, index: int, height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        start = slot * _SLOT_BYTES + _FRAME_BYTES + index * _PERSON_BYTES
        numbers = np.frombuffer(self._memory, np.float32, _LANDMARK_FLOATS, start).reshape(33, 6)
        mask = np.frombuffer(self._memory, np.uint8, height * width, start + _LANDMARK_FLOATS * 4)
        return numbers, mask.reshape(height, width)
