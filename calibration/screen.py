"""Where the screen is, seen from a camera that cannot see it: by a plain mirror held in at least three poses.

A mirror shows the screen's pattern at a reflected pose A_j x + b_j, where A_j = (I - 2 n n^T) R. For two poses of
the mirror A_j A_k^T turns about the axis n_j x n_k, so each mirror's normal is orthogonal to all axes it has part in
(Takahashi, Nobuhara and Matsuyama, "A new mirror-based extrinsic camera calibration using an orthogonality
constraint", CVPR 2012; Sturm and Bonfort, "How to compute the pose of an object without a direct view?", ACCV 2006).
Then R and t follow in closed form, and all is refined together on the pixels. (OpenCV's hand-eye calibration wants a
robot; this wants none.) A glass of a few millimetres before the silver moves all mirrors alike by a third of its
thickness along their normals, which the mirrors' distances take up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from calibration.board import Board, Detection, Gray, find
from calibration.camera import Camera
from calibration.errors import CalibrationError
from calibration.gates import GATES, Gates

F64 = NDArray[np.float64]
_FLIP: Final = np.diag([1.0, 1.0, -1.0])
_ONE_AXIS: Final = 0.01
"""Sine of half the smallest turn about a second axis that is told from noise; what is poor, the gate refuses."""
_SURE: Final = 2.8
"""Root of the 95th percentile of chi squared with three degrees of freedom."""


@dataclass(frozen=True)
class ScreenPose:
    """Takes the screen's frame (mm from its upper left pixel's corner) to the camera's: rotation x + translation."""

    rotation: F64
    translation: F64

    def points(self, screen: F64) -> F64:
        """(n, 3) mm in the camera's frame, of (n, 2) or (n, 3) mm on the screen."""
        full = np.column_stack([screen, np.zeros(len(screen))]) if screen.shape[1] == 2 else screen
        return np.asarray(full @ self.rotation.T + self.translation)

    @property
    def camera_on_screen(self) -> F64:
        """(3,) where the camera is in the screen's frame."""
        return np.asarray(-self.rotation.T @ self.translation)


@dataclass(frozen=True)
class ScreenFit:
    """rms in pixels; mm and degrees are the 95th percentile of the pose's error as the pixels' noise carries over."""

    pose: ScreenPose
    rms: float
    mm: float
    degrees: float
    mirrors: int

    def reasons(self, gates: Gates = GATES) -> list[str]:
        """Why it may not be used; empty where it may."""
        checks = [
            (
                self.rms < gates.screen_rms,
                f"RMS {self.rms:.2f} px: the camera or the screen moved, or the mirror is not plain",
            ),
            (self.mm < gates.screen_mm, f"place known to {self.mm:.1f} mm only: {_MORE}"),
            (self.degrees < gates.screen_degrees, f"direction known to {self.degrees:.2f}° only: {_MORE}"),
        ]
        return [words for passed, words in checks if not passed]


_MORE: Final = "take more mirror poses, turned further from each other, each way"


def find_mirrored(gray: Gray, board: Board) -> Detection:
    """The screen's board seen in a mirror, in the pixels of the picture as it is. Raises `CalibrationError`."""
    width = gray.shape[1]
    flipped = find(np.ascontiguousarray(gray[:, ::-1]), [board])
    image = flipped.image * (-1.0, 1.0) + (width - 1, 0.0)
    return Detection(board, image, flipped.object, flipped.picture_size)


def solve(camera: Camera, views: Sequence[Detection], offset: F64, gates: Gates = GATES) -> ScreenFit:
    """The screen's pose of the board's reflections in one mirror pose each.

    offset: (3,) mm of the board's frame on the screen. Raises `CalibrationError` where there are too few mirror poses,
    or they turn about one axis only.
    """
    if len(views) < gates.screen_poses:
        raise CalibrationError(f"only {len(views)} mirror poses: at least {gates.screen_poses} are needed")
    points = [view.object + offset for view in views]
    reflected = [_reflected(camera, p, view.image) for p, view in zip(points, views, strict=True)]
    normals = _normals([turn for turn, _ in reflected])
    pose, distances = _closed_form(reflected, normals)
    return _refined(camera, points, [view.image for view in views], pose, normals, distances)


def _reflected(camera: Camera, points: F64, pixels: F64) -> tuple[F64, F64]:
    """A (determinant -1) and b of one reflection. The board is flat, so mirrored depth is told from nothing."""
    turn, shift, _ = camera.pose(points, pixels)
    return turn @ _FLIP, shift


