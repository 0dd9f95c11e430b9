"""A calibrated camera: from points to pixels and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import CalibrationError

F64 = NDArray[np.float64]
_CRITERIA: Final = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 1e-9)
_SAME_SHAPE: Final = 0.01


@dataclass(frozen=True)
class Camera:
    """size (width, height) pixels; matrix (3, 3); distortion (5,): k1, k2, p1, p2, k3 of Brown's model as OpenCV's."""

    size: tuple[int, int]
    matrix: F64
    distortion: F64

    def pixels(self, points: F64) -> F64:
        """(n, 2) where points (n, 3) mm of the camera's frame are seen."""
        none = np.zeros(3)
        seen = cv2.projectPoints(np.asarray(points, np.float64), none, none, self.matrix, self.distortion)[0]
        return np.asarray(seen, np.float64).reshape(-1, 2)

    def rays(self, pixels: F64) -> F64:
        """(n, 3) unit directions to what is seen at pixels (n, 2)."""
        given = np.asarray(pixels, np.float64).reshape(-1, 1, 2)
        flat = cv2.undistortPoints(given, self.matrix, self.distortion, criteria=_CRITERIA).reshape(-1, 2)
        rays = np.concatenate([flat, np.ones((len(flat), 1))], 1)
        return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True))

    def sized(self, size: tuple[int, int]) -> Camera:
        """The same camera giving pictures of another size.

        Raises `CalibrationError` where their shape differs: then the sensor was cropped, nobody knows how.
        """
        sx, sy = size[0] / self.size[0], size[1] / self.size[1]
        if abs(sx / sy - 1) > _SAME_SHAPE:
            raise CalibrationError(
                f"the camera was calibrated at {self.size[0]}x{self.size[1]} and now gives {size[0]}x{size[1]}: "
                "set it back or calibrate it anew"
            )
        scale = np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2], [0, 0, 1]])
        return Camera(size, scale @ self.matrix, self.distortion)

    def pose(self, corners: F64, pixels: F64) -> tuple[F64, F64, float]:
        """Rotation (3, 3) and translation (3,) mm of flat points (n, 3), z = 0, seen at pixels (n, 2); RMS in pixels.

        Raises `CalibrationError` where no pose explains them.
        """
        found, turn, shift = cv2.solvePnP(corners, pixels, self.matrix, self.distortion, flags=cv2.SOLVEPNP_IPPE)
        if not found:
            raise CalibrationError("no pose explains these corners: hold the board still and flat")
        turn, shift = cv2.solvePnPRefineLM(corners, pixels, self.matrix, self.distortion, turn, shift)
        seen = cv2.projectPoints(corners, turn, shift, self.matrix, self.distortion)[0].reshape(-1, 2)
        rms = float(np.sqrt(((seen - pixels) ** 2).sum(1).mean()))
        return np.asarray(cv2.Rodrigues(turn)[0], np.float64), np.asarray(shift, np.float64).ravel(), rms


def guessed(size: tuple[int, int], degrees: float = 68.0) -> Camera:
    """What a camera of unknown make most likely is: `degrees` along its longer side, centred, without distortion."""
    focal = max(size) / 2 / np.tan(np.radians(degrees) / 2)
    matrix = np.array([[focal, 0, (size[0] - 1) / 2], [0, focal, (size[1] - 1) / 2], [0, 0, 1.0]])
    return Camera(size, matrix, np.zeros(5))
