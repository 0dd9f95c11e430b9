"""What twins are drawn with: motion without a seam, light that is kept away, paint in its place."""

from __future__ import annotations

import numpy as np
import pytest

from engines.synthetic.twin_figure import visibility
from engines.synthetic.twin_light import Lit, developed, shade
from engines.synthetic.twin_motion import DIFFERENT, FRAMES, SECONDS, _wave
from engines.synthetic.twin_paint import Painted, lips, noise, skin_colour
from engines.synthetic.twin_people import TWINS


def test_the_cast_is_as_different_as_customers_are():
    assert len(TWINS) >= 8
    assert len({twin.slug for twin in TWINS}) == len(TWINS)
    years, heights = [twin.years for twin in TWINS], [twin.metres for twin in TWINS]
    assert min(years) <= 22
    assert max(years) >= 70
    assert max(heights) - min(heights) > 0.25
    genders = [twin.phenotype["gender"] for twin in TWINS]
    assert min(genders) < 0.2
    assert max(genders) > 0.8
    assert any(0.4 < gender < 0.6 for gender in genders)
    assert np.ptp([twin.tone for twin in TWINS]) > 4


@pytest.mark.parametrize("late", [-0.3, 0.0, 0.35])
def test_motion_ends_where_it_begins_and_comes_back_as_it_went(late):
    assert SECONDS >= 6.0
    assert DIFFERENT == FRAMES // 2 + 1
    times = np.arange(FRAMES + 1) / FRAMES
    wave = np.array([_wave(time, 1, late) for time in times])
    assert wave[0] == pytest.approx(wave[-1])
    assert np.allclose(wave, wave[::-1])
    assert np.abs(np.diff(wave)).max() < 0.2


def test_what_lies_under_a_roof_sees_less_sky_and_no_key():
    side, ground = 21, []
    for y, half in ((0.0, 1.0), (0.3, 0.4)):
        grid = np.stack(np.meshgrid(np.linspace(-half, half, side), np.linspace(-half, half, side)), -1).reshape(-1, 2)
        ground.append(np.column_stack([grid[:, 0], np.full(len(grid), y), grid[:, 1]]))
    first = np.arange(side * side).reshape(side, side)
    a, b, c, d = (first[i : i + side - 1, j : j + side - 1].ravel() for i in (0, 1) for j in (0, 1))
    square = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    faces = np.concatenate([square, square + side * side])
    vertices = np.concatenate(ground)
    normals = np.tile([0.0, 1.0, 0.0], (len(vertices), 1))
    sky, key = visibility(vertices, normals, faces)
    middle, corner, roof = side * side // 2, 0, side * side + side * side // 2
    assert sky[middle] < 0.5 < sky[corner]
    assert sky[roof] > 0.9
    assert key[roof] > 0.9
    assert key[corner] > 0.6


def test_light_reddens_where_it_leaves_skin():
    tone = skin_colour(3.0)
    angles = np.linspace(0, np.pi, 60)
    normal = np.stack([-np.cos(angles), np.full(60, 0.3), np.sin(angles)], 1).astype(np.float32)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    full = np.ones(60, np.float32)
    eye = np.tile(np.array([0, 0, 1], np.float32), (60, 1))
    albedo = np.tile(tone, (60, 1))
    as_skin = shade(Painted(albedo, 0 * full, full), Lit(normal, eye, full, full))
    as_cloth = shade(Painted(albedo, 0 * full, 0 * full), Lit(normal, eye, full, full))
    assert (as_skin >= 0).all()
    dark = as_cloth.sum(1) < np.quantile(as_cloth.sum(1), 0.3)
    redness = [(light[dark, 0] / light[dark, 1]).mean() for light in (as_skin, as_cloth)]
    assert redness[0] > redness[1]


def test_the_curve_rises_and_stays_within_what_can_be_shown():
    shown = developed(np.linspace(0, 6, 200, dtype=np.float32))
    assert (np.diff(shown) >= 0).all()
    assert shown[0] < 6
    assert shown[-1] <= 255


def test_lips_are_where_a_mouth_is():
    across, down = np.meshgrid(np.linspace(0, 0.06, 61), np.linspace(-0.12, 0, 121))
    x, y = across.ravel().astype(np.float32), down.ravel().astype(np.float32)
    red = lips(x, y)
    assert red.min() >= 0
    assert red.max() == pytest.approx(1.0)
    inside = red > 0.5
    assert x[inside].max() < 0.025
    assert -0.083 < y[inside].min() < y[inside].max() < -0.058


def test_noise_is_smooth_and_the_same_each_time():
    places = np.random.default_rng(2).uniform(-1, 1, (4000, 3)).astype(np.float32)
    first = noise(places, 0.05, 7)
    assert (first == noise(places, 0.05, 7)).all()
    assert np.abs(first).max() <= 1
    assert 0.15 < first.std() < 0.6
    assert np.abs(noise(places + np.float32(1e-4), 0.05, 7) - first).max() < 0.05
    assert np.abs(noise(places, 0.05, 8) - first).mean() > 0.1
