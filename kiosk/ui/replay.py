"""The last seconds of the mirror, in this process's memory alone: shown again on wish, overwritten at the end."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

SECONDS: Final = 8.0
_PER_SECOND: Final = 12
_MOST_PIXELS: Final = 420_000
"""A picture kept is made smaller than that; all of them then take some 120 MB."""
_SLOTS: Final = int(SECONDS * _PER_SECOND)


class Replay:
    """A ring of pictures with their times. Feed it `keep`, read it with `at`, `wipe` it when the shopper goes."""

    def __init__(self) -> None:
        self._pictures: list[NDArray[np.uint8] | None] = [None] * _SLOTS
        self._times = [0.0] * _SLOTS
        self._count = 0

    @property
    def seconds(self) -> float:
        """How much is kept."""
        order = self._order()
        return self._times[order[-1]] - self._times[order[0]] if order else 0.0

    def _order(self) -> list[int]:
        """The slots of the last seconds, oldest first."""
        kept = min(self._count, _SLOTS)
        newest = self._times[(self._count - 1) % _SLOTS]
        slots = [(self._count - kept + k) % _SLOTS for k in range(kept)]
        return [slot for slot in slots if self._times[slot] >= newest - SECONDS]

    def keep(self, picture: NDArray[np.uint8], now: float) -> None:
        """Take a picture (H, W, 3) uint8 shown at `now`, unless one was taken just before."""
        if self._count and now - self._times[(self._count - 1) % _SLOTS] < 1.0 / _PER_SECOND:
            return
        height, width = picture.shape[:2]
        scale = min(1.0, (_MOST_PIXELS / (height * width)) ** 0.5)
        shape = (max(1, int(height * scale)), max(1, int(width * scale)), 3)
        slot = self._count % _SLOTS
        kept = self._pictures[slot]
        if kept is None or kept.shape != shape:
            if kept is not None:
                kept.fill(0)
            kept = self._pictures[slot] = np.empty(shape, np.uint8)
        cv2.resize(picture, (shape[1], shape[0]), dst=kept, interpolation=cv2.INTER_AREA)
        self._times[slot] = now
        self._count += 1

    def at(self, seconds: float) -> NDArray[np.uint8] | None:
        """The picture that was shown so many seconds after the oldest kept one; None after the last."""
        order = self._order()
        wanted = self._times[order[0]] + seconds if order else 0.0
        after = [slot for slot in order if self._times[slot] >= wanted]
        return self._pictures[after[0]] if after else None

    def wipe(self) -> None:
        """Overwrite all pictures."""
        for picture in self._pictures:
            if picture is not None:
                picture.fill(0)
        self._count = 0
