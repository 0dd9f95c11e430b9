"""The demo twins: who they are, as numbers. They are characters that this project made up; nobody sat for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from engines.synthetic.pattern import TopSpec

F64 = NDArray[np.float64]
HairStyle = Literal["short", "long", "bob", "bun", "curls", "crop", "thin"]


@dataclass(frozen=True)
class Hair:
    """Hair: colours are sRGB 0..255, lengths metres.

    sides: length there as a share of `length`. recession: 0..1, how far the hairline has gone back. wave: how much
    each strand bends. stubble: 0..1, how dark the beard's shadow is. part: side of the parting, metres from the middle.
    """

    style: HairStyle
    colour: tuple[float, float, float]
    length: float
    sides: float = 1.0
    recession: float = 0.0
    wave: float = 0.15
    stubble: float = 0.0
    part: float = 0.02
    grey: float = 0.0


@dataclass(frozen=True)
class TwinSpec:
    """One character.

    metres: their height. phenotype: see `BodyModel.pose`, without the height. tone: place in `SKIN_TONES`.
    arms: how far the arms hang out, tangent of the angle. bend: how far one forearm comes forward. turn: degrees that
    the whole body is turned. phase: which way the motion is mixed. iris, lips, top, trousers, shoes: sRGB 0..255.
    """

    name: str
    years: int
    metres: float
    phenotype: dict[str, float]
    tone: float
    hair: Hair
    top: tuple[float, float, float]
    trousers: tuple[float, float, float]
    shoes: tuple[float, float, float]
    worn: TopSpec
    iris: tuple[float, float, float] = (74.0, 48.0, 30.0)
    lips: float = 1.0
    arms: float = 0.16
    phase: float = 0.0
    turn: float = 0.0
    bend: float = 0.25

    @property
    def slug(self) -> str:
        """The name as a folder's."""
        return self.name.lower()


def _tee(
    ease: float,
    waist: float = 0.02,
    length: float = 0.03,
    sleeve: float = 0.55,
    neck: float = 0.085,
    depth: float = 0.075,
) -> TopSpec:
    return TopSpec(
        ease=ease, length=length, flare=0.0, waist=waist, neck_width=neck, neck_depth=depth, v_neck=False, drop=0.01,
        sleeve=sleeve, sleeve_ease=0.05, cuff=0.42,
    )  # fmt: skip


_STONE, _CHALK, _SLATE, _CLAY = (
    (186.0, 178.0, 166.0),
    (226.0, 222.0, 214.0),
    (96.0, 104.0, 114.0),
    (168.0, 142.0, 124.0),
)
_INK, _DENIM, _SAND, _OLIVE = (46.0, 50.0, 60.0), (70.0, 86.0, 112.0), (170.0, 154.0, 130.0), (92.0, 94.0, 76.0)
_WHITE, _BROWN, _BLACK = (222.0, 220.0, 214.0), (92.0, 66.0, 48.0), (40.0, 40.0, 42.0)

