"""What stays from the camera in front of the new garment: hands, bare arms, face, neck, hair.

The parts network says what each pixel shows; bones say where each part may be and what it hangs on; the picture's own
edges say where it ends. Anything that hangs on nothing is a mistake: a dark print is no hair.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engines.parts.contract import Part
from engines.parts.finder import FindsParts
from engines.pose.body import Body, Landmark
from kiosk.tryon.colours import ColourModels, agreed, bins_of
from kiosk.tryon.figure import SIDES, Box, Figure, Point, add_capsule, bounding_box
from kiosk.tryon.part_mattes import raised
from kiosk.tryon.person import Steadiness
from kiosk.tryon.pixels import Matte, Picture, guided, luma, ramp, shrunk, soft
from kiosk.tryon.plate import Plate

SETTLED = 5
"""Frames after which where sleeves end is known."""


@dataclass(frozen=True)
class Mattes:
    """Mattes of one person on the crop, each (h, w) float32 in 0..1, amodal only where said.

    person: all of the person. head: face and whatever is worn on the head. hair: hair, also before the shoulders.
    neck: seen skin of neck and chest. hands: hands and what they hold. arms: seen bare skin of the arms down to the
    wrists. cloth: old clothes above the waist. lower: trousers, skirts, bare legs.
    arms_bare: where bare skin begins on the left and right arm (0 shoulder, 1 elbow,
    2 wrist).
    """

    person: Matte
    head: Matte
    hair: Matte
    neck: Matte
    hands: Matte
    arms: Matte
    cloth: Matte
    lower: Matte
    arms_bare: tuple[float, float]


class MatteFinder:
    """Finds mattes with the parts network, held to what bones allow and steady over time."""

    def __init__(self, parts: FindsParts, colours: ColourModels, steadiness: Steadiness) -> None:
        """Colours and steadiness are the session's own, shared with the compositor."""
        self._parts = parts
        self._colours = colours
        self._steadiness = steadiness
        self._last_wrists: list[Point | None] = [None, None]
        self._bare: list[float | None] = [None, None]
        self._frames = 0

    def parts(self, frame: Picture, plate: Plate, body: Body, box: Box) -> dict[Part, Matte]:
        """The network's chance of each part of a person on the crop `box` of a frame (H, W, 3)."""
        return raised(self._parts.find(frame, plate.picture, plate.known.view(np.uint8), body), box)

    def find(self, crop: Picture, parts: dict[Part, Matte], figure: Figure, box: Box, person: Matte) -> Mattes:
        """Mattes of the crop `box` (h, w, 3) from the chances of `parts`; person (h, w) is all of the person."""
        seen = self._with_colour(crop, parts, figure)
        self._follow_arms(seen[Part.ARM], figure)
        grey = luma(crop).astype(np.float32) * np.float32(1 / 255)
        hands, arms = self._skin(crop, seen, figure, person, box.origin)
        head, hair, neck = _head(grey, seen, figure, person, separable=self._colours.hair_separable)
        steady = self._steadiness.steady
        return Mattes(
            person=person,
            head=steady("head", head),
            hair=steady("hair", hair),
            neck=steady("neck", neck),
            hands=steady("hands", hands),
            arms=steady("arms", arms),
            cloth=steady("cloth", seen[Part.TOP]),
            lower=steady("lower", seen[Part.LOWER]),
            arms_bare=(self._bare_from(0), self._bare_from(1)),
        )

    def _with_colour(self, crop: Picture, seen: dict[Part, Matte], figure: Figure) -> dict[Part, Matte]:
        """The network's chances of arms and hair, sharpened by the colours that it was sure of in this session."""
        bins = bins_of(crop)
        if self._colours.due:
            self._colours.learn_parts(bins, *_taught(seen, figure))
        likeness = self._colours.likeness(bins)
        return seen | {
            Part.ARM: agreed(seen[Part.ARM], likeness.hands),
            Part.FACE: agreed(seen[Part.FACE], likeness.neck),
            Part.HAIR: agreed(seen[Part.HAIR], likeness.hair),
        }

    def _bare_from(self, side: int) -> float:
        """Where bare skin begins on an arm: 0 at the shoulder, 1 at the elbow, 2 at the wrist."""
        place = self._bare[side]
        return 2.0 if place is None else place

    def _follow_arms(self, skin: Matte, figure: Figure) -> None:
        """Follow where bare skin begins on each arm; the first looks count most, later ones only drift it."""
        self._frames += 1
        for side in SIDES:
            place, before = bare_place(skin, figure, side), self._bare[side]
            if place is not None:
                rate = 0.4 if self._frames <= SETTLED else 0.05
                self._bare[side] = place if before is None else before + rate * (place - before)

    def _skin(
        self, crop: Picture, seen: dict[Part, Matte], figure: Figure, person: Matte, origin: Point
    ) -> tuple[Matte, Matte]:
        """Hands with what they hold, and bare arms without the hands."""
        reach = [self._speed(figure, side, origin) for side in SIDES]
        hand_zone, hand_core = hand_prior(person.shape, figure, reach)
        arm_zone, arm_core = arm_prior(person.shape, figure, (self._bare_from(0), self._bare_from(1)))
        either = np.maximum(hand_zone, arm_zone)
        hands, arms = np.zeros_like(person), np.zeros_like(person)
        box = bounding_box(either, 6)
        if box is not None:
            w = box.slices
            held = ramp(seen[Part.HELD][w], 0.5, 0.8)  # rare in the training, and so taken seriously only when sure
            evidence = np.maximum(seen[Part.ARM][w], held) * ramp(either[w], 0.0, 0.3)
            core = np.maximum(hand_core[w], arm_core[w])
            matte = crisp(self._skin_guide(crop[w]), connected(evidence, core), figure)
            matte = _rimless(matte * ramp(person[w], 0.15, 0.75), figure, max(reach))
            hands[w] = matte * hand_zone[w]
            arms[w] = matte * either[w] - hands[w]
        return hands, arms

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


