"""Below the waist, where a dress, a skirt or trousers are worn: old clothes gone, legs bare, shoes kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import Layer, Order
from engines.garments.garment import BottomMeasures, Category, Garment
from engines.pose.body import Landmark
from kiosk.tryon.colours import Light, like_skin
from kiosk.tryon.fields import FieldView
from kiosk.tryon.figure import SIDES, Box, Figure, add_capsule, bounding_box
from kiosk.tryon.mattes import Mattes
from kiosk.tryon.pixels import Matte, Picture, grown, ramp, shaded, soft
from kiosk.tryon.repaint import SKIN_CONTRAST, Skin
from kiosk.tryon.sheets import Kind, Sheet
from kiosk.tryon.wear import Wardrobe, panel_sheet, torso_sheet

WAIST = 0.3
"""How far above the hips' joints, in torso lengths, a waistband may lie."""
RIM = 0.03
"""Torso lengths beyond the old clothes' outline that are taken from the plate, for their soft rim."""
LEGS = (Layer.SLEEVE_LEFT, Layer.SLEEVE_RIGHT)
"""Trouser legs take the sleeves' places."""
SHIN_SAMPLES = 15
BARE = 0.6
"""Share of a shin that has to look like skin for the leg to count as bare."""


@dataclass(frozen=True)
class Below:
    """The sheets that replace somebody's own clothes below the waist, to be laid in this order."""

    plate: Sheet | None
    legs: Sheet | None
    feet: Sheet | None

    def sheets(self) -> list[Sheet]:
        """Those that there are."""
        return [sheet for sheet in (self.plate, self.legs, self.feet) if sheet is not None]


def reaches_below(garment: Garment) -> bool:
    """Whether a garment is worn below the waist."""
    return garment.category is Category.DRESS or isinstance(garment.measures, BottomMeasures)


def below(skin: Skin, figure: Figure, view: FieldView, behind: Picture, kept_top: Matte | None) -> Below:
    """What lies under a garment that reaches below the waist.

    behind: the scene without the person (h, w, 3). kept_top: matte (h, w) of an own top that stays, None where it goes.
    """
    mattes = skin.mattes
    own = _own_below(mattes, figure, kept_top)
    feet = _feet(mattes, figure)
    gone = soft(grown((own > 0.25).astype(np.float32), max(2, round(RIM * figure.scale))), 0.8)
    gone *= 1.0 - np.maximum(mattes.hands, mattes.arms)
    if kept_top is not None:
        gone *= 1.0 - kept_top
    patch = bounding_box(gone, 0)
    plate = None
    if patch is not None:
        plate = Sheet(patch, np.ascontiguousarray(behind[patch.slices]), gone[patch.slices], Kind.PLATE)
    return Below(plate, _legs_sheet(skin, figure, view), kept_sheet(skin.crop, feet))


def _own_below(mattes: Mattes, figure: Figure, kept_top: Matte | None) -> Matte:
    """The person below the waist (h, w), without hands and arms and without a top that stays."""
    rows = np.arange(mattes.person.shape[0], dtype=np.float32)[:, None]
    waist = float(figure.hips[1]) - WAIST * figure.scale
    own = mattes.person * ramp(rows, waist, waist + 0.06 * figure.scale)
    own = own * (1.0 - np.maximum(mattes.hands, mattes.arms)) * (1.0 - mattes.hair)
    return own if kept_top is None else own * (1.0 - kept_top)


def _leg(figure: Figure, side: int) -> tuple[NDArray[np.float32], ...]:
    """Hip, knee and ankle of one leg."""
    p = figure.points
    return p[Landmark.LEFT_HIP + side], p[Landmark.LEFT_KNEE + side], p[Landmark.LEFT_ANKLE + side]


def _feet(mattes: Mattes, figure: Figure) -> Matte:
    """Feet in whatever they wear (h, w)."""
    zone = np.zeros(mattes.person.shape, np.float32)
    wide = 0.12 * figure.scale
    for side in SIDES:
        ankle, heel, toe = (
            figure.points[k + side] for k in (Landmark.LEFT_ANKLE, Landmark.LEFT_HEEL, Landmark.LEFT_FOOT_INDEX)
        )
        beyond = toe + 0.35 * (toe - heel)
        add_capsule(zone, (heel, beyond), (wide, wide), 2.0)
        add_capsule(zone, (ankle, heel), (0.8 * wide, wide), 2.0)
    return np.asarray(zone * mattes.person, np.float32)


def kept_sheet(crop: Picture, matte: Matte) -> Sheet | None:
    """The camera's own pixels where a matte says so."""
    patch = bounding_box(matte, 0)
    if patch is None:
        return None
    return Sheet(patch, np.ascontiguousarray(crop[patch.slices]), matte[patch.slices], Kind.KEPT)


def _legs_sheet(skin: Skin, figure: Figure, view: FieldView) -> Sheet | None:
    """Both legs below the waist: the camera's own where they are bare, else painted."""
    patch = view.patch(Layer.TRUNK)
    if patch is None:
        return None
    top = int(np.clip(figure.hips[1] - 0.05 * figure.scale, patch.y0, patch.y1 - 2))
    patch = Box(patch.x0, top, patch.x1, patch.y1)
    where = patch.slices
    shade = view.shade(view.drape.skin_normal, skin.light, SKIN_CONTRAST, patch)
    colour = shaded(skin.tone(patch, skin.face), shade)
    alpha = view.alpha(Layer.TRUNK, patch)
    own = np.zeros(skin.mattes.person.shape, np.float32)
    for side in SIDES:
        if shin_is_bare(skin, figure, side):
            _, knee, ankle = _leg(figure, side)
            wide = 0.22 * figure.scale
            add_capsule(own, (knee, ankle), (wide, wide), 3.0)
    seen = (own * skin.mattes.person)[where]
    colour = np.where(seen[..., None] > 0.5, skin.crop[where], colour).astype(np.uint8)
    return Sheet(patch, colour, np.maximum(alpha, seen), Kind.REVEALED)


def shin_is_bare(skin: Skin, figure: Figure, side: int) -> bool:
    """Whether the camera sees skin from knee to ankle."""
    _, knee, ankle = _leg(figure, side)
    share = np.linspace(0.15, 0.85, SHIN_SAMPLES, dtype=np.float32)[:, None]
    points = (knee + share * (ankle - knee)).astype(np.int32)
    height, width = skin.mattes.person.shape
    inside = (points >= 0).all(1) & (points[:, 0] < width) & (points[:, 1] < height)
    if int(inside.sum()) < SHIN_SAMPLES // 2:
        return False
    x, y = points[inside].T
    colour = skin.crop[y, x].astype(np.float32)[None]
    return float(like_skin(colour, skin.face).mean()) > BARE


def bottom_sheets(garment: Garment, view: FieldView, wardrobe: Wardrobe, light: Light) -> list[Sheet]:
    """A skirt, or the legs of trousers, the farther one first."""
    if garment.category is Category.SKIRT:
        skirt = torso_sheet(garment, view, wardrobe, light)
        return [] if skirt is None else [skirt]
    alpha = view.drape.alpha
    both = np.minimum(alpha[Layer.SLEEVE_LEFT], alpha[Layer.SLEEVE_RIGHT])[2::4, 2::4] > 0.4
    left_over = view.drape.order[Order.LEFT_ARM_OVER_RIGHT]
    left_last = bool(both.any()) and float(left_over[both].mean()) > 0.5
    sheets = [panel_sheet(garment, layer, view, wardrobe, light) for layer in LEGS]
    return [sheet for sheet in (sheets[::-1] if left_last else sheets) if sheet is not None]
