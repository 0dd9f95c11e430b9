"""What a collection's folder holds, what is worn over what, and how photos become garments, thumbnails and films."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from engines.garments.garment import Category
from kiosk.collection import Piece, pieces_of, with_added
from kiosk.demo import COLLECTION
from kiosk.errors import CollectionError
from kiosk.preparing import complete, prepare, thumbnail_of

CATEGORIES = {
    "tank": Category.TANK,
    "tee": Category.TEE,
    "other-tee": Category.TEE,
    "polo": Category.POLO,
    "hoodie": Category.HOODIE,
}


def test_added_garments_are_ready_and_photos_are_not(collection, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "mixed"
    shutil.copytree(collection, folder)
    shutil.copy(COLLECTION / "print-tee.png", folder)
    (folder / ".hidden.png").touch()
    (folder / "notes.txt").touch()
    found = {piece.name: piece for piece in pieces_of(folder)}
    assert len(found) == 6
    assert found["coral-tee"].ready
    assert found["coral-tee"].category is Category.TEE
    assert found["coral-tee"].title == "Coral tee"
    assert not found["print-tee"].ready
    assert found["print-tee"].category is None


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_a_folder_without_garments_is_refused(tmp_path, kind):
    folder = tmp_path if kind == "empty" else tmp_path / "none"
    with pytest.raises(CollectionError) as error:
        pieces_of(folder)
    assert "\n" not in str(error.value)


def test_garments_are_worn_in_layer_order_and_one_a_layer():
    worn = ()
    for name in ("hoodie", "tank", "tee", "polo"):
        worn = with_added(worn, name, CATEGORIES)
    assert worn == ("tank", "tee", "polo", "hoodie")
    assert with_added(worn, "other-tee", CATEGORIES) == ("tank", "other-tee", "polo", "hoodie")


def test_a_garments_thumbnail_and_film_are_made_once(collection, tmp_path, monkeypatch, pose_bundle):
    cache = tmp_path / "cache"
    (cache / "twinmirror").mkdir(parents=True)
    shutil.copy(pose_bundle, cache / "twinmirror")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr("os.nice", lambda _: 0)
    filmed = []
    monkeypatch.setattr("kiosk.tryon.live.run_live", lambda source, garments, out: filmed.append((garments, out)))
    folder = tmp_path / "one"
    shutil.copytree(collection / "coral-tee", folder / "coral-tee")
    assert not complete(folder)
    assert prepare(folder, lambda: None)
    (garments, film), piece = filmed[0], pieces_of(folder)[0]
    assert [garment.garment_id for garment in garments] == ["coral-tee"]
    thumbnail = np.asarray(Image.open(thumbnail_of(piece)))
    assert thumbnail.shape == (440, 360, 4)
    assert thumbnail[..., 3].any()
    film.parent.mkdir(exist_ok=True)
    film.touch()
    assert complete(folder)
    assert prepare(folder, lambda: None)
    assert len(filmed) == 1


def test_what_is_no_garment_is_left_out_of_the_rail(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("os.nice", lambda _: 0)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "tee.png").write_bytes(b"no picture")
    assert not prepare(tmp_path / "photos", lambda: None)
    assert not pieces_of(tmp_path / "photos")[0].ready


def test_a_damaged_record_is_no_garment(tmp_path):
    (tmp_path / "garment.json").write_text("{")
    assert Piece("x", tmp_path).category is None