def _normals(turns: list[F64]) -> F64:
    """(n, 3) of the mirrors: each orthogonal to the axes of the turns between it and the others."""
    normals = []
    for j, own in enumerate(turns):
        axes = [_axis(own @ other.T) for k, other in enumerate(turns) if k != j]
        _, sizes, rows = np.linalg.svd(np.stack(axes))
        if sizes[1] < _ONE_AXIS:
            raise CalibrationError("the mirror was turned about one axis only: nod it as well as turning it")
        normals.append(rows[2] * (1.0 if rows[2][2] > 0 else -1.0))
    return np.stack(normals)


def _axis(turn: F64) -> F64:
    """Of a rotation, as long as the sine of its half angle: small turns tell little of it."""
    vector = cv2.Rodrigues(turn)[0].ravel()
    angle = float(np.linalg.norm(vector))
    return np.asarray(vector / max(angle, 1e-9) * np.sin(angle / 2), np.float64)


def _closed_form(reflected: list[tuple[F64, F64]], normals: F64) -> tuple[ScreenPose, F64]:
    mirrors = [np.eye(3) - 2 * np.outer(n, n) for n in normals]
    mean = sum(mirror @ turn for mirror, (turn, _) in zip(mirrors, reflected, strict=True))
    left, _, right = np.linalg.svd(mean)
    rotation = left @ np.diag([1.0, 1.0, float(np.linalg.det(left @ right))]) @ right
    count = len(normals)
    system, wanted = np.zeros((3 * count, 3 + count)), np.zeros(3 * count)
    for j, (mirror, (_, shift)) in enumerate(zip(mirrors, reflected, strict=True)):
        rows = slice(3 * j, 3 * j + 3)
        system[rows, :3], system[rows, 3 + j], wanted[rows] = mirror, 2 * normals[j], shift
    found = np.linalg.lstsq(system, wanted, rcond=None)[0]
    return ScreenPose(np.asarray(rotation), np.asarray(found[:3], np.float64)), np.asarray(found[3:], np.float64)


def _refined(
    camera: Camera, points: list[F64], pixels: list[F64], pose: ScreenPose, normals: F64, distances: F64
) -> ScreenFit:
    """All together on the pixels; a few corners that stray count less (soft L1)."""
    bases = [np.linalg.svd(normal[None])[2][1:] for normal in normals]

    def residuals(x: F64) -> F64:
        turn = cv2.Rodrigues(x[:3])[0] @ pose.rotation
        out = []
        for j, (p, seen) in enumerate(zip(points, pixels, strict=True)):
            normal = normals[j] + x[6 + 3 * j : 8 + 3 * j] @ bases[j]
            normal = normal / np.linalg.norm(normal)
            world = p @ turn.T + x[3:6]
            world = world - 2 * np.outer(world @ normal - x[8 + 3 * j], normal)
            out.append((camera.pixels(world) - seen).ravel())
        return np.concatenate(out)

    start = np.zeros(6 + 3 * len(normals))
    start[3:6], start[8::3] = pose.translation, distances
    scale = np.ones_like(start)
    scale[3:6], scale[8::3] = 1000.0, 1000.0
    fit = least_squares(residuals, start, x_scale=scale, loss="soft_l1", ftol=1e-7, xtol=1e-9, max_nfev=30)
    errors = residuals(fit.x)
    turn = np.asarray(cv2.Rodrigues(fit.x[:3])[0] @ pose.rotation, np.float64)
    mm, degrees = _spread(np.asarray(fit.jac), errors)
    rms = float(np.sqrt(2 * (errors**2).mean()))
    return ScreenFit(ScreenPose(turn, fit.x[3:6]), rms, mm, degrees, len(normals))


def _spread(jacobian: F64, errors: F64) -> tuple[float, float]:
    """95 % bounds of the place in mm and the direction in degrees. Corners of one view err together, so half count."""
    freedom = max(1, len(errors) - jacobian.shape[1])
    variance = 2.0 * float((errors**2).sum()) / freedom
    covariance = variance * np.linalg.pinv(jacobian.T @ jacobian)
    mm = _SURE * float(np.sqrt(np.linalg.eigvalsh(covariance[3:6, 3:6])[-1]))
    return mm, float(np.degrees(_SURE * np.sqrt(np.linalg.eigvalsh(covariance[:3, :3])[-1])))
