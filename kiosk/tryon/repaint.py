"""What the old garment hid and the new one does not: bare neck, chest and arms, and the lower body."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import Layer
from engines.pose.body import Landmark
from kiosk.tryon.colours import ColourModels, Light, like_skin
from kiosk.tryon.fields import FieldView
from kiosk.tryon.figure import Box, Figure, add_capsule, bounding_box
from kiosk.tryon.limb import Limb
from kiosk.tryon.mattes import Mattes, decontaminated
from kiosk.tryon.pixels import Matte, Picture, blend, grown, ramp, shaded, shrunk, soft
from kiosk.tryon.sheets import Kind, Sheet

SKIN_CONTRAST = 1.15
WAISTBAND = 0.14
"""How far trousers reach above the hips' joints, in torso lengths."""
LOWER_CONTRAST = 0.8
ARM_LAYERS = (Layer.ARM_LEFT, Layer.ARM_RIGHT)
DARK_TROUSERS = np.array([45.0, 48.0, 55.0], np.float32)
"""Painted where an old top hid all of the lower body, so that nothing tells what is worn there."""
USUAL_WEIGHT = 0.2
"""How much of the usual tone is mixed in, against a cell full of seen skin."""
TONE_CELL = 8
"""Skin tone is spread on a grid of so many pixels."""


