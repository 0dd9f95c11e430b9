"""The named points of a flat garment, by which its charts are cut.

"Left" and "right" are the picture's, not the wearer's: in a front photo the wearer's left is at the picture's right.
A back photo is mirrored before it is looked at, so one convention serves both.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


class Point(IntEnum):
    """Landmarks of a top laid flat; a sleeve's middle points lie half way from armpit to cuff."""

    NECK_LEFT = 0
    NECK_RIGHT = 1
    SHOULDER_LEFT = 2
    SHOULDER_RIGHT = 3
    ARMPIT_LEFT = 4
    ARMPIT_RIGHT = 5
    FOLD_LEFT = 6
    FOLD_RIGHT = 7
    UNDERARM_LEFT = 8
    UNDERARM_RIGHT = 9
    CUFF_OUTER_LEFT = 10
    CUFF_OUTER_RIGHT = 11
    CUFF_INNER_LEFT = 12
    CUFF_INNER_RIGHT = 13
    HEM_LEFT = 14
    HEM_RIGHT = 15
    HEM_CENTRE = 16
    NECK_FRONT = 17
    NECK_BACK = 18


POINTS = len(Point)
SLEEVE_POINTS = tuple(range(Point.FOLD_LEFT, Point.CUFF_INNER_RIGHT + 1))
MIRRORED = tuple([p ^ 1 for p in range(Point.HEM_CENTRE)] + [Point.HEM_CENTRE, Point.NECK_FRONT, Point.NECK_BACK])
"""Which landmark each becomes when the picture is mirrored."""


def resample(curve: F64, count: int) -> F64:
    """`count` points (count, 2) at equal arc length along an open curve (n, 2), both ends kept."""
    steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    arc = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.linspace(0.0, arc[-1], count)
    return np.stack([np.interp(wanted, arc, curve[:, k]) for k in (0, 1)], axis=1)


def arc_length(curve: F64) -> float:
    """Length of an open curve (n, 2)."""
    return float(np.linalg.norm(np.diff(curve, axis=0), axis=1).sum())
