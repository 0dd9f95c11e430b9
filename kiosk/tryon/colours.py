"""The session's colour models: what this person's skin, hair and old clothes look like in this light.

Nothing is known beforehand: skin is learnt from the face, cloth from the torso, hair from the rim of the head,
background from outside the silhouette, each as a histogram over luma and chroma. Nothing leaves the memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from engines.pose.body import Landmark
from kiosk.tryon.figure import SIDES, Figure, add_capsule, box_around
from kiosk.tryon.pixels import Matte, Picture, luma

LUMA_BINS, CHROMA_BINS = 16, 32
BINS = LUMA_BINS * CHROMA_BINS * CHROMA_BINS
"""Chroma bins are 4 levels wide and cover 64..191, luma bins 16 levels."""
CLASSES = ("skin", "cloth", "hair", "ground", "lower")
SMOOTHING = {
    "skin": (2.5, 1.3, 1.3),
    "cloth": (1.5, 1.2, 1.2),
    "hair": (1.2, 1.0, 1.0),
    "ground": (1.0, 0.8, 0.8),
    "lower": (1.5, 1.2, 1.2),
}
FORGET = 0.85
"""What a histogram keeps of itself at each update."""
UPDATE_EVERY = 8
"""Frames between updates once the models have settled."""
SETTLED = 5
FLOOR = 3e-7
"""A histogram's value below which a colour counts as never seen."""
TYPICAL_SKIN = np.array([178.0, 138.0, 118.0], np.float32)
"""sRGB of a middling skin, used only until a face or a hand has been seen."""


@dataclass(frozen=True)
class Likeness:
    """How much each pixel of the crop looks like each class: (h, w) float32 in 0..1."""

    skin: Matte
    cloth: Matte
    hair: Matte


@dataclass(frozen=True)
class Light:
    """The light on the person, from the face: shade = ambient + direction . normal, 1 for a surface facing us.

    direction: (3,) float32 (x right, y down, z to the viewer). white: brightness of the scene's white in 0..1.
    """

    ambient: float
    direction: NDArray[np.float32]
    white: float


DEFAULT_LIGHT = Light(0.6, np.array([0.0, -0.22, 0.4], np.float32), 0.95)


