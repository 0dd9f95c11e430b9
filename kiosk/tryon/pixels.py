"""Small operations on pictures that every step of the compositor shares: blend, guided filter, steadiness."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Matte = NDArray[np.float32]


def blend(under: Picture, over: Picture, alpha: Matte) -> Picture:
    """Lay `over` on `under`, both (h, w, 3) uint8, by alpha (h, w) float32 in 0..1; exact where alpha is 0 or 1.

    Alpha travels as 8 bits, at half the time that floats take.
    """
    coded = cv2.convertScaleAbs(alpha, alpha=255)
    share = cv2.merge([coded, coded, coded])
    rest = cv2.multiply(under, cv2.bitwise_not(share), scale=1 / 255)
    return np.asarray(cv2.add(cv2.multiply(over, share, scale=1 / 255), rest), np.uint8)


SHADE_UNIT = 200.0
"""Shades travel as 8 bits, so many for 1: finer than a level of the picture, and many times faster than floats."""


def shaded(colour: Picture, shade: Matte) -> Picture:
    """Multiply a picture (h, w, 3) uint8 by a shade (h, w) float32 in 0..1.27 (1 leaves it as it is); saturates."""
    coded = cv2.convertScaleAbs(shade, alpha=SHADE_UNIT)
    return np.asarray(cv2.multiply(colour, cv2.merge([coded, coded, coded]), scale=1.0 / SHADE_UNIT), np.uint8)


def blur(image: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Box mean over (2 radius + 1)^2 pixels."""
    size = 2 * radius + 1
    return np.asarray(cv2.blur(image, (size, size)), np.float32)


def reduced(image: Matte, step: int) -> Matte:
    """Means over squares of `step` pixels; what is left over at the right and below is not looked at.

    OpenCV takes several times as long where the sizes do not divide.
    """
    height, width = (max(side // step, 1) for side in image.shape)
    whole = image[: height * step, : width * step]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def soft(image: Matte, sigma: float) -> Matte:
    """Gaussian blur; larger blurs are done on a smaller picture, where they cost a fraction and look the same."""
    step = 4 if sigma >= 4.0 else 2 if sigma >= 2.0 else 1
    if step == 1:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), max(sigma, 0.3)), np.float32)
    height, width = image.shape
    small = cv2.GaussianBlur(reduced(image, step), (0, 0), sigma / step)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def ramp(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """0 at `low` and below, 1 at `high` and above, straight between (`low` may be above `high`)."""
    scaled = values - np.float32(low)
    scaled *= np.float32(1.0 / (high - low))
    return np.asarray(np.clip(scaled, 0.0, 1.0, out=scaled), np.float32)


def guided(guide: Matte, matte: Matte, radius: int, epsilon: float) -> Matte:
    """Guided filter: the matte's edges move to the guide's, both (h, w) float32 in 0..1; may leave 0..1 a little.

    Its coefficients are smooth, so they are found at half size (He and Sun's fast guided filter).
    """
    height, width = guide.shape
    half, small_g, small_m = max(1, round(radius / 2)), reduced(guide, 2), reduced(matte, 2)
    mean_g, mean_m = blur(small_g, half), blur(small_m, half)
    variance = blur(small_g * small_g, half)
    variance -= mean_g * mean_g
    variance += np.float32(epsilon)
    slope = blur(small_g * small_m, half)
    slope -= mean_g * mean_m
    slope /= variance
    mean_m -= slope * mean_g
    wide = np.asarray(cv2.resize(blur(slope, half), (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    wide *= guide
    wide += np.asarray(cv2.resize(blur(mean_m, half), (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return wide


def grown(matte: Matte, radius: int) -> Matte:
    """Grey dilation by a square of `radius` pixels."""
    size = 2 * radius + 1
    return np.asarray(cv2.dilate(matte, np.ones((size, size), np.uint8)), np.float32)


def shrunk(matte: Matte, radius: int) -> Matte:
    """Grey erosion by a square of `radius` pixels."""
    size = 2 * radius + 1
    return np.asarray(cv2.erode(matte, np.ones((size, size), np.uint8)), np.float32)


def shifted(matte: Matte, down: int) -> Matte:
    """Move a matte down by whole pixels; what comes in at the top is 0."""
    if down <= 0:
        return matte
    moved = np.zeros_like(matte)
    moved[down:] = matte[:-down]
    return moved


def luma(picture: Picture) -> Picture:
    """Brightness (h, w) uint8 of an RGB picture."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
