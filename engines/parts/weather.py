"""What cameras and shops do to a picture: clutter, shadows, exposure, white balance, noise, blur, compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import FIELD_HEIGHT, FIELD_WIDTH
from engines.parts.shards import Sample

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
_SIZE = (FIELD_WIDTH, FIELD_HEIGHT)


def _bumps(rng: np.random.Generator, cells: int) -> F32:
    """Smooth noise (288, 256) of about unit spread, `cells` bumps across."""
    coarse = rng.standard_normal((cells + 1, cells), np.float32)
    return np.asarray(cv2.resize(coarse, _SIZE, interpolation=cv2.INTER_CUBIC), np.float32)


def _colour(sample: Sample, rng: np.random.Generator) -> tuple[float, ...]:
    """Any colour, or one of the person's own: doors may be the colour of skin, walls that of the shirt."""
    if rng.random() < 0.5:
        rows, columns = np.nonzero(sample.label)
        if len(rows):
            pick = rng.integers(len(rows))
            return tuple(float(v) for v in sample.picture[rows[pick], columns[pick]])
    return tuple(rng.uniform(0, 255, 3).tolist())


def _draw_shape(scene: F32, colour: tuple[float, ...], rng: np.random.Generator) -> None:
    x, y = int(rng.integers(-20, FIELD_WIDTH)), int(rng.integers(-20, FIELD_HEIGHT))
    width, height = (int(v) for v in np.exp(rng.uniform(1.0, 4.8, 2)))
    kind = rng.random()
    if kind < 0.45:
        cv2.rectangle(scene, (x, y), (x + width, y + height), colour, -1)
    elif kind < 0.75:
        cv2.ellipse(scene, (x, y), (width, height), float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    else:
        cv2.line(scene, (x, y), (x + width, y + height), colour, int(rng.integers(1, 8)), cv2.LINE_AA)


def cluttered(sample: Sample, rng: np.random.Generator) -> tuple[U8, U8]:
    """Picture and plate with more things, and coarser ones, in the background; sharp or out of focus."""
    plate = sample.plate.astype(np.float32)
    scene = plate.copy()
    for _ in range(int(rng.integers(1, 16))):
        _draw_shape(scene, _colour(sample, rng), rng)
    if rng.random() < 0.5:
        scene += (rng.uniform(2, 18) * _bumps(rng, int(rng.integers(8, 70))))[..., None]
    if rng.random() < 0.5:
        scene = cv2.GaussianBlur(scene, (0, 0), float(rng.uniform(0.5, 3)))
    scene = np.clip(scene, 0, 255)
    # Edges of the person mix with the background, so only the background's share of a pixel changes.
    person = cv2.GaussianBlur((sample.label > 0).astype(np.float32), (0, 0), 0.8)
    picture = sample.picture + (scene - plate) * (1 - person[..., None])
    return np.clip(picture, 0, 255).astype(np.uint8), scene.astype(np.uint8)


def shaded(picture: F32, rng: np.random.Generator) -> F32:
    """Light that is uneven: clouds of it, or the edge of a shadow."""
    if rng.random() < 0.5:
        light = np.exp(rng.uniform(0.05, 0.3) * _bumps(rng, int(rng.integers(2, 9))))
    else:
        angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(1, 30)
        x = np.arange(FIELD_WIDTH, dtype=np.float32) - rng.uniform(0.2, 0.8) * FIELD_WIDTH
        y = np.arange(FIELD_HEIGHT, dtype=np.float32) - rng.uniform(0.2, 0.8) * FIELD_HEIGHT
        across = (np.cos(angle) * x[None] + np.sin(angle) * y[:, None]) / soft
        light = 1 - rng.uniform(0.15, 0.6) / (1 + np.exp(np.clip(across, -20, 20)))
    return np.asarray(picture * light[..., None], np.float32)


def random_tone_curve(rng: np.random.Generator) -> F32:
    """A camera's exposure, gamma and white balance: a table (256, 3) from 0..255 to 0..255 and beyond."""
    level = np.linspace(0, 1, 256)[:, None]
    gamma = np.exp(rng.normal(0, 0.25))
    gain = np.exp(rng.normal(0, 0.22) + rng.normal(0, 0.07, 3))
    lift = rng.uniform(-12, 20) if rng.random() < 0.4 else 0.0
    return np.asarray(255 * level**gamma * gain + lift, np.float32)


def through(picture: U8, curve: F32) -> U8:
    """A picture through a table of `random_tone_curve`."""
    table = np.clip(curve, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)


def _saturated(picture: U8, factor: float) -> U8:
    grey = np.array([0.299, 0.587, 0.114])
    matrix = np.eye(3) * factor + (1 - factor) * np.tile(grey, (3, 1))
    return np.asarray(cv2.transform(picture, matrix), np.uint8)


def _blurred(picture: U8, rng: np.random.Generator) -> U8:
    """Out of focus, or sharpened too much as cheap cameras do."""
    if rng.random() < 0.7:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.8))), np.uint8)
    soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
    amount = float(rng.uniform(0.3, 1.2))
    return np.asarray(cv2.addWeighted(picture, 1 + amount, soft, -amount, 0), np.uint8)


def noisy(picture: U8, strength: float, rng: np.random.Generator) -> U8:
    """Noise of a standard deviation in levels: fine in luma, coarser in colour, as cameras leave it."""
    height, width = picture.shape[:2]
    luma = rng.standard_normal((height, width, 1), np.float32)
    colour = cv2.resize(rng.standard_normal((height // 3, width // 3, 3), np.float32), (width, height))
    return np.asarray(np.clip(picture + strength * (luma + colour), 0, 255), np.uint8)


def _compressed(picture: U8, quality: int) -> U8:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def photographed(picture: U8, plate: U8, rng: np.random.Generator) -> tuple[U8, U8]:
    """Picture and plate as one camera takes them, the plate earlier: exposure, place and noise have drifted."""
    curve = random_tone_curve(rng)
    drift = np.exp(rng.normal(0, 0.03, 3) + rng.normal(0, 0.04)).astype(np.float32)
    if rng.random() < 0.4:
        picture = shaded(picture.astype(np.float32), rng).clip(0, 255).astype(np.uint8)
    picture, plate = through(picture, curve), through(plate, curve * drift)
    if rng.random() < 0.3:
        factor = float(rng.uniform(0.3, 1.4))
        picture, plate = _saturated(picture, factor), _saturated(plate, factor)
    if rng.random() < 0.35:
        picture = _blurred(picture, rng)
    if rng.random() < 0.6:
        picture = noisy(picture, rng.uniform(0.5, 9), rng)
    if rng.random() < 0.35:
        picture = _compressed(picture, int(rng.integers(15, 80)))
    if rng.random() < 0.5:
        shift = np.array([[1, 0, rng.normal(0, 0.7)], [0, 1, rng.normal(0, 0.7)]])
        plate = np.asarray(cv2.warpAffine(plate, shift, _SIZE, borderMode=cv2.BORDER_REPLICATE), np.uint8)
    return picture, plate
