"""Keeps a garment still on a person who stands still: the network's fields, averaged over time while nothing moves.

The fields lie in the body's own frame, so a person who walks carries the average along. What moves is told by the
landmarks: each arm for itself, and the trunk.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import Layer
from engines.pose.body import Landmark

F32 = NDArray[np.float32]
CALM = 0.05
"""Share of a new frame while nothing moves."""
STILL, MOVING = 0.2, 4.0
"""Field pixels a frame up to which a landmark counts as still, and from which on only the new frame counts."""
TRUNK = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP]
ARMS = (
    [Landmark.LEFT_SHOULDER, Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST],
    [Landmark.RIGHT_SHOULDER, Landmark.RIGHT_ELBOW, Landmark.RIGHT_WRIST],
)
_ARM_PULL = 0.4
"""How much of an arm's speed the trunk's cloth follows."""
# Channels of alpha and of the coarse fields (`engines.drape.network`) that hang on the trunk, the left and right arm.
_ALPHA = (
    [Layer.TORSO, Layer.INSIDE, Layer.TRUNK],
    [Layer.SLEEVE_LEFT, Layer.ARM_LEFT],
    [Layer.SLEEVE_RIGHT, Layer.ARM_RIGHT],
)
_FIELDS = ([0, 1, 6, 10, 11, 12, 13, 14, 15], [2, 3, 7, 9], [4, 5, 8])


@dataclass
class _Memory:
    points: F32
    alpha: F32
    fields: F32


class SteadyFields:
    """The averages of one person's garments, by garment."""

    def __init__(self, trunk: list[Landmark] = TRUNK, limbs: tuple[list[Landmark], list[Landmark]] = ARMS) -> None:
        """`trunk` and `limbs` (left, right) move the cloth of the torso's panel and of the sleeves' or legs'."""
        self._trunk, self._limbs = trunk, limbs
        self._memories: dict[str, _Memory] = {}

    def forget(self) -> None:
        """Begin anew with the next frame."""
        self._memories.clear()

    def average(self, garment_id: str, points: F32, alpha: F32, fields: F32) -> tuple[F32, F32]:
        """This frame's fields drawn toward those before.

        points: (33, 2) landmarks in field pixels; alpha: (7, 288, 256); fields: (16, 72, 64). The first frame of a
        garment passes unchanged.
        """
        memory = self._memories.get(garment_id)
        if memory is None:
            memory = self._memories[garment_id] = _Memory(points, alpha.copy(), fields.copy())
            return memory.alpha, memory.fields
        for share, layers, channels in zip(self._shares(points - memory.points), _ALPHA, _FIELDS, strict=True):
            for layer in layers:
                cv2.accumulateWeighted(alpha[layer], memory.alpha[layer], share)
            for channel in channels:
                cv2.accumulateWeighted(fields[channel], memory.fields[channel], share)
        memory.points = points
        return memory.alpha, memory.fields

    def _shares(self, moved: F32) -> tuple[float, float, float]:
        """Shares of the new frame for trunk, left and right limb, from the landmarks' steps (33, 2)."""
        speed = np.linalg.norm(moved, axis=1)
        left, right = (float(speed[limb].max()) for limb in self._limbs)
        trunk = max(float(speed[self._trunk].max()), _ARM_PULL * max(left, right))
        return _share(trunk), _share(left), _share(right)


def _share(pixels: float) -> float:
    """How much a new frame counts after a step of so many field pixels."""
    return min(max(CALM + (pixels - STILL) / (MOVING - STILL), CALM), 1.0)
