"""The session's colours: this person's skin, their old clothes and the light that falls on them.

Nothing is known beforehand: skin and light are learnt from face and hands, cloth from the torso. Nothing leaves the
memory.
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
SMOOTHING = {"skin": (2.0, 1.2, 1.2), "cloth": (1.5, 1.2, 1.2), "hair": (1.2, 1.0, 1.0)}
FORGET = 0.85
"""What a histogram keeps of itself at each update."""
FLOOR = 1e-6
"""A histogram's value below which a colour counts as never seen, and tells nothing."""
MOST = 0.93
"""How sure a colour alone may be."""
SURE = 0.9
"""The network's chance from which on a pixel teaches its colour."""
SAME_SKIN = 0.08
"""Largest difference of red, green or blue, as shares of their sum, between a person's face and hands."""
UPDATE_EVERY = 8
"""Frames between updates once the models have settled."""
ARMS_EVERY = 3
"""Frames between updates of an arm's tone that is known."""
SETTLED = 5
TYPICAL_SKIN = np.array([178.0, 138.0, 118.0], np.float32)
"""sRGB of a middling skin, used only until a face or a hand has been seen."""


@dataclass(frozen=True)
class Likeness:
    """How far colours speak against old clothes: for hands, for a neck, for hair; (h, w) float32 in 0..1.

    0.5 is neutral: a colour that was never seen tells nothing of hands, which blur and are lit in many ways, but
    speaks against necks and hair.
    """

    hands: Matte
    neck: Matte
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
LEAST_LIGHT, MOST_LIGHT = (0.45, -0.3, -0.4, 0.2), (0.8, 0.3, 0.1, 0.6)
"""Ambient and direction that are believed, whatever tells them."""


