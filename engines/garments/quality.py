"""Refuses photos that would make a wrong garment, and says what to photograph instead."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.errors import GarmentPhotoError
from engines.garments.garment import Category, Measures
from engines.garments.layout import Layout, side_in_photo
from engines.garments.matte import Cutout
from engines.garments.outline import F64, Point

U8 = NDArray[np.uint8]
_SMALLEST = 200
_MOST_TILT = np.radians(20)
_MOST_SKEW = 0.6
_LEAST_FIT = 0.86
_MOST_SOLID = 0.985
"""Whatever has a neck and armholes or sleeves fills less than this of its convex hull."""
_LONG_SLEEVE = 1.55
"""Sleeves longer than this (half chests) reach below the elbow."""
_PLAUSIBLE = {
    "length": (1.5, 5.0), "hem": (0.55, 1.7), "shoulder": (0.4, 1.35), "shoulder_drop": (0.0, 0.75),
    "armpit": (0.45, 1.8), "neck_width": (0.15, 0.85), "neck_depth_front": (0.0, 1.2), "neck_depth_back": (0.0, 0.5),
}  # fmt: skip
_PLAUSIBLE_DRESS = _PLAUSIBLE | {
    "length": (2.6, 8.5), "hem": (0.6, 3.6), "neck_width": (0.15, 1.0), "neck_depth_front": (0.0, 1.5),
    "neck_depth_back": (0.0, 1.2),
}  # fmt: skip
_PLAUSIBLE_SLEEVE = {
    "sleeve_length": (0.3, 3.6),
    "sleeve_width": (0.2, 1.2),
    "cuff_width": (0.1, 1.1),
    "cap_height": (0.0, 1.6),
}
_SHORTEST_DRESS = 3.05
"""Dresses are longer than this (half chests); tops are shorter than the next, or than the third where they flare."""
_LONGEST_TOP = 4.15
_LONGEST_FLARED_TOP, _FLARED = 3.3, 1.4
_SIDES = ((0, Point.ARMPIT_LEFT, Point.HEM_LEFT), (1, Point.ARMPIT_RIGHT, Point.HEM_RIGHT))
_FLAT = "photograph it flat, whole, from straight above, sleeves beside it"
_LONG = {Category.LONG_SLEEVE, Category.HOODIE}
_SHORT = {Category.TEE, Category.POLO}


def check_cutout(cutout: Cutout) -> None:
    """Refuse what is worn, cut off, not alone or too small. Raises `GarmentPhotoError`."""
    if _is_worn(cutout):
        raise GarmentPhotoError("a person wears the garment: photograph it alone, laid flat on plain white")
    if cutout.touches:
        raise GarmentPhotoError(
            "the garment is cut off by the photo's border: photograph it whole, with ground all round"
        )
    if cutout.others > 0.25:
        raise GarmentPhotoError("there are several things in the photo: photograph one garment at a time")
    _, _, width, height = cv2.boundingRect(cutout.opaque.astype(np.uint8))
    if min(width, height) < _SMALLEST:
        raise GarmentPhotoError(
            f"the garment is only {width}x{height} pixels: use a photo where it fills 200 or more each way"
        )


def skin_like(rgb: U8) -> NDArray[np.bool_]:
    """Pixels (H, W) of the hues that skin of any tone has; cloth may have them too."""
    ycc = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb).astype(np.int16)
    y, cr, cb = ycc[..., 0], ycc[..., 1], ycc[..., 2]
    return np.asarray((y > 40) & (cr > 138) & (cr < 178) & (cb > 80) & (cb < 126) & (cr - cb > 14))


def _is_worn(cutout: Cutout) -> bool:
    """Whether a face stands on top, or bare arms at both sides, in another hue than the rest."""
    x, y, width, height = cv2.boundingRect(cutout.opaque.astype(np.uint8))
    mask = cutout.opaque[y : y + height, x : x + width]
    rgb = np.ascontiguousarray(cutout.picture[y : y + height, x : x + width, :3])
    skin = skin_like(rgb) & mask
    if not skin.any() or skin.sum() > 0.5 * mask.sum() or not another_hue(rgb, skin, mask & ~skin):
        return False
    blobs = rim_blobs(skin, mask)
    above, left, right = False, False, False
    for area, (across, down), (wide, tall) in blobs:
        if area < 0.008:
            continue
        middle = abs(across - 0.5) < 0.2
        above |= middle and down < 0.3 and tall * height > max(0.07 * height, 0.7 * wide * width)
        left |= not middle and down > 0.25 and across < 0.5
        right |= not middle and down > 0.25 and across > 0.5
    return above or (left and right)


def another_hue(rgb: U8, skin: NDArray[np.bool_], rest: NDArray[np.bool_]) -> bool:
    """Whether skin-like pixels are not just the lit part of one cloth."""
    chroma = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb)[..., 1:].astype(np.float32)
    return float(np.abs(np.median(chroma[skin], 0) - np.median(chroma[rest], 0)).max()) > 9


def rim_blobs(
    skin: NDArray[np.bool_], mask: NDArray[np.bool_]
) -> list[tuple[float, tuple[float, float], tuple[float, float]]]:
    """Area, centre (across, down), size (wide, tall) of skin blobs that reach the outline, as shares of the mask's."""
    height, width = mask.shape
    size = max(3, width // 80)
    opened = cv2.morphologyEx(skin.astype(np.uint8), cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    _, labels, stats, centres = cv2.connectedComponentsWithStats(opened)
    rim = cv2.dilate(1 - np.pad(mask, 1).astype(np.uint8), np.ones((5, 5), np.uint8))[1:-1, 1:-1] > 0
    at_rim = [int(k) for k in np.unique(labels[rim]) if k > 0]
    return [
        (
            float(stats[k, cv2.CC_STAT_AREA] / mask.sum()),
            (float(centres[k, 0] / width), float(centres[k, 1] / height)),
            (float(stats[k, cv2.CC_STAT_WIDTH] / width), float(stats[k, cv2.CC_STAT_HEIGHT] / height)),
        )
        for k in at_rim
    ]


def check_length(category: Category, m: Measures) -> None:
    """Refuse a dress given as a top and the other way round. Raises `GarmentPhotoError`."""
    if category is Category.DRESS:
        likely = "a top" if m.length < _SHORTEST_DRESS else ""
    else:
        flared = m.length > _LONGEST_FLARED_TOP and m.hem > _FLARED
        likely = "a dress" if m.length > _LONGEST_TOP or flared else ""
    if likely:
        raise GarmentPhotoError(
            f"this does not look like a {category.value} but like {likely}: check category and photo"
        )


def check_layout(layout: Layout, cutout: Cutout, category: Category) -> None:
    """Refuse tilted, skewed, implausible or ill-fitting outlines. Raises `GarmentPhotoError`."""
    if abs(layout.tilt) > _MOST_TILT:
        raise GarmentPhotoError(
            f"the garment lies {abs(np.degrees(layout.tilt)):.0f} degrees aslant: turn the photo upright"
        )
    if layout.skew > _MOST_SKEW:
        raise GarmentPhotoError(f"left and right differ too much (folded, or seen at an angle): {_FLAT}")
    limits = _PLAUSIBLE_DRESS if category is Category.DRESS else _PLAUSIBLE
    limits = limits if layout.measures.sleeveless else limits | _PLAUSIBLE_SLEEVE
    kind = "dress" if category is Category.DRESS else "top"
    for name, (low, high) in limits.items():
        value = float(getattr(layout.measures, name))
        if not low <= value <= high:
            words = name.replace("_", " ")
            raise GarmentPhotoError(f"its {words} ({value:.2f} half chests) is not a {kind}'s: {_FLAT}")
    if _solidity(cutout) > _MOST_SOLID:
        raise GarmentPhotoError(f"its outline is not that of a {kind} laid flat (no armholes, no sleeves): {_FLAT}")
    fit = outline_fit(layout, cutout)
    if fit < _LEAST_FIT:
        raise GarmentPhotoError(
            f"its outline is not that of a {kind} laid flat (fit {fit:.2f}, {_LEAST_FIT} needed): {_FLAT}"
        )


def _solidity(cutout: Cutout) -> float:
    """Share of its convex hull that the silhouette fills."""
    points = cv2.findNonZero(cutout.opaque.astype(np.uint8))
    return float(cutout.opaque.sum() / max(cv2.contourArea(cv2.convexHull(points)), 1.0))


def _polygons(layout: Layout) -> list[F64]:
    """Torso and sleeves as the landmarks draw them, photo pixels."""
    p = layout.found.points
    neck = p[[Point.NECK_LEFT, Point.NECK_BACK, Point.NECK_RIGHT]]
    neck = neck if layout.found.peaks[Point.NECK_BACK] > 0.25 else neck[[0, 2]]
    left, right = (side_in_photo(layout, side) if layout.bend.any() else p[[a, h]] for side, a, h in _SIDES)
    shoulders = p[Point.SHOULDER_RIGHT][None], p[Point.SHOULDER_LEFT][None]
    polygons = [np.concatenate([neck, shoulders[0], right, p[Point.HEM_CENTRE][None], left[::-1], shoulders[1]])]
    polygons += [np.concatenate([s.fold, s.underarm[::-1]]) for s in layout.sleeves]
    return polygons


def outline_fit(layout: Layout, cutout: Cutout) -> float:
    """Overlap (intersection over union) of the landmarks' own drawing and the silhouette below any hood or collar."""
    drawn = np.zeros(cutout.opaque.shape, np.uint8)
    for shape in _polygons(layout):
        cv2.fillPoly(drawn, [np.round(shape).astype(np.int32)], 1)
    solid = cutout.opaque & ~_above_neck(layout, cutout.opaque.shape)
    both, either = (drawn > 0) & solid, (drawn > 0) | solid
    return float(both.sum() / max(1, either.sum()))


def _above_neck(layout: Layout, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels (H, W) above the line through the neck points."""
    p = layout.found.points
    left, right = p[Point.NECK_LEFT], p[Point.NECK_RIGHT]
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    slope = (right[1] - left[1]) / max(right[0] - left[0], 1e-6)
    return np.asarray(rows < left[1] + slope * (columns - left[0]))


def head_height(layout: Layout, cutout: Cutout) -> float:
    """How far the silhouette rises above the neck points in half chests: a hood's or collar's height."""
    above = np.argwhere(cutout.opaque & _above_neck(layout, cutout.opaque.shape))
    p = layout.found.points
    level = (p[Point.NECK_LEFT, 1] + p[Point.NECK_RIGHT, 1]) / 2
    return float(level - above[:, 0].min()) / layout.half_chest if len(above) else 0.0


def check_category(category: Category, m: Measures, head: float) -> None:
    """Refuse a garment whose sleeves or hood contradict its category. Raises `GarmentPhotoError`."""
    likely = _contradiction(category, m, head)
    if likely:
        raise GarmentPhotoError(
            f"this does not look like a {category.value} but like a {likely}: check category and photo"
        )


def _contradiction(category: Category, m: Measures, head: float) -> str | None:
    hooded, long = head > 0.38, m.sleeve_length > _LONG_SLEEVE
    if category is Category.DRESS:
        return None
    if m.sleeveless:
        return None if category is Category.TANK else Category.TANK.value
    if category is Category.TANK:
        return Category.LONG_SLEEVE.value if long else Category.TEE.value
    if hooded != (category is Category.HOODIE):
        return Category.HOODIE.value if hooded else f"{Category.LONG_SLEEVE.value} (no hood seen)"
    if category in _LONG and not long:
        return Category.TEE.value
    return Category.LONG_SLEEVE.value if category in _SHORT and long else None
