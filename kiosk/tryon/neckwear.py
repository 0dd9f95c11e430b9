"""Hoods and collars: what a flat photo cannot drape, built as cloth around the neck in the garment's own colour.

A ring about the neck follows the neckline before and the nape behind. A hood is a thick roll along it; a collar is a
band that stands behind the neck and falls in two leaves before it. What lies behind the neck is laid before skin and
head, the rest after the torso.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import TORSO_PIXELS, Layer, Panel
from engines.garments.garment import Category, Chart, Garment
from kiosk.tryon.colours import Light
from kiosk.tryon.fields import FieldView
from kiosk.tryon.figure import Box, box_around
from kiosk.tryon.pixels import Matte, Picture, ramp, shaded, soft
from kiosk.tryon.sheets import Kind, Sheet

F32 = NDArray[np.float32]
STEPS = 33
FRONT_SHOWN = 0.6
"""How surely the torso must face the viewer: from behind the photo of the back shows hood or collar."""
LEAST_TURN = 0.45
"""Width of the neck in the picture over its true one: turned further, the ring is no longer seen from before."""
NAPE = 0.02
"""How far the nape lies above the neck points, torso lengths."""
SETTLE = 0.02
"""How far it sinks onto the shoulders at the sides, torso lengths; before it hangs twice as far."""
LINING = 0.62
"""The inner side lies in the garment's own shadow."""
COLLARED = frozenset({Category.POLO, Category.SHIRT})


@dataclass(frozen=True)
class _Profile:
    """Half thickness of the cloth about the ring, torso lengths: before, at the sides, behind; and its way outwards."""

    front: float
    side: float
    back: float
    out: float
    close: float
    """Half the ring's width over that of the neckline as cut flat: worn, it closes about the neck."""


HOOD = _Profile(0.034, 0.06, 0.065, 0.35, 0.86)
STAND = _Profile(0.01, 0.018, 0.022, 0.0, 0.74)
SEAM = 0.35
"""Where on the roll, from its ridge (0) to the neck (1), the hem's seam runs."""
LEAF, TIP = 0.085, 0.15
"""Width of a collar's leaf at the side and how far its tip reaches below the neckline, torso lengths."""


@dataclass(frozen=True)
class NeckRing:
    """The ring in the crop's pixels, from the middle before, by the wearer's left, to behind and round.

    points: (STEPS, 2). before: (STEPS,) 1 in front, -1 at the nape. scale: pixels of a torso's length.
    """

    points: F32
    before: F32
    scale: float
    middle: F32

    @staticmethod
    def of(garment: Garment, view: FieldView) -> NeckRing | None:
        """The ring of a top that is seen from the front, else None."""
        alpha = view.drape.alpha[Layer.TORSO][2::4, 2::4] > 0.5
        if not alpha.any() or float(view.drape.front[alpha].mean()) < FRONT_SHOWN:
            return None
        m = garment.top
        left, right, front = (
            view.place(Panel.TORSO, u, v)
            for u, v in ((m.neck_width, 0.0), (-m.neck_width, 0.0), (0.0, m.neck_depth_front / m.length))
        )
        scale = TORSO_PIXELS / view.scale
        middle, half = (left + right) / 2, _profile(garment).close * (left - right) / 2
        usual = 0.5 * m.neck_width / max(m.shoulder, 0.3) * 0.42 * 2
        if float(np.linalg.norm(half)) < LEAST_TURN * usual * scale * 0.5:
            return None
        angle = np.linspace(0, 2 * np.pi, STEPS, dtype=np.float32)
        down = front - middle
        up = -NAPE * scale * down / max(float(np.linalg.norm(down)), 1.0)
        low = np.cos(angle)[:, None]
        sunk = SETTLE * scale * down / max(float(np.linalg.norm(down)), 1.0)
        points = middle + np.sin(angle)[:, None] * half + np.where(low > 0, low * (down + 2 * sunk), -low * up)
        points = points + np.abs(np.sin(angle))[:, None] * sunk
        return NeckRing(points.astype(np.float32), np.cos(angle), scale, middle.astype(np.float32))


def behind_neck(garment: Garment, ring: NeckRing, light: Light, shape: tuple[int, int]) -> Sheet | None:
    """The part of a hood or collar that head and neck hide in part."""
    return _roll(garment, ring, _profile(garment), light, shape, behind=True)


