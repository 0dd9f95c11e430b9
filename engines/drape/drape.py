"""What the draping network says: fields over the person, without any pixel of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engines.garments.garment import Garment
    from engines.pose.body import Body

FIELD_HEIGHT, FIELD_WIDTH = 288, 256
"""Size of the alpha fields in pixels; the torso is `TORSO_PIXELS` long in them."""
TORSO_PIXELS = 96.0
COARSE_HEIGHT, COARSE_WIDTH = FIELD_HEIGHT // 4, FIELD_WIDTH // 4
"""Size of the smooth fields (uv, normals, order)."""


class Layer(IntEnum):
    """Channels of `Drape.alpha`. Each is whole (amodal): what other layers hide of it is there all the same."""

    TORSO = 0
    """Outer side of the garment's torso panels, sleeves left out."""
    INSIDE = 1
    """Inner side of the torso panels that can be seen (the back of the neck); disjoint from TORSO."""
    SLEEVE_LEFT = 2
    SLEEVE_RIGHT = 3
    ARM_LEFT = 4
    """The bare left arm from the shoulder joint to the finger tips, without any sleeve."""
    ARM_RIGHT = 5
    TRUNK = 6
    """The bare body without arms and head: neck, chest, hips, legs."""


class Panel(IntEnum):
    """First axis of `Drape.uv`."""

    TORSO = 0
    SLEEVE_LEFT = 1
    SLEEVE_RIGHT = 2


class Order(IntEnum):
    """First axis of `Drape.order`: the probability that the first lies in front of the second."""

    LEFT_ARM_OVER_TORSO = 0
    RIGHT_ARM_OVER_TORSO = 1
    LEFT_ARM_OVER_RIGHT = 2


@dataclass(frozen=True)
class Drape:
    """The fields of one garment on one person.

    field_from_frame: (2, 3) float32, similarity from frame pixels to field pixels (a frame point p is at
        ``M[:, :2] @ p + M[:, 2]``); pixel centres at half integers in both.
    alpha: (7, 288, 256) float32 in 0..1, indexed by `Layer`.
    uv: (3, 2, 72, 64) float32, chart coordinates (`engines.garments.garment`) of each `Panel`, smooth, and
        extended beyond the panel's alpha, so that it may be upsampled and sampled at the edge.
    front: (72, 64) float32, probability that the torso shows its front panel (else its back).
    order: (3, 72, 64) float32 in 0..1, indexed by `Order`; meaningful where both layers are.
    normal: (3, 72, 64) float32 unit vectors of the garment's surface (x right, y down, z to the viewer).
    skin_normal: (3, 72, 64) float32, the same of the bare body (arms before trunk).
    A coarse pixel (i, j) has its centre at field position (4 j + 2, 4 i + 2).
    """

    field_from_frame: NDArray[np.float32]
    alpha: NDArray[np.float32]
    uv: NDArray[np.float32]
    front: NDArray[np.float32]
    order: NDArray[np.float32]
    normal: NDArray[np.float32]
    skin_normal: NDArray[np.float32]


class Drapes(Protocol):
    """Whatever drapes: the network, or the baseline that it is measured against."""

    def drape(self, body: Body, garment: Garment) -> Drape:
        """Fields of one garment on one body."""

    def forget(self) -> None:
        """Drop what is kept of a person between frames."""
