"""What stays from the camera in front of the new garment: hands, bare arms, face, neck, hair.

`Mattes` does not say how it was found: here by colour models, bones and the person's outline; a network may do it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.pose.body import Landmark
from kiosk.tryon.colours import ColourModels, Likeness
from kiosk.tryon.figure import SIDES, Figure, Point, add_capsule, bounding_box
from kiosk.tryon.person import Steadiness
from kiosk.tryon.pixels import Matte, Picture, guided, luma, ramp, shrunk, soft

FAST = 0.03
"""Torso lengths a frame from which on a hand is blurred."""


@dataclass(frozen=True)
class Mattes:
    """Mattes of one person on the crop, each (h, w) float32 in 0..1, amodal only where said.

    person: all of the person. head: face and whatever is worn on the head. hair: hair, also before the shoulders.
    neck: seen skin of neck and chest. hands: hands and what they hold. arms: seen bare skin of the arms down to the
    wrists. cloth: old clothes. arms_bare: where bare skin begins on the left and right arm (0 shoulder, 1 elbow,
    2 wrist).
    """

    person: Matte
    head: Matte
    hair: Matte
    neck: Matte
    hands: Matte
    arms: Matte
    cloth: Matte
    arms_bare: tuple[float, float]


class MatteFinder:
    """Finds mattes by colour and bones, steady over time."""

    def __init__(self, colours: ColourModels, steadiness: Steadiness) -> None:
        """Both are the session's own, shared with the compositor."""
        self._colours = colours
        self._steadiness = steadiness
        self._last_wrists: list[Point | None] = [None, None]

    def find(self, crop: Picture, bins: NDArray[np.uint16], figure: Figure, person: Matte, origin: Point) -> Mattes:
        """Mattes of a crop (h, w, 3); `origin` is the crop's corner in the frame, so that speed can be told."""
        likeness = self._colours.likeness(bins)
        grey = luma(crop).astype(np.float32) * np.float32(1 / 255)
        hands, arms = self._skin(crop, likeness, figure, person, origin)
        head, hair, neck = self._head(grey, likeness, figure, person)
        steady = self._steadiness.steady
        return Mattes(
            person=person,
            head=steady("head", head),
            hair=steady("hair", hair),
            neck=steady("neck", neck),
            hands=steady("hands", hands),
            arms=steady("arms", arms),
            cloth=likeness.cloth,
            arms_bare=(self._colours.bare_from(0), self._colours.bare_from(1)),
        )

    def _skin(
        self, crop: Picture, likeness: Likeness, figure: Figure, person: Matte, origin: Point
    ) -> tuple[Matte, Matte]:
        """Hands, and bare arms without the hands."""
        reach = [self._speed(figure, side, origin) for side in SIDES]
        hand_zone, hand_core = hand_prior(person.shape, figure, reach)
        bare = (self._colours.bare_from(0), self._colours.bare_from(1))
        arm_zone, arm_core = arm_prior(person.shape, figure, bare)
        either = np.maximum(hand_zone, arm_zone)
        hands, arms = np.zeros_like(person), np.zeros_like(person)
        box = bounding_box(either, 6)
        if box is not None:
            w = box.slices
            looks = likeness.skin[w]
            if max(reach) > FAST * figure.scale:
                looks = np.maximum(looks, self._blurred_skin(crop[w], likeness.cloth[w]) * hand_zone[w])
            evidence = looks * either[w] * ramp(person[w], 0.05, 0.4)
            core = np.maximum(hand_core[w], arm_core[w])
            matte = crisp(self._skin_guide(crop[w]), connected(evidence, core), figure)
            matte = matte * ramp(person[w], 0.15, 0.75)  # a bright wall is as far from the cloth as skin is
            matte = _rimless(matte, figure, max(reach))
            hands[w] = matte * hand_zone[w]
            arms[w] = matte * either[w] - hands[w]
        return hands, arms

    def _blurred_skin(self, crop: Picture, cloth: Matte) -> Matte:
        """Where a fast hand mixes with the cloth behind it: between the two colours, and not plainly cloth."""
        share = self._colours.towards_skin(crop)
        return np.asarray(ramp(share, 0.25, 0.55) * ramp(share, 1.35, 1.15) * ramp(cloth, 0.55, 0.3), np.float32)

    def _skin_guide(self, crop: Picture) -> Matte:
        """One channel in which skin and old clothes lie far apart: the guide for the edges of hands."""
        direction = self._colours.skin_direction()
        wide = np.ascontiguousarray(crop, np.float32)
        return np.asarray(cv2.transform(wide, direction[None] / np.float32(255)), np.float32)

    def _speed(self, figure: Figure, side: int, origin: Point) -> float:
        """How far a wrist went since the last frame, in pixels: a fast hand is blurred and its landmarks lag."""
        wrist = figure.arm(side)[2] + origin
        before, self._last_wrists[side] = self._last_wrists[side], wrist
        return 0.0 if before is None else min(float(np.linalg.norm(wrist - before)), 0.15 * figure.scale)

    def _head(self, grey: Matte, likeness: Likeness, figure: Figure, person: Matte) -> tuple[Matte, Matte, Matte]:
        """Head, hair and skin of the neck."""
        if not figure.face_seen:
            return self._unseen_head(figure, person)
        head = head_region(figure, person, likeness)
        neck_zone = np.zeros(person.shape, np.float32)
        ends = (figure.chin - 0.3 * figure.face_down, figure.shoulders + 0.14 * (figure.hips - figure.shoulders))
        add_capsule(neck_zone, (ends[0], ends[1]), (0.26 * figure.shoulder_width, 0.34 * figure.shoulder_width), 3.0)
        neck = connected(likeness.skin * (1.0 - 0.6 * likeness.cloth) * neck_zone * person, head)
        hair = self._hair(likeness, figure, person, head, neck)
        not_cloth = ramp(likeness.cloth, 0.9, 0.5)
        hair, neck = crisp(grey, hair, figure) * not_cloth, crisp(grey, neck, figure) * not_cloth
        return crisp(grey, head, figure), hair, neck

    def _unseen_head(self, figure: Figure, person: Matte) -> tuple[Matte, Matte, Matte]:
        """A face that is not seen: all of the person above the nape is kept."""
        rows = np.arange(person.shape[0], dtype=np.float32)[:, None]
        ears = float(figure.points[[Landmark.LEFT_EAR, Landmark.RIGHT_EAR], 1].max())
        nape = min(float(figure.shoulders[1] - 0.1 * figure.scale), ears + 0.16 * figure.scale)
        above = ramp(np.broadcast_to(rows, person.shape), nape + 2.0, nape)
        nothing = np.zeros_like(person)
        return person * above, nothing, nothing

    def _hair(self, likeness: Likeness, figure: Figure, person: Matte, head: Matte, neck: Matte) -> Matte:
        """Hair that hangs from the head; where the old clothes have its colour, only about the head itself."""
        rows = np.arange(person.shape[0], dtype=np.float32)[:, None]
        columns = np.arange(person.shape[1], dtype=np.float32)[None, :]
        side = np.abs(columns - figure.eyes[0])
        separable = self._colours.hair_separable
        reach = 0.55 * figure.shoulder_width + 0.1 * figure.scale if separable else 0.85 * figure.face_width
        lowest = figure.hips[1] if separable else figure.mouth[1]
        throat = (side < 0.55 * figure.face_width) & (rows > figure.chin[1])  # lanyards and chains hang there
        zone = (side < reach) & (rows < lowest) & ~throat
        evidence = likeness.hair * person * zone * (1.0 - neck)
        return connected(evidence, head)


