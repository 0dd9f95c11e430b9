"""The geometric warp and the shipped network on a drawn person."""

from __future__ import annotations

import numpy as np
import pytest

from engines.drape.baseline import GeometricDraper
from engines.drape.drape import Drape, Layer, Panel
from engines.drape.draper import Draper
from engines.garments.garment import Category, Chart, Garment, Measures
from engines.runtime.engine import MODELS
from engines.runtime.onnx_engine import OnnxEngine

WEIGHTS = MODELS / "drape.onnx"
_FLAT = (2.5, 1.0, 0.8, 0.15, 0.75, 0.33, 0.25, 0.05)
_WHITE = {chart: np.full((8, 8, 4), 255, np.uint8) for chart in Chart}
_INSIDE = np.zeros(3, np.uint8)
TEE = Garment("tee", Category.TEE, Measures(*_FLAT, 0.9, 0.7, 0.6, 0.4), _WHITE, _INSIDE, back_is_guessed=True)
TANK = Garment("tank", Category.TANK, Measures(*_FLAT, 0, 0, 0, 0), _WHITE, _INSIDE, back_is_guessed=True)


@pytest.fixture
def network() -> Draper:
    """The shipped weights; a new one for each test, as it averages over the frames that it has seen."""
    return Draper(OnnxEngine(WEIGHTS))


def _is_sane(drape: Drape) -> None:
    assert drape.alpha.shape == (7, 288, 256)
    assert drape.uv.shape == (3, 2, 72, 64)
    assert drape.order.shape == drape.normal.shape == drape.skin_normal.shape == (3, 72, 64)
    for field in (drape.alpha, drape.front, drape.order):
        assert 0.0 <= field.min() <= field.max() <= 1.0
    assert all(np.isfinite(field).all() for field in (drape.uv, drape.normal))


def _torso_lies_right(drape: Drape) -> None:
    torso = drape.alpha[Layer.TORSO] > 0.5
    assert torso[110:190, 110:146].mean() > 0.98  # chest and belly
    assert not torso[:78].any()  # head
    assert not torso[250:].any()  # knees
    u, v = drape.uv[Panel.TORSO]
    assert abs(u[36, 32]) < 0.15
    assert u[36, 40] > u[36, 32] > u[36, 24]  # the wearer's left is at the picture's right
    assert (np.diff(v[28:46, 32]) > 0).all()


@pytest.mark.parametrize("kind", ["network", "warp"])
def test_a_tee_lies_on_the_torso(standing, request, kind):
    draper = request.getfixturevalue("network") if kind == "network" else GeometricDraper()
    drape = draper.drape(standing(), TEE)
    _is_sane(drape)
    _torso_lies_right(drape)
    left, right = (drape.alpha[layer] > 0.5 for layer in (Layer.SLEEVE_LEFT, Layer.SLEEVE_RIGHT))
    assert left[:, 128:].sum() > 100 > left[:, :128].sum()
    assert right[:, :128].sum() > 100 > right[:, 128:].sum()


@pytest.mark.parametrize("kind", ["network", "warp"])
def test_a_tank_has_no_sleeves(standing, request, kind):
    draper = request.getfixturevalue("network") if kind == "network" else GeometricDraper()
    drape = draper.drape(standing(), TANK)
    assert (drape.alpha[[Layer.SLEEVE_LEFT, Layer.SLEEVE_RIGHT]] > 0.5).mean() < 0.002


def test_the_network_sees_the_front(standing, network):
    drape = network.drape(standing(), TEE)
    assert drape.front[30:44, 28:36].min() > 0.5
    assert drape.normal[2][30:44, 28:36].mean() > 0.7


def test_size_and_place_in_the_frame_do_not_matter(standing, network):
    near = network.drape(standing((960, 1280), 260.0, (700.0, 500.0)), TEE)
    network.forget()
    far = network.drape(standing(), TEE)
    first, second = (drape.alpha[Layer.TORSO] > 0.5 for drape in (near, far))
    assert (first & second).sum() > 0.97 * (first | second).sum()
