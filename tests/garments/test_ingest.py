"""Flat-lays painted with known measures go in; measures, charts and refusals come out."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import GarmentPhotoError, UnsupportedCategoryError
from engines.garments.garment import Category, Chart
from engines.garments.ingest import ingest, look
from engines.garments.landmarks import find_landmarks
from engines.garments.training.flatlay import FlatLay, flat_lay

REAL = Path(__file__).parents[3] / "shared" / "cases" / "garments"
REAL_TOPS = [
    ("tee-blue", Category.TEE), ("tee-white-print", Category.TEE), ("polo-navy", Category.POLO),
    ("hoodie-grey", Category.HOODIE), ("hoodie-red", Category.HOODIE), ("longsleeve-red", Category.LONG_SLEEVE),
]  # fmt: skip


def painted(seed: int, category: Category, size: int = 700) -> FlatLay:
    return flat_lay(np.random.default_rng(seed), size, category, calm=True)


def on_white(lay: FlatLay) -> np.ndarray:
    alpha = lay.picture[..., 3:] / 255.0
    rgb = lay.picture[..., :3] * alpha + 255 * (1 - alpha)
    return np.dstack([rgb, np.full(rgb.shape[:2], 255)]).round().astype(np.uint8)


def write(path: Path, rgba: np.ndarray) -> Path:
    cv2.imwrite(str(path), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    return path


@pytest.mark.parametrize("category", [Category.TEE, Category.LONG_SLEEVE, Category.HOODIE])
def test_landmarks_lie_where_they_were_painted(category):
    errors = []
    for seed in range(8):
        lay = painted(seed, category)
        found = find_landmarks(lay.picture)
        chest = np.linalg.norm(lay.points[4] - lay.points[5])
        errors.append((np.linalg.norm(found.points - lay.points, axis=1) / chest)[lay.present])
    assert np.median(np.concatenate(errors)) < 0.015


def test_measures_come_back():
    wrong = {"length": [], "hem": [], "shoulder": [], "armpit": [], "neck_width": [], "sleeve_length": []}
    for seed in range(6):
        lay = painted(seed + 20, Category.TEE)
        measures = look(lay.picture, Category.TEE).layout.measures
        for name, values in wrong.items():
            values.append(abs(getattr(measures, name) - getattr(lay.measures, name)))
    assert {name: round(float(np.median(v)), 3) for name, v in wrong.items() if np.median(v) > 0.05} == {}


def test_a_garment_is_made_from_one_photo_on_white(tmp_path):
    lay = painted(3, Category.TEE)
    garment = ingest(write(tmp_path / "tee.png", on_white(lay)), None, Category.TEE, "tee")
    front = garment.atlas[Chart.TORSO_FRONT]
    assert front.shape == (900, 1024, 4)
    assert garment.atlas[Chart.SLEEVE_LEFT].shape == (512, 400, 4)
    assert garment.back_is_guessed
    middle = front.shape[1] // 2
    assert front[20, middle, 3] == 0  # above the neckline
    assert front[450, [60, middle, -60], 3].tolist() == [255, 255, 255]  # the body turns there; no seam cuts
    assert front[-20, :, 3].max() == 0  # below the hem


def test_the_wearers_left_is_at_the_pictures_right(tmp_path):
    lay = painted(4, Category.TEE)
    photo = on_white(lay)
    shown = lay.picture[..., 3] > 250
    chest = lay.points[[4, 5]].mean(0)
    columns = np.arange(700)[None, :] > chest[0]
    photo[..., :3] = np.where(
        shown[..., None], np.where(columns[..., None], (200, 40, 40), (40, 40, 200)), photo[..., :3]
    )
    garment = ingest(write(tmp_path / "tee.png", photo), None, Category.TEE, "tee")
    front = garment.atlas[Chart.TORSO_FRONT]
    assert front[450, 700, 0] > front[450, 700, 2]
    assert garment.atlas[Chart.SLEEVE_LEFT][400, 260, 0] > garment.atlas[Chart.SLEEVE_LEFT][400, 260, 2]


def test_a_back_photo_is_mirrored_into_the_wearers_frame(tmp_path):
    lay = painted(5, Category.TEE)
    back = lay.picture.copy()
    x = int(lay.points[[14, 15], 0].mean() + 0.5 * (lay.points[5, 0] - lay.points[4, 0]) / 2)
    y = int(lay.points[[4, 14], 1].mean())
    back[y - 15 : y + 15, x - 15 : x + 15, :3] = (255, 255, 255) if lay.picture[y, x, :3].mean() < 128 else (0, 0, 0)
    garment = ingest(write(tmp_path / "f.png", lay.picture), write(tmp_path / "b.png", back), Category.TEE, "tee")
    chart = garment.atlas[Chart.TORSO_BACK].astype(int)
    marked = np.abs(chart[..., :3] - np.median(chart[300:600, 300:700, :3], axis=(0, 1))).max(2)[300:800, 200:820]
    assert (
        np.median(np.argwhere(marked > 0.8 * marked.max())[:, 1]) + 200 < 512
    )  # the back photo's right is the wearer's right
    assert not garment.back_is_guessed


@pytest.mark.parametrize(
    ("seed", "category", "claimed", "likely"),
    [(1, Category.TEE, Category.LONG_SLEEVE, "tee"), (2, Category.LONG_SLEEVE, Category.TEE, "long-sleeve"),
     (3, Category.TANK, Category.TEE, "tank"), (4, Category.TEE, Category.HOODIE, "no hood")],
)  # fmt: skip
def test_a_wrong_category_is_named(seed, category, claimed, likely):
    with pytest.raises(GarmentPhotoError, match=likely):
        look(painted(seed, category).picture, claimed)


def test_what_cannot_be_worn_is_refused_by_name(tmp_path):
    with pytest.raises(UnsupportedCategoryError, match="jacket"):
        ingest(tmp_path / "none.png", None, Category.JACKET, "x")


def _cut_off(photo):
    return photo[: photo.shape[0] * 2 // 3]


def _small(photo):
    return cv2.resize(photo, (180, 180), interpolation=cv2.INTER_AREA)


def _twice(photo):
    return np.concatenate([photo, photo], axis=1)


def _cluttered(photo):
    noise = np.random.default_rng(0).integers(0, 255, (35, 35, 3)).astype(np.uint8)
    ground = cv2.resize(noise, photo.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    white = (photo[..., :3] > 250).all(2)[..., None]
    return np.dstack([np.where(white, ground, photo[..., :3]), photo[..., 3]])


def _aslant(photo):
    size = photo.shape[0]
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), 32, 0.8)
    return cv2.warpAffine(photo, turn, (size, size), borderValue=(255, 255, 255, 255))


@pytest.mark.parametrize("spoil", [_cut_off, _small, _twice, _cluttered, _aslant])
def test_unfit_photos_are_refused(spoil):
    with pytest.raises(GarmentPhotoError):
        look(spoil(on_white(painted(6, Category.TEE))), Category.TEE)


def test_no_garment_at_all():
    with pytest.raises(GarmentPhotoError):
        look(np.full((400, 400, 4), 255, np.uint8), Category.TEE)


def test_a_disc_is_no_tee():
    photo = np.full((500, 500, 4), 255, np.uint8)
    cv2.circle(photo, (250, 250), 180, (30, 60, 90, 255), -1)
    with pytest.raises(GarmentPhotoError):
        look(photo, Category.TEE)


def test_a_drop_shadow_is_left_behind():
    lay = painted(7, Category.TEE)
    picture = lay.picture.copy()
    shadow = np.zeros(picture.shape[:2], np.float32)
    cv2.ellipse(shadow, (350, 680), (200, 12), 0, 0, 360, 90.0, -1)
    shadow = cv2.GaussianBlur(shadow, (0, 0), 6).astype(np.uint8)
    picture[..., 3] = np.maximum(picture[..., 3], shadow)
    clean, shaded = look(lay.picture, Category.TEE), look(picture, Category.TEE)
    assert shaded.layout.measures.length == pytest.approx(clean.layout.measures.length, abs=0.02)
    assert shaded.cutout.picture[690:, :, 3].max() == 0


@pytest.mark.skipif(not REAL.is_dir(), reason="the real product photos do not lie beside this checkout")
@pytest.mark.parametrize(("name", "category"), REAL_TOPS)
def test_real_photos_make_garments(name, category):
    back = REAL / f"{name}-back.png"
    garment = ingest(REAL / f"{name}-front.png", back if back.exists() else None, category, name)
    assert 2.3 < garment.measures.length < 4.0
    assert 0.1 < garment.measures.neck_depth_front < 0.6
    assert set(garment.atlas) == set(Chart)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real product photos do not lie beside this checkout")
def test_a_worn_garment_is_refused():
    with pytest.raises(GarmentPhotoError, match="person"):
        ingest(REAL / "fashn-garment.webp", None, Category.TEE, "worn")