def _taught(seen: dict[Part, Matte], figure: Figure) -> tuple[Matte, Matte, Matte]:
    """Where skin, old clothes and hair may teach their colours: only where bones say so too, (h, w) each.

    A light print near a hand is taken for skin at times, and a dark one for hair: they must not prove themselves.
    """
    rows = np.arange(seen[Part.TOP].shape[0], dtype=np.float32)[:, None]
    _, hands = hand_prior(seen[Part.TOP].shape, figure, [0.0, 0.0])
    skin = np.maximum(seen[Part.FACE] * (rows < figure.chin[1]), seen[Part.ARM] * hands)
    return skin, seen[Part.TOP], seen[Part.HAIR] * (rows < figure.mouth[1])


def _head(
    grey: Matte, seen: dict[Part, Matte], figure: Figure, person: Matte, *, separable: bool
) -> tuple[Matte, Matte, Matte]:
    """Head, hair and skin of the neck."""
    if not figure.face_seen:
        return _unseen_head(seen, figure, person)
    head = head_region(figure, person, seen[Part.TOP])
    neck_zone = np.zeros(person.shape, np.float32)
    ends = (figure.chin - 0.3 * figure.face_down, figure.shoulders + 0.14 * (figure.hips - figure.shoulders))
    add_capsule(neck_zone, (ends[0], ends[1]), (0.26 * figure.shoulder_width, 0.34 * figure.shoulder_width), 3.0)
    neck = connected(seen[Part.FACE] * neck_zone * person * ramp(seen[Part.TOP], 0.6, 0.3), head)
    hair = connected(seen[Part.HAIR] * hair_zone(figure, person, separable) * person, head)
    return crisp(grey, head, figure), crisp(grey, hair, figure), crisp(grey, neck, figure)


def _unseen_head(seen: dict[Part, Matte], figure: Figure, person: Matte) -> tuple[Matte, Matte, Matte]:
    """A face that is not seen: all of the person above the nape is kept, and the hair that hangs from there."""
    rows = np.arange(person.shape[0], dtype=np.float32)[:, None]
    ears = float(figure.points[[Landmark.LEFT_EAR, Landmark.RIGHT_EAR], 1].max())
    nape = min(float(figure.shoulders[1] - 0.1 * figure.scale), ears + 0.16 * figure.scale)
    head = person * ramp(np.broadcast_to(rows, person.shape), nape + 2.0, nape)
    hair = connected(seen[Part.HAIR] * person, head)
    return head, hair, np.zeros_like(person)


