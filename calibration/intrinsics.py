"""Focal length, centre and distortion from pictures of a board, and how far they may be trusted.

Method: Zhang, "A flexible new technique for camera calibration" (PAMI 2000) by OpenCV. A low reprojection error proves
little, so the uncertainty is carried to the picture: the normal equations of all views give the covariance of the
intrinsics (Hartley and Zisserman, "Multiple View Geometry", A6.3), and each direction's share that no turn of the
camera explains gives pixels (Hagemann et al., "Inferring bias and uncertainty in camera calibration", IJCV 2021).
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
GRID: Final = (8, 6)
"""Cells of the coverage (columns, rows) along a landscape picture."""
_HELD_OUT: Final = 5
"""One view in so many is kept for the proof."""
_TRIM: Final = 4.0
_STRAY_VIEW: Final = 2.5
"""A view whose RMS is so many times the usual was moved, bent or blurred; at most a fifth are left out."""
_PARAMETERS: Final = 9
"""fx, fy, cx, cy, k1, k2, p1, p2, k3."""
_MAP: Final = (16, 9)


@dataclass(frozen=True)
class Intrinsics:
    """What was found. RMS in pixels; focal_sd as a share; coverage of the grid's cells, 0 to 1.

    uncertainty: (9, 16) standard deviation in pixels over the picture. tilts: (n,) degrees between each board and the
    camera. cells: (rows, columns) bool of the coverage grid.
    """

    camera: Camera
    rms: float
    held_out_rms: float
    focal_sd: float
    coverage: float
    views: int
    tilts: F64
    uncertainty: F64
    cells: NDArray[np.bool_]
    poses: list[tuple[F64, F64]]

    def reasons(self, gates: Gates = GATES) -> list[str]:
        """Why it may not be used; empty where it may."""
        checks = [
            (self.views >= gates.camera_views, f"only {self.views} pictures, {gates.camera_views} are needed"),
            (self.rms < gates.camera_rms, f"RMS {self.rms:.2f} px: flatten the board, hold it still, wipe the lens"),
            (
                self.held_out_rms < gates.camera_held_out_rms,
                f"held-out RMS {self.held_out_rms:.2f} px: take more and more varied pictures",
            ),
            (self.coverage >= gates.camera_coverage, f"{self.coverage:.0%} of the picture covered: fill its corners"),
            (
                float(np.percentile(self.tilts, 75)) > gates.camera_tilt,
                "the boards face the camera: lean them, each way",
            ),
            (
                self.focal_sd < gates.camera_focal_sd,
                f"focal length known to {self.focal_sd:.2%} only: lean the board more, hold it nearer",
            ),
        ]
        return [words for passed, words in checks if not passed]


def calibrate(views: Sequence[Detection], gates: Gates = GATES) -> Intrinsics:
    """The camera of pictures of one board. Raises `CalibrationError` where there are too few or they do not agree."""
    if len(views) < max(6, gates.camera_views):
        raise CalibrationError(f"only {len(views)} pictures of the board: {gates.camera_views} are needed")
    sizes = {view.picture_size for view in views}
    if len(sizes) > 1 or len({view.board.name for view in views}) > 1:
        raise CalibrationError("pictures of several sizes or boards are mixed: take all anew with one board")
    held = [view for i, view in enumerate(views) if i % _HELD_OUT == _HELD_OUT - 1]
    kept = [view for i, view in enumerate(views) if i % _HELD_OUT != _HELD_OUT - 1]
    camera, poses, errors, kept = _trimmed_fit(kept)
    rms = float(np.sqrt((np.concatenate(errors) ** 2).sum(1).mean()))
    covariance = _covariance(camera, kept, poses, _corner_sd(errors))
    cells = covered(views)
    focal = np.sqrt(np.diag(covariance)[:2]) / np.diag(camera.matrix)[:2]
    return Intrinsics(
        camera=camera,
        rms=rms,
        held_out_rms=_held_out_rms(camera, held),
        focal_sd=float(focal.max()),
        coverage=float(cells.mean()),
        views=len(views),
        tilts=np.array([tilt(pose) for pose in poses]),
        uncertainty=_uncertainty(camera, covariance),
        cells=cells,
        poses=poses,
    )


def covered(views: Sequence[Detection]) -> NDArray[np.bool_]:
    """Which cells (rows, columns) of the picture hold a corner of some view."""
    width, height = views[0].picture_size
    columns, rows = GRID if width >= height else GRID[::-1]
    cells = np.zeros((rows, columns), np.bool_)
    for view in views:
        x, y = (view.image / (width, height) * (columns, rows)).astype(int).T
        cells[np.clip(y, 0, rows - 1), np.clip(x, 0, columns - 1)] = True
    return cells


def tilt(pose: tuple[F64, F64]) -> float:
    """Degrees between a board's normal and the direction from it to the camera."""
    turn, shift = pose
    return float(np.degrees(np.arccos(min(1.0, abs(turn[:, 2] @ shift) / np.linalg.norm(shift)))))


