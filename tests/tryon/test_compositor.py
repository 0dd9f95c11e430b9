"""The compositor's promises, on a drawn person."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tryon_scene as scene
from numpy.typing import NDArray

from engines.parts.finder import PartsFinder
from engines.pose.body import Body
from engines.runtime.onnx_engine import OnnxEngine
from kiosk.tryon.compositor import Composite, Compositor
from kiosk.tryon.place import Place
from kiosk.tryon.wearing import PARTS_MODEL

CLIPS = Path(__file__).resolve().parents[3] / "shared" / "cases" / "clips"


@pytest.fixture(scope="module")
def composite() -> Composite:
    """The tenth frame after the plate was learnt from the empty scene."""
    compositor = Compositor(scene.HEIGHT, scene.WIDTH, scene.DrawnParts())
    for seed in range(12):
        compositor.observe(scene.wall(seed))
    worn = [(scene.garment(), scene.drape())]
    for seed in range(9):
        compositor.compose(scene.frame(seed), scene.body(), worn, 1.0)
    return compositor.compose(scene.frame(9), scene.body(), worn, 1.0, layers=True)


def test_a_known_place_shows_what_hangs_behind_somebody_who_was_there_from_the_start() -> None:
    """A poster whose upper half is hidden by the old top is shown in the first picture, not invented."""
    empty, frame, body = scene.wall(), scene.frame(), scene.body()
    empty[100:150, 136:184] = (20, 60, 200)
    for place, near in ((Place(empty), True), (Place(), False)):
        compositor = Compositor(scene.HEIGHT, scene.WIDTH, scene.DrawnParts(), place)
        sight = compositor.see(frame, body)
        x0, y0 = sight.box.x0, sight.box.y0
        behind = sight.behind[125 - y0, 160 - x0].astype(int)
        assert bool(np.abs(behind - (20, 60, 200)).max() < 14) is near


def _at(composite: Composite, point: tuple[int, int]) -> NDArray[np.int16]:
    return composite.picture[point[1], point[0]].astype(np.int16)


def _reddish(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels of the old top's saturated orange."""
    wide = picture.astype(np.int16)
    return (wide[..., 0] - wide[..., 2] > 130) & (wide[..., 0] > 150)


def test_outside_the_layers_the_picture_is_the_frame(composite: Composite) -> None:
    frame, layers = scene.frame(9), composite.layers
    assert layers is not None
    painted = np.maximum.reduce([layers.garment, layers.revealed, layers.plate, layers.front]) > 0
    near = cv2.dilate(painted.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert np.array_equal(composite.picture[~near], frame[~near])
    assert (~near).mean() > 0.5


def test_face_and_trousers_stay_to_the_bit(composite: Composite) -> None:
    frame = scene.frame(9)
    for rows, columns in ((slice(42, 60), slice(153, 168)), (slice(200, 235), slice(145, 175))):
        assert np.array_equal(composite.picture[rows, columns], frame[rows, columns])


def test_nothing_of_the_old_top_remains(composite: Composite) -> None:
    assert _reddish(scene.frame(9)).sum() > 3000
    assert _reddish(composite.picture).sum() <= 5


def test_the_torso_is_the_new_garment(composite: Composite) -> None:
    red, green, blue = _at(composite, (160, 120))
    assert green > red + 60
    assert green > blue + 40


def test_a_covered_forearm_is_painted_bare(composite: Composite) -> None:
    assert np.abs(_at(composite, (202, 136)) - scene.SKIN).max() < 60


def test_a_wider_old_sleeve_gives_way_to_the_plate(composite: Composite) -> None:
    assert np.abs(_at(composite, (213, 139)) - scene.wall(9)[139, 213]).max() < 12


def test_hands_stay_in_front(composite: Composite) -> None:
    assert np.abs(_at(composite, (204, 162)) - scene.frame(9)[162, 204]).max() < 25
    assert composite.layers is not None
    assert composite.layers.front[162, 204] > 200


def test_absent_garments_leave_the_frame() -> None:
    compositor = Compositor(scene.HEIGHT, scene.WIDTH, scene.DrawnParts())
    frame, worn = scene.frame(), [(scene.garment(), scene.drape())]
    assert np.array_equal(compositor.compose(frame, scene.body(), worn, 0.0).picture, frame)
    assert np.array_equal(compositor.compose(frame, scene.body(), [], 1.0).picture, frame)


def test_presence_fades() -> None:
    worn = [(scene.garment(), scene.drape())]
    greens = []
    for presence in (0.0, 0.5, 1.0):
        compositor = Compositor(scene.HEIGHT, scene.WIDTH, scene.DrawnParts())
        picture = compositor.compose(scene.frame(), scene.body(), worn, presence).picture
        greens.append(int(picture[120, 160, 0]))
    assert greens[0] > greens[1] > greens[2]


def test_a_still_person_does_not_flicker() -> None:
    compositor = Compositor(scene.HEIGHT, scene.WIDTH, scene.DrawnParts())
    worn = [(scene.garment(), scene.drape())]
    pictures = [compositor.compose(scene.frame(seed), scene.body(), worn, 1.0).picture for seed in range(14)]
    change = np.abs(pictures[-1].astype(np.int16) - pictures[-2]).max(2)
    assert np.percentile(change, 99.8) < 20


def test_a_body_half_outside_the_frame_is_no_error() -> None:
    compositor = Compositor(scene.HEIGHT, scene.WIDTH, scene.DrawnParts())
    whole = scene.body()
    silhouette = np.roll(whole.silhouette, 150, axis=1)
    silhouette[:, :150] = 0
    moved = Body(whole.landmarks + np.array([150, 0], np.float32), whole.world, whole.visibility, silhouette)
    picture = compositor.compose(scene.frame(), moved, [(scene.garment(), scene.drape())], 1.0).picture
    assert picture.shape == (scene.HEIGHT, scene.WIDTH, 3)


def test_real_clip_keeps_its_walls() -> None:
    if not (CLIPS / "book.mkv").is_file():
        pytest.skip(f"the real clips are not at {CLIPS}")
    capture = cv2.VideoCapture(str(CLIPS / "book.mkv"))
    _, bgr = capture.read()
    frame = np.ascontiguousarray(cv2.resize(bgr, (scene.WIDTH, scene.HEIGHT))[..., ::-1])
    compositor = Compositor(*frame.shape[:2], PartsFinder(OnnxEngine(PARTS_MODEL)))
    picture = compositor.compose(frame, scene.body(), [(scene.garment(), scene.drape())], 1.0).picture
    assert np.array_equal(picture[:, :70], frame[:, :70])
