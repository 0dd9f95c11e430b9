"""The parts network's contract: every channel in its place, colours told apart, sane for nonsense."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engines.drape.contract import field_from_frame, to_field
from engines.parts import contract
from engines.parts.contract import CHANNELS, FieldView, Part, input_maps, last_of, parts_of, picture_into_field
from engines.pose.body import Body
from engines.synthetic import extras

anybody = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def plane(channels: np.ndarray) -> np.ndarray:
    """What a pixel shuffle by 2 (and once more for 16 channels) makes of channels on the coarse grid."""
    if len(channels) == 4:
        return channels.reshape(2, 2, 72, 64).transpose(2, 0, 3, 1).reshape(144, 128)
    return channels.reshape(2, 2, 2, 2, 72, 64).transpose(4, 2, 0, 5, 3, 1).reshape(288, 256)


def test_every_channel_has_one_meaning():
    parts = (contract.PICTURE, contract.LIKENESS, contract.PLATE, contract.SILHOUETTE, contract.LIMBS, contract.PLACE,
             contract.TURN, contract.LAST)  # fmt: skip
    single = (contract.HEAD, contract.PLATE_KNOWN, contract.FACE_SEEN, contract.LAST_SEEN)
    used = [k for part in parts for k in range(part.start, part.stop)] + list(single)
    assert sorted(used) == list(range(CHANNELS))
    assert CHANNELS % 16 == 0
    assert contract.LAST.stop - contract.LAST.start == len(Part)


def test_the_pictures_pixels_keep_their_places(painted):
    sample = painted()
    noise = np.random.default_rng(0).integers(0, 256, (288, 256, 3), dtype=np.uint8)
    maps = input_maps(FieldView(replace(sample.body, frame=(0.0, 0.0, 256.0, 288.0)), noise))
    for k in range(3):
        assert np.array_equal(plane(maps[16 * k : 16 * k + 16]), noise[..., k] / np.float32(128) - 1)
    assert np.allclose(plane(maps[contract.SILHOUETTE]) * 255, sample.body.silhouette, atol=1e-3)


def test_nothing_is_seen_beyond_the_frame(painted):
    sample = painted()
    picture = np.random.default_rng(0).integers(0, 256, (288, 256, 3), dtype=np.uint8)
    maps = input_maps(FieldView(sample.body, picture, np.zeros_like(picture)))
    outside = np.ones((288, 256), bool)
    outside[6:280, 8:246] = False
    assert (plane(maps[:16])[outside] == 0).all()
    assert (plane(maps[contract.PLATE])[outside] == 0).all()
    assert (plane(maps[contract.LIKENESS][:4])[outside[::2, ::2]] == 0).all()


def test_skin_cloth_and_hair_look_like_themselves(painted):
    sample = painted()
    maps = input_maps(FieldView(sample.body, sample.picture))
    inner = {part: cv2.erode((sample.label == part).astype(np.uint8), np.ones((5, 5)))[::2, ::2] > 0 for part in Part}
    skin, cloth, hair = (plane(maps[48 + 4 * k : 52 + 4 * k]) for k in range(3))
    for alike, part in ((skin, Part.ARM), (skin, Part.FACE), (cloth, Part.TOP), (hair, Part.HAIR)):
        assert alike[inner[part]].min() > 0.9, part
    for alike, part in ((skin, Part.TOP), (skin, Part.HAIR), (cloth, Part.ARM), (cloth, Part.BACKGROUND)):
        assert alike[inner[part]].max() < 0.3, part
    assert maps[contract.FACE_SEEN].min() == 1


def test_forearms_before_the_trunk_do_not_give_the_cloth_its_tone(painted):
    sample = painted()
    points, picture = sample.body.points.copy(), sample.picture.copy()
    points[[13, 15, 17, 19, 21]] = [(170, 160), (110, 140), (102, 138), (101, 139), (105, 137)]
    points[[14, 16, 18, 20, 22]] = [(86, 160), (146, 140), (154, 138), (155, 139), (151, 137)]
    for ends in ([(170, 160), (101, 139)], [(86, 160), (155, 139)]):
        cv2.line(picture, *ends, (214, 172, 138), 13)
    maps = input_maps(FieldView(replace(sample.body, points=points), picture))
    assert plane(maps[52:56])[88, 64] > 0.9  # the belly, below the crossed arms


def test_a_back_has_no_face(painted):
    sample = painted()
    world = sample.body.world.copy()
    world[0, 2] = 0.2
    maps = input_maps(FieldView(replace(sample.body, world=world), sample.picture))
    assert maps[contract.FACE_SEEN].max() == 0
    assert (maps[48:52] == 0).all()


def test_the_plate_tells_the_person_where_it_is_known(painted):
    sample = painted()
    known = np.full((288, 256), 255, np.uint8)
    known[:144] = 0
    maps = input_maps(FieldView(sample.body, sample.picture, sample.plate, known))
    difference = plane(maps[contract.PLATE])
    assert (difference[:144] == 0).all()
    assert difference[150:180, 120:136].min() > 0.3
    assert difference[150:280, 10:20].max() < 0.02
    assert maps[contract.PLATE_KNOWN][:36].max() == 0
    assert maps[contract.PLATE_KNOWN][36:].min() == 1
    none = input_maps(FieldView(sample.body, sample.picture))
    assert (none[[*range(60, 76), contract.PLATE_KNOWN]] == 0).all()


def test_the_last_output_is_a_mean_over_coarse_pixels(painted):
    sample = painted()
    chance = np.stack([sample.label == part for part in Part]).astype(np.float32)
    last = last_of(chance)
    assert last.sum(0) == pytest.approx(1)
    assert last[Part.TOP, 36, 32] == 1
    maps = input_maps(FieldView(sample.body, sample.picture, last=last))
    assert np.array_equal(maps[contract.LAST], last)
    assert maps[contract.LAST_SEEN].min() == 1
    assert (input_maps(FieldView(sample.body, sample.picture))[contract.LAST_SEEN : contract.LAST.stop] == 0).all()


def test_rendered_kinds_become_parts():
    kinds = np.zeros((288, 256), np.uint8)
    kinds[:, :8] = np.arange(8)
    points = np.zeros((33, 2), np.float32)
    points[[23, 24], 1] = 190, 194
    parts = parts_of(kinds, points)
    expected = {
        extras.BACKGROUND: Part.BACKGROUND, extras.SKIN: Part.FACE, extras.HAIR: Part.HAIR,
        extras.TOP: Part.TOP, extras.LOWER: Part.LOWER, extras.EYES: Part.FACE, extras.ARM: Part.ARM,
        extras.HELD: Part.HELD,
    }  # fmt: skip
    for kind, part in expected.items():
        assert (parts[:192, kind] == part).all()
        assert (parts[192:, kind] == (Part.LOWER if kind == extras.SKIN else part)).all()


@pytest.mark.parametrize("hips", [-1e5, 1e5])
def test_hips_far_outside_are_no_trouble(hips):
    points = np.full((33, 2), hips, np.float32)
    parts = parts_of(np.full((288, 256), extras.SKIN, np.uint8), points)
    assert (parts == (Part.LOWER if hips < 0 else Part.FACE)).all()


@given(
    points=hnp.arrays(np.float32, (33, 2), elements=st.floats(-1e5, 1e5, width=32)),
    world=hnp.arrays(np.float32, (33, 3), elements=st.floats(-50, 50, width=32)),
)
@anybody
def test_maps_of_hostile_bodies_are_finite(points, world):
    body = Body(points, world, np.zeros(33, np.float32), np.full((48, 64), 200, np.uint8))
    matrix = field_from_frame(body)
    picture = picture_into_field(np.full((48, 64, 3), 77, np.uint8), matrix)
    maps = input_maps(FieldView(to_field(body, matrix), picture, picture))
    assert maps.shape == (CHANNELS, 72, 64)
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()


@given(
    torso=st.floats(60, 500),
    size=st.tuples(st.integers(301, 1100), st.integers(301, 1300)),
    shift=st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4)),
)
@anybody
def test_a_picture_lies_where_the_landmarks_say(standing, torso, size, shift):
    body = standing(size, torso, (size[1] / 2 + shift[0] * torso, size[0] / 2 + shift[1] * torso))
    spot, radius = np.array([size[1] / 2, size[0] / 2]), 0.12 * torso
    picture = np.zeros((*size, 3), np.uint8)
    # OpenCV counts pixel centres at whole numbers, bodies at halves
    centre = np.round((spot - 0.5) * 16).astype(int).tolist()
    cv2.circle(picture, centre, round(radius * 16), (255, 255, 255), -1, cv2.LINE_AA, 4)
    matrix = field_from_frame(body)
    weight = picture_into_field(picture, matrix)[..., 1].astype(float)
    x0, y0 = np.ceil(matrix[:, 2]).clip(0).astype(int)
    weight[:y0], weight[:, :x0] = 0, 0
    x1, y1 = np.floor(np.array(size[::-1]) * matrix[0, 0] + matrix[:, 2]).astype(int)
    weight[y1:], weight[:, x1:] = 0, 0
    y, x = np.mgrid[:288, :256] + 0.5
    found = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()
    assert np.abs(found - (matrix[:, :2] @ spot + matrix[:, 2])).max() < 0.5
