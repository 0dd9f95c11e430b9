"""Skirts, trousers and dresses on the drawn person: old clothes gone below the waist, the own top kept."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import tryon_scene as scene

from engines.drape.drape import Drape, Layer
from engines.garments.garment import BottomMeasures, Category, Garment
from kiosk.tryon.compositor import Composite, Compositor

SKIRT = BottomMeasures(2.0, 0.8, 1.1, 0.0, 0.0, 0.0)
TROUSERS = BottomMeasures(4.0, 0.8, 0.0, 1.1, 1.05, 0.7)
KNEE = (160, 200)
CHEST = (160, 120)


def _standing() -> Drape:
    """The plain drape with nothing on torso and arms, and legs down to the picture's end."""
    plain = scene.drape()
    alpha = plain.alpha.copy()
    alpha[[Layer.TORSO, Layer.SLEEVE_LEFT, Layer.SLEEVE_RIGHT]] = 0
    for left, right in ((140, 156), (164, 180)):
        legs = _shape([(left, 200), (right, 200), (right, 240), (left, 240)])
        alpha[Layer.TRUNK] = np.maximum(alpha[Layer.TRUNK], legs)
    return replace(plain, alpha=alpha)


def _shape(corners: list[tuple[int, int]]) -> np.ndarray:
    """A polygon of the frame as alpha in the field."""
    turn = scene.drape().field_from_frame
    points = np.array(corners, np.float32) @ turn[:, :2].T + turn[:, 2]
    alpha = np.zeros((288, 256), np.float32)
    cv2.fillConvexPoly(alpha, points.astype(np.int32), (1.0,))
    return alpha


def _skirt() -> tuple[Garment, Drape]:
    drape = _standing()
    drape.alpha[Layer.TORSO] = _shape([(140, 158), (180, 158), (186, 214), (134, 214)])
    return replace(scene.garment(), category=Category.SKIRT, measures=SKIRT), drape


def _trousers() -> tuple[Garment, Drape]:
    drape = _standing()
    drape.alpha[Layer.SLEEVE_LEFT] = _shape([(159, 158), (188, 158), (187, 240), (160, 240)])
    drape.alpha[Layer.SLEEVE_RIGHT] = _shape([(132, 158), (161, 158), (160, 240), (133, 240)])
    return replace(scene.garment(), category=Category.TROUSERS, measures=TROUSERS), drape


def _worn(*worn: tuple[Garment, Drape]) -> Composite:
    compositor = Compositor(scene.HEIGHT, scene.WIDTH, scene.DrawnParts())
    for seed in range(12):
        compositor.observe(scene.wall(seed))
    for seed in range(3):
        compositor.compose(scene.frame(seed), scene.body(), list(worn), 1.0)
    return compositor.compose(scene.frame(9), scene.body(), list(worn), 1.0, layers=True)


def _green(picture: np.ndarray, at: tuple[int, int]) -> bool:
    red, green, blue = picture[at[1], at[0]].astype(int)
    return green > red + 40 and green > blue + 30


def _blue(picture: np.ndarray) -> int:
    """Pixels of the old trousers."""
    wide = picture.astype(int)
    return int(((wide[..., 2] - wide[..., 0] > 45) & (wide[..., 0] < 90)).sum())


@pytest.mark.parametrize("bottom", [_skirt, _trousers])
def test_a_bottom_replaces_the_old_one_and_leaves_the_own_top(bottom):
    done = _worn(bottom())
    frame = scene.frame(9)
    assert _green(done.picture, KNEE)
    assert np.array_equal(done.picture[90:150, 145:175], frame[90:150, 145:175])
    assert _blue(frame) > 2000
    assert _blue(done.picture) < 0.02 * _blue(frame)


def test_below_a_skirts_hem_the_legs_are_bare():
    done = _worn(_skirt())
    assert done.layers is not None
    assert done.layers.revealed[224, 170] > 200
    red, _, blue = done.picture[224, 170].astype(int)
    assert red > blue + 20  # skin, where there were blue trousers


def test_a_top_over_trousers_covers_both():
    done = _worn(_trousers(), (scene.garment(), scene.drape()))
    assert _green(done.picture, KNEE)
    assert _green(done.picture, CHEST)
    assert done.layers is not None
    assert done.layers.garment[CHEST[1], CHEST[0]] > 240
