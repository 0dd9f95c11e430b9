"""A catalogue of its own for each test, and collections to import."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kiosk.catalogue import database
from kiosk.catalogue.store import Catalogue

HEAD = 'id = "{key}"\ntitle = "Spring"\ncurrency = "EUR"\n'
ENTRY = '[[garment]]\nname = "{0}"\ntitle = "{0}"\ncategory = "tee"\nfront = "{0}.png"\n'
ENTRY += 'price = "19.90"\nsizes = ["S", "M"]\n'


def write_collection(folder: Path, names=("red", "blue"), key="spring", shade=200) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.fromarray(np.full((40, 40, 3), shade, np.uint8)).save(folder / f"{name}.png")
    (folder / "collection.toml").write_text(HEAD.format(key=key) + "".join(map(ENTRY.format, names)))
    return folder


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    database.prepare(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def catalogue(data):
    with closing(Catalogue(data)) as opened:
        yield opened
