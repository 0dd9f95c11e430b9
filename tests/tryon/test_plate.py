"""The clean plate learns walls, never people."""

from __future__ import annotations

import numpy as np
import tryon_scene as scene
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.tryon.person import behind
from kiosk.tryon.plate import CHANGE_PATIENCE, CleanPlate, continued

NOBODY = np.zeros((scene.HEIGHT, scene.WIDTH), np.uint8)


def test_never_learns_a_still_person() -> None:
    plate, body = CleanPlate(scene.HEIGHT, scene.WIDTH), scene.body()
    for seed in range(120):
        plate.update(scene.frame(seed), body.silhouette)
    known = plate.shown().known
    assert not known[body.silhouette > 30].any()
    assert known.mean() > 0.5


def test_a_person_who_steps_in_does_not_wear_the_plate_away() -> None:
    plate, body = CleanPlate(scene.HEIGHT, scene.WIDTH), scene.body()
    for seed in range(15):
        plate.update(scene.wall(seed), NOBODY)
    for seed in range(80):
        plate.update(scene.frame(seed), body.silhouette)
    assert plate.shown().known.all()
    assert np.abs(plate.shown().picture.astype(np.int16) - scene.wall(0)).max() < 12


def test_someone_missed_by_the_estimator_is_doubted_at_first() -> None:
    plate = CleanPlate(scene.HEIGHT, scene.WIDTH)
    for seed in range(30):
        plate.update(scene.wall(seed), NOBODY)
    for seed in range(CHANGE_PATIENCE - 10):
        plate.update(scene.frame(seed), NOBODY)
    assert np.abs(plate.shown().picture.astype(np.int16) - scene.wall(0)).max() < 12


def test_a_moved_chair_is_learnt_in_the_end() -> None:
    plate = CleanPlate(scene.HEIGHT, scene.WIDTH)
    for seed in range(15):
        plate.update(scene.wall(seed), NOBODY)
    for seed in range(2 * CHANGE_PATIENCE):
        plate.update(scene.frame(seed), NOBODY)
    assert np.abs(plate.shown().picture.astype(np.int16) - scene.frame(0)).max() < 25


def test_a_scene_taken_before_is_known_behind_a_person_at_once_in_the_present_light() -> None:
    plate, body = CleanPlate(scene.HEIGHT, scene.WIDTH), scene.body()
    plate.begin(scene.wall(0))
    for seed in range(1, 20):
        plate.update(np.asarray(scene.frame(seed) * 0.85, np.uint8), body.silhouette)
    shown = plate.shown()
    assert shown.known.all()
    assert np.abs(shown.picture - scene.wall(0) * 0.85).max() < 14


def test_a_scene_that_is_another_one_now_is_forgotten() -> None:
    plate, body = CleanPlate(scene.HEIGHT, scene.WIDTH), scene.body()
    noise = np.random.default_rng(0).integers(0, 255, (12, 16, 3)).astype(np.uint8)
    plate.begin(noise.repeat(20, 0).repeat(20, 1))
    for seed in range(15):
        plate.update(scene.frame(seed), body.silhouette)
    shown = plate.shown()
    assert not shown.known[body.silhouette > 200].any()
    assert np.abs(shown.picture[shown.known].astype(int) - scene.wall(0)[shown.known]).max() < 14


@settings(max_examples=8, deadline=None)
@given(st.floats(0.75, 1.2))
def test_exposure_is_followed(gain: float) -> None:
    plate = CleanPlate(scene.HEIGHT, scene.WIDTH)
    for seed in range(10):
        plate.update(scene.wall(seed), NOBODY)
    drifted = np.clip(scene.wall(1) * gain, 0, 255).astype(np.uint8)
    for _ in range(8):
        plate.update(drifted, scene.body().silhouette)
    error = np.abs(plate.shown().picture.astype(np.int16) - drifted)[drifted.max(2) < 250]
    assert np.median(error) < 4


def test_a_still_is_filled_from_around() -> None:
    plate, body = CleanPlate(scene.HEIGHT, scene.WIDTH), scene.body()
    plate.update(scene.frame(), body.silhouette)
    assert not plate.shown().known[120, 160]
    person = (body.silhouette > 20).astype(np.float32)
    filled = behind(scene.frame(), person, plate.shown(), body.torso_length)
    assert np.abs(filled[120, 160].astype(np.int16) - scene.wall(0)[120, 160]).max() < 25


def test_what_is_unknown_continues_the_scene_without_a_seam() -> None:
    picture, share = scene.wall(), np.ones((scene.HEIGHT, scene.WIDTH), np.float32)
    share[50:100, 50:100] = 0.0
    filled = continued(picture, share)
    assert np.array_equal(filled[share > 0], picture[share > 0])
    step = np.abs(filled[49, 55:95].astype(np.int16) - filled[50, 55:95])
    assert step.max() < 12
    assert np.array_equal(continued(picture, np.ones_like(share)), picture)
