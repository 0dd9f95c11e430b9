"""A person as geometry: what the pose estimator gives and the draping network sees."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Landmark(IntEnum):
    """The 33 landmarks of BlazePose that this project names (left and right are the person's own)."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


@dataclass(frozen=True)
class Body:
    """One person in one frame.

    landmarks: (33, 2) float32, pixels of the frame (x right, y down; may lie outside it).
    world: (33, 3) float32, metres about the hips' centre (x right, y down, z away from the camera).
    visibility: (33,) float32 in 0..1.
    silhouette: (H, W) uint8, 0..255, the probability that a pixel of the frame is the person.
    fresh: False where the landmarks were bridged over a frame in which the estimator found nobody.
    """

    landmarks: NDArray[np.float32]
    world: NDArray[np.float32]
    visibility: NDArray[np.float32]
    silhouette: NDArray[np.uint8]
    fresh: bool = True

    @property
    def torso_length(self) -> float:
        """Length in pixels from mid shoulder to mid hip, kept up when foreshortened by the shoulders' width."""
        shoulders = self.landmarks[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]]
        hips = self.landmarks[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP]]
        length = float(np.linalg.norm(shoulders.mean(0) - hips.mean(0)))
        width = float(np.linalg.norm(shoulders[0] - shoulders[1]))
        return max(length, 1.15 * width, 1.0)