class ColourModels:
    """Histograms, tables of posteriors, skin tone, light and where each arm's bare skin begins."""

    def __init__(self) -> None:
        """Nothing learnt yet."""
        self._histograms = {name: np.zeros(BINS, np.float32) for name in CLASSES}
        self._table = np.zeros((BINS, 4), np.uint8)
        self._frames = 0
        self._tone: NDArray[np.float32] | None = None
        self._light: NDArray[np.float32] | None = None
        self._cloth_tone = np.array([90.0, 90.0, 90.0], np.float32)
        self._white = 0.95
        self._bare: list[float | None] = [None, None]
        self._arm_tones: list[NDArray[np.float32] | None] = [None, None]
        self.hair_separable = True

    @property
    def tone(self) -> NDArray[np.float32]:
        """The face's skin, (3,) float32 sRGB levels."""
        return TYPICAL_SKIN if self._tone is None else self._tone

    @property
    def light(self) -> Light:
        """The estimated light, near the default until a face has been seen."""
        if self._light is None:
            return DEFAULT_LIGHT
        return Light(float(self._light[0]), self._light[1:], self._white)

    def arm_tone(self, side: int) -> NDArray[np.float32]:
        """The skin of one arm, (3,) float32 sRGB levels, as its hand, the other or the face shows it."""
        for tone in (self._arm_tones[side], self._arm_tones[1 - side]):
            if tone is not None:
                return tone
        return self.tone

    def learn_arms(self, crop: Picture, seen: Matte, figure: Figure) -> None:
        """Follow each arm's tone from the skin seen at its hand and forearm; `seen` (h, w) is the matte of skin."""
        for side in SIDES:
            _, elbow, wrist = figure.arm(side)
            ends = np.stack([wrist + 0.4 * (elbow - wrist), *figure.hand(side)])
            box = box_around(ends, 0.06 * figure.scale, (crop.shape[0], crop.shape[1]))
            sure = seen[box.slices] > 0.97
            if int(sure.sum()) < 60:
                continue
            tone = np.median(crop[box.slices][sure], axis=0).astype(np.float32)
            before = self._arm_tones[side]
            self._arm_tones[side] = tone if before is None else 0.93 * before + 0.07 * tone

    def bare_from(self, side: int) -> float:
        """Where bare skin begins on an arm: 0 at the shoulder, 1 at the elbow, 2 at the wrist."""
        place = self._bare[side]
        return 2.0 if place is None else place

    def towards_skin(self, crop: Picture) -> Matte:
        """Share (h, w) of skin in a mixture of skin and cloth, as a blurred hand makes it; 0 cloth, 1 skin, unclipped.

        Where the two are alike nothing can be told from it and it is 0.
        """
        direction = self.skin_direction()
        span = float((self.tone - self._cloth_tone) @ direction)
        if span < 40.0:
            return np.zeros(crop.shape[:2], np.float32)
        row = np.append(direction, -float(self._cloth_tone @ direction))[None] / span
        return np.asarray(cv2.transform(np.ascontiguousarray(crop, np.float32), row), np.float32)

    def skin_direction(self) -> NDArray[np.float32]:
        """Weights (3,) of R, G, B, of length 1, along which this session's skin and old clothes differ most."""
        difference = self.tone - self._cloth_tone
        length = float(np.linalg.norm(difference))
        return np.asarray(difference / length if length > 20.0 else (0.8, -0.2, -0.56), np.float32)

    def bins(self, crop: Picture) -> NDArray[np.uint16]:
        """Histogram bin of each pixel of an RGB crop, (h, w)."""
        ycc = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb))
        y, red, blue = cv2.split(ycc)
        code = np.take(_LUMA_CODE, y) + np.take(_RED_CODE, red) + np.take(_BLUE_CODE, blue)
        return np.asarray(code, np.uint16)

    def likeness(self, bins: NDArray[np.uint16]) -> Likeness:
        """Posteriors of a crop's bins, each lightly blurred against sensor noise."""
        coded = np.take(self._table.view(np.uint32)[:, 0], bins).view(np.uint8).reshape(*bins.shape, 4)
        skin, cloth, hair, _ = cv2.split(cv2.blur(coded, (3, 3)))
        unit = np.float32(1 / 255)
        return Likeness(skin=skin * unit, cloth=cloth * unit, hair=hair * unit)

    def update(self, crop: Picture, bins: NDArray[np.uint16], figure: Figure, person: NDArray[np.uint8]) -> None:
        """Learn from a crop; person is the silhouette (h, w) uint8. Cheap calls in between only count frames."""
        self._frames += 1
        if self._frames > SETTLED and self._frames % UPDATE_EVERY:
            return
        face = face_skin(crop, figure, person) if figure.face_seen else None
        if face is not None and int(face.sum()) > 40:
            self._add("skin", bins[face])
            self._follow_face(crop, figure, face)
        cloth = torso_cloth(figure, person)
        self._add("cloth", bins[cloth])
        if int(cloth.sum()) > 100:
            self._cloth_tone = np.median(crop[cloth].astype(np.float32), axis=0)
        lower = legs(figure, person)
        if lower.any() and not same_hue(np.median(crop[lower].astype(np.float32), axis=0), self._cloth_tone):
            self._add("lower", bins[lower])
        self._add("ground", bins[person < 5])
        self._follow_white(crop, person)
        self._tabulate()
        if figure.face_seen:
            skin_like = self._table[bins, 0]
            self._add("hair", bins[hair_rim(figure, person) & (skin_like < 100)])
            self._tabulate()
        self._follow_arms(self._table[bins, 0], figure)

    def _add(self, name: str, samples: NDArray[np.uint16]) -> None:
        """Mix new samples into a histogram; too few are ignored."""
        if samples.size < 30:
            return
        fresh = np.bincount(samples, minlength=BINS).astype(np.float32) / samples.size
        old = self._histograms[name]
        share = FORGET if old.any() else 0.0
        self._histograms[name] = np.asarray(share * old + (1 - share) * fresh, np.float32)

    def _tabulate(self) -> None:
        """Make the table of posteriors from the histograms."""
        density = {name: _density(name, histogram) for name, histogram in self._histograms.items()}
        skin, cloth, hair, ground, lower = (density[name] for name in CLASSES)
        lower = np.maximum(lower - 1.5 * cloth, 0.0)  # an old top may hide the trousers: it must not pass for them
        like_skin = (skin + 0.3 * FLOOR) / (skin + 0.6 * cloth + 0.25 * ground + 0.15 * hair + FLOOR)
        like_cloth = (cloth + 0.3 * FLOOR) / (cloth + 0.5 * skin + 0.2 * ground + 0.2 * hair + 0.6 * lower + FLOOR)
        like_hair = (hair + 0.3 * FLOOR) / (hair + 0.5 * cloth + 0.35 * skin + 0.15 * ground + FLOOR)
        table = np.stack([like_skin, like_cloth, like_hair, np.zeros_like(skin)], 1)
        self._table = (table.clip(0, 1) * 255).astype(np.uint8)
        self.hair_separable = float(cloth[like_hair > 0.4].sum()) < 0.06

    def _follow_face(self, crop: Picture, figure: Figure, face: NDArray[np.bool_]) -> None:
        """Follow the face's tone and, from its shading as a half ellipsoid, the light."""
        tone = np.percentile(crop[face], 75, axis=0).astype(np.float32)
        self._tone = tone if self._tone is None else 0.9 * self._tone + 0.1 * tone
        light = _light_of(luma(crop), figure, face)
        self._light = light if self._light is None else np.asarray(0.9 * self._light + 0.1 * light, np.float32)

    def _follow_white(self, crop: Picture, person: NDArray[np.uint8]) -> None:
        """Follow the brightness of the brightest common surface behind the person: the scene's white."""
        ground = luma(crop)[::4, ::4][person[::4, ::4] < 5]
        if ground.size > 100:
            white = float(np.clip(np.percentile(ground, 95) / 235.0, 0.7, 1.0))
            self._white = 0.9 * self._white + 0.1 * white

    def _follow_arms(self, skin_like: NDArray[np.uint8], figure: Figure) -> None:
        """Follow where bare skin begins on each arm; the first looks count most, later ones only drift it."""
        for side in SIDES:
            place = bare_place(skin_like, figure, side)
            before = self._bare[side]
            if place is None:
                continue
            rate = 0.4 if self._frames <= SETTLED else 0.12
            self._bare[side] = place if before is None else before + rate * (place - before)


