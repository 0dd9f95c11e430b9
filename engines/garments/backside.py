"""Guesses a torso's back from its front: the same cloth without print, pocket or buttons."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import RGBA
from engines.garments.warp import calm

F32 = NDArray[np.float32]
_PATTERNED = 0.45
"""Where more than this share of the front differs from its main colour, it is a pattern all over, and the back's too."""


def guess_back(front: RGBA, shown: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Colours (H, W, 3) of a back; `front` is the front's chart, `shown` (H, W) where it shows the torso's cloth."""
    rgb = front[..., :3]
    plain = _plain(rgb, shown)
    if plain.sum() < (1 - _PATTERNED) * shown.sum():
        return np.asarray(rgb)
    light = calm(rgb.astype(np.float32), plain, finest=12.0)
    return np.clip(light + _weave(rgb, plain), 0, 255).astype(np.uint8)


def _plain(rgb: NDArray[np.uint8], shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cloth of the main colour, away from edges of prints and seams."""
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 1.5), cv2.COLOR_RGB2LAB).astype(np.float32)
    main = np.median(lab[shown], axis=0)
    away = np.abs(lab - main) / np.array([45.0, 14.0, 14.0])  # folds change brightness, prints also hue
    other = (away.max(axis=2) > 1) & shown
    near = cv2.dilate(other.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    return np.asarray(shown & ~near)


def _weave(rgb: NDArray[np.uint8], plain: NDArray[np.bool_]) -> F32:
    """The cloth's fine texture (H, W, 3), faded out where prints were."""
    fine = rgb.astype(np.float32)
    fine = np.clip(fine - cv2.GaussianBlur(fine, (0, 0), 4), -10, 10)
    keep = cv2.GaussianBlur(cv2.erode(plain.astype(np.float32), np.ones((9, 9))), (0, 0), 4)
    return np.asarray(fine * keep[..., None], np.float32)
