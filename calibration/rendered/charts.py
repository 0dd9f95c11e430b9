"""A 24-patch chart in light that is known, seen by a sensor whose colours are its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera
from calibration.chart import reference_linear
from calibration.rendered.optics import F32, F64, Lens, Picture, Sensor, exposed
from calibration.rendered.scene import Pose, Sheet, background, rotation, seen

PATCH, GAP, EDGE = 40, 6, 18
"""Pixels of the sheet, four of them a cm."""
_DENSITY = 1.0
WIDTH, HEIGHT = 6 * PATCH + 5 * GAP + 2 * EDGE, 4 * PATCH + 3 * GAP + 2 * EDGE


def chart_sheet(gloss: float = 0.0) -> Sheet:
    """The chart in linear sRGB light on its black frame; gloss adds a lamp's blurred reflection of so much light."""
    light = np.full((HEIGHT, WIDTH, 3), 0.03, np.float32)
    for number, colour in enumerate(reference_linear()):
        row, column = divmod(number, 6)
        y, x = EDGE + row * (PATCH + GAP), EDGE + column * (PATCH + GAP)
        light[y : y + PATCH, x : x + PATCH] = colour
    if gloss:
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
        lamp = np.exp(-(((x - 0.45 * WIDTH) / 45) ** 2 + ((y - 0.4 * HEIGHT) / 30) ** 2))
        light += gloss * lamp[..., None].astype(np.float32)
    return Sheet(light, _DENSITY)


def random_colour_sensor(rng: np.random.Generator) -> Sensor:
    """Channels that see some of each other's light, a white balance that is off, and a tone curve near the usual."""
    crosstalk = np.eye(3) + rng.uniform(-0.12, 0.18, (3, 3)) * (1 - np.eye(3))
    crosstalk /= crosstalk.sum(1, keepdims=True)
    gains = np.array([rng.uniform(0.8, 1.15), 1.0, rng.uniform(0.8, 1.15)])
    slope = rng.uniform(-0.12, 0.12, 2)
    return Sensor(
        blur=rng.uniform(0.5, 1.1),
        noise=rng.uniform(1.0, 3.0),
        exposure=rng.uniform(0.75, 0.95),
        slope=(float(slope[0]), float(slope[1])),
        corner=rng.uniform(0.0, 0.15),
        mixing=gains[:, None] * crosstalk,
        gamma=rng.uniform(1.9, 2.5) if rng.random() < 0.5 else None,
    )


def held_chart(rng: np.random.Generator, lens: Lens) -> Pose:
    """The chart held to the camera's middle, filling a good part of the picture."""
    turn = rotation(rng.uniform(-12, 12), rng.uniform(-12, 12), rng.uniform(-6, 6))
    distance = lens.matrix[0, 0] * WIDTH / max(lens.size) / rng.uniform(0.4, 0.6)
    middle = np.array([rng.uniform(-0.08, 0.08), rng.uniform(-0.06, 0.06), 1.0]) * distance
    return Pose(turn, middle - turn @ np.array([WIDTH / 2, HEIGHT / 2, 0.0]))


def chart_shot(lens: Lens, sensor: Sensor, pose: Pose, rng: np.random.Generator, gloss: float = 0.0) -> Picture:
    """One picture (H, W, 3) RGB of the chart before a gray room."""
    room: NDArray[np.float32] = np.repeat(background(lens, rng)[..., None], 3, 2) * 0.5 + 0.1
    light: F32 = seen(lens, chart_sheet(gloss), pose, room)
    return exposed(light, sensor, rng)


def patch_centres(camera: Camera, pose: Pose) -> F64:
    """(24, 2) where the patches' middles are seen."""
    rows, columns = np.divmod(np.arange(24), 6)
    x, y = EDGE + columns * (PATCH + GAP) + PATCH / 2, EDGE + rows * (PATCH + GAP) + PATCH / 2
    points = pose.at(np.stack([x, y, np.zeros(24)], 1))
    return camera.pixels(points)