def before_neck(garment: Garment, ring: NeckRing, light: Light, shape: tuple[int, int]) -> list[Sheet]:
    """The part that lies on the torso: a hood's roll, or a collar's leaves."""
    if garment.category in COLLARED:
        leaves = [_leaf(garment, ring, light, side, shape) for side in (1, -1)]
        return [leaf for leaf in leaves if leaf is not None]
    roll = _roll(garment, ring, _profile(garment), light, shape, behind=False)
    return [] if roll is None else [roll]


def has_neckwear(garment: Garment) -> bool:
    """Whether a garment has a hood or a collar."""
    return garment.category is Category.HOODIE or garment.category in COLLARED


def _profile(garment: Garment) -> _Profile:
    return HOOD if garment.category is Category.HOODIE else STAND


def _radii(ring: NeckRing, profile: _Profile) -> F32:
    """Half thickness at each of the ring's points, pixels."""
    known = np.interp(ring.before, [-1.0, 0.0, 1.0], [profile.back, profile.side, profile.front])
    return np.asarray(known * ring.scale, np.float32)


def _roll(
    garment: Garment, ring: NeckRing, profile: _Profile, light: Light, shape: tuple[int, int], *, behind: bool
) -> Sheet | None:
    """A tube along the ring's back or front half, shaded as round."""
    radius = _radii(ring, profile)
    outwards = ring.points - ring.middle
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True) + 1e-3
    points = ring.points + outwards * (profile.out * radius)[:, None]
    chosen = ring.before < 0.12 if behind else ring.before > -0.12
    patch = _patch(points[chosen], float(radius.max()) + 3, shape)
    if patch is None:
        return None
    starts = [k for k in range(STEPS - 1) if chosen[k] and chosen[k + 1]]
    tube = _Tube.of(patch, points, radius, starts)
    alpha = ramp(tube.across, 1.0, 1.0 - 1.5 / max(float(radius.mean()), 2.0))
    shade = _lit(tube.normal, light) * tube.creases(ring.middle - patch.origin)
    if behind:  # between the roll and the neck its lining is seen
        inner = _inside(patch, ring)
        shade = shade * (1.0 - inner) + LINING * np.float32(0.35 + 0.65 * light.white) * inner
        alpha = np.maximum(alpha, inner)
    return Sheet(patch, shaded(_cloth(garment, patch), shade), alpha, Kind.GARMENT)


@dataclass(frozen=True)
class _Tube:
    """A bent tube on a patch, each (h, w): distance from its axis over its radius, place along it, surface normal."""

    across: Matte
    along: Matte
    normal: tuple[Matte, Matte, Matte]

    @staticmethod
    def of(patch: Box, points: F32, radius: F32, starts: list[int]) -> _Tube:
        """The pieces that begin at `starts` of a tube through `points` (n, 2); the nearest rules each pixel."""
        x = np.arange(patch.x0, patch.x1, dtype=np.float32)[None, :] + np.float32(0.5)
        y = np.arange(patch.y0, patch.y1, dtype=np.float32)[:, None] + np.float32(0.5)
        best, along = np.full(patch.shape, 9.0, np.float32), np.zeros(patch.shape, np.float32)
        nx, ny = np.zeros(patch.shape, np.float32), np.zeros(patch.shape, np.float32)
        for k in starts:
            (ax, ay), (dx, dy) = points[k], points[k + 1] - points[k]
            t = np.clip(((x - ax) * dx + (y - ay) * dy) / max(float(dx * dx + dy * dy), 1e-3), 0, 1)
            r = radius[k] + (radius[k + 1] - radius[k]) * t
            ox, oy = (x - ax - t * dx) / r, (y - ay - t * dy) / r
            far = np.sqrt(ox * ox + oy * oy)
            nearer = far < best
            for field, value in ((best, far), (along, k + t), (nx, ox), (ny, oy)):
                np.copyto(field, value, where=nearer)
        z = np.sqrt(np.clip(1.0 - np.minimum(best, 0.98) ** 2, 0.0, 1.0))
        return _Tube(best, along, (nx, ny, z.astype(np.float32)))

    def creases(self, middle: F32) -> Matte:
        """Light and dark of gathered cloth (h, w) around 1, with the hem's seam on the side of `middle` (patch pixels).

        The creases hang on the place along the tube, so they stay where they are on the cloth.
        """
        height, width = self.across.shape
        x = np.arange(width, dtype=np.float32)[None, :] - np.float32(middle[0])
        y = np.arange(height, dtype=np.float32)[:, None] - np.float32(middle[1])
        out = (self.normal[0] * x + self.normal[1] * y) / np.sqrt(x * x + y * y + 1.0)
        angle = self.along * np.float32(2 * np.pi / (STEPS - 1))
        bend = angle + 0.35 * out
        waves = 0.07 * np.cos(7 * bend + 1.0) + 0.03 * np.cos(13 * bend + 0.4 * out)
        seam = 0.2 * np.exp(-(((out + SEAM) / 0.07) ** 2))
        return np.asarray(1.0 + waves * (1.0 - out * out) - seam, np.float32)


