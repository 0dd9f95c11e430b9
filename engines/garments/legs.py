"""Tells a trousers' legs apart: by the gap between them, or, where they lie together, by the line between them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import RGBA
from engines.garments.outline import F64

_LEAST_GAP = 0.16
"""A gap at the hem higher than this share of the length parts two legs; lower it is a slit or a notch."""
USUAL_RISE = 1.15
"""From the waistband to the crotch, in half hips."""
_RISES = (0.72, 1.7)
_STRIP = 0.32
"""Half width (half hips) of the strip in which the line between the legs is looked for."""


@dataclass(frozen=True)
class Parting:
    """How two legs part, in canvas pixels.

    crotch (2,); inseams: left and right leg's, from the crotch to the hem's inner corner (n, 2); gap: whether ground
    is seen between them; line: how clear the line is where it is not, 0..1; notch: how far the hem is cut in between
    the legs, in half hips.
    """

    crotch: F64
    inseams: tuple[F64, F64]
    gap: bool
    line: float
    notch: float


@dataclass(frozen=True)
class _Frame:
    """What both ways of looking need: the mask, the hips, the middle of the waistband and the hem's split."""

    mask: NDArray[np.bool_]
    half_hip: float
    waist: F64
    split: F64
    notch: float
    length: float


def part_legs(picture: RGBA, waist: F64, sides: tuple[F64, F64], bottom: F64) -> Parting | None:
    """Find where legs part in an upright picture (H, W, 4), or None where there are none to be seen.

    waist (2, 2): its corners; sides: left and right edge (n, 2); bottom: the lower edge from left to right (n, 2).
    """
    frame = _frame(np.asarray(picture[..., 3] > 127), waist, sides, bottom)
    crotch_y, gap = float(frame.split[1]), frame.notch > _LEAST_GAP * frame.length
    hole = _gap_above(frame)
    if hole is not None and hole < crotch_y:
        crotch_y, gap = hole, True
    seam = _seam(picture, frame)
    clear = seam.clear(crotch_y)
    if not gap or crotch_y > frame.waist[1] + _RISES[1] * frame.half_hip:
        if not gap and clear < 0.12:
            return None
        crotch_y = seam.end()
    crotch = frame.split if crotch_y == frame.split[1] else np.array([seam.at(crotch_y), crotch_y])
    corners = _inner_corners(bottom, frame)
    inseams = (_inseam(frame, seam, crotch, corners[0], 0), _inseam(frame, seam, crotch, corners[1], 1))
    return Parting(crotch, inseams, gap, clear, frame.notch / frame.half_hip)


def _frame(mask: NDArray[np.bool_], waist: F64, sides: tuple[F64, F64], bottom: F64) -> _Frame:
    middle = waist.mean(0)
    length = float((bottom[0, 1] + bottom[-1, 1]) / 2 - middle[1])
    levels = middle[1] + np.linspace(0.08, 1.0, 40) * min(0.45 * length, 1.4 * float(waist[1, 0] - waist[0, 0]))
    width = np.interp(levels, sides[1][:, 1], sides[1][:, 0]) - np.interp(levels, sides[0][:, 1], sides[0][:, 0])
    half_hip = float(np.percentile(width, 90)) / 2
    centre = (bottom[0, 0] + bottom[-1, 0]) / 2
    central = bottom[np.abs(bottom[:, 0] - centre) < 0.3 * abs(bottom[-1, 0] - bottom[0, 0])]
    split = central[central[:, 1].argmin()] if len(central) else np.array([centre, bottom[:, 1].max()])
    left, right = bottom[bottom[:, 0] < split[0]], bottom[bottom[:, 0] > split[0]]
    lowest = min((float(part[:, 1].max()) for part in (left, right) if len(part)), default=float(split[1]))
    return _Frame(mask, half_hip, middle, split, lowest - float(split[1]), length)


def _gap_above(frame: _Frame) -> float | None:
    """Top of the highest hole between the legs, where they touch below it."""
    holes = (~frame.mask).astype(np.uint8)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(holes, connectivity=4)
    tops = [
        float(stats[k, cv2.CC_STAT_TOP])
        for k in range(1, count)
        if k != labels[0, 0]  # the ground around
        and stats[k, cv2.CC_STAT_AREA] > 0.004 * frame.half_hip**2
        and abs(centres[k, 0] - _middle(frame, centres[k, 1])) < _STRIP * frame.half_hip
        and centres[k, 1] > frame.waist[1] + _RISES[0] * frame.half_hip
    ]
    return min(tops, default=None)


def _middle(frame: _Frame, y: float) -> float:
    """The garment's centre line at a level."""
    share = (y - frame.waist[1]) / max(float(frame.split[1] - frame.waist[1]), 1.0)
    return float(frame.waist[0] + min(share, 1.0) * (frame.split[0] - frame.waist[0]))


