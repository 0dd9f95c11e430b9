"""Drape a garment on a body with the trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import HALF_CHEST_OVER_TORSO, field_from_frame, garment_code, input_maps, to_field
from engines.drape.drape import Drape
from engines.garments.garment import Category, Garment

if TYPE_CHECKING:
    from engines.pose.body import Body
    from engines.runtime.engine import Engine

F32 = NDArray[np.float32]
USUAL_EASE = {
    Category.TANK: 0.06,
    Category.TEE: 0.13,
    Category.LONG_SLEEVE: 0.13,
    Category.POLO: 0.13,
    Category.SHIRT: 0.16,
    Category.HOODIE: 0.24,
}
"""How much wider than the bust these are cut, where no size is known: a photo does not tell its scale."""


def code_of(garment: Garment) -> F32:
    """A garment's code, worn in the wearer's own size."""
    ease = USUAL_EASE[garment.category]
    return garment_code(garment.measures, ease, HALF_CHEST_OVER_TORSO * (1 + ease))


def _unit(vectors: F32) -> F32:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=0, keepdims=True), 1e-6)


def drape_of(matrix: F32, alpha: F32, fields: F32) -> Drape:
    """Name the network's outputs. alpha: (7, 288, 256); fields: (16, 72, 64)."""
    return Drape(
        field_from_frame=matrix,
        alpha=alpha,
        uv=fields[:6].reshape(3, 2, *fields.shape[1:]),
        front=fields[6],
        order=fields[7:10],
        normal=_unit(fields[10:13]),
        skin_normal=_unit(fields[13:16]),
    )


class Draper:
    """The draping step of the frame's way."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def drape(self, body: Body, garment: Garment) -> Drape:
        """Fields of one garment on one body."""
        matrix = field_from_frame(body)
        maps = input_maps(to_field(body, matrix), code_of(garment))
        outputs = self._engine.infer({"maps": maps[None]})
        return drape_of(matrix, outputs["alpha"][0], outputs["fields"][0])
