"""A product photo, or a front and a back one, to a `Garment`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.errors import UnsupportedCategoryError
from engines.garments import atlas, quality, repair
from engines.garments.backside import guess_back
from engines.garments.bottoms import assemble_bottom, look_at_bottom
from engines.garments.garment import BOTTOMS, RGBA, SUPPORTED, Category, Chart, Garment, Measures
from engines.garments.landmarks import Landmarks, find_landmarks
from engines.garments.layout import Layout, lay_out, settled
from engines.garments.matte import Cutout, cut_out
from engines.garments.neckline import COLLAR, CREW, HOOD, NeckDepths, Neckline, NeckStyle, NeckView, find_neckline
from engines.imaging import read_image

_COLLARED = frozenset({Category.POLO, Category.SHIRT})


@dataclass(frozen=True)
class View:
    """One photo, cut out and measured; a back photo is mirrored, so the wearer's left is at the right in both."""

    cutout: Cutout
    layout: Layout


def ingest(front: Path, back: Path | None, category: Category, garment_id: str) -> Garment:
    """Make a garment from a photo of its front and, where there is one, of its back.

    Raises `BadImageError` for unreadable files, `GarmentPhotoError` for photos that would make a wrong garment and
    `UnsupportedCategoryError`; each says in one line what to do.
    """
    if category not in SUPPORTED:
        names = ", ".join(sorted(c.value for c in SUPPORTED))
        raise UnsupportedCategoryError(f"{category.value} cannot be worn yet: choose one of {names}")
    ahead = read_image(front)
    mirrored = None if back is None else np.ascontiguousarray(read_image(back)[:, ::-1])
    if category in BOTTOMS:
        below = None if mirrored is None else look_at_bottom(mirrored, category)
        return assemble_bottom(look_at_bottom(ahead, category), below, category, garment_id)
    seen = look(ahead, category)
    behind = None if mirrored is None else look(mirrored, category)
    return _assemble(seen, behind, category, garment_id)


def look(photo: NDArray[np.uint8], category: Category) -> View:
    """Cut out, measure and check one photo (H, W, 4) uint8. Raises `GarmentPhotoError`."""
    cutout = cut_out(photo)
    quality.check_cutout(cutout)
    layout = lay_out(_landmarks(cutout, category), waisted=category is Category.DRESS)
    quality.check_length(category, layout.measures)
    quality.check_layout(layout, cutout, category)
    quality.check_category(category, layout.measures, quality.head_height(layout, cutout))
    return View(cutout, layout)


def _landmarks(cutout: Cutout, category: Category) -> Landmarks:
    found = find_landmarks(cutout.picture)
    if category in _COLLARED or category is Category.HOODIE:
        found = repair.neck_below_collar(found)
    return repair.matching_cuffs(repair.armpits_behind_sleeves(found))


def _assemble(front: View, back: View | None, category: Category, garment_id: str) -> Garment:
    measures = front.layout.measures
    if back is not None:
        measures = replace(measures, neck_depth_back=back.layout.measures.neck_depth_back)
    raw = atlas.torso_sample(front.cutout.picture, front.layout, measures)
    neck = _neckline(raw, measures, category)
    measures = replace(measures, neck_depth_front=max(neck.depth, measures.neck_depth_back))
    front_chart = atlas.torso_chart(raw, front.layout, measures, neck)
    charts = {Chart.TORSO_FRONT: front_chart, Chart.TORSO_BACK: _back_chart(front_chart, front, back, measures)}
    charts |= _sleeve_charts(front, back, measures, atlas.cloth_colour(front_chart))
    inside = atlas.inside_colour(raw, measures, neck, atlas.cloth_colour(front_chart))
    return Garment(garment_id, category, settled(measures), charts, inside, back is None)


def _neckline(raw: RGBA, m: Measures, category: Category) -> Neckline:
    grid = atlas.torso_grid(m)
    rows = slice(0, int(np.searchsorted(grid.y, m.neck_depth_front + 0.9)))
    depths = NeckDepths(m.neck_depth_front, m.neck_depth_back)
    return find_neckline(NeckView(raw[rows], grid.x, grid.y[rows]), m.neck_width, depths, _style(category))


def _style(category: Category) -> NeckStyle:
    if category is Category.HOODIE:
        return HOOD
    return COLLAR if category in _COLLARED else CREW


def _back_chart(front_chart: RGBA, front: View, back: View | None, m: Measures) -> RGBA:
    neck = atlas.back_neckline(m)
    if back is not None:
        raw = atlas.torso_sample(back.cutout.picture, back.layout, m)
        return atlas.torso_chart(raw, back.layout, m, neck, atlas.cloth_colour(front_chart))
    shown = atlas.shown_torso(front_chart, m)
    guessed = np.dstack([guess_back(front_chart, shown), _cover_of_back(front_chart, m)])
    alpha = atlas.torso_alpha(guessed, m, neck, front.layout.hem_rise)
    return np.dstack([guessed[..., :3], np.round(alpha * 255).astype(np.uint8)])


def _cover_of_back(front_chart: RGBA, m: Measures) -> NDArray[np.uint8]:
    """What a guessed back covers (H, W), necklines aside: where there are no sleeves, armholes as the front's."""
    covered = front_chart[..., 3].copy() if m.sleeveless else np.full(front_chart.shape[:2], 255, np.uint8)
    covered[:, np.abs(atlas.torso_grid(m).x) < m.neck_width] = 255
    return covered


def _sleeve_charts(front: View, back: View | None, m: Measures, like: NDArray[np.uint8]) -> dict[Chart, RGBA]:
    """Picture right is the wearer's left."""
    charts = {}
    for chart, side in ((Chart.SLEEVE_LEFT, 1), (Chart.SLEEVE_RIGHT, 0)):
        if m.sleeveless:
            charts[chart] = np.zeros((*atlas.SLEEVE_SIZE, 4), np.uint8)
            continue
        ahead = atlas.sleeve_half(front.cutout.picture, front.layout.sleeves[side], m, like)
        behind = ahead if back is None else atlas.sleeve_half(back.cutout.picture, back.layout.sleeves[side], m, like)
        charts[chart] = atlas.sleeve_chart(ahead, behind)
    return charts