def _trimmed_fit(views: list[Detection]) -> tuple[Camera, list[tuple[F64, F64]], list[F64], list[Detection]]:
    """Fit, leave out the few views and corners that stray far more than the others do, fit again."""
    camera, poses, errors = _fit(views)
    rms = np.array([np.sqrt((error**2).sum(1).mean()) for error in errors])
    order = np.argsort(rms)[: int(np.ceil(0.8 * len(views)))]
    fair = np.union1d(order, np.nonzero(rms < _STRAY_VIEW * np.median(rms))[0])
    if len(fair) < len(views):
        views = [views[i] for i in fair]
        camera, poses, errors = _fit(views)
    away = [np.linalg.norm(error, axis=1) for error in errors]
    limit = _TRIM * float(np.median(np.concatenate(away))) / 0.83  # 0.83: median to one-axis RMS times root two
    good = [np.asarray(distance < limit) for distance in away]
    if float(np.concatenate(good).mean()) < 0.9:
        return camera, poses, errors, views
    trimmed = [
        Detection(view.board, view.image[ok], view.object[ok], view.picture_size)
        for view, ok in zip(views, good, strict=True)
        if ok.sum() >= 8
    ]
    return *_fit(trimmed), trimmed


def _fit(views: list[Detection]) -> tuple[Camera, list[tuple[F64, F64]], list[F64]]:
    objects = [view.object.astype(np.float32) for view in views]
    images = [view.image.astype(np.float32) for view in views]
    size = views[0].picture_size
    try:
        _, matrix, distortion, turns, shifts = cv2.calibrateCamera(objects, images, size, None, None)
    except cv2.error:
        raise CalibrationError("no camera explains these pictures: take them anew, the board flat and still") from None
    camera = Camera(size, np.asarray(matrix, np.float64), np.asarray(distortion, np.float64).ravel()[:5])
    poses = [(np.asarray(cv2.Rodrigues(r)[0]), np.asarray(t).ravel()) for r, t in zip(turns, shifts, strict=True)]
    pairs = zip(views, poses, strict=True)
    return camera, poses, [camera.pixels(v.object @ r.T + t) - v.image for v, (r, t) in pairs]


def _corner_sd(errors: list[F64]) -> float:
    """Of one coordinate of one corner."""
    return float(np.sqrt((np.concatenate(errors) ** 2).mean()))


def _held_out_rms(camera: Camera, views: list[Detection]) -> float:
    """Each view's pose comes from every other corner; the rest are predicted."""
    errors = []
    for view in views:
        given = np.arange(len(view.image)) % 2 == 0
        turn, shift, _ = camera.pose(view.object[given], view.image[given])
        errors.append(camera.pixels(view.object[~given] @ turn.T + shift) - view.image[~given])
    away = np.linalg.norm(np.concatenate(errors), axis=1)
    return float(np.sqrt((away[away <= np.percentile(away, 98)] ** 2).mean()))


def _covariance(camera: Camera, views: list[Detection], poses: list[tuple[F64, F64]], sd: float) -> F64:
    """(9, 9) of the intrinsics, the poses eliminated (Schur complement)."""
    normal = np.zeros((_PARAMETERS, _PARAMETERS))
    for view, (turn, shift) in zip(views, poses, strict=True):
        inner, outer = _jacobians(camera, view.object, cv2.Rodrigues(turn)[0].ravel(), shift)
        cross = inner.T @ outer
        normal += inner.T @ inner - cross @ np.linalg.solve(outer.T @ outer, cross.T)
    return np.asarray(sd**2 * np.linalg.inv(normal), np.float64)


def _jacobians(camera: Camera, points: F64, turn: F64, shift: F64) -> tuple[F64, F64]:
    """Of pixels (2 n): to the intrinsics (2 n, 9) and to the pose (2 n, 6)."""
    jacobian = cv2.projectPoints(points, turn, shift, camera.matrix, camera.distortion)[1]
    return np.asarray(jacobian[:, 6:15], np.float64), np.asarray(jacobian[:, :6], np.float64)


def _uncertainty(camera: Camera, covariance: F64) -> F64:
    """(9, 16) standard deviation in pixels, both axes together, of where a direction is seen."""
    width, height = camera.size
    columns, rows = _MAP
    x, y = (np.arange(columns) + 0.5) * width / columns, (np.arange(rows) + 0.5) * height / rows
    pixels = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    inner, outer = _jacobians(camera, camera.rays(pixels), np.zeros(3), np.zeros(3))
    turns = outer[:, :3]  # a turn of the whole camera is taken up by whatever pose is measured with it
    inner -= turns @ np.linalg.lstsq(turns, inner, rcond=None)[0]
    variance = np.einsum("ij,jk,ik->i", inner, covariance, inner)
    return np.asarray(np.sqrt(variance.reshape(rows, columns, 2).sum(2)))
