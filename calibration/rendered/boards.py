"""A technician who holds a board before a camera, or lays it on the floor."""

from __future__ import annotations

import numpy as np

from calibration.board import PAPERS, Board
from calibration.intrinsics import tilt as leaning
from calibration.rendered.optics import F64, Lens, Picture, Sensor, exposed
from calibration.rendered.scene import Pose, Sheet, background, board_sheet, rotation, seen

A3 = PAPERS["a3"]
_MOST_TILT = 48.0
"""Degrees between board and camera up to which its squares are still seen well."""


def held_poses(rng: np.random.Generator, lens: Lens, board: Board = A3, count: int = 24) -> list[Pose]:
    """Boards all over the picture, near and far, leaning each way: what the guide asks for."""
    poses: list[Pose] = []
    width, height = lens.size
    while len(poses) < count:
        number = len(poses)
        share = np.array([(number * 0.618) % 1.0, (number * 0.755) % 1.0])  # spread evenly, as the guide leads
        pixel = (0.06 + 0.88 * share) * (width, height)
        distance = lens.matrix[0, 0] * board.width / max(width, height) / rng.uniform(0.4, 0.75)
        tilt = (rng.uniform(-38, 38), rng.uniform(-38, 38), rng.uniform(-12, 12))
        pose = pose_at(lens, board, pixel, distance, tilt)
        if leaning((pose.rotation, pose.translation)) < _MOST_TILT:
            poses.append(pose)
    return poses


def pose_at(lens: Lens, board: Board, pixel: F64, distance: float, tilt: tuple[float, float, float]) -> Pose:
    """The board's middle on the ray of `pixel` in `distance` mm, turned by `tilt` degrees about x, y and z."""
    ray = np.linalg.inv(lens.matrix) @ (*pixel, 1.0)
    turn = rotation(*tilt)
    middle = np.array([board.width / 2, board.height / 2, 0.0])
    return Pose(turn, ray * distance - turn @ middle)


def sheet_of(board: Board, lens: Lens) -> Sheet:
    """The board drawn as finely as this lens can see it."""
    pixels = round(64 * max(lens.size) / 1280)
    return board_sheet(board, pixels, pixels // 2)


def shot(
    lens: Lens, sensor: Sensor, sheet: Sheet, pose: Pose, rng: np.random.Generator, end: Pose | None = None
) -> Picture:
    """One picture (H, W, 3) of the sheet before a room."""
    return exposed(seen(lens, sheet, pose, background(lens, rng), end), sensor, rng)


def floor_setup(rng: np.random.Generator) -> tuple[float, float, float]:
    """A mirror's camera: height above the floor in mm, tilt down and roll in degrees."""
    return rng.uniform(1200, 2000), rng.uniform(5, 22), rng.uniform(-2, 2)


def on_floor(height: float, tilt: float, roll: float, place: tuple[float, float], turn: float, board: Board) -> Pose:
    """The board flat on the floor, its middle `place` (right, away) mm from under the camera, turned by degrees."""
    tilted = rotation(z=roll) @ rotation(x=tilt)  # level axes (x right, y down, z away) to the camera's
    flat = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]).T  # board: x right, y towards the camera, z down
    spun = flat @ rotation(z=turn)
    middle = np.array([place[0], height, place[1]])
    return Pose(tilted @ spun, tilted @ (middle - spun @ np.array([board.width / 2, board.height / 2, 0.0])))


def held_pictures(
    rng: np.random.Generator, lens: Lens, sensor: Sensor, count: int, board: Board = A3, sway: float = 0.3
) -> list[Picture]:
    """Pictures of the held board; it moves by up to `sway` mm while one is read (rolling exposure)."""
    sheet, pictures = sheet_of(board, lens), []
    for pose in held_poses(rng, lens, board, count):
        end = Pose(pose.rotation, pose.translation + rng.uniform(-sway, sway, 3))
        pictures.append(shot(lens, sensor, sheet, pose, rng, end))
    return pictures
