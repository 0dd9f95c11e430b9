"""The One-Euro filter (Casiez, Roussel, Vogel 2012), which here also learns how noisy its points are.

Still points rest, moving points hardly lag. Two additions to the published filter, for an estimator whose noise differs
by a hundred times between a whole figure and a cropped one: motion counts only where two frames agree on its
direction, and only as far as it exceeds what the measured noise explains.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]

_NOISE_CUTOFF = 0.5
_STILL_CUTOFF = 0.02
"""Cutoff in Hz of a point that is known to stand still: a slow mean."""
_SETTLING = (3, 14)
"""A point that comes to rest first settles to the mean of some frames, lest it rest on a wrong one: the counts that
divide the first and the last of them."""
_NOISE_FLOOR = 0.002
"""Noise, in units of scale, that is believed of a point's first frames."""
_NOISE_SPEED = 25.0
"""Speed per second that noise of one unit seems to have at 30 frames a second after the speed's low pass."""
_SECOND_DIFFERENCE = math.sqrt(6.0)
"""Standard deviation of the second difference of white noise of one."""


class OneEuro:
    """Smooths points, all by one clock. The cutoff of each point grows with its speed measured in units of `scale`."""

    def __init__(self, min_cutoff: float, beta: float, speed_cutoff: float = 2.0) -> None:
        """`min_cutoff` in Hz for points at rest; `beta` in Hz per unit of scale and second; `speed_cutoff` in Hz."""
        self._min_cutoff = min_cutoff
        self._beta = beta
        self._speed_cutoff = speed_cutoff
        self._state: _State | None = None

    def __call__(self, points: Points, elapsed: float, scale: float, stillness: Points | None = None) -> Points:
        """Smooth (N, D) float32 points, `elapsed` seconds after those before; the first call returns them as they are.

        Speeds are measured against `scale`, in the points' own unit, so a person looks the same near and far.
        `stillness` (N, 1) in 0..1 says where something else than the points is sure that nothing moves.
        """
        if self._state is None:
            self._state = _State(points.astype(np.float32))
        else:
            speed = self._state.observe(points, elapsed, scale, self._speed_cutoff)
            weight = _weight(self._min_cutoff + self._beta * speed, elapsed)
            if stillness is not None:
                resting = np.maximum(_weight(_STILL_CUTOFF, elapsed), self._state.settling(stillness))
                weight = np.asarray(weight * (1.0 - stillness) + resting * stillness, np.float32)
            moved = self._state.value + weight * (points - self._state.value)
            self._state.value = np.asarray(moved, np.float32)
        return np.array(self._state.value)

    def reset(self) -> None:
        """Forget the past: the next points are taken as they are."""
        self._state = None


class _State:
    """What is known of the points: smoothed value, velocity, the two last measurements and their noise."""

    def __init__(self, points: Points) -> None:
        self.value = points
        self._velocity = np.zeros_like(points)
        self._last_push = np.zeros_like(points)
        self._last, self._before_last = points.copy(), points.copy()
        self._noise = np.zeros((len(points), 1), np.float32)
        self._rested = np.full((len(points), 1), _SETTLING[0], np.float32)

    def observe(self, points: Points, elapsed: float, scale: float, speed_cutoff: float) -> Points:
        """Take in a measurement; gives each point's speed (N, 1) beyond its noise, in scales a second."""
        jerk = np.linalg.norm(points - 2 * self._last + self._before_last, axis=1, keepdims=True)
        # A single leap may not count for more than a few times the usual noise
        surprise = np.minimum(jerk / (scale * _SECOND_DIFFERENCE), 4 * self._noise + _NOISE_FLOOR)
        calmed = self._noise + _weight(_NOISE_CUTOFF, elapsed) * (surprise - self._noise)
        self._noise = np.asarray(calmed, np.float32)
        self._before_last, self._last = self._last, points.astype(np.float32)

        push = np.asarray((points - self.value) / (elapsed * scale), np.float32)
        agreed = np.where(push * self._last_push > 0, np.minimum(abs(push), abs(self._last_push)), 0.0)
        self._last_push = push
        followed = self._velocity + _weight(speed_cutoff, elapsed) * (np.sign(push) * agreed - self._velocity)
        self._velocity = np.asarray(followed, np.float32)
        speed = np.linalg.norm(self._velocity, axis=1, keepdims=True)
        return np.asarray(np.maximum(0.0, speed - _NOISE_SPEED * self._noise), np.float32)

    def settling(self, stillness: Points) -> Points:
        """Weight (N, 1) of this measurement in the mean of those since each point came to rest; 0 when settled."""
        first, last = _SETTLING
        weight = np.where(self._rested <= last, 1.0 / self._rested, 0.0)
        self._rested = np.asarray(np.where(stillness > 0.5, self._rested + 1, first), np.float32)
        return np.asarray(weight, np.float32)


def _weight(cutoff: Points | float, elapsed: float) -> Points:
    """Weight in 0..1 of a new value in a low pass of `cutoff` Hz after `elapsed` seconds."""
    return np.asarray(1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff * elapsed)), np.float32)
