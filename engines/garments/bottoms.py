"""A skirt's or trousers' photos to a `Garment`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engines.garments import bottom_atlas, bottom_quality
from engines.garments.atlas import cloth_colour
from engines.garments.bottom_layout import BottomLayout, lay_out_skirt, lay_out_trousers
from engines.garments.bottom_marks import find_marks
from engines.garments.garment import RGBA, Category, Chart, Garment
from engines.garments.matte import Cutout, cut_out
from engines.garments.quality import check_cutout
from engines.garments.waistline import Waistline, find_waistline

_LINING: Final = 0.7
"""An inner side that is not seen is the cloth, so much darker."""
_SIDES: Final = ((Chart.LEG_LEFT, 1), (Chart.LEG_RIGHT, 0))
"""The wearer's left leg is at the picture's right."""


@dataclass(frozen=True)
class BottomView:
    """One photo, cut out and measured; a back photo is mirrored, so the wearer's left is at the right in both."""

    cutout: Cutout
    layout: BottomLayout
    waist: Waistline


def look_at_bottom(photo: NDArray[np.uint8], category: Category) -> BottomView:
    """Cut out, measure and check one photo (H, W, 4) uint8. Raises `GarmentPhotoError`."""
    cutout = cut_out(photo)
    check_cutout(cutout)
    bottom_quality.check_bare(cutout)
    marks = find_marks(cutout.picture)
    bottom_quality.check_kind(marks, category)
    layout = lay_out_skirt(marks) if category is Category.SKIRT else lay_out_trousers(marks)
    bottom_quality.check_bottom(layout, category)
    return BottomView(cutout, layout, find_waistline(layout))


def assemble_bottom(front: BottomView, back: BottomView | None, category: Category, garment_id: str) -> Garment:
    """A garment from one or two checked photos."""
    charts = {chart: np.zeros((64, 64, 4), np.uint8) for chart in Chart}
    charts |= _skirt_charts(front, back) if category is Category.SKIRT else _leg_charts(front, back)
    shown = charts[Chart.TORSO_FRONT if category is Category.SKIRT else Chart.LEG_LEFT]
    seen = front.waist.inside
    inside = np.round(cloth_colour(shown) * _LINING).astype(np.uint8) if seen is None else seen
    return Garment(garment_id, category, front.layout.measures, charts, inside, back is None)


def _skirt_charts(front: BottomView, back: BottomView | None) -> dict[Chart, RGBA]:
    m = front.layout.measures
    ahead = bottom_atlas.skirt_chart(front.cutout.picture, front.layout, m, front.waist)
    if back is None:
        behind = bottom_atlas.skirt_back(ahead, front.layout, m, front.waist)
    else:
        like = cloth_colour(ahead)
        behind = bottom_atlas.skirt_chart(back.cutout.picture, back.layout, m, back.waist, like)
    return {Chart.TORSO_FRONT: ahead, Chart.TORSO_BACK: behind}


def _leg_charts(front: BottomView, back: BottomView | None) -> dict[Chart, RGBA]:
    m = front.layout.measures
    charts: dict[Chart, RGBA] = {}
    like: NDArray[np.uint8] | None = None
    for chart, side in _SIDES:
        ahead = bottom_atlas.leg_half(front.cutout.picture, front.layout, side, m, front.waist, like)
        like = cloth_colour(ahead) if like is None else like
        if back is None:
            behind = bottom_atlas.leg_back(ahead, front.layout, side, m, front.waist)
        else:
            behind = bottom_atlas.leg_half(back.cutout.picture, back.layout, side, m, back.waist, like)
        charts[chart] = np.concatenate([behind[:, ::-1], ahead], axis=1)
    return charts
