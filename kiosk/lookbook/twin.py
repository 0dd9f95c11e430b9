"""A twin before the lookbook's camera: the moments of its loop, and the pictures of those that are wanted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.pose.body import Body
from kiosk.camera.clip import ClipSource
from kiosk.errors import EndOfClipError, TwinError
from kiosk.twins.bodies import load_bodies
from kiosk.twins.record import Twin

RGB = NDArray[np.uint8]
KEPT_MOMENTS = 6
"""Pictures that are kept, as the next garment is worn in the same poses."""
REACH = 0.03
"""Share of the loop to either side in which the stillest moment is looked for."""


@dataclass(frozen=True)
class Moment:
    """One frame (H, W, 3) uint8 RGB with the body in it."""

    picture: RGB
    body: Body


class Film:
    """A twin's loop. Bodies are all known, pictures are read when wanted."""

    def __init__(self, twin: Twin) -> None:
        """Raises `TwinError` where the body data are damaged."""
        self._twin = twin
        self._bodies = load_bodies(twin.body)
        self._motion = _motion(self._bodies.landmarks)
        self._kept: OrderedDict[int, Moment] = OrderedDict()

    def __len__(self) -> int:
        return len(self._bodies)

    def index_at(self, share: float) -> int:
        """The frame at a share 0..1 of the loop, or the stillest one close to it."""
        middle, reach = share * (len(self) - 1), max(2, round(REACH * len(self)))
        low, high = max(0, round(middle) - reach), min(len(self) - 1, round(middle) + reach)
        return min(range(low, high + 1), key=lambda k: (self._motion[k], abs(k - middle)))

    def moment(self, index: int) -> Moment:
        """One frame and its body. Raises `CameraError` and `TwinError` where the clip is damaged or too short."""
        if index not in self._kept:
            found = next(self.moments(index, 1, 1), None)
            if found is None:
                raise TwinError(f"the clip of {self._twin.slug} ends before frame {index}: make the twin anew")
            self._kept[index] = found
            while len(self._kept) > KEPT_MOMENTS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(index)
        return self._kept[index]

    def moments(self, start: int, count: int, step: float) -> Iterator[Moment]:
        """`count` moments from a frame on, every `step` frames (1 or more); fewer where the clip ends."""
        wanted = [round(start + step * k) for k in range(count)]
        with ClipSource(self._twin.clip, paced=False) as source:
            try:
                for index in range(min(len(self), wanted[-1] + 1)):
                    picture = source.read().picture
                    if index == wanted[0]:
                        wanted.pop(0)
                        yield Moment(picture, self._bodies.at(index, *picture.shape[:2]))
            except EndOfClipError:
                return

    @property
    def fps(self) -> float:
        """Frames a second of the clip. Raises `CameraError`."""
        with ClipSource(self._twin.clip, paced=False) as source:
            return source.fps


def _motion(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far each frame's body (33, 2) moves about it; in steps, so that of equally still ones the nearest is taken.

    In shares of the picture a frame.
    """
    moved = np.abs(np.roll(landmarks, -1, 0) - np.roll(landmarks, 1, 0))[:, :25].mean((1, 2))
    return np.asarray(np.round(moved / 0.0008) * 0.0008, np.float64)
