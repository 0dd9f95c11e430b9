"""Resamples photos into charts: colours continued beyond the cloth, alpha cut only where a real edge of it is.

Neckline, hem, cuffs and a tank's armholes are such edges. Side seams, shoulder seams and set-in sleeves are not: there
the cloth goes on in another chart, so alpha stays 1 across them and no gap can open on the body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import LONGEST_TOP, RGBA, SLEEVE_FRAME, ChartFrame, Measures, torso_frame
from engines.garments.layout import Layout, SleeveLay, hem_level, side_seam, sleeve_match, torso_match
from engines.garments.light import even_light, without_deep_shadow
from engines.garments.neckline import Neckline
from engines.garments.outline import F64
from engines.garments.warp import map_to_photo, pad_outwards, polygon, sample, shrink

TORSO_SIZE, DRESS_SIZE = (900, 1024), (1500, 1024)
SLEEVE_SIZE = (512, 400)
"""Height and width in texels."""
_RIM = 4
"""Texels at the cloth's edge whose colour is not trusted: matte, shadow and hem rolls live there."""


@dataclass(frozen=True)
class Grid:
    """Texel centres of a chart's picture in half chests: x (W,), y (H,)."""

    x: F64
    y: F64

    @property
    def texel(self) -> float:
        """Height of a texel in half chests."""
        return float(self.y[1] - self.y[0])

    def to_texels(self, points: F64) -> F64:
        """Points (n, 2) in half chests as texel coordinates (centres at halves)."""
        step = np.array([self.x[1] - self.x[0], self.y[1] - self.y[0]])
        return np.asarray((points - np.array([self.x[0], self.y[0]])) / step + 0.5)


def chart_grid(frame: ChartFrame, size: tuple[int, int], wide: float, long: float) -> Grid:
    """Texels of a chart of (height, width) `size` whose u is counted in `wide` and v in `long` half chests."""
    height, width = size
    u = frame.u_min + (np.arange(width) + 0.5) * (frame.u_max - frame.u_min) / width
    v = frame.v_min + (np.arange(height) + 0.5) * (frame.v_max - frame.v_min) / height
    return Grid(u * wide, v * long)


def torso_grid(m: Measures) -> Grid:
    """The torso charts' texels."""
    return chart_grid(torso_frame(m), TORSO_SIZE if m.length <= LONGEST_TOP else DRESS_SIZE, 1.0, m.length)


def torso_sample(picture: RGBA, layout: Layout, m: Measures) -> RGBA:
    """The photo as it lies on the torso's chart, uncut."""
    grid = torso_grid(m)
    return sample(picture, map_to_photo(grid.x, grid.y, *torso_match(layout, m)))


def level_cut(distance: F64, texel: float) -> F64:
    """Alpha 0..1 by signed distance (half chests, positive inside), a texel wide."""
    return np.clip(distance / texel + 0.5, 0.0, 1.0)


def back_neckline(m: Measures) -> Neckline:
    """The plain neckline of a back."""
    x = np.linspace(-m.neck_width, m.neck_width, 121)
    return Neckline(x, m.neck_depth_back * (1 - np.abs(x / m.neck_width) ** 2.5), m.neck_depth_back)


def _trusted_torso(raw: RGBA, layout: Layout, m: Measures, neck: Neckline) -> NDArray[np.bool_]:
    """Texels that surely show the torso's own cloth."""
    grid = torso_grid(m)
    hem_x = np.linspace(m.hem, -m.hem, 21)
    right = np.concatenate([[[m.shoulder, m.shoulder_drop]], side_seam(layout, m)[:-1]])
    rise = layout.hem_rise
    outline = np.concatenate([
        np.stack([neck.x, neck.y], 1), right, np.stack([hem_x, hem_level(hem_x, m, rise)], 1),
        right[::-1] * np.array([-1.0, 1.0]),
    ])  # fmt: skip
    inside = polygon(grid.to_texels(outline), raw.shape[:2])
    return shrink(inside & (raw[..., 3] > 250), _RIM)


def torso_alpha(raw: RGBA, m: Measures, neck: Neckline, rise: float) -> F64:
    """Alpha (H, W) 0..1 of a torso chart; see the module's text for what cuts."""
    grid = torso_grid(m)
    x, y = np.meshgrid(grid.x, grid.y)
    cover = raw[..., 3] / 255.0
    clamped = np.clip(x, -m.hem, m.hem)
    alpha = level_cut(hem_level(clamped, m, rise) - y, grid.texel)
    level = np.interp(grid.x, neck.x, neck.y)[None, :]
    at_neck = np.abs(x) < m.neck_width
    above = np.where(y < 0, cover, 1.0)  # a collar that stands above the neck points ends where the photo's does
    alpha *= np.where(at_neck, level_cut(y - level, grid.texel) * above, 1.0)
    if m.sleeveless:
        strap = (np.abs(x) < m.shoulder) & (y < m.shoulder_drop)
        alpha *= np.where(at_neck | strap | (y > m.armpit), 1.0, cover)
    return np.asarray(alpha)


