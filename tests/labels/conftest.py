"""Keys made for the tests, and a picture with what it is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kiosk.labels.keys import SigningKeys, load, set_up
from kiosk.labels.provenance import Ingredient, Provenance


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("signing") / "keys"
    set_up(folder, "Maison Exemple")
    return folder


@pytest.fixture(scope="session")
def keys(keys_folder) -> SigningKeys:
    return load(keys_folder)


@pytest.fixture
def picture() -> np.ndarray:
    """A soft gradient, (400, 300, 3)."""
    y, x = np.mgrid[:400, :300]
    return np.stack([x * 255 // 300, y * 255 // 400, (x + y) * 255 // 700], 2).astype(np.uint8)


@pytest.fixture
def provenance(tmp_path, picture) -> Provenance:
    photo, licence = tmp_path / "parts" / "tee.png", tmp_path / "parts" / "licence.toml"
    photo.parent.mkdir()
    Image.fromarray(picture[:64, :64]).save(photo)
    licence.write_text('twin = "ada"\n')
    ingredients = (
        Ingredient("tee.png", photo, "image/png", "componentOf"),
        Ingredient("licence of ada", licence, "application/toml", "inputTo"),
    )
    return Provenance("tee & <friends>", ingredients, {"drape": "ab" * 32}, "Ada / Studio", "shown until 2030")
