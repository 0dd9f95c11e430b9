"""A twin as the lookbook uses it: a clip of a licensed person or render, and the moments in which it stands still."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.pose.body import Body
from engines.pose.worker import PoseWorker
from kiosk.camera.config import open_source, parse_source
from kiosk.lookbook.errors import CastError
from kiosk.pose.tracker import BodyTracker
from kiosk.tryon.live import seen_frames
from kiosk.twins.licence import Licence

RGB = NDArray[np.uint8]
EMPTY_LOOKS = 12
"""Frames of the empty scene whose middle value is the plate."""


@dataclass(frozen=True)
class Twin:
    """A twin of the cast. `licence_file` is the text that was agreed on, an ingredient of each picture."""

    name: str
    clip: Path
    licence: Licence
    licence_file: Path


@dataclass(frozen=True)
class Moment:
    """One frame (H, W, 3) uint8 RGB with the body in it."""

    picture: RGB
    body: Body


@dataclass(frozen=True)
class Film:
    """A twin's clip, looked at: the moments with the person, and the empty scene (H, W, 3) where the clip has it."""

    moments: list[Moment]
    empty: RGB | None
    fps: float

    def at(self, share: float) -> Moment:
        """The moment at a share 0..1 of the loop, or the stillest one close to it."""
        middle = share * (len(self.moments) - 1)
        reach = max(2, round(0.03 * len(self.moments)))
        low, high = max(0, round(middle) - reach), min(len(self.moments) - 1, round(middle) + reach)
        return self.moments[min(range(low, high + 1), key=lambda k: (self._motion(k), abs(k - middle)))]

    def _motion(self, index: int) -> float:
        """How far the body moves about a moment, in torso lengths a frame; in steps, so that the nearest is taken."""
        before, after = self.moments[max(0, index - 1)].body, self.moments[min(len(self.moments) - 1, index + 1)].body
        moved = np.abs(after.landmarks[:25] - before.landmarks[:25]).mean() / after.torso_length
        return round(float(moved) / 0.004) * 0.004


def film_of(twin: Twin) -> Film:
    """Look at a twin's clip. Raises `CastError` where nobody is in it, `CameraError` where it cannot be read."""
    tracker, moments, empty = BodyTracker(), [], []
    with (
        PoseWorker(live=True, max_people=1) as worker,
        open_source(parse_source(str(twin.clip), paced=False)) as source,
    ):
        for seen in seen_frames(source, worker):
            found = tracker.update(seen.people, seen.frame.source_time, seen.frame.picture)
            if found.body is not None and found.presence >= 1.0:
                moments.append(Moment(seen.frame.picture, found.body))
            elif not seen.people and not moments and len(empty) < EMPTY_LOOKS:
                empty.append(seen.frame.picture)
        fps = source.fps
    if not moments:
        raise CastError(f"nobody was found in the clip of the twin {twin.name}: use one from the head to the hips")
    scene = np.median(np.stack(empty), axis=0).astype(np.uint8) if empty else None
    return Film(moments, scene, fps)
