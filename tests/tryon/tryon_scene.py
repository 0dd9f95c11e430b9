"""A drawn person before a drawn wall, with a plain drape and garment: ground for the compositor's tests."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import field_from_frame
from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH, FIELD_HEIGHT, FIELD_WIDTH, TORSO_PIXELS, Drape, Layer
from engines.garments.garment import Category, Chart, Garment, Measures
from engines.parts.contract import Part, picture_into_field
from engines.parts.finder import PartMaps
from engines.pose.body import Body

HEIGHT, WIDTH = 240, 320
SKIN, OLD_TOP, TROUSERS, HAIR = (205, 160, 135), (230, 120, 20), (40, 60, 110), (60, 40, 30)
NEW_TOP = (30, 160, 60)
POINTS = {
    0: (160, 52), 2: (164, 47), 3: (166, 47), 5: (156, 47), 6: (154, 47), 7: (172, 50), 8: (148, 50), 9: (164, 58),
    10: (156, 58), 11: (185, 85), 12: (135, 85), 13: (200, 120), 14: (120, 120), 15: (205, 155), 16: (115, 155),
    17: (206, 164), 18: (114, 164), 19: (204, 165), 20: (116, 165), 21: (202, 162), 22: (118, 162), 23: (175, 160),
    24: (145, 160), 25: (174, 215), 26: (146, 215),
}  # fmt: skip


def wall(seed: int = 0) -> NDArray[np.uint8]:
    """An uneven wall (H, W, 3) with a little sensor noise."""
    ramp = np.linspace(150, 200, WIDTH)[None, :, None] + np.linspace(0, 15, HEIGHT)[:, None, None]
    noise = np.random.default_rng(seed).normal(0, 1.5, (HEIGHT, WIDTH, 3))
    return np.clip(ramp + noise + np.array([0, 4, 8]), 0, 255).astype(np.uint8)


def body() -> Body:
    """The drawn person's landmarks and a silhouette as soft as the estimator's."""
    landmarks = np.full((33, 2), 160.0, np.float32)
    for index, point in POINTS.items():
        landmarks[index] = point
    mask = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    _draw(mask, paint=(255, 255, 255))
    silhouette = cv2.GaussianBlur(mask[..., 0], (0, 0), 1.5)
    return Body(landmarks, np.zeros((33, 3), np.float32), np.ones(33, np.float32), np.asarray(silhouette, np.uint8))


def frame(seed: int = 0) -> NDArray[np.uint8]:
    """The person in an orange long sleeve before the wall (H, W, 3)."""
    picture = wall(seed)
    _draw(picture)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.6), np.uint8)


def garment(sleeve_length: float = 0.9) -> Garment:
    """A plain green tee whose charts are full of cloth."""
    cloth = np.full((128, 128, 4), (*NEW_TOP, 255), np.uint8)
    measures = Measures(2.5, 1.0, 0.85, 0.15, 0.7, 0.36, 0.25, 0.05, sleeve_length, 0.75, 0.6, 0.4)
    inside = np.array([20, 120, 40], np.uint8)
    return Garment("plain", Category.TEE, measures, dict.fromkeys(Chart, cloth), inside, back_is_guessed=True)


def drape() -> Drape:
    """Torso from the shoulders to the hips, sleeves to mid upper arm, arms and trunk as capsules."""
    scale = TORSO_PIXELS / body().torso_length
    shift = np.array([FIELD_WIDTH / 2 - scale * 160, FIELD_HEIGHT / 2 - scale * 122], np.float32)
    alpha = np.zeros((7, FIELD_HEIGHT, FIELD_WIDTH), np.float32)
    at = {index: (scale * np.array(point) + shift).astype(int) for index, point in POINTS.items()}
    cv2.fillConvexPoly(alpha[Layer.TORSO], np.array([at[11], at[12], at[24], at[23]]), (1.0,))
    for side in (0, 1):
        middle = (at[11 + side] + at[13 + side]) // 2
        _line(alpha[Layer.SLEEVE_LEFT + side], at[11 + side], middle, 26)
        _line(alpha[Layer.ARM_LEFT + side], at[11 + side], at[13 + side], 16)
        _line(alpha[Layer.ARM_LEFT + side], at[13 + side], at[15 + side], 14)
    cv2.fillConvexPoly(alpha[Layer.TRUNK], np.array([at[11], at[12], at[24], at[26], at[25], at[23]]), (1.0,))
    _line(alpha[Layer.TRUNK], at[0], (at[11] + at[12]) // 2, 20)
    coarse = (COARSE_HEIGHT, COARSE_WIDTH)
    rows, columns = np.mgrid[0 : coarse[0], 0 : coarse[1]].astype(np.float32)
    uv = np.stack([columns / 32 - 1, rows / 72] * 3).reshape(3, 2, *coarse)
    normal = np.zeros((3, *coarse), np.float32)
    normal[2] = 1
    turn = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
    return Drape(turn, alpha, uv, np.ones(coarse, np.float32), np.full((3, *coarse), 0.9, np.float32), normal, normal)


class DrawnParts:
    """Knows the drawn person's parts, as `PartsFinder` finds those of real ones."""

    def __init__(self, bare: bool = False) -> None:
        """With `bare` arms the old top has no sleeves."""
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        _draw(picture)
        self._labels = np.zeros((HEIGHT, WIDTH), np.uint8)
        for colour, part in ((OLD_TOP, Part.TOP), (TROUSERS, Part.LOWER), (HAIR, Part.HAIR), (SKIN, Part.FACE)):
            self._labels[(picture == colour).all(2)] = part
        self._labels[85:][self._labels[85:] == Part.FACE] = Part.ARM
        if bare:
            beside = np.abs(np.arange(WIDTH) - 160) > 34
            self._labels[(self._labels == Part.TOP) & beside] = Part.ARM

    def find(self, _frame: object, _plate: object, _known: object, who: Body) -> PartMaps:
        """The truth, in the body's field."""
        matrix = field_from_frame(who)
        chance = np.stack(
            [picture_into_field(np.where(self._labels == part, 255, 0).astype(np.uint8), matrix) for part in Part]
        )
        return PartMaps(matrix, chance.astype(np.float32) / 255)


def _draw(picture: NDArray[np.uint8], paint: tuple[int, int, int] | None = None) -> None:
    """Draw the person in colours, or all in `paint`."""
    p = POINTS
    hips = np.array([(188, 158), (132, 158), (135, 240), (185, 240)])
    cv2.fillConvexPoly(picture, hips, paint or TROUSERS)
    cv2.fillConvexPoly(picture, np.array([(192, 82), (128, 82), (130, 168), (190, 168)]), paint or OLD_TOP)
    for side in (0, 1):
        for start, end in ((11, 13), (13, 15)):
            cv2.line(picture, p[start + side], p[end + side], paint or OLD_TOP, 22)
        cv2.line(picture, p[15 + side], p[19 + side], paint or SKIN, 13)
    cv2.ellipse(picture, (160, 46), (17, 24), 0, 0, 360, paint or HAIR, -1)
    cv2.line(picture, (160, 60), (160, 80), paint or SKIN, 18)
    cv2.ellipse(picture, (160, 52), (13, 17), 0, 0, 360, paint or SKIN, -1)


def _line(field: NDArray[np.float32], start: NDArray[np.int_], end: NDArray[np.int_], width: int) -> None:
    """A thick bone in a field."""
    cv2.line(field, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), (1.0,), width)
