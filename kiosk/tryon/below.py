"""Below the waist, where a dress, a skirt or trousers are worn: old clothes gone, legs bare, shoes kept."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import Layer, Order
from engines.garments.garment import BottomMeasures, Category, Garment
from engines.pose.body import Landmark
from kiosk.tryon.colours import Light, like_skin
from kiosk.tryon.fields import FieldView
from kiosk.tryon.figure import SIDES, Box, Figure, Point, add_capsule, bounding_box, box_around
from kiosk.tryon.mattes import Mattes, connected
from kiosk.tryon.pixels import Matte, Picture, blend, grown, ramp, shaded, shrunk, soft
from kiosk.tryon.repaint import SKIN_CONTRAST, Skin
from kiosk.tryon.sheets import Kind, Sheet
from kiosk.tryon.wear import Wardrobe, panel_sheet, torso_sheet

WAIST = 0.3
"""How far above the hips' joints, in torso lengths, a waistband may lie."""
RIM = 0.03
"""Torso lengths beyond the old clothes' outline that are taken from the plate, for their soft rim."""
LEGS = (Layer.SLEEVE_LEFT, Layer.SLEEVE_RIGHT)
"""Trouser legs take the sleeves' places."""
TOP_RIM = 2
"""Pixels taken off the hem of an own top that stays."""
SHIN_SAMPLES = 15
CUFF_LEVELS = 40.0
"""Difference in levels from which on something at the ankle is no part of the old trousers."""
OTHER_LEVELS = 28.0
"""Difference in levels between shin and thigh from which on they wear different things."""
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
    feet = _feet(skin, figure)
    gone = soft(grown((own > 0.25).astype(np.float32), max(2, round(RIM * figure.scale))), 0.8)
    gone *= 1.0 - np.maximum(mattes.hands, mattes.arms)
    if kept_top is not None:
        gone *= 1.0 - kept_top
    patch = bounding_box(gone, 0)
    plate = None
    if patch is not None:
        plate = Sheet(patch, np.ascontiguousarray(behind[patch.slices]), gone[patch.slices], Kind.PLATE)
    return Below(plate, _legs_sheet(skin, figure, view), kept_sheet(skin.crop, feet))


def own_top_matte(mattes: Mattes, figure: Figure) -> Matte:
    """The top that somebody came in (h, w), to be kept: what hangs together with the chest.

    Spots of old trousers are taken for a top at times. Its rim, which mixes with what is worn below, is left out.
    """
    core = np.zeros(mattes.person.shape, np.float32)
    wide = 0.15 * figure.scale
    middle = np.asarray((figure.shoulders + figure.hips) / 2, np.float32)
    add_capsule(core, (np.asarray(0.7 * figure.shoulders + 0.3 * figure.hips, np.float32), middle), (wide, wide), 1.0)
    whole = connected(mattes.cloth, core)
    return np.asarray(shrunk(mattes.cloth * mattes.person * whole, TOP_RIM), np.float32)


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


def _feet(skin: Skin, figure: Figure) -> Matte:
    """Feet in whatever they wear (h, w), without the cuffs of old trousers, which look like their shins."""
    zone = np.zeros(skin.mattes.person.shape, np.float32)
    wide = 0.12 * figure.scale
    for side in SIDES:
        ankle, heel, toe = (
            figure.points[k + side] for k in (Landmark.LEFT_ANKLE, Landmark.LEFT_HEEL, Landmark.LEFT_FOOT_INDEX)
        )
        beyond = toe + 0.35 * (toe - heel)
        add_capsule(zone, (heel, beyond), (wide, wide), 2.0)
        add_capsule(zone, (ankle, heel), (0.8 * wide, wide), 2.0)
        if not shin_is_bare(skin, figure, side):
            zone *= 1.0 - _cuff(skin, figure, side)
    return np.asarray(zone * skin.mattes.person, np.float32)