def hair_zone(figure: Figure, person: Matte, separable: bool) -> Matte:
    """Where hair may hang (h, w), soft: not before the throat, where lanyards do; to the shoulders on like clothes."""
    rows = np.arange(person.shape[0], dtype=np.float32)[:, None]
    side = np.abs(np.arange(person.shape[1], dtype=np.float32)[None, :] - figure.eyes[0])
    reach = 0.55 * figure.shoulder_width + 0.1 * figure.scale if separable else 1.05 * figure.face_width
    lowest = float(figure.hips[1] if separable else figure.shoulders[1])
    throat = ramp(side, 0.55 * figure.face_width, 0.5 * figure.face_width) * ramp(
        rows, figure.chin[1], figure.chin[1] + 4
    )
    below = ramp(rows, lowest, lowest - 0.08 * figure.scale)
    return np.asarray(ramp(side, reach, reach - 4.0) * below * (1.0 - throat), np.float32)


def bare_place(skin: Matte, figure: Figure, side: int) -> float | None:
    """The place along the arm (0 shoulder, 1 elbow, 2 wrist) that best parts cloth from skin; None when unseen."""
    shoulder, elbow, wrist = figure.arm(side)
    if min(figure.visibility[Landmark.LEFT_ELBOW + side], figure.visibility[Landmark.LEFT_WRIST + side]) < 0.3:
        return None
    along = np.linspace(0.15, 1.95, 46, dtype=np.float32)
    on_upper, on_lower = np.minimum(along, 1.0)[:, None], np.maximum(along - 1.0, 0.0)[:, None]
    points = shoulder + on_upper * (elbow - shoulder) + on_lower * (wrist - elbow)
    inside = (points >= 1).all(1) & (points[:, 0] < skin.shape[1] - 2) & (points[:, 1] < skin.shape[0] - 2)
    if int(inside.sum()) < 24:
        return None
    x, y = points[inside].astype(np.int32).T
    bare = skin[y, x]
    covered_before = np.concatenate([[0.0], np.cumsum(1 - bare)])
    bare_after = np.concatenate([[0.0], np.cumsum(bare[::-1])])[::-1]
    places = np.append(along[inside], 2.0)
    return float(places[int(np.argmax(covered_before + bare_after))])


def _rimless(matte: Matte, figure: Figure, speed: float) -> Matte:
    """A matte without the outermost pixels, which show old cloth through; the faster the hand, the softer."""
    radius = max(1, round(0.004 * figure.scale + 0.1 * speed))
    return soft(shrunk(matte, radius), 0.7 * radius)


def hand_prior(shape: tuple[int, ...], figure: Figure, reach: list[float]) -> tuple[Matte, Matte]:
    """Where hands may be (soft) and where they surely begin (a thin core), both (h, w)."""
    zone, core = np.zeros(shape[:2], np.float32), np.zeros(shape[:2], np.float32)
    for side in SIDES:
        wrist, tip = figure.hand(side)
        wide = 0.27 * figure.scale + reach[side]
        add_capsule(zone, (wrist, tip), (0.7 * wide, wide), 0.2 * wide)
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


def head_region(figure: Figure, person: Matte, cloth: Matte) -> Matte:
    """Face ellipse whatever its colours (glasses, beards), and all above the chin that is not old clothes."""
    ellipse = np.zeros(person.shape, np.uint8)
    middle = (figure.eyes + figure.mouth) / 2 - 0.12 * figure.face_down
    size = (1.02 * figure.face_width, 2.9 * figure.face_height)
    cv2.ellipse(ellipse, ((float(middle[0]), float(middle[1])), size, figure.face_tilt), (1,), -1)
    rows = np.arange(person.shape[0], dtype=np.float32)[:, None]
    columns = np.arange(person.shape[1], dtype=np.float32)[None, :]
    aside = np.abs(columns - figure.eyes[0])
    about = (aside < 1.1 * figure.face_width) & (rows < figure.mouth[1])
    above = about & ((rows < figure.eyes[1]) | (cloth < 0.5))
    brim = (aside < 2.0 * figure.face_width) & (rows < figure.eyes[1]) & (cloth < 0.45)
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
    box = bounding_box(solid, 0)
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
