"""A camera of which everything is known: lens with distortion, sensor with blur, noise and uneven light."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Picture = NDArray[np.uint8]
SUPERSAMPLES: Final = 2
"""Rays along each side of a pixel."""
_LUMA: Final = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True)
class Lens:
    """matrix (3, 3) and distortion (5,) as OpenCV has them; size is (width, height) pixels."""

    size: tuple[int, int]
    matrix: F64
    distortion: F64

    @cached_property
    def rays(self) -> F32:
        """(height * s, width * s, 3) directions with z = 1 of each sample.

        Taken at every fourth pixel and drawn out linearly, which is right to a thousandth of a pixel.
        """
        width, height = self.size
        s, step = SUPERSAMPLES, 4 * SUPERSAMPLES
        columns, rows = ((np.arange(-1, -(-side * s // step) + 1) + 0.5) * step - 0.5 for side in (width, height))
        samples = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 1, 2)
        criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 1e-7)
        flat = cv2.undistortPoints((samples + 0.5) / s - 0.5, self.matrix, self.distortion, criteria=criteria)
        nodes = flat.reshape(len(rows), len(columns), 2).astype(np.float32)
        full = cv2.resize(nodes, (len(columns) * step, len(rows) * step), interpolation=cv2.INTER_LINEAR)
        full = full[step : step + height * s, step : step + width * s]
        return np.asarray(np.dstack([full, np.ones(full.shape[:2], np.float32)]))


def random_lens(rng: np.random.Generator, size: tuple[int, int] = (1280, 720)) -> Lens:
    """A webcam's: 60 to 85 degrees along its longer side, a barrel or hardly one, not quite centred."""
    width, height = size
    focal = max(size) / 2 / np.tan(np.radians(rng.uniform(60, 85)) / 2)
    matrix = np.eye(3)
    matrix[0, 0], matrix[1, 1] = focal, focal * rng.uniform(0.998, 1.002)
    matrix[:2, 2] = (width - 1) / 2 + rng.uniform(-15, 15), (height - 1) / 2 + rng.uniform(-15, 15)
    distortion = np.array([rng.uniform(-0.18, 0.03), rng.uniform(-0.02, 0.04), 0.0, 0.0, 0.0])
    distortion[2:4] = rng.uniform(-0.001, 0.001, 2)
    return Lens(size, matrix, distortion)


@dataclass(frozen=True)
class Sensor:
    """How light becomes levels.

    blur: sigma in pixels. noise: of a mid grey, in levels of 255. exposure: 1 shows white as 0.8 of full scale.
    slope: change of light over the picture, (x, y), as a share; corner: light lost there.
    gain: (3,) of the channels. gamma: None is sRGB's curve.
    """

    blur: float = 0.7
    noise: float = 2.0
    exposure: float = 1.0
    slope: tuple[float, float] = (0.0, 0.0)
    corner: float = 0.15
    mixing: F64 | None = None
    """(3, 3) that makes the sensor's linear channels of linear sRGB."""
    gamma: float | None = None


def random_sensor(rng: np.random.Generator) -> Sensor:
    """An ordinary one in an ordinary shop."""
    slope = rng.uniform(-0.25, 0.25, 2)
    return Sensor(
        blur=rng.uniform(0.5, 1.1),
        noise=rng.uniform(1.0, 3.5),
        exposure=rng.uniform(0.7, 1.1),
        slope=(float(slope[0]), float(slope[1])),
        corner=rng.uniform(0.05, 0.3),
    )


def exposed(light: F32, sensor: Sensor, rng: np.random.Generator) -> Picture:
    """A picture (h, w, 3) uint8 RGB, of linear light (h, w) or (h, w, 3), 1 being white."""
    if sensor.blur > 0:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), sensor.blur), np.float32)
    if sensor.mixing is not None:
        light = np.asarray(cv2.transform(light, sensor.mixing.astype(np.float32)))
    even = 0.8 * sensor.exposure * _unevenness(light.shape[0], light.shape[1], sensor)
    levels = _levels(_noisy(light * (even if light.ndim == 2 else even[..., None]), sensor.noise, rng), sensor.gamma)
    return levels if levels.ndim == 3 else np.repeat(levels[..., None], 3, 2)


def _unevenness(height: int, width: int, sensor: Sensor) -> F32:
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    field = 1.0 + sensor.slope[0] * columns + sensor.slope[1] * rows - sensor.corner * (rows**2 + columns**2) / 2
    return np.asarray(field, np.float32)


def _noisy(light: F32, noise: float, rng: np.random.Generator) -> F32:
    """Shot noise that grows with the root of the light; `noise` levels at a mid grey of 0.2."""
    if noise <= 0:
        return light
    slope_of_curve = 0.45 * 0.2 ** (-0.55)  # of the usual tone curve at 0.2
    sigma = noise / 255 / slope_of_curve * np.sqrt((np.maximum(light, 0) + 0.02) / 0.22)
    return np.asarray(light + sigma * rng.standard_normal(light.shape, np.float32), np.float32)


def _levels(light: F32, gamma: float | None) -> Picture:
    steps = np.arange(65536, dtype=np.float64) / 65535
    encoded = np.where(steps <= 0.0031308, 12.92 * steps, 1.055 * np.maximum(steps, 1e-9) ** (1 / 2.4) - 0.055)
    table = (255 * (encoded if gamma is None else steps ** (1 / gamma)) + 0.5).astype(np.uint8)
    return table[(np.clip(light, 0, 1) * 65535 + 0.5).astype(np.uint16)]


def gray_of(picture: Picture) -> Picture:
    """(H, W) of RGB (H, W, 3), as the steps want it."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