class ColourModels:
    """Skin tone of face and arms, the old clothes' tone, the light."""

    def __init__(self, prior: Light = DEFAULT_LIGHT) -> None:
        """Nothing learnt yet; `prior` is the light that is taken until a face has been seen, and leant on then."""
        self._prior = prior
        self._frames = 0
        self._tone: NDArray[np.float32] | None = None
        self._light: NDArray[np.float32] | None = None
        self._cloth_tone = np.array([90.0, 90.0, 90.0], np.float32)
        self._white = prior.white
        self._arm_tones: list[NDArray[np.float32] | None] = [None, None]
        self._histograms = {name: np.zeros(BINS, np.float32) for name in SMOOTHING}
        self._table = np.full((BINS, 4), 127, np.uint8)
        self.hair_separable = True
        """Whether the old clothes' colours tell them from the hair."""

    @property
    def tone(self) -> NDArray[np.float32]:
        """The face's skin, (3,) float32 sRGB levels."""
        return TYPICAL_SKIN if self._tone is None else self._tone

    @property
    def light(self) -> Light:
        """The estimated light, the prior one until a face has been seen."""
        if self._light is None:
            return self._prior
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
            before = self._arm_tones[side]
            if before is not None and self._frames % ARMS_EVERY:
                continue
            _, elbow, wrist = figure.arm(side)
            ends = np.stack([wrist + 0.4 * (elbow - wrist), *figure.hand(side)])
            box = box_around(ends, 0.06 * figure.scale, (crop.shape[0], crop.shape[1]))
            sure = seen[box.slices] > 0.97
            if int(sure.sum()) < 60:
                continue
            tone = np.median(crop[box.slices][sure], axis=0).astype(np.float32)
            if not like_skin(tone, self.tone):
                continue
            self._arm_tones[side] = tone if before is None else 0.8 * before + 0.2 * tone

    def skin_direction(self) -> NDArray[np.float32]:
        """Weights (3,) of R, G, B, of length 1, along which this session's skin and old clothes differ most."""
        difference = self.tone - self._cloth_tone
        length = float(np.linalg.norm(difference))
        return np.asarray(difference / length if length > 20.0 else (0.8, -0.2, -0.56), np.float32)

    def likeness(self, bins: NDArray[np.uint16]) -> Likeness:
        """What a crop's bins tell, each lightly blurred against sensor noise."""
        coded = np.take(self._table.view(np.uint32)[:, 0], bins).view(np.uint8).reshape(*bins.shape, 4)
        hands, neck, hair, _ = cv2.split(cv2.blur(coded, (3, 3)))
        unit = np.float32(1 / 255)
        return Likeness(hands * unit, neck * unit, hair * unit)

    def learn_parts(self, bins: NDArray[np.uint16], skin: Matte, cloth: Matte, hair: Matte) -> None:
        """Learn what skin, old clothes and hair look like from where the network is sure of them."""
        plausible = self._plausible_skin()
        for name, chance in (("skin", skin), ("cloth", cloth), ("hair", hair)):
            samples = bins[chance > SURE]
            samples = samples[plausible[samples]] if name == "skin" else samples
            if samples.size >= 30:
                fresh = np.bincount(samples, minlength=BINS).astype(np.float32) / samples.size
                old = self._histograms[name]
                share = FORGET if old.any() else 0.0
                self._histograms[name] = np.asarray(share * old + (1 - share) * fresh, np.float32)
        skin_, cloth_, hair_ = (_density(name, self._histograms[name]) + FLOOR for name in ("skin", "cloth", "hair"))
        doubt = 2 * FLOOR
        rows = (skin_ / (skin_ + cloth_), skin_ / (skin_ + cloth_ + doubt), hair_ / (hair_ + cloth_ + doubt))
        table = np.stack([*rows, np.zeros(BINS)], 1).clip(1 - MOST, MOST)
        table[~plausible, :2] = 1 - MOST
        self._table = (table * 255).astype(np.uint8)
        self.hair_separable = float(self._histograms["cloth"][table[:, 2] > 0.5].sum()) < 0.1

    def _plausible_skin(self) -> NDArray[np.bool_]:
        """Bins (BINS,) whose colour could be this person's skin in some light, by the face's tone."""
        if self._tone is None:
            return np.ones(BINS, np.bool_)
        alike = like_skin(_BIN_COLOURS, self._tone, tolerance=0.15, warmth=0.0)
        return np.asarray(alike | (_BIN_COLOURS.sum(1) < 90), np.bool_)

    @property
    def due(self) -> bool:
        """Whether this frame is one to learn from: the first few, then one in `UPDATE_EVERY`."""
        return self._frames <= SETTLED or self._frames % UPDATE_EVERY == 0

    def update(self, crop: Picture, figure: Figure, person: NDArray[np.uint8]) -> None:
        """Learn from a crop; person is the silhouette (h, w) uint8. Cheap calls in between only count frames."""
        self._frames += 1
        if not self.due:
            return
        face = face_skin(crop, figure, person) if figure.face_seen else None
        if face is not None and int(face.sum()) > 40:
            self._follow_face(crop, figure, face)
        cloth = torso_cloth(figure, person)
        if int(cloth.sum()) > 100:
            self._cloth_tone = np.median(crop[cloth].astype(np.float32), axis=0)
        self._follow_white(crop, person)

    def _follow_face(self, crop: Picture, figure: Figure, face: NDArray[np.bool_]) -> None:
        """Follow the face's tone and, from its shading as a half ellipsoid, the light."""
        tone = np.percentile(crop[face], 75, axis=0).astype(np.float32)
        self._tone = tone if self._tone is None else 0.9 * self._tone + 0.1 * tone
        light = _light_of(luma(crop), figure, face, self._prior)
        self._light = light if self._light is None else np.asarray(0.9 * self._light + 0.1 * light, np.float32)

    def _follow_white(self, crop: Picture, person: NDArray[np.uint8]) -> None:
        """Follow the brightness of the brightest common surface behind the person: the scene's white."""
        ground = luma(crop)[::4, ::4][person[::4, ::4] < 5]
        if ground.size > 100:
            white = float(np.clip(np.percentile(ground, 95) / 235.0, 0.7, 1.0))
            self._white = 0.9 * self._white + 0.1 * white


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


def _light_of(grey: Picture, figure: Figure, face: NDArray[np.bool_], near: Light) -> NDArray[np.float32]:
    """Least squares of (ambient, x, y, z) over the face as a half ellipsoid, held near the light `near`."""
    rows, columns = np.nonzero(face)
    centre = (figure.eyes + figure.mouth) / 2
    nx = (columns - centre[0]) / (0.55 * figure.face_width)
    ny = (rows - centre[1]) / (1.5 * figure.face_height)
    flat = nx * nx + ny * ny < 0.95
    nx, ny = nx[flat], ny[flat]
    basis = np.stack([np.ones_like(nx), nx, ny, np.sqrt(1 - nx * nx - ny * ny)], 1)
    prior = np.array([near.ambient, *near.direction], np.float64)
    level = float(grey[rows, columns].mean()) + 1e-3
    weight = 0.15 * max(len(nx), 1)
    normal = basis.T @ basis + weight * np.eye(4)
    fitted = np.linalg.solve(normal, basis.T @ (grey[rows, columns][flat] / level) + weight * prior)
    fitted = fitted / max(float(fitted[0] + fitted[3]), 0.3)
    return np.clip(fitted, LEAST_LIGHT, MOST_LIGHT).astype(np.float32)


