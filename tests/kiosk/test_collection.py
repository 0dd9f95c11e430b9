"""What a collection's folder holds, what is worn over what, and how photos become garments, thumbnails and films."""

from __future__ import annotations

import shutil
import time
from contextlib import closing
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from engines.garments.garment import Category
from kiosk.catalogue.opening import open_at_start
from kiosk.catalogue.store import Catalogue
from kiosk.collection import LAYERS, Piece, pieces_of, with_added
from kiosk.demo import COLLECTION, PERSON
from kiosk.errors import CollectionError
from kiosk.preparing import prepare, thumbnail_of, unfinished

WORN_LAYERS = {"tank": 0, "tee": 1, "other-tee": 1, "polo": 2, "hoodie": 3}


def test_added_garments_are_ready_and_photos_are_not(collection, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "mixed"
    shutil.copytree(collection, folder)
    shutil.copy(COLLECTION / "sage-tee.jpg", folder)
    (folder / ".hidden.png").touch()
    (folder / "notes.txt").touch()
    found = {piece.name: piece for piece in pieces_of(folder)}
    assert len(found) == 6
    assert found["coral-tee"].ready
    assert found["coral-tee"].category is Category.TEE
    assert found["coral-tee"].title == "Coral tee"
    assert not found["sage-tee"].ready
    assert found["sage-tee"].category is None


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_a_folder_without_garments_is_refused(tmp_path, kind):
    folder = tmp_path if kind == "empty" else tmp_path / "none"
    with pytest.raises(CollectionError) as error:
        pieces_of(folder)
    assert "\n" not in str(error.value)


def test_garments_are_worn_in_layer_order_and_one_a_layer():
    worn = ()
    for name in ("hoodie", "tank", "tee", "polo"):
        worn = with_added(worn, name, WORN_LAYERS)
    assert worn == ("tank", "tee", "polo", "hoodie")
    assert with_added(worn, "other-tee", WORN_LAYERS) == ("tank", "other-tee", "polo", "hoodie")


def test_garments_thumbnails_and_films_are_made_once(collection, tmp_path, monkeypatch, pose_bundle):
    cache = tmp_path / "cache"
    (cache / "twinmirror").mkdir(parents=True)
    shutil.copy(pose_bundle, cache / "twinmirror")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr("os.nice", lambda _: 0)
    filmed = []

    def film(_twin, garments, out):
        filmed.append(garments)
        out.parent.mkdir(exist_ok=True)
        out.touch()

    monkeypatch.setattr("kiosk.tryon.filming.film_twin", film)
    monkeypatch.setattr("kiosk.preparing._demo_twins", lambda: [SimpleNamespace(clip=PERSON, body=PERSON)])
    folder, data = tmp_path / "one", tmp_path / "data"
    shutil.copytree(collection / "coral-tee", folder / "coral-tee")
    open_at_start(data, folder)
    assert unfinished(data)
    prepare(data, lambda: None)
    assert [garment.garment_id for garment in filmed[0]] == ["coral-tee"]
    with closing(Catalogue(data)) as catalogue:
        piece = catalogue.page(catalogue.on_show(time.time()), -1, 5)[0][1]
    assert (piece.stated, piece.layer) == (Category.TEE, LAYERS[Category.TEE])
    thumbnail = np.asarray(Image.open(thumbnail_of(piece)))
    assert thumbnail.shape == (440, 360, 4)
    assert thumbnail[..., 3].any()
    assert not unfinished(data)
    prepare(data, lambda: None)
    assert len(filmed) == 1
    thumbnail_of(piece).unlink()
    prepare(data, lambda: None)
    assert thumbnail_of(piece).is_file()


def test_what_is_no_garment_is_left_out_of_the_rail_and_told(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("os.nice", lambda _: 0)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "tee.png").write_bytes(b"no picture")
    open_at_start(tmp_path / "data", tmp_path / "photos")
    prepare(tmp_path / "data", lambda: None)
    assert not unfinished(tmp_path / "data")
    with closing(Catalogue(tmp_path / "data")) as catalogue:
        shown = catalogue.on_show(time.time())
        assert catalogue.page(shown, -1, 5) == []
        verdict = catalogue.verdicts(shown, -1, 5)[0][1]
    assert verdict.state == "refused"
    assert "not a picture" in verdict.reason


def test_a_damaged_record_is_no_garment(tmp_path):
    (tmp_path / "garment.json").write_text("{")
    assert Piece("x", tmp_path).category is None
