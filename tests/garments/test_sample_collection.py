"""The sample collection: painted by this project, the same each time, and every garment of it can be worn."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from engines.errors import TwinMirrorError
from engines.garments.garment import Category
from engines.garments.ingest import ingest
from engines.garments.training.product import product_photo
from engines.garments.training.sample import PIECES, SIZE
from engines.imaging import read_image
from kiosk.catalogue.importing import listed
from kiosk.demo import COLLECTION


def test_the_shipped_collection_is_what_the_command_paints():
    title, pieces = listed(COLLECTION)
    assert title == "Sample collection"
    assert [(p.name, p.title, p.stated) for p in pieces] == [(p.name, p.title, p.design.category) for p in PIECES]
    counts = Counter(piece.design.category for piece in PIECES)
    assert len(PIECES) >= 12
    assert min(counts[Category(name)] for name in ("tee", "long-sleeve", "hoodie", "polo", "tank", "trousers")) >= 2
    assert {Category.SKIRT, Category.DRESS} <= counts.keys()
    assert all(file.stat().st_size < 60_000 for file in COLLECTION.iterdir())
    number = [piece.name for piece in PIECES].index("sage-tee")
    painted = product_photo(PIECES[number].design, number + 1, SIZE).astype(int)
    shipped = read_image(COLLECTION / "sage-tee.jpg")[..., :3]
    assert np.abs(painted - shipped).mean() < 2.0  # but for what JPEG leaves out


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
def test_every_sample_garment_can_be_worn(piece):
    back = COLLECTION / f"{piece.name}-back.jpg" if piece.back else None
    try:
        garment = ingest(COLLECTION / f"{piece.name}.jpg", back, piece.design.category, piece.name)
    except TwinMirrorError as error:
        pytest.fail(str(error))
    assert garment.back_is_guessed == (back is None)
