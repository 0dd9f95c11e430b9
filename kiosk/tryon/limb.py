"""A bare arm as two tapered tubes along its bones: its outline at the frame's resolution, and its roundness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiosk.tryon.colours import Light
from kiosk.tryon.figure import Box, Figure, Point
from kiosk.tryon.pixels import Matte, ramp

F32 = NDArray[np.float32]
SHOULDER, ABOVE_ELBOW, ELBOW, FOREARM, WRIST = 0.2, 0.125, 0.11, 0.105, 0.07
"""Largest half widths of an arm in torso lengths: room for a strong one; the drape says how wide it is."""
ROUNDNESS = 0.8
"""How far a limb's shading goes: a full tube looks like one."""


@dataclass(frozen=True)
class Limb:
    """One arm on a patch, each (h, w) float32.

    place: 0 at the shoulder, 1 at the elbow, 2 at the wrist, going on beyond. outline: 1 within the largest arm.
    fore: the forearm's part of the outline. normal: x, y and z of the unit normal.
    """

    place: Matte
    outline: Matte
    fore: Matte
    normal: tuple[Matte, Matte, Matte]

    @staticmethod
    def of(figure: Figure, side: int, patch: Box) -> Limb:
        """The arm of one side on a patch."""
        shoulder, elbow, wrist = figure.arm(side)
        upper, fore = _Tube.of(patch, shoulder, elbow), _Tube.of(patch, elbow, wrist)
        wide = (SHOULDER * figure.scale, ABOVE_ELBOW * figure.scale)
        slim = (ELBOW * figure.scale, FOREARM * figure.scale, WRIST * figure.scale)
        upper_width = _between(upper.along, (0.0, 0.5), wide)
        fore_width = _between(fore.along, (0.0, 0.35), slim[:2]) + _between(
            fore.along, (0.35, 1.0), (0.0, slim[2] - slim[1])
        )
        above, below = ramp(upper_width - upper.distance, -0.5, 1.0), ramp(fore_width - fore.distance, -0.5, 1.0)
        share = ramp(upper.distance / upper_width - fore.distance / fore_width, -0.25, 0.25)
        normal = [
            np.asarray((1 - share) * u + share * f)
            for u, f in zip(upper.normal(upper_width), fore.normal(fore_width), strict=True)
        ]
        length = np.sqrt(sum(part * part for part in normal)) + np.float32(1e-3)
        place = np.where(share < 0.5, np.minimum(upper.along, 1.0), 1.0 + np.maximum(fore.along, 0.0))
        x, y, z = (np.asarray(part / length, np.float32) for part in normal)
        return Limb(np.asarray(place, np.float32), np.maximum(above, below), below, (x, y, z))

    def shade(self, light: Light) -> Matte:
        """Shade (h, w), 1 as the hand's own on average."""
        x, y, z = (float(part) for part in light.direction)
        lit = light.ambient + x * self.normal[0] + y * self.normal[1] + z * self.normal[2]
        relative = lit / np.float32(light.ambient + 0.8 * z)
        return np.asarray(np.clip(1.0 + ROUNDNESS * (relative - 1.0), 0.4, 1.15), np.float32)


def _between(along: Matte, places: tuple[float, float], widths: tuple[float, float]) -> Matte:
    """Widths along a bone: straight between two places, constant beyond them."""
    part = ramp(along, *places)
    part *= np.float32(widths[1] - widths[0])
    part += np.float32(widths[0])
    return part


@dataclass(frozen=True)
class _Tube:
    along: Matte
    distance: Matte
    across: Matte
    side: Point

    @staticmethod
    def of(patch: Box, start: Point, end: Point) -> _Tube:
        """Place along a bone, distance to it, and signed distance across it."""
        x = np.arange(patch.x0, patch.x1, dtype=np.float32)[None, :] + np.float32(0.5 - start[0])
        y = np.arange(patch.y0, patch.y1, dtype=np.float32)[:, None] + np.float32(0.5 - start[1])
        bone = end - start
        length = max(float(np.linalg.norm(bone)), 1.0)
        dx, dy = np.float32(bone[0] / length), np.float32(bone[1] / length)
        along, across = x * dx + y * dy, x * dy - y * dx
        beyond = along - np.clip(along, 0.0, length)
        beyond *= beyond
        beyond += across * across
        along *= np.float32(1.0 / length)
        return _Tube(along, np.sqrt(beyond, out=beyond), across, np.array([dy, -dx], np.float32))

    def normal(self, width: Matte) -> tuple[Matte, Matte, Matte]:
        """The tube's normal, x, y, z."""
        bent = self.across / width
        bent *= np.float32(1.15)
        np.clip(bent, -0.98, 0.98, out=bent)
        return bent * self.side[0], bent * self.side[1], np.sqrt(np.float32(1.0) - bent * bent)
