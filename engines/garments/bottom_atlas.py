"""Charts of skirts and trousers: colours continued beyond the cloth, alpha cut at waistband and hem only.

Side seams, outseams, inseams and the centre seam do not cut: there the cloth goes on in another chart or half.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.garments.atlas import Grid, chart_grid, finished, level_cut
from engines.garments.backside import guess_back
from engines.garments.bottom_layout import BottomLayout, leg_match, leg_width_at, skirt_match
from engines.garments.garment import RGBA, SLEEVE_FRAME, BottomMeasures, torso_frame
from engines.garments.outline import F64
from engines.garments.waistline import Waistline
from engines.garments.warp import map_to_photo, polygon, sample, shrink

SKIRT_SIZE = (1200, 1024)
LEG_SIZE = (1400, 640)
"""Height and width in texels."""
_RIM = 4


def skirt_chart(
    picture: RGBA, layout: BottomLayout, m: BottomMeasures, waist: Waistline, like: NDArray[np.uint8] | None = None
) -> RGBA:
    """A skirt's panel (1200, 1024, 4) from its photo (H, W, 4); like: the front's colour (3,), for a back."""
    grid = chart_grid(torso_frame(m), SKIRT_SIZE, 1.0, m.length)
    raw = sample(picture, map_to_photo(grid.x, grid.y, *skirt_match(layout)))
    trusted = shrink(polygon(grid.to_texels(_skirt_outline(layout, waist)), raw.shape[:2]) & (raw[..., 3] > 250), _RIM)
    return np.dstack([finished(raw, trusted, like), _bytes(skirt_alpha(grid, layout, waist))])


def _skirt_outline(layout: BottomLayout, waist: Waistline) -> F64:
    mirror = np.array([-1.0, 1.0])
    top = np.stack([waist.x, waist.y], 1)
    right = np.concatenate([layout.side[1:], layout.hem[::-1][1:]])
    return np.concatenate([top, right, (right * mirror)[::-1]])


def skirt_alpha(grid: Grid, layout: BottomLayout, waist: Waistline) -> F64:
    """Alpha (H, W) 0..1: waistband above, hem below."""
    y = grid.y[:, None]
    hem = np.interp(np.abs(grid.x), layout.hem[:, 0], layout.hem[:, 1])[None]
    return np.asarray(level_cut(y - waist.at(grid.x)[None], grid.texel) * level_cut(hem - y, grid.texel))


def skirt_back(front: RGBA, layout: BottomLayout, m: BottomMeasures, waist: Waistline) -> RGBA:
    """A back guessed from a finished front chart: the same cloth without prints, its waistband level or higher."""
    grid = chart_grid(torso_frame(m), SKIRT_SIZE, 1.0, m.length)
    shown = shrink(polygon(grid.to_texels(_skirt_outline(layout, waist)), front.shape[:2]) & (front[..., 3] > 250), 8)
    alpha = skirt_alpha(grid, layout, back_edge(layout))
    return np.dstack([guess_back(front, shown), _bytes(alpha)])


def back_edge(layout: BottomLayout) -> Waistline:
    """A back's waistband, whose upper edge lies level with the corners."""
    x = np.linspace(-layout.measures.waist, layout.measures.waist, 3)
    return Waistline(x, np.zeros(3), None)


def leg_half(
    picture: RGBA, layout: BottomLayout, side: int, m: BottomMeasures, waist: Waistline,
    like: NDArray[np.uint8] | None = None,
) -> RGBA:  # fmt: skip
    """Half a leg's chart (1400, 320, 4), u from 0 at its left on; side: the picture's left 0, right 1."""
    grid = _leg_grid(m)
    raw = sample(picture, map_to_photo(grid.x, grid.y, *leg_match(layout, side, m)))
    trusted = _leg_shown(grid, layout, m, _leg_edge(grid, side, m, waist)) & (raw[..., 3] > 250)
    colour = finished(raw, shrink(trusted, _RIM), like)
    return np.dstack([colour, _bytes(_leg_alpha(grid, m, _leg_edge(grid, side, m, waist)))])


def leg_back(front: RGBA, layout: BottomLayout, side: int, m: BottomMeasures, waist: Waistline) -> RGBA:
    """The back half of a leg guessed from the front's: the same cloth without prints or pockets."""
    grid = _leg_grid(m)
    shown = _leg_shown(grid, layout, m, _leg_edge(grid, side, m, waist))
    alpha = _leg_alpha(grid, m, _leg_edge(grid, side, m, back_edge(layout)))
    return np.dstack([guess_back(front, shrink(shown, 8)), _bytes(alpha)])


def _leg_grid(m: BottomMeasures) -> Grid:
    full = chart_grid(SLEEVE_FRAME, LEG_SIZE, m.leg_width, m.length)
    return Grid(full.x[LEG_SIZE[1] // 2 :], full.y)


def _leg_edge(grid: Grid, side: int, m: BottomMeasures, waist: Waistline) -> F64:
    """The waistband's level (W,) over a leg's columns: at its outseam a corner, at the centre seam the middle."""
    from_centre = np.clip(m.waist - grid.x, 0.0, m.waist)
    return waist.at(from_centre if side == 1 else -from_centre)


def _leg_shown(grid: Grid, layout: BottomLayout, m: BottomMeasures, edge: F64) -> NDArray[np.bool_]:
    """Texels (H, W) of a leg's own cloth."""
    y = grid.y[:, None]
    width = leg_width_at(layout, grid.y, m)[:, None]
    return np.asarray((grid.x[None] < width) & (y > edge[None]) & (y < m.length))


def _leg_alpha(grid: Grid, m: BottomMeasures, edge: F64) -> F64:
    y = grid.y[:, None]
    return np.asarray(level_cut(y - edge[None], grid.texel) * level_cut(m.length - y, grid.texel))


def _bytes(alpha: F64) -> NDArray[np.uint8]:
    return np.asarray(np.round(alpha * 255), np.uint8)
