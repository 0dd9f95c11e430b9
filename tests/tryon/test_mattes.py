"""Colour models, mattes and the small operations they stand on."""

from __future__ import annotations

import numpy as np
import pytest
import tryon_scene as scene
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.parts.finder import PartsFinder
from engines.pose.body import Body
from engines.runtime.onnx_engine import OnnxEngine
from kiosk.tryon.colours import ColourModels, agreed
from kiosk.tryon.compositor import Compositor
from kiosk.tryon.figure import Box, Figure, add_capsule, box_around
from kiosk.tryon.mattes import MatteFinder, Mattes, decontaminated
from kiosk.tryon.person import Steadiness
from kiosk.tryon.pixels import blend, guided, luma, ramp, soft
from kiosk.tryon.plate import CleanPlate
from kiosk.tryon.wearing import PARTS_MODEL

ASTRONAUT = {
    0: (143, 118), 2: (154, 98), 3: (160, 99), 5: (133, 97), 6: (127, 98), 7: (176, 106), 8: (118, 106), 9: (157, 137),
    10: (132, 136), 11: (240, 245), 12: (60, 250), 13: (270, 400), 14: (20, 400), 15: (270, 480), 16: (20, 480),
    23: (210, 480), 24: (90, 480),
}  # fmt: skip
WHOLE = Box(0, 0, scene.WIDTH, scene.HEIGHT)


def find(
    body: Body, frame: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], bare: bool = False
) -> tuple[Mattes, ColourModels]:
    """Mattes of one frame after a few updates of the models."""
    colours, steadiness, plate = ColourModels(), Steadiness(), CleanPlate(scene.HEIGHT, scene.WIDTH)
    finder, figure = MatteFinder(scene.DrawnParts(bare=bare), colours, steadiness), Figure.of(body, WHOLE)
    steadiness.look(luma(frame), WHOLE)
    person = body.silhouette.astype(np.float32) / 255
    for _ in range(3):
        colours.update(frame, figure, body.silhouette)
        mattes = finder.find(frame, finder.parts(frame, plate.shown(), body, WHOLE), figure, WHOLE, person)
    return mattes, colours


@pytest.fixture(scope="module")
def found() -> tuple[Mattes, ColourModels]:
    """The drawn person's mattes."""
    return find(scene.body(), scene.frame())


def test_hands_are_found_and_sleeves_are_not(found: tuple[Mattes, ColourModels]) -> None:
    mattes, _ = found
    assert mattes.hands[162, 204] > 0.9
    assert mattes.hands[162, 116] > 0.9
    assert max(mattes.hands[120, 200], mattes.arms[120, 200], mattes.hands[120, 160]) < 0.1


def test_covered_arms_are_told(found: tuple[Mattes, ColourModels]) -> None:
    assert min(found[0].arms_bare) > 1.7


def test_head_is_kept_and_torso_is_not(found: tuple[Mattes, ColourModels]) -> None:
    mattes, _ = found
    assert mattes.head[52, 160] > 0.95
    assert np.maximum(mattes.head, mattes.hair)[28, 160] > 0.7
    assert np.maximum(mattes.head, mattes.hair)[130:, :].max() < 0.1


def test_tone_is_the_faces(found: tuple[Mattes, ColourModels]) -> None:
    assert np.abs(found[1].tone - scene.SKIN).max() < 15


def test_bare_arms_are_told() -> None:
    frame = scene.frame()
    orange = (frame[..., 0].astype(int) - frame[..., 2] > 130) & (np.abs(np.arange(scene.WIDTH) - 160) > 34)
    frame[orange] = scene.SKIN
    mattes, _ = find(scene.body(), frame, bare=True)
    assert max(mattes.arms_bare) < 0.9
    assert mattes.arms[130, 202] > 0.9


def test_mattes_are_in_range_and_finite(found: tuple[Mattes, ColourModels]) -> None:
    for matte in (found[0].person, found[0].head, found[0].hair, found[0].neck, found[0].hands, found[0].arms):
        assert np.isfinite(matte).all()
        assert matte.min() >= 0.0
        assert matte.max() <= 1.0


def test_a_black_frame_gives_finite_mattes() -> None:
    mattes, colours = find(scene.body(), np.zeros((scene.HEIGHT, scene.WIDTH, 3), np.uint8))
    assert np.isfinite(mattes.hands).all()
    assert np.isfinite(colours.light.direction).all()


