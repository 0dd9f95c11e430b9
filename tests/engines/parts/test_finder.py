"""The finder: pictures and plates reach the network in the field's coordinates."""

from __future__ import annotations

import numpy as np
import pytest

from engines.drape.contract import field_from_frame
from engines.parts import contract
from engines.parts.contract import Part
from engines.parts.finder import PartsFinder
from engines.pose.body import Body


class Listening:
    """An engine that keeps what it is asked and always finds the same arm."""

    name, model_sha256 = "listening", ""

    def __init__(self) -> None:
        self.asked: list[np.ndarray] = []
        self.chance = np.zeros((7, 288, 256), np.float32)
        self.chance[Part.ARM, 80:112, 176:200] = 1
        self.chance[Part.BACKGROUND] = 1 - self.chance[Part.ARM]

    def infer(self, inputs):
        self.asked.append(inputs["maps"][0])
        return {"parts": self.chance[None]}


@pytest.fixture
def engine():
    return Listening()


def frame(value: int = 60) -> np.ndarray:
    return np.full((480, 640, 3), value, np.uint8)


def test_it_says_what_the_network_says_and_where(standing, engine):
    body = standing()
    found = PartsFinder(engine).find(frame(), None, None, body)
    assert np.array_equal(found.chance, engine.chance)
    assert np.array_equal(found.field_from_frame, field_from_frame(body))
    assert engine.asked[0].shape == (128, 72, 64)
    assert (engine.asked[0][contract.LAST_SEEN] == 0).all()


def test_a_mistake_does_not_grow_from_frame_to_frame(standing, engine):
    finder = PartsFinder(engine)
    for _ in range(2):
        finder.find(frame(), None, None, standing())
    assert (engine.asked[1][contract.LAST_SEEN : contract.LAST.stop] == 0).all()


def test_beyond_the_frame_is_background(standing, engine):
    engine.chance[:] = 0
    engine.chance[Part.FACE] = 1
    finder = PartsFinder(engine)
    for _ in range(2):
        found = finder.find(frame(), None, None, standing(centre=(100.0, 230.0)))
    assert found.chance.sum(0) == pytest.approx(1)
    assert found.chance[Part.BACKGROUND, :, :40].min() == 1
    assert found.chance[Part.FACE, 100, 128] == 1
    assert engine.asked[1][contract.LAST][Part.FACE, :, :10].max() == 0


def test_a_plate_counts_where_it_is_known(standing, engine):
    known = np.full((480, 640), 255, np.uint8)
    known[:, :320] = 0
    finder = PartsFinder(engine)
    finder.find(frame(60), frame(160), known, standing())
    finder.find(frame(60), frame(160), None, standing())
    finder.find(frame(60), None, None, standing())
    half, whole, none = (maps[contract.PLATE_KNOWN] for maps in engine.asked)
    assert half[30, :30].max() == 0
    assert half[30, 34:].min() == 1
    assert whole[30].min() == 1
    assert none.max() == 0
    assert engine.asked[0][contract.PLATE][:, 30, :30].max() == 0
    assert engine.asked[0][contract.PLATE][:, 30, 34:].min() > 0.9


@pytest.mark.parametrize("place", [-4000.0, 4000.0])
def test_a_body_outside_the_frame_is_no_trouble(standing, engine, place):
    body = standing()
    away = Body(body.landmarks + np.float32(place), body.world, body.visibility, body.silhouette)
    PartsFinder(engine).find(frame(), frame(), np.zeros((480, 640), np.uint8), away)
    assert np.isfinite(engine.asked[0]).all()
    assert (engine.asked[0][contract.PICTURE] == 0).all()
