"""Guesses a torso's back from its front: the same cloth without print, pocket or buttons."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import RGBA
from engines.garments.light import plain_cloth
from engines.garments.warp import F32, calm


def guess_back(front: RGBA, shown: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Colours (H, W, 3) of a back; `front` is the front's chart, `shown` (H, W) where it shows the torso's cloth.

    A pattern all over is the back's too, so then the front's colours are returned as they are.
    """
    rgb = front[..., :3]
    plain = plain_cloth(rgb, shown)
    if plain is shown or not plain.any():
        return np.asarray(rgb)
    light = calm(rgb.astype(np.float32), plain, finest=12.0)
    return np.asarray(np.clip(light + _weave(rgb, plain), 0, 255), np.uint8)


def _weave(rgb: NDArray[np.uint8], plain: NDArray[np.bool_]) -> F32:
    """The cloth's fine texture (H, W, 3), faded out where prints were."""
    fine = rgb.astype(np.float32)
    fine = np.clip(fine - cv2.GaussianBlur(fine, (0, 0), 4), -10, 10)
    keep = cv2.GaussianBlur(cv2.erode(plain.astype(np.float32), np.ones((9, 9))), (0, 0), 4)
    return np.asarray(fine * keep[..., None], np.float32)
