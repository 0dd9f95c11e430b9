"""Light and backdrop change the picture as light does: sides, shadows, colours; and the crop is what the lens says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from lookbook_support import SMALL_SET

from kiosk.lookbook.development import developed
from kiosk.lookbook.framing import Lens, view_of
from kiosk.lookbook.lighting import lit, white
from kiosk.lookbook.setfile import SHIPPED, parsed, read_set
from kiosk.lookbook.shot import Shot
from kiosk.lookbook.twin import Film
from kiosk.tryon.colours import DEFAULT_LIGHT
from kiosk.twins.record import read_twin

H, W = 480, 360


@pytest.fixture(scope="module")
def shot() -> Shot:
    """A grey ball of 100 pixels radius in the middle, lit evenly."""
    y, x = np.mgrid[:H, :W].astype(np.float32)
    nx, ny = (x - W / 2) / 100, (y - H / 2) / 100
    inside = nx**2 + ny**2 < 1
    nz = np.sqrt(np.clip(1 - nx**2 - ny**2, 0, 1))
    normal = np.where(inside[..., None], np.dstack([nx, ny, nz]), np.array([0, 0, 1], np.float32)).astype(np.float32)
    person = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.0)
    picture = np.full((H, W, 3), 128, np.uint8)
    nothing = np.zeros((H, W), np.float32)
    return Shot(picture, person, nothing, nothing, normal, DEFAULT_LIGHT, 100.0)


def a_set(**key):
    text = SMALL_SET
    for name, value in key.items():
        start = text.find(f"\n{name} = ")
        line = text[start + 1 : text.find("\n", start + 1)] if start >= 0 else None
        text = text.replace(line, f"{name} = {value}") if line else text.replace("[key]", f"[key]\n{name} = {value}")
    return parsed(text.encode(), "set.toml")


def sides(picture) -> tuple[float, float]:
    middle = picture[H // 2 - 30 : H // 2 + 30].astype(float)
    return middle[:, W // 2 - 75 : W // 2 - 40].mean(), middle[:, W // 2 + 40 : W // 2 + 75].mean()


@pytest.mark.parametrize("azimuth", [-60.0, 60.0])
def test_the_side_of_the_key_light_is_brighter(shot, azimuth):
    left, right = sides(developed(shot, a_set(azimuth=azimuth)))
    assert (left > right + 12) == (azimuth < 0)
    assert (right > left + 12) == (azimuth > 0)


@pytest.mark.parametrize("azimuth", [-45.0, 45.0])
def test_the_shadow_falls_on_the_other_side_and_down(shot, azimuth):
    wall = lit(shot, a_set(azimuth=azimuth, elevation=20.0, softness=0.05)).wall[..., 1]
    left, right = wall[H // 2 : H // 2 + 60, :70].mean(), wall[H // 2 : H // 2 + 60, -70:].mean()
    assert (left < 0.93 * right) == (azimuth > 0)
    assert (right < 0.93 * left) == (azimuth < 0)


def test_a_soft_light_makes_a_soft_shadow(shot):
    def steepest(softness: float) -> float:
        wall = lit(shot, a_set(softness=softness)).wall[..., 1]
        return float(np.abs(np.diff(wall, axis=1)).max())

    assert steepest(0.02) > 4 * steepest(0.9)


def test_kelvins_are_warm_below_and_cold_above_the_cameras_white(shot):
    assert np.allclose(white(5500.0), 1.0, atol=1e-6)
    for kelvin, warm in ((3000.0, True), (9000.0, False)):
        red, _, blue = white(kelvin)
        assert (red > 1.05 and blue < 0.95) == warm
        picture = developed(shot, a_set(kelvin=kelvin)).astype(float).mean((0, 1))
        neutral = developed(shot, a_set()).astype(float).mean((0, 1))
        assert (picture[0] - picture[2] > neutral[0] - neutral[2]) == warm


def test_rims_draw_an_edge_on_their_side_only(shot):
    text = SMALL_SET + '[[rim]]\nazimuth = 120.0\nstrength = 2.0\ncolour = "#4060ff"\n'
    plain, rimmed = (developed(shot, parsed(t.encode(), "set.toml")).astype(int) for t in (SMALL_SET, text))
    gain = (rimmed - plain)[H // 2 - 20 : H // 2 + 20, :, 2].mean(0)
    assert gain[W // 2 + 80 : W // 2 + 97].max() > 25
    assert abs(gain[W // 2 - 97 : W // 2 - 20]).max() < 8


@pytest.mark.parametrize("pattern", ["window", "leaves", "blinds"])
def test_gobos_throw_their_pattern_on_wall_and_person(shot, pattern):
    text = SMALL_SET + f'[gobo]\npattern = "{pattern}"\n'
    with_, without = (lit(shot, parsed(t.encode(), "set.toml")) for t in (text, SMALL_SET))
    for name in ("wall", "gain"):
        share = getattr(with_, name)[..., 1] / np.maximum(getattr(without, name)[..., 1], 1e-3)
        inside = share[H // 2 - 80 : H // 2 + 80, W // 2 - 60 : W // 2 + 60]
        assert inside.max() - inside.min() > 0.2
        assert share.max() < 1.05


def test_shipped_sets_look_different_on_purpose(shot):
    pictures = {}
    for path in SHIPPED.glob("*.toml"):
        pictures[path.stem] = developed(shot, read_set(path)).astype(float)
    names = sorted(pictures)
    for k, first in enumerate(names):
        for second in names[k + 1 :]:
            assert np.abs(pictures[first] - pictures[second]).mean() > 12, (first, second)


def test_retouching_keeps_shapes_and_its_limit(shot):
    noisy = np.random.default_rng(1).integers(100, 156, (H, W, 3)).astype(np.uint8)
    face = np.zeros((H, W), np.float32)
    face[200:280, 140:220] = 1.0
    dirty = Shot(noisy, shot.person, shot.cloth, face, shot.normal, shot.light, 100.0)
    smooth = parsed((SMALL_SET + "[retouch]\nsharpen = 0.0\nsmooth_skin = 0.3\n").encode(), "set.toml")
    plain = parsed((SMALL_SET + "[retouch]\nsharpen = 0.0\n").encode(), "set.toml")
    before, after = (developed(dirty, wanted).astype(float) for wanted in (plain, smooth))
    skin, rest = (slice(210, 270), slice(150, 210)), (slice(300, 330), slice(150, 210))
    assert 0.6 * before[skin].std() < after[skin].std() < before[skin].std()
    assert np.array_equal(after[rest], before[rest])


def test_the_lens_takes_in_what_the_set_says(shared_cast):
    film = Film(read_twin(shared_cast / "ada"))
    moment = film.moment(0)
    body = moment.body
    whole = view_of(body, Lens(1.6, 0.2, 0.0), (480, 360))
    assert np.isclose(480 / whole.scale, 1.6 * body.torso_length)
    seen = whole.body(body)
    assert np.isclose(seen.torso_length, 480 / 1.6, rtol=1e-3)
    crown = np.flatnonzero((seen.silhouette > 128).any(1))[0]
    assert 30 < crown < 90  # 0.2 of 1.6 torso lengths is 60 rows
    assert abs(seen.landmarks[0, 0] - 180) < 25
    aside = view_of(body, Lens(1.6, 0.2, 0.2), (480, 360)).body(body)
    assert np.isclose(aside.landmarks[0, 0] - seen.landmarks[0, 0], 72, atol=1)
    # a taller view than the clip holds ends at the clip's own edge, not below it
    tall = view_of(body, Lens(6.0, 0.2, 0.0), (480, 360))
    assert np.isclose(tall.origin[1] + 480 / tall.scale, moment.picture.shape[0])


def test_an_enlarged_view_shows_the_same_place(shared_cast):
    moment = Film(read_twin(shared_cast / "ada")).moment(3)
    view = view_of(moment.body, Lens(1.6, 0.2, 0.0), (960, 720))
    seen = view.picture(moment.picture)
    x, y = (moment.body.landmarks[0] - np.array(view.origin)) * view.scale
    nose = moment.picture[int(moment.body.landmarks[0, 1]), int(moment.body.landmarks[0, 0])].astype(int)
    assert np.abs(seen[int(y), int(x)].astype(int) - nose).max() < 30
