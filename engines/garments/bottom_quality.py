"""Refuses photos that would make a wrong skirt or wrong trousers, and says what to photograph instead."""

from __future__ import annotations

import cv2
import numpy as np

from engines.errors import GarmentPhotoError
from engines.garments.bottom_layout import BottomLayout
from engines.garments.bottom_marks import BottomMarks
from engines.garments.garment import Category
from engines.garments.matte import Cutout
from engines.garments.outline import F64
from engines.garments.quality import another_hue, rim_blobs, skin_like

_MOST_TILT = np.radians(25)
_MOST_SKEW = 0.42
_LEAST_LINE = 0.2
"""Legs without a gap must be parted by a line at least so clear (0..1)..."""
_LEAST_NOTCH = 0.012
"""...and by a cut in the hem at least so deep (half hips)."""
_DEEPEST_WAIST = 0.42
"""A waistband's middle lies at most so far (half hips) below its corners; a neckline is deeper."""
_HOLLOW = 0.06
"""Sides between waistband and hips run straight or outwards; an armhole is a hollow deeper than this."""
_SLEEVED = 0.3
"""A skirt narrows from hips to hem by less than this (half hips); sleeves make a top narrow by more below them."""
_SKIRT = {"length": (0.9, 5.4), "waist": (0.3, 1.12), "hem": (0.6, 3.6)}
_TROUSERS = {
    "length": (1.15, 5.6), "waist": (0.45, 1.12), "rise": (0.6, 2.1), "leg_width": (0.6, 1.7), "leg_hem": (0.25, 1.9),
}  # fmt: skip
_FLAT = "photograph it flat, whole, from straight above, waistband up"


def check_bare(cutout: Cutout) -> None:
    """Refuse a skirt or shorts that somebody wears: legs of another hue stand below. Raises `GarmentPhotoError`."""
    x, y, width, height = cv2.boundingRect(cutout.opaque.astype(np.uint8))
    mask = cutout.opaque[y : y + height, x : x + width]
    rgb = np.ascontiguousarray(cutout.picture[y : y + height, x : x + width, :3])
    skin = skin_like(rgb) & mask
    if not skin.any() or skin.sum() > 0.6 * mask.sum() or not another_hue(rgb, skin, mask & ~skin):
        return
    below = sum(area for area, (_, down), _ in rim_blobs(skin, mask) if down > 0.6)
    if below > 0.06:
        raise GarmentPhotoError("a person wears the garment: photograph it alone, laid flat on plain white")


def check_kind(marks: BottomMarks, category: Category) -> None:
    """Refuse trousers given as a skirt and the other way round. Raises `GarmentPhotoError`."""
    legs = marks.legs
    if category is Category.SKIRT:
        if legs is not None and (legs.gap or (_lines_parted(marks) and _long_and_narrow(marks))):
            raise GarmentPhotoError("this does not look like a skirt but like trousers: check category and photo")
    elif legs is None or not (legs.gap or _lines_parted(marks)):
        raise GarmentPhotoError(
            "its legs cannot be told apart (a skirt, or folded in half?): lay trousers open, legs slightly apart"
        )


def _lines_parted(marks: BottomMarks) -> bool:
    legs = marks.legs
    return legs is not None and legs.line > _LEAST_LINE and legs.notch > _LEAST_NOTCH


def _long_and_narrow(marks: BottomMarks) -> bool:
    """Whether straight long legs together could look so."""
    hem, waist = marks.hem[1, 0] - marks.hem[0, 0], marks.waist[1, 0] - marks.waist[0, 0]
    return bool(hem < 1.5 * waist and marks.hem[:, 1].mean() - marks.waist[:, 1].mean() > 1.3 * waist)


def check_bottom(layout: BottomLayout, category: Category) -> None:
    """Refuse tilted, skewed and implausible outlines, and those of tops. Raises `GarmentPhotoError`."""
    name = category.value
    if abs(layout.tilt) > _MOST_TILT:
        raise GarmentPhotoError(
            f"the garment lies {abs(np.degrees(layout.tilt)):.0f} degrees aslant: turn the photo upright"
        )
    sleeved = category is Category.SKIRT and _narrowing(layout.side) > _SLEEVED
    if sleeved or _dip(layout) > _DEEPEST_WAIST or _hollow(layout.side) > _HOLLOW:
        raise GarmentPhotoError(f"this does not look like a {name}, rather a top or dress: check category and photo")
    if layout.skew > _MOST_SKEW * max(1.0, layout.measures.hem):
        raise GarmentPhotoError(f"left and right differ too much (folded, or seen from the side): {_FLAT}")
    for measure, (low, high) in (_SKIRT if category is Category.SKIRT else _TROUSERS).items():
        value = float(getattr(layout.measures, measure))
        if not low <= value <= high:
            words = measure.replace("_", " ")
            raise GarmentPhotoError(f"its {words} ({value:.2f} half hips) is not a {name}'s (folded in half?): {_FLAT}")


def _dip(layout: BottomLayout) -> float:
    """How far the upper edge reaches below the line between its corners."""
    return float(layout.edge[:, 1].max())


def _hollow(side: F64) -> float:
    """How deep a side is hollowed between two points of itself above the hips, half hips."""
    x = side[side[:, 1] < min(1.0, 0.6 * float(side[-1, 1])), 0]
    before, after = np.maximum.accumulate(x), np.maximum.accumulate(x[::-1])[::-1]
    return float((np.minimum(before, after) - x).max(initial=0.0))


def _narrowing(side: F64) -> float:
    """How much narrower a side grows on its way down from its upper part, half hips."""
    upper, lower = side[side[:, 1] < 0.6 * side[-1, 1], 0], side[side[:, 1] > 0.3 * side[-1, 1], 0]
    return float(upper.max(initial=0.0) - lower.min(initial=1.0))
