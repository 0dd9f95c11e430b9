"""The floor's plane and the metric scale, of the board lying on it; and what they tell of people.

A person who stands on a known floor has a known distance and height: the single view metrology of Criminisi, Reid and
Zisserman (IJCV 2000), here with a calibrated camera, so that rays meet the floor and upright planes directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.board import Detection
from calibration.camera import Camera
from calibration.errors import CalibrationError
from calibration.gates import GATES, Gates

F64 = NDArray[np.float64]
_AT: Final = 2000.0
"""Distance in mm at which a height's error is told."""
_AGREE_DEGREES: Final = 1.0
_AGREE_MM: Final = 25.0


@dataclass(frozen=True)
class Floor:
    """Points x of the floor have normal . x = -height in the camera's frame; normal (3,) points up, height in mm."""

    normal: F64
    height: float

    @property
    def tilt(self) -> float:
        """Degrees that the camera looks down."""
        return float(np.degrees(np.arcsin(-self.normal[2])))

    @property
    def roll(self) -> float:
        """Degrees that the camera leans, clockwise positive."""
        return float(np.degrees(np.arctan2(self.normal[0], -self.normal[1])))

    def meet(self, rays: F64) -> F64:
        """(n, 3) mm where rays (n, 3) meet the floor; NaN for those that never do."""
        down = rays @ self.normal
        scale = np.where(down < -1e-6, -self.height / np.where(down < -1e-6, down, -1.0), np.nan)
        return np.asarray(rays * scale[:, None])

    def above(self, points: F64) -> F64:
        """(n,) mm of points (n, 3) above the floor."""
        return np.asarray(points @ self.normal + self.height)


@dataclass(frozen=True)
class FloorFit:
    """rms in pixels of the worst view; sd: 95th percentile in mm of the error of a height 2 m away."""

    floor: Floor
    rms: float
    sd: float
    views: int

    def reasons(self, gates: Gates = GATES) -> list[str]:
        """Why it may not be used; empty where it may."""
        checks = [
            (self.rms < gates.floor_rms, f"RMS {self.rms:.2f} px: flatten the board, calibrate the camera first"),
            (self.sd < gates.floor_sd, f"heights known to {self.sd:.0f} mm only: a larger board, or several places"),
        ]
        return [words for passed, words in checks if not passed]


def fit(camera: Camera, views: Sequence[Detection], thickness: float = 0.0) -> FloorFit:
    """The floor of pictures of a board that lies on it, in one place or several; thickness of the board in mm.

    Raises `CalibrationError` where nothing is given, or where the places disagree: a board was not on the floor, or
    the camera moved between them.
    """
    if not views:
        raise CalibrationError("no board on the floor was seen: lay it where the camera sees it, printed side up")
    poses = [camera.pose(view.object, view.image) for view in views]
    middles = np.stack(
        [view.object.mean(0) @ turn.T + shift for view, (turn, shift, _) in zip(views, poses, strict=True)]
    )
    normals = np.stack([-turn[:, 2] for turn, _, _ in poses])
    _check_agree(normals, middles)
    normal = _plane(views, poses, normals)
    height = -float((middles @ normal).mean()) + thickness
    noise = max(rms for _, _, rms in poses)
    return FloorFit(Floor(normal, height), noise, _height_sd(camera, views, poses), len(views))


def _check_agree(normals: F64, middles: F64) -> None:
    mean = normals.mean(0) / np.linalg.norm(normals.mean(0))
    apart = np.degrees(np.arccos(np.clip(normals @ mean, -1, 1)))
    levels = middles @ mean
    if float(apart.max()) > 3 * _AGREE_DEGREES or float(np.ptp(levels)) > _AGREE_MM:
        raise CalibrationError(
            f"the places of the board disagree by {apart.max():.1f}° and {np.ptp(levels):.0f} mm: "
            "lay it flat on one floor, and leave the camera still"
        )


