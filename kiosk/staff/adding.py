"""Photos and collections on a stick: found, tried, and taken in."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engines.garments import store
from kiosk.cache import key_of
from kiosk.catalogue.manifest import MANIFEST
from kiosk.catalogue.store import Catalogue
from kiosk.collection import Piece, made_of
from kiosk.errors import CatalogueError
from kiosk.garments import wearable
from kiosk.preparing import offer

STICKS: Final = (Path("/media"), Path("/run/media"), Path("/mnt"))
_PHOTOS: Final = frozenset({".png", ".jpg", ".jpeg", ".webp"})
_DEPTH: Final = 4
_MOST_FOUND: Final = 200
_MOST_LOOKED_AT: Final = 5000
_MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """Something on a stick: a photo, or a whole collection."""

    path: Path
    whole: bool


def found_in(roots: tuple[Path, ...]) -> list[Found]:
    """Photos and collections below these folders, by name; links are not followed, and the search is bounded."""
    out: list[Found] = []
    for looked, entry in enumerate(_entries(roots)):
        if len(out) >= _MOST_FOUND or looked > _MOST_LOOKED_AT:
            break
        suffix = entry.suffix.lower()
        if suffix in _PHOTOS or suffix == ".zip" or entry.name == MANIFEST:
            out.append(Found(entry.parent if entry.name == MANIFEST else entry, suffix not in _PHOTOS))
    return out


def _entries(roots: tuple[Path, ...]) -> Iterator[Path]:
    """Files, breadth first to a depth; a folder with a manifest gives that alone."""
    level = [root for root in roots if root.is_dir()]
    for _ in range(_DEPTH):
        below: list[Path] = []
        for folder in level:
            try:
                with os.scandir(folder) as scan:
                    entries = sorted((e for e in scan if not e.name.startswith(".")), key=lambda e: e.name)
            except OSError:
                continue  # a stick that was pulled out, or a folder of somebody else
            files = [Path(e.path) for e in entries if e.is_file(follow_symlinks=False)]
            manifest = [file for file in files if file.name == MANIFEST]
            yield from manifest or files
            if not manifest:
                below += [Path(e.path) for e in entries if e.is_dir(follow_symlinks=False)]
        level = below


def take_in(photo: Path, data: Path, catalogue: Catalogue, collection: int) -> Piece:
    """Make a photo into a garment, on trial, and add it to a collection where it is one.

    Raises the errors of `kiosk.garments.wearable`, which say what is wrong with the photo, and `CatalogueError`.
    """
    name = _free_name(photo.stem, catalogue, collection)
    kept = _keep(photo, data / "added" / f"{name}-{secrets.token_hex(4)}{photo.suffix.lower()}")
    try:
        garment = wearable(photo, None)
        folder = made_of(key_of([kept], name))
        store.save(garment, folder)
        piece = Piece(name, folder, kept, stated=garment.category)
        catalogue.append(collection, piece)
        offer(catalogue, catalogue.garment(collection, name))  # at once: the process that prepares may be at a film
    except BaseException:
        kept.unlink(missing_ok=True)
        raise
    return piece


def _keep(photo: Path, target: Path) -> Path:
    """Copy the photo, bounded, to where it stays."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with photo.open("rb") as source:
            content = source.read(_MOST_BYTES + 1)
        with target.open("xb") as file:
            file.write(content[:_MOST_BYTES])
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        target.unlink(missing_ok=True)
        raise CatalogueError(f"{photo.name} cannot be copied ({error.strerror}): put the stick in again") from None
    return target


def _free_name(stem: str, catalogue: Catalogue, collection: int) -> str:
    """A name in the catalogue's letters that the collection does not have yet."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in stem.lower()).strip("-")[:50] or "garment"
    for number in range(1, 1000):
        name = plain if number == 1 else f"{plain}-{number}"
        try:
            catalogue.garment(collection, name)
        except CatalogueError:
            return name
    raise CatalogueError("there are too many garments of this name: rename the photo")