@dataclass(frozen=True)
class Skin:
    """What bare skin is painted from: the camera's crop (h, w, 3), mattes, light, and the skin's tone.

    mass, total: how much skin of arms and hands is seen around each cell of `TONE_CELL` pixels, and its sum (…, 3).
    face, arms: tones (3,) where none is near.
    """

    crop: Picture
    mattes: Mattes
    light: Light
    mass: Matte
    total: NDArray[np.float32]
    face: NDArray[np.float32]
    arms: tuple[NDArray[np.float32], NDArray[np.float32]]

    @staticmethod
    def of(crop: Picture, mattes: Mattes, colours: ColourModels, scale: float) -> Skin:
        """The skin of a crop. The neck tells nothing: the chin shades it."""
        half = (slice(None, None, 2), slice(None, None, 2))
        seen = (np.maximum(mattes.hands[half], mattes.arms[half]) > 0.9).astype(np.uint8)
        height, width = mattes.hands.shape
        size = (max(2, width // TONE_CELL), max(2, height // TONE_CELL))
        mass = np.asarray(cv2.resize(seen.astype(np.float32), size, interpolation=cv2.INTER_AREA))
        masked = np.asarray(cv2.copyTo(np.ascontiguousarray(crop[half]), seen), np.float32)
        total = np.asarray(cv2.resize(masked, size, interpolation=cv2.INTER_AREA))
        sigma = 0.12 * scale / TONE_CELL
        mass = np.asarray(cv2.GaussianBlur(mass, (0, 0), sigma))
        total = np.asarray(cv2.GaussianBlur(total, (0, 0), sigma))
        # A white glove or a watch is kept in front as part of a hand, but is no skin to paint an arm with.
        like = like_skin(total / np.maximum(mass, 1e-3)[..., None], colours.tone).astype(np.float32)
        mass, total = mass * like, total * like[..., None]
        arms = (colours.arm_tone(0), colours.arm_tone(1))
        return Skin(crop, mattes, colours.light, mass, total, colours.tone, arms)

    def tone(self, patch: Box, usual: NDArray[np.float32]) -> Picture:
        """Tone on the patch (h, w, 3): that of the nearest skin seen, and far from any the usual one (3,)."""
        tone = (self.total + USUAL_WEIGHT * usual) / (self.mass + USUAL_WEIGHT)[..., None]
        height, width = self.crop.shape[:2]
        step = np.array([tone.shape[1] / width, tone.shape[0] / height])
        matrix = np.column_stack([np.diag(step), step * (patch.origin + 0.5) - 0.5])
        flags, size = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, (patch.x1 - patch.x0, patch.y1 - patch.y0)
        coded = np.clip(tone, 0, 255).astype(np.uint8)
        return np.asarray(cv2.warpAffine(coded, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def trunk_sheet(skin: Skin, figure: Figure, view: FieldView, lower: Matte) -> Sheet | None:
    """Neck, chest and shoulders, bare: kept where skin is seen, else painted; `lower` (h, w) is dressed otherwise."""
    patch = view.patch(Layer.TRUNK)
    if patch is None:
        return None
    patch = Box(patch.x0, patch.y0, patch.x1, int(np.clip(figure.hips[1] + 0.1 * figure.scale, patch.y0 + 2, patch.y1)))
    where = patch.slices
    shade = view.shade(view.drape.skin_normal, skin.light, SKIN_CONTRAST, patch)
    shade *= 1.0 - 0.15 * _under_chin(skin.mattes.person.shape, figure)[where]
    painted = shaded(skin.tone(patch, skin.face), shade)
    rows = np.arange(patch.y0, patch.y1, dtype=np.float32)[:, None]
    above_waist = ramp(rows, float(figure.hips[1] + 0.08 * figure.scale), float(figure.hips[1] + 0.04 * figure.scale))
    kept = shrunk(skin.mattes.neck[where], 1)
    bare = view.alpha(Layer.TRUNK, patch) * skin.mattes.person[where] * above_waist * (1.0 - lower[where])
    alpha = np.maximum(bare, kept)
    return Sheet(patch, _with_seen_skin(painted, skin.crop[where], kept, figure), alpha, Kind.REVEALED)


def _with_seen_skin(painted: Picture, crop: Picture, kept: Matte, figure: Figure) -> Picture:
    """Painted skin (h, w, 3), changed in place, with the camera's own where `kept` says so."""
    radius = max(2, round(0.02 * figure.scale))
    box = bounding_box(kept, radius)
    if box is not None:
        own = decontaminated(np.ascontiguousarray(crop[box.slices]), kept[box.slices], radius)
        painted[box.slices] = blend(painted[box.slices], own, kept[box.slices])
    return painted


def arm_sheets(side: int, skin: Skin, figure: Figure, view: FieldView) -> tuple[Sheet, Sheet] | None:
    """One arm painted bare down to the wrist, no wider than what is really there: all of it, and its forearm alone."""
    layer = ARM_LAYERS[side]
    patch = view.patch(layer)
    if patch is None:
        return None
    limb = Limb.of(figure, side, patch)
    alpha = view.alpha(layer, patch) * grown(skin.mattes.person[patch.slices], 1)
    alpha *= limb.outline * ramp(limb.place, 2.08, 1.98)
    bare = skin.mattes.arms_bare[side]
    if bare < 1.85:
        alpha = alpha * (1.0 - ramp(limb.place, bare + 0.05, bare + 0.15) * _seen_limb(skin.mattes, figure, patch))
    colour = shaded(skin.tone(patch, skin.arms[side]), limb.shade(skin.light))
    whole = Sheet(patch, colour, alpha, Kind.REVEALED)
    return whole, whole.faded(limb.fore * ramp(limb.place, 1.02, 1.2))


def _seen_limb(mattes: Mattes, figure: Figure, patch: Box) -> Matte:
    """The arms that the camera sees bare, and a rim about them: a painted limb's rim must not look out behind."""
    seen = mattes.arms[patch.slices] + mattes.hands[patch.slices]
    return ramp(grown(seen, max(2, round(0.035 * figure.scale))), 0.3, 0.8)


def lower_alpha(mattes: Mattes, figure: Figure, view: FieldView) -> tuple[Matte, Matte]:
    """The lower body (h, w), and within it what the old top still covers and is to be painted over.

    What an old top hangs wider than the bare trunk belongs to neither: the plate comes there.
    """
    lower, old = np.zeros_like(mattes.person), np.zeros_like(mattes.person)
    height, width = lower.shape
    waist, scale = float(figure.hips[1]), figure.scale
    knees = float(figure.points[[Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE], 1].min())
    top = int(np.clip(min(waist - WAISTBAND * scale, knees - 0.25 * scale), 0, height - 2))
    patch = Box(0, top, width, height)
    rows = np.arange(top, height, dtype=np.float32)[:, None]
    below = ramp(rows, waist - WAISTBAND * scale, waist - (WAISTBAND - 0.04) * scale)
    thighs = thigh_zone(lower.shape, figure)[patch.slices]
    lap = thighs * ramp(mattes.cloth[patch.slices], 0.9, 0.7)
    below = np.maximum(below, lap)
    covered = ramp(soft(mattes.cloth[patch.slices], 0.012 * scale), 0.3, 0.55) * (1.0 - lap)
    covered = grown(covered, max(1, round(0.015 * scale)))  # its rim mixes with the wall and looks like neither
    old[patch.slices] = covered * ramp(rows, waist + 0.5 * scale, waist + 0.4 * scale)
    trunk = grown(view.alpha(Layer.TRUNK, patch), max(1, round(0.02 * scale)))
    lower[patch.slices] = mattes.person[patch.slices] * below * (1.0 - old[patch.slices] * (1.0 - trunk))
    return lower, old


def thigh_zone(shape: tuple[int, ...], figure: Figure) -> Matte:
    """About the thighs of somebody who sits, whose knees are as high as the hips (h, w); nothing for who stands."""
    zone = np.zeros(shape[:2], np.float32)
    wide = 0.2 * figure.scale
    for hip, knee in ((Landmark.LEFT_HIP, Landmark.LEFT_KNEE), (Landmark.RIGHT_HIP, Landmark.RIGHT_KNEE)):
        start, end = figure.points[hip], figure.points[knee]
        if end[1] - start[1] < 0.5 * figure.scale and figure.visibility[knee] > 0.5:
            add_capsule(zone, (start, end), (wide, wide), 2.0)
    return zone


def lower_sheet(skin: Skin, figure: Figure, view: FieldView, lower: Matte, old: Matte) -> Sheet | None:
    """Trousers or skirt: the camera's own, continued upward where the old top hung over them."""
    alpha = lower * old
    patch = bounding_box(alpha, 0)
    if patch is None:
        return None
    painted = np.empty((*patch.shape, 3), np.uint8)
    painted[:] = _trousers_tone(skin.crop, skin.mattes, figure, old)
    shade = view.shade(view.drape.skin_normal, skin.light, LOWER_CONTRAST, patch)
    return Sheet(patch, shaded(painted, shade), alpha[patch.slices], Kind.REVEALED)


def head_zone(mattes: Mattes, figure: Figure) -> Matte:
    """Where the head is (h, w) and no old clothes are: the hair's soft rim is not to be taken for a garment's."""
    zone = np.zeros(mattes.person.shape, np.float32)
    if figure.face_seen:
        crown = np.asarray(figure.eyes - 1.1 * figure.face_down, np.float32)
        wide = 0.85 * figure.face_width
        add_capsule(zone, (crown, figure.mouth), (wide, wide), 2.0)
    return np.asarray(zone * (mattes.cloth < 0.6), np.float32)


def _trousers_tone(crop: Picture, mattes: Mattes, figure: Figure, old: Matte) -> NDArray[np.uint8]:
    """Middle colour (3,) of the lower body where it is surely seen."""
    top = max(0, int(figure.hips[1] + 0.05 * figure.scale))
    part = (slice(top, None, 2), slice(None, None, 2))
    sure = (mattes.person[part] > 0.95) & (old[part] < 0.1) & (mattes.hands[part] < 0.05) & (mattes.arms[part] < 0.05)
    if int(sure.sum()) < 60:
        return DARK_TROUSERS.astype(np.uint8)
    return np.asarray(np.median(crop[part][sure], axis=0), np.uint8)


def _under_chin(shape: tuple[int, ...], figure: Figure) -> Matte:
    """The chin's soft shadow on the neck (h, w)."""
    shadow = np.zeros(shape[:2], np.float32)
    wide = 0.55 * figure.face_width
    middle = np.asarray(figure.chin + 0.25 * figure.face_down, np.float32)
    add_capsule(shadow, (figure.mouth, middle), (wide, wide), 0.5 * wide)
    return shadow
