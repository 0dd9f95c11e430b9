"""Batches of the parts network: shards come back, mirrors undo themselves, disturbed samples keep to their label."""

from __future__ import annotations

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from engines.drape.contract import FieldBody
from engines.errors import TwinMirrorError
from engines.parts.batches import assemble, augment, border_weight, mirror, random_known, random_last
from engines.parts.contract import Part
from engines.parts.motion import with_moving_arms
from engines.parts.prints import printed
from engines.parts.shards import Sample, Shards
from engines.parts.weather import cluttered, photographed, random_tone_curve, through


def same(one, other) -> bool:
    if isinstance(one, (Sample, FieldBody)):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return bool(np.array_equal(one, other))


def test_shards_come_back_as_they_were(write_shards, painted):
    pytest.importorskip("numba", reason="the synthetic data needs numba")
    shards = Shards(sorted(write_shards(2).glob("shard-*.npz")))
    assert len(shards) == 4
    back, one = shards.sample(3), painted(tone=8.0)
    assert np.array_equal(back.label, one.label)
    assert same(back.body, one.body)
    assert same(back.about, one.about)
    for seen, true in ((back.picture, one.picture), (back.plate, one.plate)):
        assert np.abs(seen.astype(float) - true).mean() < 3  # JPEG


def test_no_shards_is_one_line():
    with pytest.raises(TwinMirrorError, match="make some"):
        Shards([])


def test_mirrored_twice_is_the_sample_itself(painted):
    one = painted()
    body = replace(one.body, points=np.round(one.body.points * 8) / 8, frame=(3.0, 5.0, 240.0, 280.0))
    one = replace(one, body=body)
    assert same(mirror(mirror(one)), one)
    assert not same(mirror(one).label, one.label)


@pytest.mark.parametrize("seed", range(3))
def test_augmented_samples_make_finite_batches_and_stay_as_they_were(painted, seed):
    rng = np.random.default_rng(seed)
    one, kept = painted(), painted()
    batch = assemble([augment(one, rng) for _ in range(10)])
    assert same(one, kept)
    assert batch.inputs.shape == (10, 128, 72, 64)
    assert batch.inputs.dtype == batch.weight.dtype == np.float32
    assert np.isfinite(batch.inputs).all()
    assert np.abs(batch.inputs).max() < 20
    assert batch.label.shape == batch.weight.shape == (10, 288, 256)
    assert batch.label.dtype == np.uint8
    assert batch.label.max() < len(Part)


def test_borders_weigh_more_and_what_no_camera_sees_nothing(painted):
    sample = painted()
    inside = np.ones((288, 256), bool)
    inside[:, :30] = False
    weight = border_weight(sample.label, inside)
    assert weight[:, :30].max() == 0
    assert set(np.unique(weight)) == {0, 1, 3}
    touching = (sample.label[:, 1:] == Part.ARM) & (sample.label[:, :-1] == Part.TOP)
    assert touching.any()
    assert (weight[:, 1:][touching] == 3).all()


@pytest.mark.parametrize("seed", range(6))
def test_arms_that_move_leave_everything_else_alone(painted, seed):
    sample = painted()
    moved = with_moving_arms(sample, np.random.default_rng(seed))
    limb = np.isin(sample.label, (Part.ARM, Part.HELD))
    rows, columns = np.nonzero(limb)
    far = np.ones_like(limb)
    far[max(0, rows.min() - 25) : rows.max() + 25, max(0, columns.min() - 25) : columns.max() + 25] = False
    assert np.array_equal(moved.picture[far], sample.picture[far])
    assert not np.array_equal(moved.picture, sample.picture)
    assert np.isin(moved.label[limb], list(Part)).all()
    fresh = np.isin(moved.label, (Part.ARM, Part.HELD)) & ~limb
    assert fresh.sum() < 0.7 * limb.sum()
    gone = limb & ~np.isin(moved.label, (Part.ARM, Part.HELD))
    assert np.isin(moved.label[gone], (Part.BACKGROUND, Part.TOP, Part.LOWER)).all()


def test_nobody_without_arms_is_smeared(painted):
    sample = painted()
    covered = replace(sample, label=np.where(sample.label >= Part.ARM, Part.TOP, sample.label).astype(np.uint8))
    assert same(with_moving_arms(covered, np.random.default_rng(0)), covered)


@pytest.mark.parametrize("seed", range(8))
def test_prints_and_lanyards_lie_on_clothes_and_neck_alone(painted, seed):
    sample = painted()
    worn = printed(sample, np.random.default_rng(seed))
    changed = worn.label != sample.label
    assert (worn.label[changed] == Part.TOP).all()
    assert (sample.label[changed] == Part.FACE).all()
    near = cv2.dilate(np.isin(sample.label, (Part.TOP, Part.FACE)).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert np.array_equal(worn.picture[~near], sample.picture[~near])


def test_most_people_get_a_print_that_shows(painted):
    sample = painted()
    seen = [printed(sample, np.random.default_rng(seed)).picture for seed in range(8)]
    assert sum(not np.array_equal(picture, sample.picture) for picture in seen) >= 6


def test_clutter_stays_behind_the_person(painted):
    sample = painted()
    for seed in range(8):
        picture, plate = cluttered(sample, np.random.default_rng(seed))
        inner = np.zeros((288, 256), bool)
        inner[120:170, 115:140] = True
        assert np.abs(picture[inner].astype(int) - sample.picture[inner]).max() <= 1
        behind = sample.label == Part.BACKGROUND
        corner = behind[:40, :40]
        assert np.abs(picture[:40, :40][corner].astype(int) - plate[:40, :40][corner]).max() <= 2


def test_a_camera_changes_picture_and_plate_alike(painted):
    sample = painted()
    apart = []
    for seed in range(30):
        picture, plate = photographed(sample.picture, sample.plate, np.random.default_rng(seed))
        assert picture.shape == plate.shape == (288, 256, 3)
        assert picture.dtype == plate.dtype == np.uint8
        apart.append(abs(float(np.median(picture[10:60, 10:60])) - float(np.median(plate[10:60, 10:60]))))
    assert np.median(apart) < 20


def test_tone_curves_keep_dark_darker_than_bright():
    for seed in range(20):
        curve = random_tone_curve(np.random.default_rng(seed))
        assert (np.diff(curve, axis=0) >= 0).all()
        ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
        assert (np.diff(through(ramp, curve)[0].astype(int), axis=0) >= 0).all()


def test_last_outputs_are_chances_or_nothing(painted):
    label = painted().label
    lasts = [random_last(label, np.random.default_rng(seed)) for seed in range(60)]
    some = [last for last in lasts if last is not None]
    assert 0.2 < 1 - len(some) / len(lasts) < 0.6
    for last in some:
        assert last.shape == (7, 72, 64)
        assert last.min() >= -1e-6
        assert last.sum(0).max() <= 1 + 1e-5
    assert np.mean([last[Part.TOP, 36, 32] for last in some]) > 0.6


def test_plates_are_whole_or_have_holes(painted):
    label = painted().label
    masks = [random_known(label, np.random.default_rng(seed)) for seed in range(40)]
    assert any(mask is None for mask in masks)
    assert any(mask is not None and (mask == 0).any() for mask in masks)
