"""Where the picture itself stands still, there a landmark that moves is the estimator's wavering.

MediaPipe finds a person without visible hips anew in each frame and moves their shoulders by up to 30 pixels at 720
lines, in leaps that no filter of the landmarks alone can tell from motion. The pixels can.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_WIDTH: Final = 160
_MEMORY_SECONDS: Final = 0.25
"""What is slower than the eye minds in this time counts as still."""
_REACH: Final = 4
"""Half the side of a landmark's patch, in pixels of the small picture."""
_STILL, _MOVING = 1.4, 2.5
"""Change of a patch, in units of the picture's usual change, at which it counts as still and as moving."""
_LEAST_CHANGE: Final = 0.5
"""Usual change in grey levels that is assumed of pictures without any noise."""


class Stillness:
    """Compares each frame with the one of a moment before."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, NDArray[np.float32]]] = deque()

    def observe(self, picture: NDArray[np.uint8], points: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
        """How still the picture is around each point: (N, 1) float32, from 0 where it moves to 1 where nothing does.

        `picture` is (H, W, 3) uint8, `points` (N, 2) in its pixels, `seconds` its time. A point outside the picture is
        as still as the most restless one inside. Without a past nothing is still.
        """
        small = _small(picture)
        change = self._change(small, seconds)
        if change is None:
            return np.zeros((len(points), 1), np.float32)
        usual = max(float(np.median(change)), _LEAST_CHANGE)
        around = cv2.blur(change, (2 * _REACH + 1, 2 * _REACH + 1)) / usual
        spots = np.floor(points * (small.shape[1] / picture.shape[1])).astype(int)
        inside = ((spots >= 0) & (spots < (small.shape[1], small.shape[0]))).all(1)
        found = np.zeros(len(points), np.float32)
        found[inside] = around[spots[inside, 1], spots[inside, 0]]
        found[~inside] = found.max() if inside.any() else _MOVING
        return np.asarray(np.clip((_MOVING - found) / (_MOVING - _STILL), 0.0, 1.0)[:, None], np.float32)

    def reset(self) -> None:
        """Forget the past."""
        self._past.clear()

    def _change(self, small: NDArray[np.float32], seconds: float) -> NDArray[np.float32] | None:
        """Absolute difference in grey levels to a moment ago, None where there is no like picture from then."""
        if self._past and (self._past[0][1].shape != small.shape or seconds < self._past[-1][0]):
            self._past.clear()
        self._past.append((seconds, small))
        while len(self._past) > 2 and seconds - self._past[1][0] >= _MEMORY_SECONDS:
            self._past.popleft()
        then, before = self._past[0]
        return None if seconds - then < _MEMORY_SECONDS / 2 else np.asarray(cv2.absdiff(small, before), np.float32)


def _small(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    height = max(1, round(picture.shape[0] * _WIDTH / picture.shape[1]))
    reduced = cv2.resize(picture, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(reduced, cv2.COLOR_RGB2GRAY), np.float32)