def _rimless(matte: Matte, figure: Figure, speed: float) -> Matte:
    """A matte without the outermost pixels, which show old cloth through; the faster the hand, the softer."""
    radius = max(1, round(0.004 * figure.scale + 0.1 * speed))
    return soft(shrunk(matte, radius), 0.7 * radius)


def hand_prior(shape: tuple[int, ...], figure: Figure, reach: list[float]) -> tuple[Matte, Matte]:
    """Where hands may be (soft) and where they surely begin (a thin core), both (h, w)."""
    zone, core = np.zeros(shape[:2], np.float32), np.zeros(shape[:2], np.float32)
    for side in SIDES:
        wrist, tip = figure.hand(side)
        wide = 0.16 * figure.scale + reach[side]
        add_capsule(zone, (wrist, tip), (wide, wide), 0.3 * wide)
        add_capsule(core, (wrist, tip), (0.06 * figure.scale, 0.07 * figure.scale), 1.0)
    return zone, core


def arm_prior(shape: tuple[int, ...], figure: Figure, bare: tuple[float, float]) -> tuple[Matte, Matte]:
    """The same of the arms' bare parts; `bare` says where skin begins on each."""
    zone, core = np.zeros(shape[:2], np.float32), np.zeros(shape[:2], np.float32)
    for side in SIDES:
        shoulder, elbow, wrist = figure.arm(side)
        begin = max(bare[side] - 0.2, 0.0)
        for start, end, wide in ((shoulder, elbow, 0.15), (elbow, wrist, 0.125)):
            if begin < 1.0:
                bone = (start + begin * (end - start), end)
                add_capsule(zone, bone, (wide * figure.scale, wide * figure.scale), 0.03 * figure.scale)
                add_capsule(core, bone, (0.04 * figure.scale, 0.04 * figure.scale), 1.0)
            begin = max(begin - 1.0, 0.0)
    return zone, core


