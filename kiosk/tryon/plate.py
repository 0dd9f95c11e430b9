"""The clean plate: what a still camera sees behind the people."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.tryon.pixels import Matte, Picture

SURE_AGE = 6
"""Looks at a pixel that agree before it counts as known."""
OLD_AGE = 60
"""The running mean's memory, in looks."""
CHANGE_PATIENCE = 150
"""Frames that must disagree before a changed scene (a moved chair) replaces what was learnt."""
AGREE = 14.0
"""Largest difference, in levels, of a pixel that still shows the same background."""
MARGIN = 1.0 / 40.0
"""Distance kept from people, in frame heights: soft shadows and the silhouette's faults lie within."""
SAME_SCENE = 0.6
"""Share of the background that a scene taken before must agree with."""
STRIPES = 8
"""Once the plate has settled, each frame teaches one horizontal stripe in so many: an even, small load."""
SAME_GAIN = 0.004
"""A change of exposure that is less than a level."""
FILL_STEP = 4
"""Unknown parts are filled in on a picture so many times smaller."""


@dataclass(frozen=True)
class Plate:
    """The empty scene (H, W, 3) uint8, and where it is known (H, W) bool."""

    picture: Picture
    known: NDArray[np.bool_]

    def part(self, where: tuple[slice, slice]) -> Plate:
        """The same on a part of the frame."""
        return Plate(self.picture[where], self.known[where])