def face_skin(crop: Picture, figure: Figure, person: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Cheeks and forehead (h, w) bool: an ellipse without eyes and mouth, and without its shadows and highlights."""
    mask = np.zeros(crop.shape[:2], np.uint8)
    centre = np.asarray(figure.eyes * 0.45 + figure.mouth * 0.55, np.float32)
    _ellipse(mask, centre, (0.62 * figure.face_width, 1.5 * figure.face_height), figure.face_tilt)
    for eye in (Landmark.LEFT_EYE, Landmark.RIGHT_EYE):
        cv2.circle(mask, _pixel(figure.points[eye]), max(2, round(0.22 * figure.face_height)), (0,), -1)
    corners = [_pixel(figure.points[i]) for i in (Landmark.MOUTH_LEFT, Landmark.MOUTH_RIGHT)]
    cv2.line(mask, corners[0], corners[1], (0,), max(2, round(0.3 * figure.face_height)))
    face = (mask > 0) & (person > 150)
    if int(face.sum()) < 20:
        return face
    grey = luma(crop)
    low, high = np.quantile(grey[face], (0.15, 0.99))
    return np.asarray(face & (grey >= low) & (grey <= high), np.bool_)


def torso_cloth(figure: Figure, person: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The middle of the torso (h, w) bool, away from hands and forearms."""
    p = figure.points
    order = (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.RIGHT_HIP, Landmark.LEFT_HIP)
    corners = p[list(order)]
    middle = corners.mean(0)
    corners = middle + (corners - middle) * np.array([0.85, 0.7], np.float32)
    mask = np.zeros(person.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(corners).astype(np.int32), (1,))
    near = np.zeros(person.shape, np.float32)
    for side in SIDES:
        _, elbow, wrist = figure.arm(side)
        for bone in ((elbow, wrist), figure.hand(side)):
            add_capsule(near, bone, (0.2 * figure.scale, 0.2 * figure.scale), 1.0)
    return np.asarray((mask > 0) & (near == 0) & (person > 127), np.bool_)


def legs(figure: Figure, person: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The lower body below the hips (h, w) bool, without the hands' sides: trousers, where no long top hides them."""
    rows = np.arange(person.shape[0])[:, None] > figure.hips[1] + 0.12 * figure.scale
    columns = np.abs(np.arange(person.shape[1])[None, :] - figure.hips[0]) < 0.3 * figure.shoulder_width
    return np.asarray(rows & columns & (person > 200), np.bool_)


def same_hue(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    """Whether two colours (3,) are both vivid and of one hue: a shaded hem of the same old top."""
    one, other = first - first.mean(), second - second.mean()
    lengths = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    return min(lengths) > 25.0 and float(one @ other) > 0.9 * lengths[0] * lengths[1]


def hair_rim(figure: Figure, person: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The rim of the head above the mouth, inside the silhouette (h, w) bool: mostly hair."""
    rim = np.zeros(person.shape, np.uint8)
    width, height = figure.face_width, figure.face_height
    crown = np.asarray(figure.eyes - 0.35 * figure.face_down, np.float32)
    _ellipse(rim, crown, (1.5 * width, 3.6 * height), figure.face_tilt)
    face = (figure.eyes + figure.mouth) / 2
    _ellipse(rim, np.asarray(face, np.float32), (width, 2.9 * height), figure.face_tilt, value=0)
    rows = np.arange(person.shape[0])[:, None] < figure.mouth[1]
    return np.asarray((rim > 0) & rows & (person > 200), np.bool_)


def bare_place(skin_like: NDArray[np.uint8], figure: Figure, side: int) -> float | None:
    """The place along the arm (0 shoulder, 1 elbow, 2 wrist) that best parts cloth from skin; None when unseen."""
    shoulder, elbow, wrist = figure.arm(side)
    if min(figure.visibility[Landmark.LEFT_ELBOW + side], figure.visibility[Landmark.LEFT_WRIST + side]) < 0.3:
        return None
    along = np.linspace(0.15, 1.95, 46, dtype=np.float32)
    on_upper, on_lower = np.minimum(along, 1.0)[:, None], np.maximum(along - 1.0, 0.0)[:, None]
    points = shoulder + on_upper * (elbow - shoulder) + on_lower * (wrist - elbow)
    inside = (points >= 1).all(1) & (points[:, 0] < skin_like.shape[1] - 2) & (points[:, 1] < skin_like.shape[0] - 2)
    if int(inside.sum()) < 24:
        return None
    x, y = points[inside].astype(np.int32).T
    seen = np.median([skin_like[y, x], skin_like[y - 1, x], skin_like[y, x + 1]], axis=0).astype(np.float32) / 255
    bare = np.clip((seen - 0.25) * 2.0, 0.0, 1.0)
    covered_before = np.concatenate([[0.0], np.cumsum(1 - bare)])
    bare_after = np.concatenate([[0.0], np.cumsum(bare[::-1])])[::-1]
    places = np.append(along[inside], 2.0)
    return float(places[int(np.argmax(covered_before + bare_after))])


def _density(name: str, histogram: NDArray[np.float32]) -> NDArray[np.float32]:
    """A smoothed histogram of sum 1 (all 0 when nothing was learnt)."""
    cube = histogram.reshape(LUMA_BINS, CHROMA_BINS, CHROMA_BINS)
    dense = gaussian_filter(cube, SMOOTHING[name]).ravel()
    return np.asarray(dense / max(float(dense.sum()), 1e-6), np.float32)


def _light_of(grey: Picture, figure: Figure, face: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Least squares of (ambient, x, y, z) over the face as a half ellipsoid, held near a plain light from above."""
    rows, columns = np.nonzero(face)
    centre = (figure.eyes + figure.mouth) / 2
    nx = (columns - centre[0]) / (0.55 * figure.face_width)
    ny = (rows - centre[1]) / (1.5 * figure.face_height)
    flat = nx * nx + ny * ny < 0.95
    nx, ny = nx[flat], ny[flat]
    basis = np.stack([np.ones_like(nx), nx, ny, np.sqrt(1 - nx * nx - ny * ny)], 1)
    prior = np.array([0.6, 0.0, -0.22, 0.4])
    level = float(grey[rows, columns].mean()) + 1e-3
    weight = 0.15 * max(len(nx), 1)
    normal = basis.T @ basis + weight * np.eye(4)
    fitted = np.linalg.solve(normal, basis.T @ (grey[rows, columns][flat] / level) + weight * prior)
    fitted = fitted / max(float(fitted[0] + fitted[3]), 0.3)
    return np.clip(fitted, (0.45, -0.3, -0.4, 0.2), (0.8, 0.3, 0.1, 0.6)).astype(np.float32)


def _ellipse(
    mask: Picture, centre: NDArray[np.float32], size: tuple[float, float], tilt: float, value: int = 1
) -> None:
    """Fill an ellipse of full width and height `size`."""
    box = ((float(centre[0]), float(centre[1])), (float(size[0]), float(size[1])), float(tilt))
    cv2.ellipse(mask, box, (value,), -1)


def _pixel(point: NDArray[np.float32]) -> tuple[int, int]:
    """The pixel that holds a point."""
    return int(point[0]), int(point[1])


def _chroma_code(step: int) -> NDArray[np.uint16]:
    """Table from an 8 bit chroma value to its part of the bin number."""
    return (np.clip((np.arange(256) - 64) // 4, 0, CHROMA_BINS - 1) * step).astype(np.uint16)


_LUMA_CODE = ((np.arange(256) // 16) * CHROMA_BINS * CHROMA_BINS).astype(np.uint16)
_RED_CODE = _chroma_code(CHROMA_BINS)
_BLUE_CODE = _chroma_code(1)
