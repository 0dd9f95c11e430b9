"""Find the parts of a person in a camera's frames with the trained network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import field_from_frame, to_field
from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH
from engines.parts.contract import (
    FieldView,
    background_beyond,
    input_maps,
    inside_frame,
    last_of,
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


@dataclass(frozen=True)
class _Memory:
    """The last output on the coarse grid (7, 72, 64), and field pixels a frame pixel then."""

    chance: F32
    scale: float


class FindsParts(Protocol):
    """Whatever tells the parts of a person: the network, or the truth about a drawn one."""

    def find(self, frame_rgb: U8, plate_rgb: U8 | None, known_mask: U8 | None, body: Body) -> PartMaps:
        """See `PartsFinder.find`."""

    def forget(self) -> None:
        """Drop what is kept of a person between frames."""


class PartsFinder:
    """Finds parts frame by frame; each frame's output helps with the next of the same person."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._memory: _Memory | None = None

    def forget(self) -> None:
        """Drop what is kept of a person between frames."""
        self._memory = None

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
        view = FieldView(seen, picture_into_field(frame_rgb, matrix), plate, known, self._carried(matrix))
        chance = self._engine.infer({"maps": input_maps(view)[None]})["parts"][0]
        chance = background_beyond(chance, inside_frame(seen.frame))
        self._memory = _Memory(last_of(chance), float(matrix[0, 0]))
        return PartMaps(matrix, chance)

    def _carried(self, matrix: F32) -> F32 | None:
        """The last output in the present field: it goes along with the trunk, and keeps its size in the frame.

        The field's scale follows the trunk's length as estimated, which changes with every turn; people's size in the
        frame does not, within a frame's time. What was outside the last field is all 0.
        """
        if self._memory is None:
            return None
        scale = float(matrix[0, 0]) / self._memory.scale
        middle = np.array([COARSE_WIDTH, COARSE_HEIGHT]) / 2 - 0.5  # of the grid, its pixels' centres counted whole
        warp = np.column_stack([np.eye(2) * scale, middle * (1 - scale)])
        size = (COARSE_WIDTH, COARSE_HEIGHT)
        return np.stack([cv2.warpAffine(channel, warp, size) for channel in self._memory.chance])


def _known(mask: U8 | None, matrix: F32) -> U8 | None:
    """A mask of the frame (H, W) in the field (288, 256): 255 only where all of a pixel is known."""
    if mask is None:
        return None
    sure = picture_into_field(np.where(mask > 0, 255, 0).astype(np.uint8), matrix)
    return np.where(sure > 250, 255, 0).astype(np.uint8)
