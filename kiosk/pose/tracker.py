"""Follows one person, smooths the landmarks, bridges moments without any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from engines.pose.body import Body, Landmark
from kiosk.pose.one_euro import OneEuro
from kiosk.pose.stillness import Stillness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BRIDGE_SECONDS: Final = 0.3
"""So long the last landmarks stand in for missing ones at full presence."""
FADE_SECONDS: Final = 0.2
"""So long the garment takes to fade in, and to fade out after the bridge."""
_REACH: Final = 0.8
"""A body whose trunk is further off than this many torso lengths is somebody else."""
_SIZE_CHANGE: Final = 1.7
"""A body that is larger or smaller by more than this factor is somebody else."""
_WORLD_TORSO_METRES: Final = 0.5
_SHORTEST_STEP: Final = 1e-3
_TRUNK: Final = (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP)


@dataclass(frozen=True)
class Tracked:
    """The followed person in one frame.

    body: smoothed; `fresh` is False where it is bridged; None where nobody is followed.
    presence: 0..1, how much of the garment is to be shown, rising and falling gently; 0 without a body.
    """

    body: Body | None
    presence: float


class BodyTracker:
    """Feed it the people of each frame in order; call `reset` between clips."""

    def __init__(self) -> None:
        self._landmarks = OneEuro(min_cutoff=0.3, beta=10.0)
        self._world = OneEuro(min_cutoff=0.3, beta=6.0)
        self._visibility = OneEuro(min_cutoff=2.0, beta=0.0)
        self._scale = OneEuro(min_cutoff=1.0, beta=2.0)
        self._stillness = Stillness()
        self._last: Body | None = None
        self._last_time = 0.0
        self._fresh_time = 0.0
        self._presence = 0.0

    def update(self, people: Sequence[Body], seconds: float, picture: NDArray[np.uint8] | None = None) -> Tracked:
        """Take everybody found in the frame of time `seconds` (the frames' own clock); gives the one followed.

        With the frame's `picture`, (H, W, 3) uint8 RGB, landmarks rest where the picture does.
        """
        elapsed = max(seconds - self._last_time, _SHORTEST_STEP)
        self._last_time = seconds
        seen = self._choose(people)
        if seen is not None:
            still = None if picture is None else self._stillness.observe(picture, seen.landmarks, seconds)
            return self._follow(seen, seconds, elapsed, still)
        if self._last is None:
            return Tracked(None, 0.0)
        return self._bridge(seconds, elapsed)

    def reset(self) -> None:
        """Forget the person."""
        for smoother in (self._landmarks, self._world, self._visibility, self._scale):
            smoother.reset()
        self._stillness.reset()
        self._last = None
        self._presence = 0.0

    def _choose(self, people: Sequence[Body]) -> Body | None:
        """The person followed so far, however many others there are; else the nearest and most central."""
        if not people:
            return None
        last = self._last
        if last is None:
            return max(people, key=_prominence)
        nearest = min(people, key=lambda body: _offset(body, last))
        return nearest if _offset(nearest, last) < _REACH and _alike(nearest, last) else None

    def _follow(self, seen: Body, seconds: float, elapsed: float, still: NDArray[np.float32] | None) -> Tracked:
        if self._last is not None:
            self._presence = min(1.0, self._presence + elapsed / FADE_SECONDS)
        length = np.array([[seen.torso_length]], np.float32)
        scale = float(self._scale(length, elapsed, float(length[0, 0]))[0, 0])
        visibility = self._visibility(seen.visibility[:, None], elapsed, 1.0)[:, 0]
        self._last = replace(
            seen,
            landmarks=self._landmarks(seen.landmarks, elapsed, scale, still),
            world=self._world(seen.world, elapsed, _WORLD_TORSO_METRES, still),
            visibility=visibility,
            fresh=True,
        )
        self._fresh_time = seconds
        return Tracked(self._last, self._presence)

    def _bridge(self, seconds: float, elapsed: float) -> Tracked:
        """The last body stands in, then fades; after that the next person is met anew."""
        if seconds - self._fresh_time > BRIDGE_SECONDS:
            self._presence = max(0.0, self._presence - elapsed / FADE_SECONDS)
        if self._last is None or self._presence <= 0.0:
            self.reset()
            return Tracked(None, 0.0)
        return Tracked(replace(self._last, fresh=False), self._presence)


def _trunk_centre(body: Body) -> NDArray[np.float32]:
    return np.asarray(body.landmarks[list(_TRUNK)].mean(0), np.float32)


def _prominence(body: Body) -> float:
    """Size of the person in frame heights, less how far it stands from the frame's middle in frame widths."""
    height, width = body.silhouette.shape
    aside = abs(float(_trunk_centre(body)[0]) - width / 2) / width
    return float(body.torso_length / height - aside)


def _offset(body: Body, last: Body) -> float:
    """Distance between the trunks in torso lengths."""
    return float(np.linalg.norm(_trunk_centre(body) - _trunk_centre(last))) / last.torso_length


def _alike(body: Body, last: Body) -> bool:
    return 1 / _SIZE_CHANGE < body.torso_length / last.torso_length < _SIZE_CHANGE
