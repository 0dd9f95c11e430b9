"""Smooth maps from a chart's picture to the photo, and sampling through them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import distance_transform_edt

from engines.garments.outline import F64

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
_STEP = 8
_STIFFNESS = 2e-4
"""How much the spline may miss its points to stay smooth (prints must not wobble)."""


def map_to_photo(grid_x: F64, grid_y: F64, chart: F64, photo: F64) -> F32:
    """Photo pixel (H, W, 2) float32 of each texel.

    grid_x (W,), grid_y (H,): chart coordinates of the texels' centres; chart, photo (n, 2): matching points.
    """
    columns, rows = len(grid_x), len(grid_y)
    coarse_x = np.linspace(grid_x[0], grid_x[-1], columns // _STEP + 1)
    coarse_y = np.linspace(grid_y[0], grid_y[-1], rows // _STEP + 1)
    nodes = np.stack(np.meshgrid(coarse_x, coarse_y), axis=2).reshape(-1, 2)
    spline = RBFInterpolator(chart, photo, kernel="thin_plate_spline", smoothing=_STIFFNESS)
    coarse = spline(nodes).reshape(len(coarse_y), len(coarse_x), 2).astype(np.float32)
    # First and last nodes lie on the first and last texels, so this is not cv2.resize's geometry.
    x = np.linspace(0, len(coarse_x) - 1, columns, dtype=np.float32)
    y = np.linspace(0, len(coarse_y) - 1, rows, dtype=np.float32)
    at_x, at_y = np.meshgrid(x, y)
    return np.asarray(cv2.remap(coarse, at_x, at_y, cv2.INTER_LINEAR), np.float32)


def sample(picture: U8, at: F32) -> U8:
    """The picture (H, W, 4) at photo pixels (h, w, 2) (centres at halves); nothing lies beyond its border."""
    x, y = at[..., 0] - 0.5, at[..., 1] - 0.5
    colour = cv2.remap(picture[..., :3], x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.remap(picture[..., 3], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return np.dstack([colour, alpha])


def pad_outwards(colour: U8, trusted: NDArray[np.bool_]) -> U8:
    """Colours (H, W, 3) with everything untrusted (H, W) replaced by cloth continued outwards, calmer with distance."""
    distance, (rows, columns) = distance_transform_edt(~trusted, return_indices=True)
    nearest = colour[rows, columns].astype(np.float32)
    share = np.clip(distance / 20, 0, 1)[..., None]
    out = nearest * (1 - share) + calm(colour.astype(np.float32), trusted) * share
    return np.asarray(np.where(trusted[..., None], colour, out + 0.5), np.uint8)


def calm(colour: F32, trusted: NDArray[np.bool_], finest: float = 2.0) -> F32:
    """Slow changes of trusted colours (H, W, 3), spread over everything; `finest` is their blur in 8-texel cells."""
    small = (colour.shape[1] // 8, colour.shape[0] // 8)
    weight = cv2.resize(trusted.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    rest = cv2.resize(colour * trusted[..., None], small, interpolation=cv2.INTER_AREA)
    total, cover = np.zeros_like(rest), np.full(weight.shape, 1e-9, np.float32)
    for sigma, trust in ((finest, 1.0), (3 * finest, 3e-2), (40.0, 1e-3)):
        total += trust * cv2.GaussianBlur(rest, (0, 0), sigma)
        cover += trust * cv2.GaussianBlur(weight, (0, 0), sigma)
    smooth = total / cover[..., None]
    return np.asarray(cv2.resize(smooth, colour.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def polygon(shape: F64, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Texels (H, W) inside a polygon (n, 2) in texel coordinates."""
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round((shape - 0.5) * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    return mask > 0


def shrink(mask: NDArray[np.bool_], texels: int) -> NDArray[np.bool_]:
    """The mask without its rim."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * texels + 1, 2 * texels + 1))
    return np.asarray(cv2.erode(mask.astype(np.uint8), disc, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0)
