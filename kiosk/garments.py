"""From what a command line names as a garment to one that can be worn."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from engines.errors import GarmentPhotoError, UnsupportedCategoryError
from engines.garments import store
from engines.garments.garment import SUPPORTED, Category, Garment
from engines.garments.ingest import ingest

_WORDS: Final = {
    "tank": Category.TANK,
    "polo": Category.POLO,
    "hoodie": Category.HOODIE,
    "longsleeve": Category.LONG_SLEEVE,
    "tshirt": Category.TEE,
    "tee": Category.TEE,
    "jacket": Category.JACKET,
    "dress": Category.DRESS,
    "skirt": Category.SKIRT,
    "trousers": Category.TROUSERS,
    "jeans": Category.TROUSERS,
    "chino": Category.TROUSERS,
    "shorts": Category.TROUSERS,
    "leggings": Category.TROUSERS,
    "pants": Category.TROUSERS,
    "blouse": Category.SHIRT,
    "shirt": Category.SHIRT,
}
"""What a file's name tells, looked for in this order, in its letters alone."""
_PLAIN_TOPS: Final = (Category.TEE, Category.LONG_SLEEVE, Category.TANK)


def category_named(name: str) -> Category:
    """The category of this name. Raises `UnsupportedCategoryError` for one that is unknown or not offered yet."""
    offered = ", ".join(sorted(category.value for category in SUPPORTED))
    try:
        category = Category(name)
    except ValueError:
        raise UnsupportedCategoryError(f"{name!r} is no category of garment: use one of {offered}") from None
    if category not in SUPPORTED:
        raise UnsupportedCategoryError(f"{name} cannot be shown well yet and is not offered: use one of {offered}")
    return category


def wearable(path: Path, category: Category | None) -> Garment:
    """The garment of an added garment's folder or of a product photo.

    Without `category` the photo's name tells it, or else the first plain top that its shape passes as. Raises
    `BadImageError`, `GarmentPhotoError`, `UnsupportedCategoryError` or `GarmentStoreError`.
    """
    if path.is_dir():
        return store.load(path)
    category = category or told_by(path)
    if category is not None:
        return ingest(path, None, category_named(category.value), path.stem)
    return _plain_top(path)


def told_by(path: Path) -> Category | None:
    """The category that a photo's name tells, None where it tells none."""
    letters = "".join(filter(str.isalpha, path.stem.lower()))
    return next((category for word, category in _WORDS.items() if word in letters), None)


def _plain_top(path: Path) -> Garment:
    """The photo as the first category whose checks it passes; where none, the first one's reason."""
    reason: GarmentPhotoError | None = None
    for category in _PLAIN_TOPS:
        try:
            return ingest(path, None, category, path.stem)
        except GarmentPhotoError as error:
            reason = reason or error
    raise reason or GarmentPhotoError(f"{path} shows no garment: say what it is with --category")
