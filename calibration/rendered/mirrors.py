"""A technician who holds a round mirror before a screen with a camera at its rim."""

from __future__ import annotations

import numpy as np

from calibration.board import drawn, screen_board
from calibration.rendered.optics import F64, Lens, Picture, Sensor, exposed
from calibration.rendered.scene import Mirror, Pose, Sheet, background, rotation, seen

SCREEN = (1080, 1920)
PITCH = 0.494


def screen_sheet() -> Sheet:
    """The lit screen with its board; density is one pixel a screen pixel."""
    board, offset = screen_board(*SCREEN, PITCH)
    left, top = (round(side / PITCH) for side in offset[:2])
    light = np.full(SCREEN[::-1], 0.9, np.float32)
    picture = drawn(board, round(board.square / PITCH))
    light[top : top + picture.shape[0], left : left + picture.shape[1]] = 0.02 + 0.88 * (picture > 0)
    return Sheet(light, 1 / PITCH)


def random_screen(rng: np.random.Generator) -> Pose:
    """A portrait screen with the camera above its upper rim, or beside it, tilted down a little."""
    camera = np.array([SCREEN[0] * PITCH / 2 + rng.uniform(-150, 150), -rng.uniform(20, 120), -rng.uniform(0, 40)])
    # The screen looks the way the camera does: to the reader its x runs right, to the camera left
    turn = rotation(rng.uniform(-12, 4), rng.uniform(-8, 8), rng.uniform(-3, 3)) @ np.diag([-1.0, 1.0, -1.0])
    return Pose(turn, -turn @ camera)


def held_mirror(rng: np.random.Generator, lens: Lens, screen: Pose, radius: float = 170.0) -> Mirror:
    """A mirror somewhere in the picture that shows the camera some part of the screen."""
    width, height = lens.size
    pixel = np.array([rng.uniform(0.25, 0.75) * width, rng.uniform(0.3, 0.75) * height, 1.0])
    ray = np.linalg.inv(lens.matrix) @ pixel
    centre = ray * rng.uniform(450, 750)
    target = screen.at(np.array([[rng.uniform(0.2, 0.8) * 533, rng.uniform(0.15, 0.75) * 948, 0.0]]))[0]
    normal = _unit(_unit(-centre) + _unit(target - centre))
    return Mirror(normal, float(normal @ centre), centre, radius)


def mirrored_shot(
    lens: Lens, sensor: Sensor, sheet: Sheet, screen: Pose, mirror: Mirror, rng: np.random.Generator
) -> Picture:
    """One picture (H, W, 3) with the screen seen in the mirror."""
    return exposed(seen(lens, sheet, screen, background(lens, rng), mirror=mirror), sensor, rng)


def _unit(vector: F64) -> F64:
    return np.asarray(vector / np.linalg.norm(vector))
