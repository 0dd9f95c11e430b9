"""Where the light comes from, told by the board's own paper: it is matt, flat, and held each way before the camera.

A matt surface of normal n shows ambient + L . n (Lambert 1760); over all views ambient and L are linear (photometric
stereo with one light and many known normals, Woodham 1980). Exposure must not change between the views.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.board import Detection, Gray
from calibration.errors import CalibrationError

F64 = NDArray[np.float64]
_FEWEST: Final = 8
_TONE: Final = 2.2
_BRIGHT: Final = 80.0
"""Percentile of a board's levels that is its white paper."""


@dataclass(frozen=True)
class LightFit:
    """direction: (3,) unit, from what is lit towards the light, in the camera's frame. share: of the light, 0 to 1.

    explained: how much of the differences between the views it accounts for, 0 to 1; below a half believe nothing.
    """

    direction: F64
    share: float
    explained: float


def white_of(gray: Gray, detection: Detection) -> float:
    """The paper's light in one view, linear, 0 to 1."""
    hull = cv2.convexHull(detection.image.astype(np.float32)).round().astype(np.int32)
    mask = np.zeros(gray.shape, np.uint8)
    cv2.fillConvexPoly(mask, hull, (1,))
    return float((np.percentile(gray[mask > 0], _BRIGHT) / 255) ** _TONE)


def fit(normals: F64, whites: F64) -> LightFit:
    """The light of boards with normals (n, 3), towards the camera's side, and their paper's light (n,).

    Raises `CalibrationError` where there are too few.
    """
    if len(whites) < _FEWEST:
        raise CalibrationError(f"only {len(whites)} views: {_FEWEST} are needed to tell where the light comes from")
    system = np.column_stack([np.ones(len(whites)), normals])
    found = np.linalg.lstsq(system, whites, rcond=None)[0]
    left = whites - system @ found
    strength = float(np.linalg.norm(found[1:]))
    total = float(((whites - whites.mean()) ** 2).sum())
    explained = 1.0 - float((left**2).sum()) / total if total > 0 else 0.0
    share = strength / max(strength + max(float(found[0]), 0.0), 1e-9)
    return LightFit(np.asarray(found[1:] / max(strength, 1e-9), np.float64), share, explained)
