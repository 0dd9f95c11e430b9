"""Between the database's rows and the product's records."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Final

from engines.garments.garment import Category
from kiosk.catalogue.money import Money
from kiosk.catalogue.records import CollectionRow
from kiosk.collection import Piece, made_of

PIECE_COLUMNS: Final = (
    "id, name, title, category, layer, minor, currency, sizes, front, back, made, position,"
    " (SELECT folder FROM collections WHERE id = collection) AS folder"
)
INSERT_PIECE: Final = (
    "INSERT INTO garments (collection, position, name, title, category, layer, minor, currency, sizes, front, back,"
    " made, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')"
)


def values_of(collection: int, position: int, piece: Piece, folder: Path) -> tuple[object, ...]:
    """What `INSERT_PIECE` takes. Photos are named by their place in `folder`, where they lie in it."""
    price = piece.price
    return (
        collection, position, piece.name, piece.title, piece.stated.value if piece.stated else None, piece.layer,
        price.minor if price else None, price.currency if price else None, json.dumps(piece.sizes),
        _within(piece.photo, folder), _within(piece.back, folder), _made_text(piece.folder),
    )  # fmt: skip


def piece_of(row: sqlite3.Row) -> Piece:
    """The garment that a row of `PIECE_COLUMNS` describes."""
    folder = Path(row["folder"])
    return Piece(
        row["name"],
        Path(row["made"]) if row["made"].startswith("/") else made_of(row["made"]),
        folder / row["front"] if row["front"] else None,
        folder / row["back"] if row["back"] else None,
        row["title"],
        Category(row["category"]) if row["category"] else None,
        row["layer"],
        Money(row["minor"], row["currency"]) if row["currency"] else None,
        tuple(json.loads(row["sizes"])),
        row["id"],
    )


def collection_of(row: sqlite3.Row, active: int | None) -> CollectionRow:
    """The version of a collection that a row describes; `active` is the number of the one on show."""
    return CollectionRow(
        row["id"], row["key"], row["title"], row["digest"], Path(row["folder"]), row["imported"], bool(row["home"]),
        row["ready"], row["waiting"], row["refused"], row["id"] == active, row["due"],
    )  # fmt: skip


def _within(path: Path | None, folder: Path) -> str | None:
    if path is None:
        return None
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _made_text(folder: Path) -> str:
    """A garment in the cache by its key, so that a newer version keeps it elsewhere; another by its path."""
    key = folder.name.rpartition("-")[0]
    return key if key and made_of(key) == folder else str(folder.absolute())
