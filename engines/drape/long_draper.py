"""Drape a dress, a skirt or trousers on a body with their trained network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import field_from_frame, garment_code, to_field
from engines.drape.drape import Drape
from engines.drape.draper import Hem, covering_depth, drape_of, sits
from engines.drape.long import WINDOW, BottomCut, Kind, bottom_code, dress_code, input_maps
from engines.drape.steady import TRUNK, SteadyFields
from engines.garments.garment import BottomMeasures, Category, Garment, Measures
from engines.pose.body import Landmark

if TYPE_CHECKING:
    from engines.pose.body import Body
    from engines.runtime.engine import Engine

F32 = NDArray[np.float32]
LEGS = (
    [Landmark.LEFT_HIP, Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE],
    [Landmark.RIGHT_HIP, Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE],
)
KINDS = {Category.DRESS: Kind.DRESS, Category.SKIRT: Kind.SKIRT, Category.TROUSERS: Kind.TROUSERS}
"""What is draped here; all else is a top."""
LONG_HEM = Hem(round(WINDOW.middle + 0.5 * WINDOW.torso), round(1.1 * WINDOW.torso), cv2.BORDER_CONSTANT)
"""A skirt's, from leg to leg."""
LAP_HEM = Hem(LONG_HEM.top, 1, LONG_HEM.border)
"""Of somebody who sits, whose legs part the hem."""
_EASE = {Kind.DRESS: 0.08, Kind.SKIRT: 0.05, Kind.TROUSERS: 0.07}
_HALF_HIP = {Kind.SKIRT: 0.55, Kind.TROUSERS: 0.58}
"""Half the garment's hips in torso lengths where it fits: a photo does not tell its scale."""
_SKIRT_WAIST = 0.75
"""How far below the shoulders, in torso lengths, a skirt's waistband lies."""
_CROTCH = 1.17
"""How far the crotch lies below the shoulders, in torso lengths."""
_WAISTS = (0.64, 0.92)
_FLOOR = 2.72
"""Where long trousers end, in torso lengths below the shoulders: at the ankle."""
_DRESS_LOW = np.array([0.00, 1.6, 1.00, 0.30, 0.43, 0.160, 0.118, 0.23, 0.32, 0.45, 0.12, 0.0], np.float32)
_DRESS_HIGH = np.array([0.30, 3.2, 2.20, 0.45, 0.61, 0.240, 0.390, 1.10, 0.50, 1.00, 0.34, 1.0], np.float32)
"""The dresses that the network has seen: 2nd to 98th percentile of the training data, in `CODE_NAMES`' order."""
_DRESS_CHEST, _DRESS_SHOULDER = 0.53, 0.42
"""Half chest and half shoulder in torso lengths of a dress that fits."""


def _dress_code(garment: Garment) -> F32:
    m: Measures = garment.top
    half_chest = float(np.sqrt(_DRESS_CHEST * _DRESS_SHOULDER / max(m.shoulder, 0.2)))
    shown = replace(m, neck_depth_front=covering_depth(garment))
    return dress_code(garment_code(shown, _EASE[Kind.DRESS], half_chest, (_DRESS_LOW, _DRESS_HIGH)))


def _bottom_code(m: BottomMeasures, kind: Kind) -> F32:
    unit = _HALF_HIP[kind]
    waist = _SKIRT_WAIST
    if kind == Kind.TROUSERS:
        waist = float(np.clip(_CROTCH - m.rise * unit, *_WAISTS))
    return bottom_code(
        BottomCut(
            ease=_EASE[kind],
            length=float(np.clip(m.length * unit, 0.7, _FLOOR - waist)),
            hem=float(np.clip(m.hem, 0.88, 1.8)),
            waist=waist,
            half_waist=float(np.clip(m.waist * unit, 0.4, unit)),
            half_hip=unit,
            rise=float(np.clip(m.rise * unit, 0.35, 0.7)),
            leg_width=float(np.clip(m.leg_width * unit, 0.62, 0.95)) if kind == Kind.TROUSERS else 0.0,
            cuff=float(np.clip(m.leg_hem / max(m.leg_width, 0.1), 0.45, 1.15)),
        )
    )


def code_of(garment: Garment) -> F32:
    """A garment's code (12,), worn in the wearer's own size and kept within what the network has seen."""
    if isinstance(garment.measures, BottomMeasures):
        return _bottom_code(garment.measures, KINDS[garment.category])
    return _dress_code(garment)


class LongDraper:
    """The draping step for dresses, skirts and trousers, for one person before one camera."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._steady = {Kind.DRESS: SteadyFields(), Kind.SKIRT: SteadyFields([*TRUNK, *LEGS[0], *LEGS[1]])}
        self._steady[Kind.TROUSERS] = SteadyFields(limbs=LEGS)

    def forget(self) -> None:
        """Drop what is kept of a person between frames."""
        for fields in self._steady.values():
            fields.forget()

    def drape(self, body: Body, garment: Garment) -> Drape:
        """Fields of one garment on one body; trouser legs take the sleeves' places (`engines.drape.long`)."""
        kind, matrix = KINDS[garment.category], field_from_frame(body, WINDOW)
        seen = to_field(body, matrix)
        out = self._engine.infer({"maps": input_maps(seen, code_of(garment), kind)[None]})
        steady = self._steady[kind]
        alpha, fields = steady.average(garment.garment_id, seen.points, out["alpha"][0], out["fields"][0])
        return drape_of(matrix, alpha, fields, LAP_HEM if sits(body) else LONG_HEM)
