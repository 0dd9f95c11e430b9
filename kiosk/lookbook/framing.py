"""Which part of a frame the lens takes in, and how the frame's pictures and body come to the picture's size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.pose.body import Body, Landmark

RGB = NDArray[np.uint8]
HEAD_ROOM = 0.16
"""Torso lengths between the head's top and the eyes, about: where a crown ends that no landmark names."""


@dataclass(frozen=True)
class Lens:
    """What a set asks of the lens. height: of the picture, in torso lengths. head_room: above the crown, in the same.

    aside: how far the person stands beside the middle, as a share of the picture's width, to the right.
    """

    height: float
    head_room: float
    aside: float


@dataclass(frozen=True)
class View:
    """A part of a frame, enlarged to a picture: picture = scale * (frame - origin), pixel edges at whole numbers.

    size: height and width of the picture in pixels.
    """

    origin: tuple[float, float]
    scale: float
    size: tuple[int, int]

    def picture(self, frame: RGB, border: int = cv2.BORDER_REPLICATE) -> RGB:
        """A frame (H, W, 3) or (H, W) as the lens sees it."""
        flags = (cv2.INTER_LANCZOS4 if self.scale > 1 else cv2.INTER_AREA) | cv2.WARP_INVERSE_MAP
        step = 1.0 / self.scale
        matrix = np.array([[step, 0, self.origin[0] + 0.5 * step - 0.5], [0, step, self.origin[1] + 0.5 * step - 0.5]])
        height, width = self.size
        return np.asarray(cv2.warpAffine(frame, matrix, (width, height), flags=flags, borderMode=border), np.uint8)

    def body(self, body: Body) -> Body:
        """A body of the frame in the picture's pixels; outside the frame nobody is."""
        landmarks = ((body.landmarks - np.array(self.origin)) * self.scale).astype(np.float32)
        return replace(body, landmarks=landmarks, silhouette=self.picture(body.silhouette, cv2.BORDER_CONSTANT))


def view_of(body: Body, lens: Lens, size: tuple[int, int]) -> View:
    """The view of a body through a lens, as a picture of `size` (height, width).

    The lower edge never lies below the frame's own, where the person would end in the air: the view moves up instead.
    """
    eyes = body.landmarks[[Landmark.LEFT_EYE, Landmark.RIGHT_EYE]].mean(0)
    shoulders = body.landmarks[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]].mean(0)
    torso = body.torso_length
    crown = _crown(body, float(eyes[1]) - HEAD_ROOM * torso)
    height = lens.height * torso
    bottom = min(crown - lens.head_room * torso + height, float(body.silhouette.shape[0]))
    width = height * size[1] / size[0]
    left = 0.5 * float(eyes[0] + shoulders[0]) - width * (0.5 + lens.aside)
    return View((left, bottom - height), size[0] / height, size)


def _crown(body: Body, guess: float) -> float:
    """The highest row of the silhouette; above the eyes by at least the guess."""
    rows = np.flatnonzero((body.silhouette > 128).any(1))
    return min(guess, float(rows[0])) if rows.size else guess