def _plane(views: Sequence[Detection], poses: list[tuple[F64, F64, float]], normals: F64) -> F64:
    """Upward normal of one plane through all boards' corners where they lie apart; the boards' mean where not."""
    points = np.concatenate([v.object @ turn.T + shift for v, (turn, shift, _) in zip(views, poses, strict=True)])
    _, sizes, rows = np.linalg.svd(points - points.mean(0), full_matrices=False)
    mean = normals.mean(0) / np.linalg.norm(normals.mean(0))
    if len(views) < 3 or sizes[1] < 0.2 * sizes[0]:
        return np.asarray(mean)
    normal = rows[2] * np.sign(rows[2] @ mean)
    return np.asarray(normal if normal @ mean > np.cos(np.radians(_AGREE_DEGREES)) else mean)


def _height_sd(camera: Camera, views: Sequence[Detection], poses: list[tuple[F64, F64, float]]) -> float:
    """How far the corners' noise carries into the floor's level 2 m away, in mm, at the 95th percentile."""
    information = np.zeros((3, 3))
    for view, (turn, shift, rms) in zip(views, poses, strict=True):
        jacobian = cv2.projectPoints(view.object, cv2.Rodrigues(turn)[0], shift, camera.matrix, camera.distortion)[1]
        pose = np.asarray(jacobian[:, :6], np.float64)
        noise = 2.0 * max(rms, 0.05) ** 2 / 2
        covariance = noise * np.linalg.inv(pose.T @ pose)
        level = _level_jacobian(view, turn, shift)
        information += np.linalg.inv(level @ covariance @ level.T + 1e-9 * np.eye(3))
    return 1.96 * float(np.sqrt(np.linalg.inv(information)[0, 0]))


def _level_jacobian(view: Detection, turn: F64, shift: F64) -> F64:
    """Of the plane's signed level at three points 2 m away (ahead, left, right), to the pose (6,), by differences."""
    ahead = shift + view.object.mean(0) @ turn.T
    ahead = ahead / np.linalg.norm(ahead) * _AT
    probes = np.stack([ahead, ahead + turn[:, 0] * 300, ahead + turn[:, 1] * 300])

    def level(x: F64) -> F64:
        turned, _ = cv2.Rodrigues(x[:3])
        return np.asarray((probes - x[3:]) @ turned[:, 2])

    start = np.concatenate([cv2.Rodrigues(turn)[0].ravel(), shift])
    steps = np.array([1e-6] * 3 + [1e-3] * 3)
    return np.stack([(level(start + np.eye(6)[i] * steps[i]) - level(start)) / steps[i] for i in range(6)], 1)


def stature(camera: Camera, floor: Floor, feet: F64, head: F64) -> float:
    """Height in mm of somebody upright whose soles touch the floor at pixel `feet` and whose crown is at `head`.

    NaN where the feet's ray misses the floor.
    """
    foot_ray, head_ray = camera.rays(np.stack([feet, head]))
    stand = floor.meet(foot_ray[None])[0]
    return height_at(floor, stand, head_ray)


def height_at(floor: Floor, stand: F64, ray: F64) -> float:
    """Mm above the floor where `ray` passes nearest the upright line through `stand` (3,)."""
    up = floor.normal
    across = np.cross(ray, up)
    system = np.stack([up, -ray, across], 1)
    return float(np.linalg.solve(system, -stand)[0]) if np.isfinite(stand).all() else float("nan")


def distance(camera: Camera, floor: Floor, feet: F64) -> float:
    """Mm along the floor from below the camera to pixel `feet` (2,); NaN where that is no floor."""
    stand = floor.meet(camera.rays(feet[None]))[0]
    below = -floor.height * floor.normal
    return float(np.linalg.norm(stand - below))


def rod_length(camera: Camera, floor: Floor, ends: F64) -> float:
    """Mm between the ends (2, 2) pixels of a rod that lies on the floor."""
    first, second = floor.meet(camera.rays(ends))
    return float(np.linalg.norm(first - second))
