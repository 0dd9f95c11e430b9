"""Find the parts of a person in a camera's frames with the trained network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import field_from_frame, to_field
from engines.parts.contract import (
    FieldView,
    background_beyond,
    input_maps,
    inside_frame,
    picture_into_field,
)
from engines.pose.body import Body
from engines.runtime.engine import Engine

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class PartMaps:
    """What each pixel around a person shows.

    field_from_frame: (2, 3) float32, similarity from frame pixels to field pixels (a frame point p is at
        ``M[:, :2] @ p + M[:, 2]``); pixel centres at half integers in both.
    chance: (7, 288, 256) float32 in 0..1, indexed by `engines.parts.contract.Part`, adding up to 1 in every pixel.
    """

    field_from_frame: F32
    chance: F32


class FindsParts(Protocol):
    """Whatever tells the parts of a person: the network, or the truth about a drawn one."""

    def find(self, frame_rgb: U8, plate_rgb: U8 | None, known_mask: U8 | None, body: Body) -> PartMaps:
        """See `PartsFinder.find`."""


class PartsFinder:
    """Finds parts in each frame by itself.

    The network could be told its last output, but then a mistake grows from frame to frame: it is worse with it than
    without, on held-out people as on real clips.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, frame_rgb: U8, plate_rgb: U8 | None, known_mask: U8 | None, body: Body) -> PartMaps:
        """The parts of `body` in a frame.

        frame_rgb: (H, W, 3) uint8 sRGB. plate_rgb: the same camera's empty scene (H, W, 3), or None; known_mask:
        (H, W) uint8, 0 where the plate says nothing, or None where it is whole.
        """
        matrix = field_from_frame(body)
        plate = known = None
        if plate_rgb is not None:
            plate = picture_into_field(plate_rgb, matrix)
            known = _known(known_mask, matrix)
        seen = to_field(body, matrix)
        view = FieldView(seen, picture_into_field(frame_rgb, matrix), plate, known)
        chance = self._engine.infer({"maps": input_maps(view)[None]})["parts"][0]
        return PartMaps(matrix, background_beyond(chance, inside_frame(seen.frame)))


def _known(mask: U8 | None, matrix: F32) -> U8 | None:
    """A mask of the frame (H, W) in the field (288, 256): 255 only where all of a pixel is known."""
    if mask is None:
        return None
    sure = picture_into_field(np.asarray(cv2.threshold(mask, 0, 255, cv2.THRESH_BINARY)[1], np.uint8), matrix)
    return np.asarray(cv2.threshold(sure, 250, 255, cv2.THRESH_BINARY)[1], np.uint8)
