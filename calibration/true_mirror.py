"""A true mirror: what a pane of glass at the screen's place would show, whatever the camera's place.

In glass, a point of a person X is seen by their eye E where the line from E to X's reflection crosses the pane; for a
person all at one distance that is halfway between the two: life size for who stands there. (Hence a mirror shows
everybody half as large on its surface, Gombrich 1960.)
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera
from calibration.errors import CalibrationError
from calibration.floor import Floor
from calibration.screen import ScreenPose

F64 = NDArray[np.float64]


def warp(camera: Camera, screen: ScreenPose, pitch: float, eye: F64) -> F64:
    """The homography (3, 3) from undistorted camera pixels to screen pixels, for people in the plane of their eyes.

    eye: (3,) mm in the screen's frame, z negative (before the screen); pitch: mm a screen pixel. Feed it
    `undistorted` pixels. The picture comes out as in a mirror: the shopper's right hand on the screen's right.
    Raises `CalibrationError` where the eye is behind the screen.
    """
    if eye[2] >= 0:
        raise CalibrationError("the eyes are behind the screen: calibrate screen and floor anew")
    body = eye[:2] + np.array([[-400.0, -300.0], [400.0, -300.0], [400.0, 1200.0], [-400.0, 1200.0]])
    points = screen.points(np.column_stack([body, np.full(4, eye[2])]))
    seen = points @ camera.matrix.T
    if (seen[:, 2] <= 0).any():
        raise CalibrationError("the camera cannot see who stands there: check its place")
    pixels = (seen[:, :2] / seen[:, 2:]).astype(np.float32)
    shown = ((body + eye[:2]) / 2 / pitch).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(pixels, shown), np.float64)


def undistorted(camera: Camera, pixels: F64) -> F64:
    """Pixels (n, 2) where a camera without distortion would see the same."""
    rays = camera.rays(pixels)
    flat = (rays / rays[:, 2:]) @ camera.matrix.T
    return np.asarray(flat[:, :2])


def eye_of(camera: Camera, floor: Floor, screen: ScreenPose, feet: F64, eyes: F64) -> F64:
    """(3,) mm in the screen's frame of somebody's eyes at pixel `eyes` (2,), who stands with the soles at `feet` (2,).

    NaN where the feet are not on the floor.
    """
    foot, ray = camera.rays(np.stack([feet, eyes]))
    stand = floor.meet(foot[None])[0]
    across = np.cross(ray, floor.normal)
    if not np.isfinite(stand).all():
        return np.full(3, np.nan)
    up = float(np.linalg.solve(np.stack([floor.normal, -ray, across], 1), -stand)[0])
    point = stand + up * floor.normal
    return np.asarray(screen.rotation.T @ (point - screen.translation))
