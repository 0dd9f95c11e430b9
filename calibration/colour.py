"""From the camera's colours to true ones: one tone curve and one 3x3 matrix in linear light.

Method: least squares on the chart as in Finlayson, Mackiewicz and Hurlbert, "Color correction using root-polynomial
regression" (2015), section II, but on CIEDE2000 itself; light that falls off over the chart is fitted along with it,
and so is the tone curve, by the greys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from calibration.chart import SRGB_TO_XYZ, Patches, reference_linear, reference_xyz
from calibration.errors import CalibrationError
from calibration.gates import GATES, Gates

F64 = NDArray[np.float64]
_SRGB_GAMMA: Final = 0.0
"""Stands for sRGB's own curve."""
_CLIPPED: Final = 0.02
_DARKEST_WHITE: Final = 90.0
_D65: Final = np.array([0.95047, 1.0, 1.08883])


@dataclass(frozen=True)
class Correction:
    """true linear sRGB = matrix @ curve(level); curve: ((level / 255 - black) / (1 - black)) ** gamma."""

    matrix: F64
    gamma: float
    black: float

    @staticmethod
    def none() -> Correction:
        """Changes nothing: the camera is believed to give sRGB."""
        return Correction(np.eye(3), 0.0, 0.0)

    def linear(self, levels: NDArray[np.generic]) -> F64:
        """Linear light of the camera's channels, of levels 0 to 255."""
        share = (np.asarray(levels, np.float64) / 255 - self.black) / (1 - self.black)
        if self.gamma == _SRGB_GAMMA:
            return _from_srgb(share)
        return np.asarray(np.sign(share) * np.abs(share) ** self.gamma)

    def corrected(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """An RGB picture (H, W, 3) in true sRGB."""
        light = cv2.transform(cv2.LUT(picture, self.linear(np.arange(256)).astype(np.float32)), self.matrix)
        steps = np.clip(light * 4095 + 0.5, 0, 4095).astype(np.uint16)
        return np.asarray(_ENCODE[steps])

    def camera_linear(self, srgb: NDArray[np.uint8]) -> F64:
        """What the camera would see of sRGB colours (..., 3), linear: to bring a photo to the camera's colours."""
        return np.asarray(_from_srgb(np.asarray(srgb, np.float64) / 255) @ np.linalg.inv(self.matrix).T)

    def levels(self, linear: F64) -> F64:
        """The other way from `linear`: levels 0 to 255 of the camera's channels; light beyond them is clipped."""
        if self.gamma == _SRGB_GAMMA:
            return to_srgb(linear) * 255
        share = self.black + (1 - self.black) * np.clip(linear, 0, 1) ** (1 / self.gamma)
        return np.asarray(np.clip(share, 0, 1) * 255)

    def light(self) -> F64:
        """(3,) colour of the light as the camera sees it on white, linear, green 1."""
        white = np.linalg.inv(self.matrix) @ np.ones(3)
        return np.asarray(white / white[1])


def _from_srgb(share: F64) -> F64:
    return np.where(share <= 0.04045, share / 12.92, ((np.maximum(share, 0.04045) + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: F64) -> F64:
    """SRGB shares 0 to 1 of linear light."""
    clipped = np.clip(linear, 0, 1)
    return np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * np.maximum(clipped, 1e-9) ** (1 / 2.4) - 0.055)


_ENCODE: Final = (to_srgb(np.arange(4096) / 4095) * 255 + 0.5).astype(np.uint8)


@dataclass(frozen=True)
class ColourFit:
    """mean and largest are CIEDE2000 over the patches (24,) `differences`; corrected (24, 3) linear sRGB.

    gloss: the largest spread within one patch, as a share of white.
    """

    correction: Correction
    mean: float
    largest: float
    differences: F64
    corrected: F64
    gloss: float

    def reasons(self, gates: Gates = GATES) -> list[str]:
        """Why it may not be used; empty where it may."""
        shine = "tilt it until nothing shines, or take a matt chart"
        checks = [
            (self.gloss < gates.colour_gloss, f"the chart shines: {shine}"),
            (self.mean <= gates.colour_mean, f"mean difference {self.mean:.1f}: even light, no coloured walls near"),
            (
                self.largest <= gates.colour_largest,
                f"largest difference {self.largest:.1f} at patch {int(self.differences.argmax()) + 1}: {shine}",
            ),
        ]
        return [words for passed, words in checks if not passed]


def fit(patches: Patches) -> ColourFit:
    """The correction of one picture of the chart.

    Raises `CalibrationError` where it is too dark or patches are clipped: nothing can be made of these.
    """
    if float(patches.clipped.max()) > _CLIPPED:
        raise CalibrationError(f"patch {int(patches.clipped.argmax()) + 1} is clipped: lower the exposure, avoid shine")
    if float(patches.levels[18].max()) < _DARKEST_WHITE:
        raise CalibrationError("the chart's white is too dark: more light, or a longer exposure")
    place = _centred(patches.middles)
    start = _start(patches.levels)
    found = least_squares(_residuals, start, args=(patches.levels, place), max_nfev=60)
    correction, evened = _unpacked(found.x, patches.levels, place)
    corrected = evened @ correction.matrix.T
    differences = difference(corrected)
    spread = float(patches.spread.max() / 255)
    return ColourFit(correction, float(differences.mean()), float(differences.max()), differences, corrected, spread)


def lab(linear: F64) -> F64:
    """CIELAB (n, 3) of linear sRGB (n, 3), under D65."""
    ratio = linear @ SRGB_TO_XYZ.T / _D65
    return _lab_of(ratio)


def _lab_of(ratio: F64) -> F64:
    cube = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = cube.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def difference(linear: F64) -> F64:
    """CIEDE2000 (24,) of the chart's patches in linear sRGB (24, 3) against what they are."""
    from colour.difference import delta_E_CIE2000  # noqa: PLC0415 - costs two seconds, and only this needs it

    return np.asarray(delta_E_CIE2000(lab(linear), _lab_of(reference_xyz() / _D65)), np.float64)


def drifted(correction: Correction, before: F64, now: F64) -> float:
    """CIEDE2000 between mean levels (3,) of the bezel's patch, then and now: the daily check's figure."""
    from colour.difference import delta_E_CIE2000  # noqa: PLC0415

    pair = np.stack([correction.linear(before), correction.linear(now)]) @ correction.matrix.T
    first, second = lab(pair)
    return float(delta_E_CIE2000(first, second))


def _centred(middles: F64) -> F64:
    """(24, 2) places on the chart, about -1 to 1."""
    away = middles - middles.mean(0)
    return np.asarray(away / np.abs(away).max())


def _start(levels: F64) -> F64:
    linear = Correction.none().linear(levels)
    matrix = np.linalg.lstsq(linear, reference_linear(), rcond=None)[0].T
    return np.concatenate([matrix.ravel(), [2.2, 0.0, 0.0, 0.0]])


def _unpacked(x: F64, levels: F64, place: F64) -> tuple[Correction, F64]:
    """The correction, and the camera's linear light with its fall-off taken out."""
    correction = Correction(x[:9].reshape(3, 3), float(np.clip(x[9], 1.2, 3.5)), float(np.clip(x[10], -0.05, 0.2)))
    return correction, np.asarray(correction.linear(levels) / (1.0 + place @ x[11:13])[:, None])


def _residuals(x: F64, levels: F64, place: F64) -> F64:
    correction, evened = _unpacked(x, levels, place)
    return difference(evened @ correction.matrix.T)
