"""The garments that are on show: a folder of product photos, of garments added before, or of both.

A photo is made into a garment once; that takes seconds, so it is done by a process of its own (`kiosk.preparing`), and
what is not ready yet is not shown yet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engines.garments.garment import SUPPORTED, Category
from engines.pose.bundle import cache_dir
from kiosk.cache import key_of
from kiosk.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kiosk.catalogue.money import Money

RECORD: Final = "garment.json"
THUMBNAIL: Final = "thumbnail.png"
_PHOTOS: Final = frozenset({".png", ".jpg", ".jpeg", ".webp"})
MOST_PIECES: Final = 200
_VERSION: Final = "2"
"""Part of each cached garment's folder: raise it where photos are made into garments otherwise than before."""
LAYERS: Final = {
    Category.TANK: 0,
    Category.TEE: 1,
    Category.LONG_SLEEVE: 1,
    Category.POLO: 2,
    Category.SHIRT: 2,
    Category.HOODIE: 3,
    Category.DRESS: 1,
    Category.SKIRT: 4,
    Category.TROUSERS: 4,
}
"""From the skin outwards, then what is worn below; of each layer one garment can be worn at a time."""


@dataclass(frozen=True)
class Piece:
    """One garment on show. `folder` holds what `engines.garments.store` reads; `photo` is None for an added garment.

    The rest is what its collection says of it, where that says anything: `label` the title, `stated` the category,
    `layer` its place from the skin outwards. `number` is its row in the catalogue.
    """

    name: str
    folder: Path
    photo: Path | None = None
    back: Path | None = None
    label: str = ""
    stated: Category | None = None
    layer: int | None = None
    price: Money | None = None
    sizes: tuple[str, ...] = ()
    number: int = 0

    @property
    def ready(self) -> bool:
        """Whether it can be worn already."""
        return (self.folder / RECORD).is_file()

    @property
    def category(self) -> Category | None:
        """What kind of garment it is; None where it is not ready, or damaged."""
        try:
            category = Category(json.loads((self.folder / RECORD).read_bytes())["category"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return category if category in SUPPORTED else None

    @property
    def title(self) -> str:
        """The name as a shopper reads it."""
        if self.label:
            return self.label
        words = self.name.replace("-", " ").replace("_", " ").strip()
        return words[:1].upper() + words[1:]


def pieces_of(folder: Path) -> list[Piece]:
    """What a collection's folder holds, by name, ready or not. Raises `CollectionError` where that is nothing."""
    try:
        entries = sorted(folder.iterdir())[:MOST_PIECES]
        found = [piece for entry in entries if (piece := _piece(entry))]
    except OSError as error:
        raise CollectionError(f"{folder} cannot be read ({error.strerror}): check `collection`") from None
    if not found:
        raise CollectionError(f"{folder} holds no garment: put product photos into it")
    return found


def _piece(entry: Path) -> Piece | None:
    if entry.name.startswith("."):
        return None
    if (entry / RECORD).is_file():
        return Piece(entry.name, entry)
    if entry.suffix.lower() in _PHOTOS and entry.is_file():
        return Piece(entry.stem, made_of(key_of([entry], entry.stem)), entry)
    return None


def made_of(key: str) -> Path:
    """Where the garment is kept, or will be, whose photos and name have this key (see `key_of`)."""
    return cache_dir() / "garments" / f"{key}-{_VERSION}"


def with_added(worn: Iterable[str], name: str, layers: Mapping[str, int]) -> tuple[str, ...]:
    """What is worn, from the skin outwards, once `name` is put on in the place of what is worn in its layer."""
    kept = [other for other in worn if other in layers and layers[other] != layers[name]]
    return tuple(sorted([*kept, name], key=layers.__getitem__))
