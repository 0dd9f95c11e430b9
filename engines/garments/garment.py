"""The canonical garment: what a product photo becomes and what the draping network is told.

Chart coordinates (all dimensionless; the wearer's left is +x, as it is seen on the right of a front photo):

- torso, front and back: ``u = x / half_chest`` (0 at the centre, +1 at the wearer's left side seam) and
  ``v = y / length`` (0 at the level of the high point of the shoulder, where shoulder seam and neckline meet;
  1 at the hem, y down). Both panels use the wearer's x, so u and v are continuous across side and shoulder seams.
- sleeve, left and right: ``u = across / sleeve_width`` (0 on the fold that continues the shoulder line, +1 on the
  front at the underarm seam, -1 at the underarm seam on the back) and ``v = along / sleeve_length``
  (0 at the shoulder point, 1 at the cuff).
- skirt, front and back (in the torso's charts): ``u = x / half_hip`` and ``v = y / length`` (0 at the waistband's upper
  edge, 1 at the hem).
- trouser leg, left and right (in the sleeves' charts): ``u = across / leg_width`` (0 at the outseam, growing towards
  the centre seam and the inseam; positive on the front, negative on the back; ±1 at the inseam at the crotch's level)
  and ``v = y / length`` (0 at the waistband's upper edge, 1 at the hem).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

RGBA = NDArray[np.uint8]


class Category(str, Enum):
    """Garments that can be worn. Only `SUPPORTED` ones are offered; the rest are refused by name."""

    TANK = "tank"
    TEE = "tee"
    LONG_SLEEVE = "long-sleeve"
    POLO = "polo"
    SHIRT = "shirt"
    HOODIE = "hoodie"
    JACKET = "jacket"
    DRESS = "dress"
    SKIRT = "skirt"
    TROUSERS = "trousers"


SUPPORTED = frozenset(Category) - {Category.JACKET}
BOTTOMS = frozenset({Category.SKIRT, Category.TROUSERS})
"""Garments with `BottomMeasures`."""


class Chart(int, Enum):
    """Panels of the atlas. Sleeves and legs carry their front half at u > 0 and their back half at u < 0.

    A skirt's panels lie where a torso's do, and a trouser leg in the place of a sleeve.
    """

    TORSO_FRONT = 0
    TORSO_BACK = 1
    SLEEVE_LEFT = 2
    SLEEVE_RIGHT = 3
    LEG_LEFT = 2  # noqa: PIE796 - another name of the same picture's place
    LEG_RIGHT = 3  # noqa: PIE796


@dataclass(frozen=True)
class ChartFrame:
    """The rectangle of chart coordinates that a chart's picture covers; texel centres at half integers."""

    u_min: float
    u_max: float
    v_min: float
    v_max: float


TORSO_FRAME = ChartFrame(-1.4, 1.4, -0.12, 1.12)
SLEEVE_FRAME = ChartFrame(-1.3, 1.3, -0.1, 1.1)


@dataclass(frozen=True)
class Measures:
    """Flat measures of a top in units of its half chest (armpit to centre front is 1), laid flat.

    `shoulder` is half the distance between the shoulder points and `shoulder_drop` how far they lie below the high
    point of the shoulder; `armpit` is the depth of the armpit below it. `sleeve_width` is the width of the flat sleeve
    at the armpit, square to its fold, and `cap_height` how far the armpit lies from the shoulder point along that fold.
    """

    length: float
    hem: float
    shoulder: float
    shoulder_drop: float
    armpit: float
    neck_width: float
    neck_depth_front: float
    neck_depth_back: float
    sleeve_length: float
    sleeve_width: float
    cuff_width: float
    cap_height: float

    @property
    def sleeveless(self) -> bool:
        """Whether the garment has no sleeves (their measures are 0 then)."""
        return self.sleeve_length <= 0.0


@dataclass(frozen=True)
class BottomMeasures:
    """Flat measures of a skirt or trousers in units of its half hip.

    That is half its width where it is widest above the crotch (a skirt: in its upper 0.4). `waist` is half the
    waistband's width. `hem` is half a skirt's hem, 0 for trousers. `rise` is the way from the waistband down to the
    crotch, `leg_width` a leg's width there and `leg_hem` at its hem: 0 for a skirt.
    """

    length: float
    waist: float
    hem: float
    rise: float
    leg_width: float
    leg_hem: float


LONGEST_TOP = 4.0
"""Half chests: what is longer is a dress, whose chart is taller and as wide as its hem."""


def torso_frame(measures: Measures | BottomMeasures) -> ChartFrame:
    """What the torso's, dress's or skirt's charts cover: wider ones where a skirt flares."""
    if isinstance(measures, Measures) and measures.length <= LONGEST_TOP:
        return TORSO_FRAME
    wide = max(TORSO_FRAME.u_max, 1.06 * measures.hem)
    return ChartFrame(-wide, wide, TORSO_FRAME.v_min, TORSO_FRAME.v_max)


@dataclass(frozen=True)
class Garment:
    """A garment ready to be worn.

    `atlas` maps each chart to an RGBA picture (H, W, 4), uint8, straight alpha, sRGB, that covers its `ChartFrame`.
    Colour is padded beyond the cloth's edge, so alpha alone trims neckline, hem and cuff. `inside` is the mean sRGB
    colour (3,) of the cloth's inner side, seen at the back of the neck. Charts whose photo is missing are made from
    the front (see `back_is_guessed`).
    """

    garment_id: str
    category: Category
    measures: Measures | BottomMeasures
    atlas: dict[Chart, RGBA]
    inside: NDArray[np.uint8]
    back_is_guessed: bool

    @property
    def top(self) -> Measures:
        """The measures of a top or dress; raises `TypeError` for a skirt or trousers."""
        if isinstance(self.measures, BottomMeasures):
            msg = f"a {self.category.value} has no measures of a top"
            raise TypeError(msg)
        return self.measures

    def frame(self, chart: Chart) -> ChartFrame:
        """What one of its charts covers."""
        return torso_frame(self.measures) if chart in {Chart.TORSO_FRONT, Chart.TORSO_BACK} else SLEEVE_FRAME

    def neck_fullness(self) -> float:
        """Width of the front neckline halfway down, over its width at the top: about 0.8 when round, 0.5 for a V."""
        picture, frame, m = self.atlas[Chart.TORSO_FRONT], self.frame(Chart.TORSO_FRONT), self.top
        v = 0.5 * m.neck_depth_front / m.length
        place = (min(v, 1.0) - frame.v_min) / (frame.v_max - frame.v_min)
        row = picture[int(place * picture.shape[0]), :, 3]
        u = np.linspace(frame.u_min, frame.u_max, len(row))
        share = float(((row < 128) & (np.abs(u) < 1.3 * m.neck_width)).mean())
        return share * (frame.u_max - frame.u_min) / (2 * m.neck_width)