def torso_chart(raw: RGBA, layout: Layout, m: Measures, neck: Neckline, like: NDArray[np.uint8] | None = None) -> RGBA:
    """A finished torso chart from `torso_sample`'s of the same layout; like: the front's colour (3,), for a back."""
    trusted = _trusted_torso(raw, layout, m, neck)
    alpha = torso_alpha(raw, m, neck, layout.hem_rise)
    return np.dstack([finished(raw, trusted, like), np.round(alpha * 255).astype(np.uint8)])


def finished(raw: RGBA, trusted: NDArray[np.bool_], like: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """Evenly lit colours (H, W, 3), continued beyond the trusted cloth."""
    lit = without_deep_shadow(raw[..., :3], trusted)
    return pad_outwards(even_light(raw[..., :3], lit, like), lit if lit.any() else trusted)


def inside_colour(raw: RGBA, m: Measures, neck: Neckline, cloth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean colour (3,) of the cloth's inner side: seen above the front neckline, else the outer cloth, darkened."""
    grid = torso_grid(m)
    x, y = np.meshgrid(grid.x, grid.y)
    level = np.interp(grid.x, neck.x, neck.y)[None, :]
    seen = (np.abs(x) < 0.75 * m.neck_width) & (y < level - 0.03) & (y > m.neck_depth_back + 0.02)
    seen &= raw[..., 3] > 250
    if seen.sum() * grid.texel**2 < 0.005:
        return np.asarray(np.round(cloth * 0.7), np.uint8)
    return np.asarray(np.round(np.median(raw[seen][:, :3], axis=0)), np.uint8)


def cloth_colour(chart: RGBA) -> NDArray[np.uint8]:
    """The cloth's usual colour (3,) on a finished chart."""
    return np.asarray(np.round(np.median(chart[chart[..., 3] > 250][::7, :3], axis=0)), np.uint8)


def _sleeve_cap(m: Measures) -> F64:
    """The cap's seam from the shoulder point to the armpit, shaped as sleeves are cut."""
    t = np.linspace(0.0, 1.0, 20)[:-1]
    across = m.sleeve_width * (3 * 0.45 * (1 - t) ** 2 * t + 3 * 0.5 * (1 - t) * t**2 + t**3)
    return np.stack([across, m.cap_height * (3 * (1 - t) * t**2 + t**3)], 1)


def sleeve_half(picture: RGBA, sleeve: SleeveLay, m: Measures, like: NDArray[np.uint8]) -> RGBA:
    """Half a sleeve chart (512, 200, 4), u from 0 at the left to the frame's edge; like: the torso's colour (3,)."""
    full = chart_grid(SLEEVE_FRAME, SLEEVE_SIZE, m.sleeve_width, m.sleeve_length)
    grid = Grid(full.x[SLEEVE_SIZE[1] // 2 :], full.y)
    raw = sample(picture, map_to_photo(grid.x, grid.y, *sleeve_match(sleeve, m)))
    lower = [[m.sleeve_width, m.cap_height], [m.cuff_width, m.sleeve_length], [0.0, m.sleeve_length]]
    outline = np.concatenate([_sleeve_cap(m), lower])
    trusted = shrink(polygon(grid.to_texels(outline), raw.shape[:2]) & (raw[..., 3] > 250), _RIM)
    alpha = np.broadcast_to(level_cut(m.sleeve_length - grid.y, grid.texel)[:, None], raw.shape[:2])
    return np.dstack([finished(raw, trusted, like), np.round(alpha * 255).astype(np.uint8)])


def sleeve_chart(front: RGBA, back: RGBA) -> RGBA:
    """A whole sleeve chart from its halves, the back's mirrored to u < 0."""
    return np.concatenate([back[:, ::-1], front], axis=1)


def shown_torso(chart: RGBA, m: Measures) -> NDArray[np.bool_]:
    """Texels (H, W) of a finished front chart that show the panel itself, not colours continued beyond it."""
    grid = torso_grid(m)
    x, y = np.meshgrid(grid.x, grid.y)
    width = np.interp(y, [m.shoulder_drop, m.armpit, m.length], [m.shoulder, 1.0, m.hem])
    inside = (np.abs(x) < 0.97 * width) & (y > m.shoulder_drop * 0.6) & (y < 0.97 * m.length)
    return np.asarray((chart[..., 3] > 250) & inside)
