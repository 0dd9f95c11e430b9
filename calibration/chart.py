"""The 24-patch colour chart: what its patches are, and where they are in a picture.

Patches are numbered as on the chart, row by row from "dark skin"; the last row is the greys. Their values are those of
charts made after November 2014, from colour-science, adapted from D50 to sRGB's D65 by Bradford's transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import CalibrationError

F64 = NDArray[np.float64]
_NAME: Final = "ColorChecker24 - After November 2014"
_MIDDLE: Final = 0.5
"""Share of a patch's side that is read."""
_CLIPPED: Final = 253


@dataclass(frozen=True)
class Patches:
    """Of a picture: mean levels (24, 3) 0 to 255 RGB, their spread within each patch (24,), middles (24, 2) pixels.

    clipped: (24,) share of each patch's pixels that are at the top of the range.
    """

    levels: F64
    spread: F64
    middles: F64
    clipped: F64


@cache
def reference_xyz() -> F64:
    """(24, 3) XYZ under D65, white having Y = 1."""
    import colour  # noqa: PLC0415 - costs two seconds, and only a calibration needs it

    chart = colour.CCS_COLOURCHECKERS[_NAME]
    xyz = colour.xyY_to_XYZ(np.array(list(chart.data.values())))
    d50 = colour.xy_to_XYZ(chart.illuminant)
    d65 = colour.xy_to_XYZ(colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"])
    return np.asarray(colour.chromatic_adaptation(xyz, d50, d65, method="Von Kries", transform="Bradford"), np.float64)


def reference_linear() -> F64:
    """(24, 3) linear sRGB; cyan lies a little outside of the gamut, below 0."""
    return np.asarray(reference_xyz() @ np.linalg.inv(SRGB_TO_XYZ).T)


SRGB_TO_XYZ: Final = np.array(
    [
        [0.4123907992659595, 0.357584339383878, 0.1804807884018343],
        [0.21263900587151027, 0.715168678767756, 0.07219231536073371],
        [0.01933081871559182, 0.11919477979462598, 0.9505321522496607],
    ]
)
"""Linear sRGB to XYZ (D65), IEC 61966-2-1 with exact primaries."""


def find_chart(picture: NDArray[np.uint8]) -> Patches:
    """The chart in an RGB picture (H, W, 3). Raises `CalibrationError` where none is seen whole and upright enough."""
    detector: Any = cv2.mcc.CCheckerDetector.create()
    detector.setColorChartType(cv2.mcc.MCC24)
    bgr = np.ascontiguousarray(picture[..., ::-1])
    if not detector.process(bgr, 1):
        raise CalibrationError("no 24-patch chart is seen: hold it flat to the camera, whole, as large as a third")
    quads = np.asarray(detector.getBestColorChecker().getColorCharts(), np.float64).reshape(-1, 4, 2)
    if len(quads) != 24:
        raise CalibrationError("the chart is not seen whole: hold it flat to the camera, without fingers on it")
    return _read(picture, quads)


def _read(picture: NDArray[np.uint8], quads: F64) -> Patches:
    levels, spread, clipped = np.zeros((24, 3)), np.zeros(24), np.zeros(24)
    for i, quad in enumerate(quads):
        inner = quad.mean(0) + _MIDDLE * (quad - quad.mean(0))
        mask = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, inner.round().astype(np.int32), (1,))
        pixels = picture[mask > 0].astype(np.float64)
        if len(pixels) < 20:
            raise CalibrationError("the chart is too small in the picture: hold it nearer")
        levels[i] = pixels.mean(0)
        smooth = cv2.blur(picture, (5, 5))[mask > 0].astype(np.float64)
        spread[i] = float(np.ptp(smooth.mean(1)))
        clipped[i] = float((pixels.max(1) >= _CLIPPED).mean())
    return Patches(levels, spread, quads.mean(1), clipped)