def head_region(figure: Figure, person: Matte, likeness: Likeness) -> Matte:
    """Face ellipse whatever its colours (glasses, beards), and all above the chin that is not old clothes."""
    ellipse = np.zeros(person.shape, np.uint8)
    middle = (figure.eyes + figure.mouth) / 2 - 0.12 * figure.face_down
    size = (1.02 * figure.face_width, 2.9 * figure.face_height)
    cv2.ellipse(ellipse, ((float(middle[0]), float(middle[1])), size, figure.face_tilt), (1,), -1)
    rows = np.arange(person.shape[0], dtype=np.float32)[:, None]
    columns = np.arange(person.shape[1], dtype=np.float32)[None, :]
    aside = np.abs(columns - figure.eyes[0])
    about = (aside < 1.1 * figure.face_width) & (rows < figure.mouth[1])
    above = about & ((rows < figure.eyes[1]) | (likeness.cloth < 0.5))
    brim = (aside < 2.0 * figure.face_width) & (rows < figure.eyes[1]) & (likeness.cloth < 0.45)
    return np.asarray(person * ((ellipse > 0) | above | (brim & (raised_arms(person.shape, figure) == 0))), np.float32)


def raised_arms(shape: tuple[int, ...], figure: Figure) -> Matte:
    """About both arms (h, w): old sleeves beside a head are no hat."""
    zone = np.zeros(shape[:2], np.float32)
    wide = 0.16 * figure.scale
    for side in SIDES:
        shoulder, elbow, wrist = figure.arm(side)
        if min(elbow[1], wrist[1]) < figure.shoulders[1]:
            add_capsule(zone, (shoulder, elbow), (wide, wide), 1.0)
            add_capsule(zone, (elbow, wrist), (wide, wide), 1.0)
    return zone


def connected(evidence: Matte, core: Matte) -> Matte:
    """Evidence of at least a half, cleaned of specks, in pieces that touch the core; (h, w) of 0 and 1."""
    solid = (evidence > 0.45).astype(np.uint8)
    kernel = np.ones((3, 3), np.uint8)
    solid = np.asarray(cv2.morphologyEx(solid, cv2.MORPH_CLOSE, kernel), np.uint8)
    solid = np.asarray(cv2.morphologyEx(solid, cv2.MORPH_OPEN, kernel), np.uint8)
    result = np.zeros_like(evidence)
    box = bounding_box(solid.astype(np.float32), 0)
    if box is None:
        return result
    count, labels = cv2.connectedComponents(np.ascontiguousarray(solid[box.slices]), connectivity=8, ltype=cv2.CV_16U)
    touching = np.bincount(np.asarray(labels)[core[box.slices] > 0.5], minlength=count) > 0
    touching[0] = False
    result[box.slices] = np.take(touching.astype(np.float32), np.asarray(labels))
    return result


def crisp(guide: Matte, matte: Matte, figure: Figure) -> Matte:
    """A rough matte with its edge moved to the guide's, 1 inside, 0 outside; only near the rough one."""
    radius = max(2, round(0.02 * figure.scale))
    box = bounding_box(matte, 2 * radius)
    result = np.zeros_like(matte)
    if box is not None:
        part = guided(guide[box.slices], matte[box.slices], radius, 2e-4)
        result[box.slices] = ramp(part, 0.08, 0.92)
    return result


def decontaminated(crop: Picture, alpha: Matte, radius: int) -> Picture:
    """The crop with pure foreground colour pushed into the soft rim of alpha, so nothing old shines through it."""
    inner = shrunk(alpha, 1)
    pure = (inner > 0.9).astype(np.uint8)
    masked = cv2.copyTo(crop, pure)
    size = (2 * radius + 1, 2 * radius + 1)
    total = cv2.boxFilter(masked, cv2.CV_32F, size, normalize=False)
    mass = np.asarray(cv2.boxFilter(pure, cv2.CV_32F, size, normalize=False))
    inverse = 1.0 / np.maximum(mass, 1.0)
    spread = np.asarray(cv2.multiply(total, cv2.merge([inverse] * 3), dtype=cv2.CV_8U), np.uint8)
    own = np.where(mass >= 1.0, ramp(inner, 0.5, 0.9), np.float32(1.0))
    return np.asarray(cv2.blendLinear(crop, spread, own, 1.0 - own), np.uint8)