def _ellipse(
    mask: Picture, centre: NDArray[np.float32], size: tuple[float, float], tilt: float, value: int = 1
) -> None:
    """Fill an ellipse of full width and height `size`."""
    box = ((float(centre[0]), float(centre[1])), (float(size[0]), float(size[1])), float(tilt))
    cv2.ellipse(mask, box, (value,), -1)


def _pixel(point: NDArray[np.float32]) -> tuple[int, int]:
    """The pixel that holds a point."""
    return int(point[0]), int(point[1])


def like_skin(
    tones: NDArray[np.float32], face: NDArray[np.float32], tolerance: float = SAME_SKIN, warmth: float = 0.5
) -> NDArray[np.bool_]:
    """Whether tones (…, 3) may be of the same skin as the face's (3,): gloves, cuffs and watches are not.

    Hands may be lit more warmly than a face, but they are never much greyer. tolerance: largest difference of a
    colour's share; warmth: least share of the face's excess of red over blue.
    """
    share = tones / np.maximum(tones.sum(-1, keepdims=True), 1.0)
    of_face = face / max(float(face.sum()), 1.0)
    warm = share[..., 0] - share[..., 2] > warmth * (of_face[0] - of_face[2])
    return np.asarray(warm & (np.abs(share - of_face).max(-1) < tolerance), np.bool_)


def bins_of(crop: Picture) -> NDArray[np.uint16]:
    """Histogram bin of each pixel of an RGB crop, (h, w)."""
    y, red, blue = cv2.split(np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb)))
    bins = np.take(_LUMA_CODE, y)
    bins += np.take(_RED_CODE, red)
    bins += np.take(_BLUE_CODE, blue)
    return np.asarray(bins, np.uint16)


def agreed(chance: Matte, colour: Matte) -> Matte:
    """The network's chance and what the colour says, each (h, w) in 0..1, as independent witnesses (Bayes)."""
    both = chance * colour
    total = np.float32(1.0 + 1e-6) - chance  # both + (1 - chance) (1 - colour), multiplied out
    total -= colour
    total += both
    total += both
    return np.asarray(np.divide(both, total, out=total), np.float32)


def _density(name: str, histogram: NDArray[np.float32]) -> NDArray[np.float32]:
    """A smoothed histogram of sum 1 (all 0 when nothing was learnt)."""
    cube = histogram.reshape(LUMA_BINS, CHROMA_BINS, CHROMA_BINS)
    dense = gaussian_filter(cube, SMOOTHING[name]).ravel()
    return np.asarray(dense / max(float(dense.sum()), 1e-6), np.float32)


def _chroma_code(step: int) -> NDArray[np.uint16]:
    """Table from an 8 bit chroma value to its part of the bin number."""
    return (np.clip((np.arange(256) - 64) // 4, 0, CHROMA_BINS - 1) * step).astype(np.uint16)


_LUMA_CODE = ((np.arange(256) // 16) * CHROMA_BINS * CHROMA_BINS).astype(np.uint16)
_RED_CODE = _chroma_code(CHROMA_BINS)
_BLUE_CODE = _chroma_code(1)


def _bin_colours() -> NDArray[np.float32]:
    """RGB (BINS, 3) at the middle of each bin."""
    y, red, blue = (
        grid.ravel() for grid in np.meshgrid(*map(np.arange, (LUMA_BINS, CHROMA_BINS, CHROMA_BINS)), indexing="ij")
    )
    middles = np.stack([y * 16 + 8, red * 4 + 66, blue * 4 + 66], 1).astype(np.uint8)
    return np.asarray(cv2.cvtColor(middles[None], cv2.COLOR_YCrCb2RGB)[0], np.float32)


_BIN_COLOURS = _bin_colours()
