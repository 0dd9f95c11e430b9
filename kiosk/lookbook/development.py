"""From a shot and a set to the finished picture: backdrop, light, retouch within its limits, development."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.lookbook.lighting import linear, lit, to_linear
from kiosk.lookbook.setfile import Backdrop, SetFile
from kiosk.lookbook.shot import Shot
from kiosk.tryon.mattes import decontaminated
from kiosk.tryon.pixels import shrunk, soft

RGB = NDArray[np.uint8]
F32 = NDArray[np.float32]
SPREAD = 0.012
"""Torso lengths over which the person's own colours are carried into the soft rim, in the place of the old scene's."""


def developed(shot: Shot, wanted: SetFile) -> RGB:
    """The picture (H, W, 3) uint8 of a shot in a set; without a label, and not fit to leave."""
    light = lit(shot, wanted)
    person = _tightened(shot.person)
    own = decontaminated(_retouched(shot, wanted), person, max(2, round(SPREAD * shot.torso)))
    picture = to_linear(own) * light.gain + light.edge * (0.25 + to_linear(own))
    wall = backdrop(wanted.backdrop, shot.person.shape, light.wall)
    if wanted.camera.blur > 0:
        wall = np.asarray(cv2.GaussianBlur(wall, (0, 0), 0.05 * wanted.camera.blur * shot.torso), np.float32)
    alpha = person[..., None]
    mixed = picture * alpha + wall * (1.0 - alpha)
    return _printed(mixed, wanted)


def backdrop(wanted: Backdrop, shape: tuple[int, ...], light: F32) -> F32:
    """A backdrop (H, W, 3), linear, under `light` (H, W, 3)."""
    height, width = shape[:2]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    top, foot = linear(wanted.colour), linear(wanted.second or wanted.colour)
    share = np.clip((down - 0.35) / 0.5, 0, 1) ** 1.5
    own = top * (1 - share) + foot * share
    surface = _plaster(height, width, wanted.texture) if wanted.kind == "plaster" else np.ones((1, 1), np.float32)
    return np.asarray(own * surface[..., None] * light, np.float32)


@lru_cache(maxsize=4)
def _plaster(height: int, width: int, texture: float) -> F32:
    """Relief and stains of a wall, (H, W) about 1: noise of several sizes, always the same."""
    random, total = np.random.default_rng(7), np.zeros((height, width), np.float32)
    for cells, share in ((5, 0.5), (14, 0.3), (60, 0.22), (240, 0.2)):
        noise = random.normal(size=(cells, cells * 3 // 4)).astype(np.float32)
        total += share * np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC))
    return np.asarray(np.exp(0.22 * texture * total), np.float32)


def _tightened(person: F32) -> F32:
    """The person without the outermost pixels, which show the old scene through."""
    radius = max(1, round(person.shape[0] / 900))
    return np.minimum(person, soft(shrunk(person, radius), 0.8 * radius))


def _retouched(shot: Shot, wanted: SetFile) -> RGB:
    """What the set's limits allow: skin evened a little, the whole sharpened a little; shapes stay as they are."""
    limits, picture = wanted.retouch, shot.picture
    if limits.smooth_skin > 0:
        even = np.asarray(cv2.bilateralFilter(picture, 0, 14, max(2.0, 0.008 * shot.torso)), np.uint8)
        share = shot.skin * np.float32(limits.smooth_skin)
        picture = np.asarray(cv2.blendLinear(even, picture, share, 1.0 - share), np.uint8)
    if limits.sharpen > 0:
        blurred = cv2.GaussianBlur(picture, (0, 0), max(0.8, picture.shape[0] / 1400))
        picture = np.asarray(cv2.addWeighted(picture, 1 + limits.sharpen, blurred, -limits.sharpen, 0), np.uint8)
    return picture


def _printed(scene: F32, wanted: SetFile) -> RGB:
    """Develop linear light: exposure, vignette, a shoulder for highlights, contrast, saturation, grain."""
    finish, height, width = wanted.finish, scene.shape[0], scene.shape[1]
    exposed = scene * np.float32(2.0**finish.exposure) * _vignette(height, width, wanted.camera.vignette)[..., None]
    rolled = np.where(exposed > 0.7, 0.7 + 0.3 * np.tanh((exposed - 0.7) / 0.6), exposed)
    grey = (rolled @ np.array([0.2126, 0.7152, 0.0722], np.float32))[..., None]
    coloured = np.clip(grey + finish.saturation * (rolled - grey), 0.0, 1.0)
    encoded = np.where(coloured <= 0.0031308, 12.92 * coloured, 1.055 * coloured ** (1 / 2.4) - 0.055)
    curved = encoded + (finish.contrast - 0.5) * 1.6 * encoded * (1 - encoded) * (2 * encoded - 1)
    if wanted.camera.grain > 0:
        noise = np.random.default_rng(3).normal(size=(height // 2, width // 2)).astype(np.float32)
        grain = np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR))
        curved += (0.035 * wanted.camera.grain * grain)[..., None] * (0.3 + curved * (1 - curved) * 2.8)
    return np.asarray(np.clip(curved * 255.0 + 0.5, 0, 255), np.uint8)


def _vignette(height: int, width: int, strength: float) -> F32:
    """The lens's fall of light toward the corners: the fourth power of the cosine."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * np.float32(width / height)
    return np.asarray(1.0 / (1.0 + 0.6 * strength * (x * x + y * y)) ** 2, np.float32)
