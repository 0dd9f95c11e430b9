"""What the shopper could do better, told from where their body is in the picture; nothing is kept of either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engines.pose.body import Landmark
from kiosk.runtime.phase import Hint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.pose.body import Body

_NEAREST, _FARTHEST = 0.62, 0.14
"""Torso lengths, in picture heights, beyond which somebody is too near or too far."""
_NEAREST_METRES, _FARTHEST_METRES = 1.5, 3.0
"""Where hands leave the picture, and half a metre behind the marked floor: see docs/hardware.md."""
_ASIDE: Final = 0.16
"""Share of the picture's width at each side in which a trunk's middle is out of the way."""
_DARK: Final = 38.0
"""Mean level of a picture in which the estimator begins to lose people."""
_SAME_SECONDS: Final = 0.8
"""A hint is given when it has been right for so long, and taken back likewise."""
_SPARSE: Final = 16


def hint_for(picture: NDArray[np.uint8], people: Sequence[Body], others: int = 0, metres: float | None = None) -> Hint:
    """The first thing to mend in a picture (H, W, 3) uint8 RGB with these people in it.

    others: people known to be there besides those given. metres: how far the first one stands, where that is known;
    their size in the picture must tell it else.
    """
    if float(picture[::_SPARSE, ::_SPARSE].mean()) < _DARK:
        return Hint.DARK
    if not people:
        return Hint.NOBODY
    height, width = picture.shape[:2]
    body = people[0]
    away = _away(body.torso_length / height, metres)
    if away is not Hint.NONE:
        return away
    trunk = body.landmarks[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP]]
    middle = float(trunk[:, 0].mean()) / width
    above = float(body.landmarks[Landmark.NOSE, 1]) < 0
    if above or not _ASIDE < middle < 1 - _ASIDE:
        return Hint.ASIDE
    return Hint.MANY if len(people) + others > 1 else Hint.NONE


def _away(size: float, metres: float | None) -> Hint:
    """Whether somebody is too near or too far; size: of their torso, in picture heights."""
    if metres is not None:
        return Hint.NEAR if metres < _NEAREST_METRES else Hint.FAR if metres > _FARTHEST_METRES else Hint.NONE
    return Hint.NEAR if size > _NEAREST else Hint.FAR if size < _FARTHEST else Hint.NONE


@dataclass
class SteadyHint:
    """Changes only for what lasts, so that words do not flicker."""

    shown: Hint = Hint.NONE
    _next: Hint = Hint.NONE
    _since: float = 0.0

    def update(self, hint: Hint, now: float) -> Hint:
        """Take a frame's hint at `now` in seconds; gives the one to show."""
        if hint is not self._next:
            self._next, self._since = hint, now
        if now - self._since >= _SAME_SECONDS:
            self.shown = hint
        return self.shown