class CleanPlate:
    """A running mean per pixel over the frames in which it was surely background, in one reference exposure."""

    def __init__(self, height: int, width: int) -> None:
        """An empty plate for frames of height x width pixels."""
        self._mean = np.zeros((height, width, 3), np.float32)
        self._age = np.zeros((height, width), np.float32)
        self._doubt = np.zeros((height, width), np.float32)
        self._shown = np.zeros((height, width, 3), np.uint8)
        self._gain = self._shown_gain = np.ones(3, np.float32)
        self._looks = 0

    def begin(self, scene: Picture) -> None:
        """Start from the empty scene (H, W, 3) uint8 as it was taken before, in whatever light.

        Its first frame forgets it where that shows another scene: the camera was moved, or the furniture.
        """
        self._mean[:] = scene
        self._shown[:] = scene
        self._age[:] = SURE_AGE

    def update(self, frame: Picture, silhouette: NDArray[np.uint8]) -> None:
        """Learn from an RGB frame (H, W, 3); silhouette (H, W) uint8 is the probability of people, all of them."""
        self._looks += 1
        free = self._free(silhouette)
        whole = _full(free, self._age.shape)
        if self._looks % STRIPES == 1:
            self._follow_exposure(frame, whole)
        if self._looks == 1:
            self._doubt_beginning(frame, whole)
        rows = self._rows()
        self._learn(frame[rows].astype(np.float32) / self._gain, whole[rows], rows)
        self._show(rows)

    def _show(self, rows: slice) -> None:
        """Bring rows of the shown plate up to date; all of them where the exposure has changed since."""
        if float(np.abs(self._gain / self._shown_gain - 1.0).max()) > SAME_GAIN:
            rows, self._shown_gain = slice(None), self._gain
        self._shown[rows] = cv2.convertScaleAbs(cv2.multiply(self._mean[rows], (*map(float, self._gain), 1.0)))

    def shown(self) -> Plate:
        """The plate at the present exposure; not to be changed."""
        return Plate(self._shown, self._known())

    def _known(self) -> NDArray[np.bool_]:
        """Pixels seen often enough; at the very start (and in a still) what was ever seen must do."""
        return self._age >= max(1, min(SURE_AGE, self._looks))

    def _free(self, silhouette: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cells of 4 pixels surely away from people, at a margin: (H / 4, W / 4) of 0 and 1."""
        height, width = silhouette.shape
        small = cv2.resize(silhouette, (width // 4, height // 4), interpolation=cv2.INTER_LINEAR)
        radius = max(1, round(MARGIN * height / 4))
        near = np.asarray(cv2.dilate(small, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)))
        return (near < 20).astype(np.uint8)

    def _follow_exposure(self, frame: Picture, free: NDArray[np.bool_]) -> None:
        """Estimate the camera's gain against the plate's reference from background known already."""
        grid = (slice(None, None, 8), slice(None, None, 8))
        sure = free[grid] & self._known()[grid]
        if int(sure.sum()) < 50:
            return
        seen, learnt = frame[grid][sure].astype(np.float32), self._mean[grid][sure]
        usable = (seen.max(1) < 250) & (learnt.min(1) > 10)
        if int(usable.sum()) >= 50:
            self._gain = np.clip(np.median(seen[usable] / learnt[usable], axis=0), 0.4, 2.5).astype(np.float32)

    def _doubt_beginning(self, frame: Picture, free: NDArray[np.bool_]) -> None:
        """Forget what `begin` was given where little of the background agrees with it."""
        grid = (slice(None, None, 8), slice(None, None, 8))
        sure = free[grid] & self._known()[grid]
        apart = np.abs(frame[grid][sure] / self._gain - self._mean[grid][sure])
        if apart.size and float((apart.max(1) < AGREE).mean()) < SAME_SCENE:
            self._age[:] = 0
            self._gain = self._shown_gain = np.ones(3, np.float32)

    def _rows(self) -> slice:
        """The rows to learn from this frame: all at first, a stripe later."""
        height = self._age.shape[0]
        if self._looks <= 2 * SURE_AGE:
            return slice(0, height)
        stripe = self._looks % STRIPES
        return slice(stripe * height // STRIPES, (stripe + 1) * height // STRIPES)

    def _learn(self, seen: NDArray[np.float32], free: NDArray[np.bool_], rows: slice) -> None:
        """Move the mean toward what is seen; a pixel that changed waits out its doubt before it is believed."""
        mean, age, doubt = self._mean[rows], self._age[rows], self._doubt[rows]
        difference = seen - mean
        red, green, blue = cv2.split(np.abs(difference))
        agree = (np.asarray(cv2.max(cv2.max(red, green), blue)) < AGREE) | (age == 0)
        settled = free & agree
        doubt[settled] = 0
        doubt[free & ~agree] += 1
        replaced = ((age < SURE_AGE) & free & ~agree) | (doubt > CHANGE_PATIENCE / STRIPES)
        age[settled] = np.minimum(age[settled] + 1, OLD_AGE)
        age[replaced], doubt[replaced] = 1, 0
        rate = np.where(settled | replaced, 1.0 / np.maximum(age, 1), 0.0).astype(np.float32)
        mean += difference * rate[..., None]


def _full(cells: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Cells of 0 and 1 brought up to (H, W) bool."""
    return np.asarray(cv2.resize(cells, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)).view(np.bool_)


def continued(picture: Picture, share: Matte) -> Picture:
    """Continue a picture (h, w, 3) smoothly from where `share` (h, w) is 1 into where it is 0; no detail is invented.

    Method: push and pull of a pyramid (Gortler et al., "The Lumigraph", 1996, section 3.4) of a smaller picture.
    """
    height, width = share.shape
    if float(share.min()) >= 1.0:
        return picture
    size = (max(2, width // FILL_STEP), max(2, height // FILL_STEP))
    half = (slice(None, None, 2), slice(None, None, 2))  # every other pixel tells enough of what is smooth
    mass = np.asarray(cv2.resize(share[half], size, interpolation=cv2.INTER_AREA))
    masked = picture[half].astype(np.float32) * share[half][..., None]
    small = np.asarray(cv2.resize(masked, size, interpolation=cv2.INTER_AREA))
    filled = np.clip(_pulled(small, mass), 0, 255).astype(np.uint8)
    smooth = np.asarray(cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.asarray(cv2.blendLinear(picture, smooth, share, 1.0 - share), np.uint8)


def _pulled(total: NDArray[np.float32], mass: Matte) -> NDArray[np.float32]:
    """Means (h, w, 3) of sums `total` over `mass`; where there is none, from ever wider about."""
    mean = total / np.maximum(mass, 1e-3)[..., None]
    height, width = mass.shape
    if min(height, width) < 3 or float(mass.min()) > 0.9:
        return np.asarray(mean, np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    weight = np.minimum(mass, 1.0)
    coarse_mass = np.asarray(cv2.resize(weight, half, interpolation=cv2.INTER_AREA))
    coarse = np.asarray(cv2.resize(mean * weight[..., None], half, interpolation=cv2.INTER_AREA))
    # A cell that is known a little is known: what was gathered counts fully one level up.
    gain = np.minimum(coarse_mass * 3.0, 1.0) / np.maximum(coarse_mass, 1e-3)
    around = _pulled(coarse * gain[..., None], coarse_mass * gain)
    wide = np.asarray(cv2.resize(around, (width, height), interpolation=cv2.INTER_LINEAR))
    own = weight[..., None]
    return np.asarray(mean * own + wide * (1.0 - own), np.float32)
