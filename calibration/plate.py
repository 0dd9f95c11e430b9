"""The clean plate: the empty scene, kept current through changes of light and moved furniture, never by people.

Two facts keep people out. Nothing is learnt while anybody is told to be there. And what changed is believed only after
it has lain as still as a wall for long: furniture does, while a person who stands still sways by a centimetre or two
within seconds (Winter, "Human balance and posture control during standing and walking", 1995), also where the
estimator misses them. Light is a smooth gain over the picture, followed from what agrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
RGB = NDArray[np.uint8]
_CELL: Final = 4
"""Pixels along the side of a cell, on which all is decided."""
_GAIN_CELLS: Final = (8, 6)
_FLOOR: Final = 12.0
"""Levels added to both sides of a ratio: dark walls say little of the light."""


@dataclass(frozen=True)
class PlateLimits:
    """differs: share by which a cell departs from the plate. stirs: share by which it departs from its own past.

    still_s: how long something must lie still before it is scenery. empty_s: how long nobody must have been there
    before anything is learnt. memory_s: of the running mean.
    """

    differs: float = 0.10
    stirs: float = 0.06
    still_s: float = 120.0
    empty_s: float = 3.0
    memory_s: float = 20.0


class ScenePlate:
    """Feed every frame with whether anybody is there; `picture` is the empty scene in the present light."""

    def __init__(self, empty: RGB, limits: PlateLimits | None = None) -> None:
        """`empty` (H, W, 3) was taken of the empty scene."""
        self._limits = limits or PlateLimits()
        self._plate = empty.astype(np.float32)
        self._cells = _small(empty)
        self._gain = np.ones((*self._cells.shape[:2], 3), np.float32)
        self._candidate = self._cells.copy()
        self._since = np.zeros(self._cells.shape[:2], np.float32)
        self._last: float | None = None
        self._empty_for = 0.0

    @property
    def picture(self) -> RGB:
        """The empty scene as it would look now, (H, W, 3)."""
        height, width = self._plate.shape[:2]
        gain = np.asarray(cv2.resize(self._gain, (width, height), interpolation=cv2.INTER_LINEAR))
        return np.asarray(np.clip((self._plate + _FLOOR) * gain - _FLOOR + 0.5, 0, 255), np.uint8)

    def feed(self, frame: RGB, seconds: float, *, somebody: bool) -> None:
        """Learn from an RGB frame (H, W, 3) taken at `seconds`; `somebody` is what the pose estimator says."""
        step = 0.0 if self._last is None else min(max(0.0, seconds - self._last), 1.0)
        self._last = seconds
        self._empty_for = 0.0 if somebody else self._empty_for + step
        cells = _small(frame)
        self._follow_light(cells)
        if self._empty_for < self._limits.empty_s:
            self._since[:] = 0.0  # whatever comes to lie where people were starts its time anew
            self._candidate = cells
            return
        changed = self._departs(cells) > self._limits.differs
        self._learn(frame, ~_grown(changed, 2), min(1.0, step / self._limits.memory_s))
        self._wait_for_stillness(frame, cells, changed, step)

    def _follow_light(self, cells: F32) -> None:
        """A smooth gain by the median of each region; regions that mostly changed follow their neighbours."""
        ratio = (cells + _FLOOR) / (self._cells + _FLOOR)
        usual = np.median(ratio.reshape(-1, 3), axis=0)
        self._gain = _smooth_gain(ratio, usual.astype(np.float32))

    def _departs(self, cells: F32) -> F32:
        """(h, w) share by which each cell differs from the plate in the present light."""
        expected = (self._cells + _FLOOR) * self._gain
        return np.asarray(np.abs((cells + _FLOOR) / expected - 1.0).max(2), np.float32)

    def _learn(self, frame: RGB, same: NDArray[np.bool_], rate: float) -> None:
        """Move the plate toward the frame, in the plate's own light, where the scene is the same."""
        if rate <= 0:
            return
        self._replace(frame, same, rate)

    def _wait_for_stillness(self, frame: RGB, cells: F32, changed: NDArray[np.bool_], step: float) -> None:
        """Count how long each changed thing has lain still; one that stirs anywhere starts anew as a whole."""
        stirred = np.abs((cells + _FLOOR) / (self._candidate + _FLOOR) / _overall(cells, self._candidate) - 1.0).max(2)
        self._since[changed] += step
        self._since[~changed] = 0.0
        count, blobs = cv2.connectedComponents(_grown(changed, 1).astype(np.uint8))
        restless = np.zeros(count, np.bool_)
        restless[np.unique(blobs[(stirred > self._limits.stirs) & (blobs > 0)])] = True
        again = restless[blobs] & (blobs > 0)
        self._since[again] = 0.0
        self._candidate[again | ~changed] = cells[again | ~changed]
        settled = changed & (self._since >= self._limits.still_s)
        if settled.any():
            self._replace(frame, _grown(settled, 1), 1.0)
            self._since[settled] = 0.0

    def _replace(self, frame: RGB, where: NDArray[np.bool_], rate: float) -> None:
        height, width = self._plate.shape[:2]
        mask = cv2.resize(where.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST)[..., None]
        gain = np.asarray(cv2.resize(self._gain, (width, height), interpolation=cv2.INTER_LINEAR))
        own_light = (frame.astype(np.float32) + _FLOOR) / gain - _FLOOR
        self._plate += (own_light - self._plate) * (mask * rate)
        self._cells = _small(self._plate)


def _small(picture: NDArray[np.generic]) -> F32:
    """Cells (h, w, 3) of a picture: their means, slightly blurred, so that noise stirs nothing."""
    height, width = picture.shape[:2]
    size = (max(8, width // _CELL), max(8, height // _CELL))
    small = cv2.resize(np.asarray(picture, np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.blur(small, (3, 3)), np.float32)


def _smooth_gain(ratio: F32, usual: F32) -> F32:
    height, width = ratio.shape[:2]
    columns, rows = _GAIN_CELLS
    coarse = np.zeros((rows, columns, 3), np.float32)
    for row, strip in enumerate(np.array_split(ratio, rows, axis=0)):
        for column, part in enumerate(np.array_split(strip, columns, axis=1)):
            values = part.reshape(-1, 3)
            middle = np.median(values, axis=0)
            agree = float((np.abs(values / middle - 1).max(1) < 0.08).mean())
            coarse[row, column] = middle if agree > 0.6 and np.abs(middle / usual - 1).max() < 0.35 else usual
    return np.asarray(cv2.resize(cv2.blur(coarse, (3, 3)), (width, height), interpolation=cv2.INTER_LINEAR))


def _overall(cells: F32, before: F32) -> F32:
    """(3,) the light's change since `before`."""
    return np.asarray(np.median(((cells + _FLOOR) / (before + _FLOOR)).reshape(-1, 3), axis=0), np.float32)


def _grown(mask: NDArray[np.bool_], cells: int) -> NDArray[np.bool_]:
    kernel = np.ones((2 * cells + 1, 2 * cells + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel) > 0)