TWINS: Final = (
    TwinSpec(
        "Mia", 22, 1.66,
        {"gender": 0.06, "age": 0.5, "muscle": 0.42, "weight": 0.36, "cupsize": 0.42, "firmness": 0.7,
         "proportions": 0.75, "african": 0.05, "asian": 0.15, "caucasian": 0.9},
        1.6, Hair("long", (126, 88, 56), 0.4, wave=0.35), _STONE, _DENIM, _WHITE, _tee(0.02, 0.06),
        iris=(86.0, 104.0, 92.0), lips=1.15, arms=0.15, phase=0.0, turn=-12.6, bend=0.2,
    ),
    TwinSpec(
        "Amara", 31, 1.72,
        {"gender": 0.08, "age": 0.54, "muscle": 0.42, "weight": 1.6, "cupsize": 0.95, "firmness": 0.5,
         "proportions": 0.55, "african": 0.95, "asian": 0.05, "caucasian": 0.1},
        6.3, Hair("curls", (34, 25, 22), 0.12, wave=1.0), _CLAY, _INK, _BLACK, _tee(0.03, 0.05),
        lips=1.0, arms=0.3, phase=0.6, turn=10.8, bend=0.45,
    ),
    TwinSpec(
        "Jonas", 28, 1.88,
        {"gender": 1.0, "age": 0.58, "muscle": 0.8, "weight": 0.46, "proportions": 0.75,
         "african": 0.05, "asian": 0.05, "caucasian": 0.95},
        2.3, Hair("short", (112, 80, 50), 0.05, sides=0.26, wave=0.2, stubble=0.75), _SLATE, _SAND, _WHITE, _tee(0.04),
        iris=(70.0, 88.0, 104.0), lips=0.7, arms=0.24, phase=1.1, turn=9.0, bend=0.3,
    ),
    TwinSpec(
        "Kenji", 41, 1.7,
        {"gender": 0.93, "age": 0.61, "muscle": 0.45, "weight": 0.34, "proportions": 0.6,
         "african": 0.02, "asian": 0.97, "caucasian": 0.05},
        2.9, Hair("short", (26, 23, 24), 0.055, sides=0.35, wave=0.1, stubble=0.18, part=-0.02), _CHALK, _INK, _BROWN,
        _tee(0.04), iris=(46.0, 32.0, 24.0), lips=0.75, arms=0.18, phase=1.7, turn=-9.0, bend=0.55,
    ),
    TwinSpec(
        "Rosa", 58, 1.57,
        {"gender": 0.05, "age": 0.76, "muscle": 0.38, "weight": 0.86, "cupsize": 0.68, "firmness": 0.35,
         "proportions": 0.45, "african": 0.15, "asian": 0.1, "caucasian": 0.75},
        3.4, Hair("bob", (88, 64, 52), 0.22, 1.0, 0.0, 0.22, 0.0, -0.025, 0.3), _SLATE, _OLIVE, _BROWN,
        _tee(0.04, 0.04),
        lips=1.2, arms=0.26, phase=2.3, turn=12.6, bend=0.4,
    ),
    TwinSpec(
        "Walter", 73, 1.76,
        {"gender": 0.96, "age": 0.87, "muscle": 0.38, "weight": 1.1, "proportions": 0.45,
         "african": 0.03, "asian": 0.05, "caucasian": 0.95},
        1.9, Hair("thin", (206, 204, 200), 0.035, sides=0.9, recession=0.75, stubble=0.12, grey=1.0), _CLAY, _DENIM,
        _BROWN, _tee(0.05), iris=(96.0, 112.0, 124.0), lips=0.6, arms=0.3, phase=2.9, turn=-10.8, bend=0.25,
    ),
    TwinSpec(
        "Sasha", 26, 1.74,
        {"gender": 0.5, "age": 0.5, "muscle": 0.46, "weight": 0.42, "cupsize": 0.1, "firmness": 0.7,
         "proportions": 0.65, "african": 0.35, "asian": 0.35, "caucasian": 0.4},
        4.4, Hair("curls", (62, 40, 28), 0.07, sides=0.55, wave=0.75), _CHALK, _OLIVE, _WHITE, _tee(0.04),
        iris=(96.0, 70.0, 40.0), lips=0.9, arms=0.18, phase=3.6, turn=-10.8, bend=0.5,
    ),
    TwinSpec(
        "Priya", 37, 1.62,
        {"gender": 0.05, "age": 0.58, "muscle": 0.42, "weight": 0.56, "cupsize": 0.5, "firmness": 0.55,
         "proportions": 0.6, "african": 0.25, "asian": 0.35, "caucasian": 0.6},
        5.2, Hair("bun", (28, 22, 22), 0.2, wave=0.12, part=0.0), _STONE, _INK, _BLACK, _tee(0.02, 0.06),
        lips=1.15, arms=0.18, phase=4.2, turn=10.8, bend=0.35,
    ),
    TwinSpec(
        "Malik", 49, 1.82,
        {"gender": 0.97, "age": 0.65, "muscle": 0.62, "weight": 0.92, "proportions": 0.6,
         "african": 0.95, "asian": 0.02, "caucasian": 0.1},
        7.2, Hair("crop", (30, 26, 25), 0.008, sides=0.6, recession=0.3, stubble=0.8, grey=0.15), _CHALK, _DENIM,
        _WHITE, _tee(0.05), lips=0.8, arms=0.3, phase=4.9, turn=-9.0, bend=0.2,
    ),
)  # fmt: skip