def _lit(normal: tuple[Matte, Matte, Matte], light: Light) -> Matte:
    """Shade (h, w), 1 for a surface that faces the viewer."""
    x, y, z = (float(part) for part in light.direction)
    lit = light.ambient + x * normal[0] + y * normal[1] + z * normal[2]
    relative = np.clip(lit / np.float32(light.ambient + z), 0.35, 1.2)
    return np.asarray(relative * np.float32(0.35 + 0.65 * light.white), np.float32)


def _inside(patch: Box, ring: NeckRing) -> Matte:
    """1 inside the ring, 0 outside; soft between."""
    mask = np.zeros(patch.shape, np.uint8)
    cv2.fillPoly(mask, [np.round((ring.points - patch.origin) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return soft(np.asarray(mask, np.float32) * np.float32(1 / 255), 0.008 * ring.scale)


def _leaf(garment: Garment, ring: NeckRing, light: Light, side: int, shape: tuple[int, int]) -> Sheet | None:
    """One leaf of a collar, from the side of the neck to the neckline's middle; side 1 is the wearer's left."""
    order = np.arange(0, STEPS // 2 - 4) if side > 0 else np.arange(STEPS - 1, STEPS // 2 + 4, -1)
    edge = ring.points[order]
    outwards = edge - ring.middle
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True) + 1e-3
    share = np.linspace(1.0, 0.0, len(order), dtype=np.float32)[:, None]
    fallen = edge + outwards * (LEAF * ring.scale * (1.0 + 0.25 * share))
    half = float(np.linalg.norm(ring.points[STEPS // 4] - ring.middle))
    across = (ring.points[STEPS // 4] - ring.middle) / max(half, 1e-3) * side
    tip = edge[0] + across * 0.55 * half + np.array([0.0, TIP * ring.scale], np.float32)
    keep = int(0.45 * len(order))
    outline = np.concatenate([edge, fallen[keep:][::-1], tip[None]])
    patch = _patch(outline, 3.0, shape)
    if patch is None:
        return None
    mask = np.zeros(patch.shape, np.uint8)
    cv2.fillPoly(mask, [np.round((outline - patch.origin) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    alpha = np.asarray(mask, np.float32) * np.float32(1 / 255)
    rim = soft(alpha, 0.018 * ring.scale)  # the leaf turns over at its edges, and its fold lies highest
    shade = np.float32(0.35 + 0.65 * light.white) * (0.78 + 0.3 * np.clip(2 * rim - 1, 0, 1))
    return Sheet(patch, shaded(_cloth(garment, patch), shade.astype(np.float32)), alpha, Kind.GARMENT)


def _patch(points: F32, margin: float, shape: tuple[int, int]) -> Box | None:
    low, high = points.min(0) - margin, points.max(0) + margin
    if high[0] < 2 or high[1] < 2 or low[0] > shape[1] - 2 or low[1] > shape[0] - 2:
        return None
    return box_around(points, margin, shape)


def _cloth(garment: Garment, patch: Box) -> Picture:
    """Plain cloth of the garment's own colour (h, w, 3): the middle one below the neckline."""
    chart = garment.atlas[Chart.TORSO_FRONT]
    m, frame = garment.top, garment.frame(Chart.TORSO_FRONT)
    top = (m.neck_depth_front / m.length + 0.03 - frame.v_min) / (frame.v_max - frame.v_min)
    rows = slice(int(top * chart.shape[0]), int((top + 0.2) * chart.shape[0]), 4)
    near = chart[rows, chart.shape[1] // 4 : 3 * chart.shape[1] // 4 : 4].reshape(-1, 4)
    colour = np.median(near[near[:, 3] > 200][:, :3] if (near[:, 3] > 200).any() else near[:, :3], axis=0)
    plain = np.empty((*patch.shape, 3), np.uint8)
    plain[:] = np.round(colour)
    return plain