@dataclass(frozen=True)
class _Seam:
    """The line between the legs: x (n,) at each row y (n,), from the waistband down, and its contrast (n,) 0..1."""

    x: F64
    y: F64
    contrast: F64
    half_hip: float

    def at(self, y: float) -> float:
        return float(np.interp(y, self.y, self.x))

    def clear(self, below: float) -> float:
        """Mean contrast over the legs."""
        legs = (self.y > min(below, self.y[0] + USUAL_RISE * self.half_hip)) & (self.y < self.y[-1])
        return float(self.contrast[legs].mean()) if legs.any() else 0.0

    def end(self) -> float:
        """The crotch: where the line grows weak going up, near a usual rise."""
        rises = np.arange(*_RISES, 0.02)
        window = 0.35 * self.half_hip
        scores = []
        for rise in rises:
            level = self.y[0] + rise * self.half_hip
            below, above = (
                (self.y >= level) & (self.y < level + 2 * window),
                (self.y < level) & (self.y > level - window),
            )
            step = self.contrast[below].mean() - self.contrast[above].mean() if below.any() and above.any() else -1.0
            scores.append(step - 1.2 * (rise - USUAL_RISE) ** 2)
        return float(self.y[0] + rises[int(np.argmax(scores))] * self.half_hip)


def _seam(picture: RGBA, frame: _Frame) -> _Seam:
    """The strongest upright line from the waistband's middle to the hem's split, by dynamic programming."""
    rows = np.arange(int(frame.waist[1]), int(frame.split[1]) - 1)
    offsets = np.arange(-round(_STRIP * frame.half_hip), round(_STRIP * frame.half_hip) + 1)
    middle = np.array([_middle(frame, float(y)) for y in rows])
    strength = _upright_edges(picture)
    at = ((middle[:, None] + offsets[None] - 0.5).astype(np.float32), np.repeat(rows[:, None], len(offsets), 1))
    strip = cv2.remap(strength, at[0], at[1].astype(np.float32), cv2.INTER_LINEAR)
    inward = 0.25 * (offsets / offsets[-1]) ** 2
    path = _strongest(strip - inward[None])
    shown = strip[np.arange(len(rows)), path] - np.median(strip, axis=1)
    kernel = np.ones(9) / 9
    contrast = np.convolve(np.pad(np.clip(shown, 0, 1), 4, mode="edge"), kernel, "valid")
    smooth = np.convolve(np.pad(offsets[path].astype(float), 4, mode="edge"), kernel, "valid")
    levels = np.asarray(rows + 0.5, np.float64)
    return _Seam(np.asarray(middle + smooth), levels, np.asarray(contrast, np.float64), frame.half_hip)


def _upright_edges(picture: RGBA) -> NDArray[np.float32]:
    """How strongly a picture (H, W, 4) changes from left to right, 0..1, and where a narrow dark line runs."""
    gray = cv2.GaussianBlur(cv2.cvtColor(picture[..., :3], cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.2)
    cover = picture[..., 3] > 200
    valley = cv2.GaussianBlur(gray, (0, 0), 7.0) - gray
    edge = np.abs(cv2.Sobel(gray, cv2.CV_32F, 1, 0)) / 4
    edge = cv2.blur(edge + np.clip(valley, 0, None), (1, 9))
    inner = cv2.erode(cover.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    typical = max(float(np.percentile(edge[inner], 70)) if inner.any() else 1.0, 2.5)
    return np.asarray(edge / (edge + 2 * typical), np.float32)


def _strongest(gain: NDArray[np.floating]) -> NDArray[np.int_]:
    """The column (H,) of the best path down through `gain` (H, W), at most a column a row."""
    total = gain.astype(float)
    back = np.zeros(gain.shape, int)
    steps = np.array([0.03, 0.0, 0.03])
    for row in range(1, len(gain)):
        before = np.pad(total[row - 1], 1, constant_values=-np.inf)
        options = np.stack([before[:-2], before[1:-1], before[2:]]) - steps[:, None]
        back[row] = options.argmax(0) - 1
        total[row] += options.max(0)
    path = np.zeros(len(gain), int)
    path[-1] = int(total[-1].argmax())
    for row in range(len(gain) - 1, 0, -1):
        path[row - 1] = path[row] + back[row][path[row]]
    return path


def _inner_corners(bottom: F64, frame: _Frame) -> tuple[F64, F64]:
    """The inner corners of the left and the right leg's hem."""
    corners = []
    for sign in (-1.0, 1.0):
        leg = bottom[(bottom[:, 0] - frame.split[0]) * sign >= 0]
        leg = leg if len(leg) else frame.split[None]
        corners.append(leg[(leg @ np.array([-0.6 * sign, 0.8])).argmax()])
    return corners[0], corners[1]


def _inseam(frame: _Frame, seam: _Seam, crotch: F64, corner: F64, side: int) -> F64:
    """A leg's inner edge (n, 2): the gap's wall where ground is seen, else the line between the legs."""
    rows = np.arange(int(crotch[1]) + 3, int(corner[1]) - 2)
    points = [crotch]
    for y in rows[::3]:
        centre = seam.at(y + 0.5) if y < frame.split[1] else float(frame.split[0])
        points.append(np.array([_wall(frame, int(y), centre, side), y + 0.5]))
    return np.stack([*points, corner])


def _wall(frame: _Frame, row: int, centre: float, side: int) -> float:
    """Where a row's gap next to `centre` begins (side 0) or ends (1); `centre` where there is none."""
    inside = np.flatnonzero(frame.mask[row])
    if len(inside) < 2:
        return centre
    jumps = np.flatnonzero(np.diff(inside) > 1)
    walls = [(float(inside[j] + 1), float(inside[j + 1])) for j in jumps]
    near = [w for w in walls if w[0] - _STRIP * frame.half_hip < centre < w[1] + _STRIP * frame.half_hip]
    if not near:
        return centre
    return max(near, key=lambda w: w[1] - w[0])[side]