def _cuff(skin: Skin, figure: Figure, side: int) -> Matte:
    """What about an ankle has the colour of its shin (h, w)."""
    height, width = skin.mattes.person.shape
    like = np.zeros((height, width), np.float32)
    _, knee, ankle = _leg(figure, side)
    colours = _along(skin, knee, ankle)
    patch = box_around(ankle[None], 0.3 * figure.scale, (height, width))
    if len(colours) and not _outside(ankle, (height, width)):
        away = np.abs(skin.crop[patch.slices].astype(np.float32) - np.median(colours, axis=0)).max(-1)
        rows = np.arange(patch.y0, patch.y1, dtype=np.float32)[:, None]
        above_shoe = ramp(rows, float(ankle[1]) + 0.08 * figure.scale, float(ankle[1]) + 0.02 * figure.scale)
        like[patch.slices] = grown(ramp(away, CUFF_LEVELS, 0.5 * CUFF_LEVELS), 1) * above_shoe
    return like


def _outside(point: Point, shape: tuple[int, ...]) -> bool:
    """Whether a point (2,) lies beyond a picture of `shape` (h, w)."""
    return bool(point.min() < 0 or point[0] >= shape[1] or point[1] >= shape[0])


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
    alpha = view.alpha(Layer.TRUNK, patch) * _to_the_ankles(figure, patch)
    seen = _bare_legs(skin, figure, patch)
    return Sheet(patch, blend(colour, skin.crop[where], seen), np.maximum(alpha, seen), Kind.REVEALED)


def _ankle(figure: Figure, side: int) -> tuple[float, float]:
    """Where an ankle is, (x, y); infinitely low where it cannot be."""
    _, knee, ankle = _leg(figure, side)
    return float(ankle[0]), float(ankle[1]) if ankle[1] > knee[1] else np.inf


def _to_the_ankles(figure: Figure, patch: Box) -> Matte:
    """1 down to each ankle on the patch (h, w), 0 below: feet are the camera's own.

    An ankle that seems no lower than its knee is a guess beyond the picture, and cuts nothing.
    """
    left, right = (_ankle(figure, side) for side in SIDES)
    columns = np.arange(patch.x0, patch.x1, dtype=np.float32)
    nearer_left = np.abs(columns - left[0]) < np.abs(columns - right[0])
    ankle = np.where(nearer_left, left[1], right[1])[None] + np.float32(0.04 * figure.scale)
    rows = np.arange(patch.y0, patch.y1, dtype=np.float32)[:, None]
    return np.asarray(np.clip((ankle - rows) / np.float32(0.03 * figure.scale) + 0.5, 0.0, 1.0), np.float32)


def _bare_legs(skin: Skin, figure: Figure, patch: Box) -> Matte:
    """Where the camera sees bare legs from the knees down, on the patch (h, w)."""
    zone = np.zeros(skin.mattes.person.shape, np.float32)
    for side in SIDES:
        if shin_is_bare(skin, figure, side):
            _, knee, ankle = _leg(figure, side)
            add_capsule(zone, (knee, ankle), (0.22 * figure.scale, 0.22 * figure.scale), 3.0)
    seen = (zone * skin.mattes.person)[patch.slices]
    if not seen.any():
        return seen
    calm = cv2.GaussianBlur(skin.crop[patch.slices], (0, 0), 1.5)
    like = like_skin(np.asarray(calm, np.float32), skin.face).astype(np.uint8)
    solid = cv2.morphologyEx(like, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    return np.asarray(seen * soft(np.asarray(solid, np.float32), 1.0), np.float32)


def shin_is_bare(skin: Skin, figure: Figure, side: int) -> bool:
    """Whether the camera sees skin from knee to ankle, and something else above the knee: beige trousers go on."""
    hip, knee, ankle = _leg(figure, side)
    shin, thigh = _along(skin, knee, ankle), _along(skin, hip, knee)
    if len(shin) == 0 or float(like_skin(shin, skin.face).mean()) < BARE:
        return False
    return len(thigh) == 0 or float(np.abs(np.median(shin, 0) - np.median(thigh, 0)).max()) > OTHER_LEVELS


def _along(skin: Skin, start: Point, end: Point) -> NDArray[np.float32]:
    """Colours (n, 3) along a bone; none where too little of it is in the picture."""
    share = np.linspace(0.15, 0.85, SHIN_SAMPLES, dtype=np.float32)[:, None]
    points = (start + share * (end - start)).astype(np.int32)
    height, width = skin.mattes.person.shape
    inside = (points >= 0).all(1) & (points[:, 0] < width) & (points[:, 1] < height)
    if int(inside.sum()) < SHIN_SAMPLES // 2:
        return np.zeros((0, 3), np.float32)
    x, y = points[inside].T
    return np.asarray(skin.crop[y, x], np.float32)


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
