"""Skirts, trousers and dresses painted with known measures go in; measures, charts and refusals come out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import GarmentPhotoError
from engines.garments.bottoms import look_at_bottom
from engines.garments.garment import BottomMeasures, Category, Chart
from engines.garments.ingest import ingest, look
from engines.garments.store import load, save
from engines.garments.training.bottoms import Mark, PaintedBottom, flat_bottom
from engines.garments.training.flatlay import flat_lay

SIZE = 560


@cache
def painted(seed: int, category: Category) -> PaintedBottom:
    return flat_bottom(np.random.default_rng(seed), SIZE, category)


def write(path: Path, rgba: np.ndarray) -> Path:
    cv2.imwrite(str(path), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    return path


@pytest.mark.parametrize(("category", "seeds"), [(Category.SKIRT, (3, 4, 6, 7)), (Category.TROUSERS, (4, 5, 6, 7))])
def test_corners_lie_where_they_were_painted(category, seeds):
    errors = []
    for seed in seeds:
        lay = painted(seed, category)
        marks = look_at_bottom(lay.picture, category).layout.marks
        hip = np.linalg.norm(lay.points[Mark.WAIST_RIGHT] - lay.points[Mark.WAIST_LEFT]) / 2
        found = marks.canvas.photo(np.concatenate([marks.waist, marks.hem]))
        truth = lay.points[[Mark.WAIST_LEFT, Mark.WAIST_RIGHT, Mark.HEM_OUTER_LEFT, Mark.HEM_OUTER_RIGHT]]
        errors.append(np.linalg.norm(found - truth, axis=1) / hip)
    assert np.max(errors) < 0.06


def test_measures_of_trousers_come_back():
    wrong = []
    for seed in (5, 6, 7, 10):
        lay = painted(seed, Category.TROUSERS)
        found = look_at_bottom(lay.picture, Category.TROUSERS).layout.measures
        names = ("length", "rise", "leg_width", "waist")
        wrong.append([abs(getattr(found, n) - getattr(lay.measures, n)) for n in names])
    length, rise, leg_width, waist = np.median(wrong, axis=0)
    assert max(length, leg_width, waist) < 0.08
    assert rise < 0.2  # where legs touch, the crotch is a guess


def test_a_skirt_becomes_charts_and_is_kept(tmp_path):
    lay = painted(3, Category.SKIRT)
    garment = ingest(write(tmp_path / "skirt.png", lay.picture), None, Category.SKIRT, "skirt")
    front = garment.atlas[Chart.TORSO_FRONT]
    middle, rows = front.shape[1] // 2, front.shape[0]
    assert front[rows // 2, [40, middle, -40], 3].tolist() == [255, 255, 255]  # no side seam cuts
    assert front[: rows // 40, :, 3].max() == 0  # above the waistband
    assert front[-rows // 40 :, :, 3].max() == 0  # below the hem
    assert garment.back_is_guessed
    save(garment, tmp_path / "kept")
    assert load(tmp_path / "kept").measures == garment.measures


def test_each_leg_keeps_its_side_and_a_back_photo_its_half(tmp_path):
    lay = painted(5, Category.TROUSERS)
    tints = ((200, 40, 40), (40, 40, 200), (40, 200, 40), (200, 200, 40))
    photos = [lay.picture.copy(), lay.picture.copy()]
    left = np.arange(SIZE) < lay.points[Mark.CROTCH, 0]
    for photo, (one, other) in zip(photos, (tints[:2], tints[2:]), strict=True):
        photo[..., :3] = np.where(left[None, :, None], one, other)
    front, back = (write(tmp_path / f"{k}.png", photo) for k, photo in enumerate(photos))
    garment = ingest(front, back, Category.TROUSERS, "trousers")
    assert isinstance(garment.measures, BottomMeasures)
    wanted = {Chart.LEG_LEFT: (tints[1], tints[2]), Chart.LEG_RIGHT: (tints[0], tints[3])}  # a back photo is mirrored
    for chart, (ahead, behind) in wanted.items():
        row = garment.atlas[chart][700].astype(int)
        centre = len(row) // 2
        assert np.abs(row[centre + 100, :3] - ahead).max() < 25
        assert np.abs(row[centre - 100, :3] - behind).max() < 60  # brought to the front's brightness


def _aslant(photo):
    turn = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), 40, 0.7)
    return cv2.warpAffine(photo, turn, (SIZE, SIZE))


def _folded(photo):
    half = photo.copy()
    half[:, SIZE // 2 :] = 0
    return half


def _cut_off(photo):
    return photo[: SIZE * 3 // 5]


def _on_legs(photo):
    """The skirt on somebody: two skin-coloured legs come out below."""
    rows = np.flatnonzero((photo[..., 3] > 128).any(1))
    columns = np.flatnonzero(photo[rows[-1] - 8, :, 3] > 128)
    tall = np.concatenate([photo, np.zeros((250, SIZE, 4), np.uint8)])
    for share in (0.35, 0.65):
        x = int(columns[0] + share * (columns[-1] - columns[0]))
        cv2.rectangle(tall, (x - 20, rows[-1] - 10), (x + 20, rows[-1] + 200), (214, 160, 130, 255), -1)
    return tall


@pytest.mark.parametrize("spoil", [_aslant, _folded, _cut_off])
@pytest.mark.parametrize("seed", [5, 6])
def test_unfit_trousers_are_refused(spoil, seed):
    with pytest.raises(GarmentPhotoError):
        look_at_bottom(spoil(painted(seed, Category.TROUSERS).picture), Category.TROUSERS)


def test_a_worn_skirt_is_refused():
    with pytest.raises(GarmentPhotoError):
        look_at_bottom(_on_legs(painted(4, Category.SKIRT).picture), Category.SKIRT)


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_trousers_are_no_skirt(seed):
    with pytest.raises(GarmentPhotoError, match="like trousers"):
        look_at_bottom(painted(seed, Category.TROUSERS).picture, Category.SKIRT)


@pytest.mark.parametrize("seed", [3, 5, 6])
def test_a_skirt_is_no_trousers(seed):
    with pytest.raises(GarmentPhotoError, match="legs"):
        look_at_bottom(painted(seed, Category.SKIRT).picture, Category.TROUSERS)


@pytest.mark.parametrize("claimed", [Category.SKIRT, Category.TROUSERS])
@pytest.mark.parametrize("category", [Category.TEE, Category.LONG_SLEEVE, Category.TANK, Category.HOODIE])
def test_tops_are_no_skirts_and_no_trousers(category, claimed):
    for seed in (1, 2):
        with pytest.raises(GarmentPhotoError):
            look_at_bottom(flat_lay(np.random.default_rng(seed), SIZE, category).picture, claimed)


def _dress(seed: int) -> np.ndarray:
    return flat_lay(np.random.default_rng(seed), SIZE, Category.DRESS, calm=True).picture


def test_a_dress_becomes_a_long_top(tmp_path):
    lay = flat_lay(np.random.default_rng(202), 700, Category.DRESS, calm=True)
    garment = ingest(write(tmp_path / "dress.png", lay.picture), None, Category.DRESS, "dress")
    assert garment.top.length == pytest.approx(lay.measures.length, abs=0.3)
    assert garment.top.hem == pytest.approx(lay.measures.hem, abs=0.15)
    for chart in (Chart.TORSO_FRONT, Chart.TORSO_BACK):
        picture = garment.atlas[chart]
        assert picture.shape[0] > 1000  # a dress is long: a taller chart
        assert picture[picture.shape[0] // 6, 20, 3] == 0  # no sleeves: the armhole cuts
        assert picture[picture.shape[0] // 2, 20, 3] == 255


def test_dresses_and_tops_are_told_apart():
    with pytest.raises(GarmentPhotoError, match="like a dress"):
        look(_dress(202), Category.TANK)
    with pytest.raises(GarmentPhotoError, match="like a top"):
        look(flat_lay(np.random.default_rng(20), SIZE, Category.TEE, calm=True).picture, Category.DRESS)
