"""Evens out the light of a product photo: the garment is lit anew on the body, so its own shading must not stay."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.warp import calm, shrink

U8 = NDArray[np.uint8]
_STRENGTH = 0.75
_RIM_TEXELS = 28
_PATTERNED = 0.45
"""Where more than this share of a panel differs from its main colour, it is a pattern all over."""


def plain_cloth(rgb: U8, shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Texels (H, W) of the main colour, away from prints and seams; all of `shown` where the cloth is patterned."""
    if not shown.any():
        return shown
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 1.5), cv2.COLOR_RGB2LAB).astype(np.float32)
    main = np.median(lab[shown], axis=0)
    away = np.abs(lab - main) / np.array([45.0, 14.0, 14.0])  # folds change brightness, prints also hue
    other = (away.max(axis=2) > 1) & shown
    near = cv2.dilate(other.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    plain = shown & ~near
    return np.asarray(plain) if plain.sum() > (1 - _PATTERNED) * shown.sum() else shown


def even_light(rgb: U8, shown: NDArray[np.bool_], like: U8 | None = None) -> U8:
    """Colours (H, W, 3) with slow changes of brightness mostly taken out; `shown` (H, W) is the panel's own cloth.

    like: the colour (3,) of the garment's main panel; a panel of the same cloth is brought to its brightness.
    """
    plain = plain_cloth(rgb, shown)
    if not plain.any():
        return rgb
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    slow = calm(np.dstack([gray] * 3), plain, finest=5.0)[..., 0]
    gain = np.clip(float(np.median(gray[plain])) / np.maximum(slow, 4.0), 0.75, 1.5) ** _STRENGTH
    lit = rgb * gain[..., None] + _towards(np.median(rgb[plain], axis=0), like)
    lit = np.maximum(lit, 0.0)
    peak = lit.max(axis=2, keepdims=True)  # bright colours lose brightness together, or their hue would turn
    return np.asarray(np.clip(lit * np.minimum(1.0, 255.0 / np.maximum(peak, 1.0)) + 0.5, 0, 255), np.uint8)


def _towards(own: NDArray[np.float64], like: U8 | None) -> NDArray[np.float64]:
    """What to add (3,) to bring a panel's usual colour to the main one's; nothing where the cloth is another."""
    if like is None:
        return np.zeros(3)
    shift = like.astype(float) - own
    alike = float(own @ like) / max(float(np.linalg.norm(own) * np.linalg.norm(like.astype(float))), 1.0)
    return shift if alike > 0.9 and float(np.abs(shift).max()) < 75 else np.zeros(3)


def without_deep_shadow(rgb: U8, shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`shown` less what lies in deep shadow at the panel's rim, where a sleeve or a hem turns away from the light."""
    gray = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), 2)
    usual = float(np.median(gray[shown])) if shown.any() else 0.0
    if usual < 40:
        return shown
    dark = (gray < 0.7 * usual) & shown & ~shrink(shown, _RIM_TEXELS)
    near = cv2.dilate(dark.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    return np.asarray(shown & ~near)
