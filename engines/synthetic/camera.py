"""Random cameras before the mirror, and their projection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """A pinhole that looks at `target` from `distance` metres.

    A world point X is seen at ``centre + focal * (x, -y) / z``, where (x, y, -z) is
    rotation (X - target) - (0, 0, distance).
    """

    rotation: F64
    target: F64
    distance: float
    focal: float
    centre: tuple[float, float]

    def turn(self, vectors: NDArray[np.floating]) -> F64:
        """World directions to camera axes (x right, y up, z towards the camera)."""
        return np.asarray(vectors @ self.rotation.T, np.float64)

    def project(self, points: F64) -> F64:
        """(n, 3): pixel x, pixel y (y down) and 1/depth in metres, for the rasteriser."""
        seen = self.turn(points - self.target)
        depth = self.distance - seen[:, 2]
        scale = self.focal / depth
        return np.stack([self.centre[0] + scale * seen[:, 0], self.centre[1] - scale * seen[:, 1], 1.0 / depth], 1)


@dataclass(frozen=True)
class Framing:
    """How much of a person pictures show: a torso's least and most share of the height, and where its middle lies."""

    torso: tuple[float, float]
    middle: tuple[float, float]


ABOVE = Framing((0.2, 0.42), (0.42, 0.68))
"""From head and chest to the whole person."""
WHOLE = Framing((0.19, 0.3), (0.32, 0.46))
"""The whole person, or down to the knees."""


def random_camera(
    rng: np.random.Generator, target: F64, torso: float, size: tuple[int, int], framing: Framing = ABOVE
) -> Camera:
    """A camera on `target` (mid torso): turned to ±75° or fully behind, near to far.

    `torso` is the torso's length in metres, `size` the picture's (height, width).
    """
    height, width = size
    kind = rng.random()
    if kind < 0.5:
        yaw = rng.normal(0, 13)
    elif kind < 0.86:
        yaw = rng.uniform(-75, 75)
    else:
        yaw = 180 + rng.uniform(-50, 50)
    yaw, pitch, roll = np.radians([yaw, rng.normal(2, 7), rng.normal(0, 2)])
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    tilt = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    lean = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    distance = float(np.exp(rng.uniform(np.log(1.1), np.log(4.0))))
    torso_pixels = height * float(np.exp(rng.uniform(*np.log(framing.torso))))
    focal = torso_pixels / torso * distance
    # The head stays in the picture (it is what the estimator finds a person by); the legs may be cut off.
    middle = min(height * rng.uniform(*framing.middle), height - 0.35 * torso_pixels)
    middle = max(middle, 1.15 * torso_pixels)
    centre = (width * (0.5 + rng.uniform(-0.12, 0.12)), middle)
    return Camera(lean @ tilt @ turn, target, distance, focal, centre)