def test_colours_overrule_a_doubtful_network() -> None:
    sure, doubtful = np.array([[0.99]], np.float32), np.array([[0.6]], np.float32)
    skin, cloth = np.array([[0.93]], np.float32), np.array([[0.07]], np.float32)
    assert agreed(sure, cloth) > 0.8
    assert agreed(doubtful, cloth) < 0.2
    assert agreed(doubtful, skin) > 0.9
    assert agreed(doubtful, np.array([[0.5]], np.float32)) == pytest.approx(0.6, abs=1e-4)


def test_the_astronauts_head_is_kept_and_her_suit_is_not() -> None:
    """The shipped network on a real photo."""
    frame = np.ascontiguousarray(pytest.importorskip("skimage.data").astronaut()[:400, 80:400])
    points = np.full((33, 2), 140.0, np.float32)
    for index, point in ASTRONAUT.items():
        points[index] = point
    silhouette = np.zeros(frame.shape[:2], np.uint8)
    silhouette[30:210, 90:205] = 255
    silhouette[200:, 30:290] = 255
    body = Body(points, np.zeros((33, 3), np.float32), np.ones(33, np.float32), silhouette)
    sight = Compositor(*frame.shape[:2], PartsFinder(OnnxEngine(PARTS_MODEL))).see(frame, body)
    kept = np.zeros(frame.shape[:2], np.float32)
    kept[sight.box.slices] = np.maximum(sight.mattes.head, sight.mattes.hair)
    assert kept[60:150, 110:175].mean() > 0.9
    assert kept[280:, 60:260].mean() < 0.05


def test_steadiness_holds_a_still_picture_and_follows_a_moving_one() -> None:
    steadiness, box = Steadiness(), Box(0, 0, 40, 40)
    still, changed = np.full((40, 40), 100, np.uint8), np.full((40, 40), 200, np.uint8)
    zeros, ones = np.zeros((40, 40), np.float32), np.ones((40, 40), np.float32)
    steadiness.look(still, box)
    steadiness.steady("a", zeros)
    steadiness.look(still, box)
    assert steadiness.steady("a", ones).max() < 0.5
    steadiness.look(changed, box)
    assert steadiness.steady("a", ones).min() == 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 1))
def test_blend_is_exact_at_its_ends_and_between(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    under, over = (rng.integers(0, 256, (8, 9, 3), dtype=np.uint8) for _ in range(2))
    none, full = np.zeros((8, 9), np.float32), np.ones((8, 9), np.float32)
    assert np.array_equal(blend(under, over, none), under)
    assert np.array_equal(blend(under, over, full), over)
    mixed = blend(under, over, full * np.float32(share)).astype(int)
    assert (mixed >= np.minimum(under, over).astype(int) - 1).all()
    assert (mixed <= np.maximum(under, over).astype(int) + 1).all()


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[st.floats(-300, 600)] * 4), st.floats(0.5, 60))
def test_capsules_anywhere_stay_in_range(ends: tuple[float, float, float, float], radius: float) -> None:
    matte = np.zeros((50, 60), np.float32)
    start, end = np.array(ends[:2], np.float32), np.array(ends[2:], np.float32)
    add_capsule(matte, (start, end), (radius, radius), 1.0)
    assert np.isfinite(matte).all()
    assert 0.0 <= matte.min() <= matte.max() <= 1.0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-500, 900), st.floats(-500, 900)), min_size=1, max_size=5))
def test_boxes_lie_in_the_frame(points: list[tuple[float, float]]) -> None:
    box = box_around(np.array(points, np.float32), 3.0, (48, 64))
    assert 0 <= box.x0 < box.x1 <= 64
    assert 0 <= box.y0 < box.y1 <= 48


def test_guided_filter_moves_an_edge_to_the_guides() -> None:
    guide, rough = np.zeros((40, 40), np.float32), np.zeros((40, 40), np.float32)
    guide[:, 20:], rough[:, 22:] = 1.0, 1.0
    fine = guided(guide, rough, 4, 1e-4)
    assert fine[20, 21] > 0.5 > fine[20, 18]


def test_decontamination_takes_the_old_colour_out_of_the_rim() -> None:
    crop = np.full((20, 40, 3), (255, 120, 0), np.uint8)
    crop[:, 20:] = (200, 150, 130)
    alpha = np.tile(ramp(np.arange(40, dtype=np.float32), 17, 21), (20, 1))
    clean = decontaminated(crop, alpha, 4)
    assert np.abs(clean[10, 18].astype(int) - (200, 150, 130)).max() < 8


def test_soft_keeps_a_flat_field() -> None:
    flat = np.full((33, 47), 0.5, np.float32)
    for sigma in (0.5, 2.5, 9.0):
        assert np.abs(soft(flat, sigma) - 0.5).max() < 1e-3
