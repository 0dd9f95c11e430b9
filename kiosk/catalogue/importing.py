"""Collections in: checked and copied aside first, then named in the catalogue in one step.

Until that step nothing of a collection is visible; what a cut of power leaves of it is swept away by the next import.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engines.errors import BadImageError
from engines.imaging import check_image
from kiosk.cache import key_of
from kiosk.catalogue.bundle import Bundle, opened, read_whole
from kiosk.catalogue.limits import LIMITS, Limits
from kiosk.catalogue.manifest import MANIFEST, GarmentEntry, Manifest, parse_manifest
from kiosk.catalogue.records import NewCollection
from kiosk.catalogue.store import Catalogue
from kiosk.collection import LAYERS, Piece, made_of, pieces_of
from kiosk.errors import CatalogueError, CollectionError

_LIBRARY: Final = "collections"
_STAGE: Final = ".staging-"
_HOME: Final = "home"
Beat = Callable[[str], None]
"""Called with each photo's path once it is copied."""


@dataclass(frozen=True)
class Imported:
    """What an import gave: the collection's number, and whether it was there already."""

    number: int
    title: str
    garments: int
    known: bool


def import_collection(
    source: Path, data: Path, catalogue: Catalogue, beat: Beat = lambda _: None, limits: Limits = LIMITS
) -> Imported:
    """Bring a folder or zip with its `collection.toml` into the catalogue, whole or not at all.

    Raises `CollectionError` where it is not as it should be, `CatalogueError` where it cannot be kept.
    """
    library = data / _LIBRARY
    with _staged(library) as stage:
        with opened(source, limits) as bundle:
            manifest = read_manifest(bundle, limits)
            digest = _copy(bundle, manifest, stage, beat, limits)
        known = _same(catalogue, manifest.id, digest)
        if known is not None:
            return Imported(known, manifest.title, len(manifest.garment), known=True)
        folder = library / f"{manifest.id}-{digest[:12]}"
        _publish(stage, folder)
        new = NewCollection(manifest.id, manifest.title, digest, folder, _pieces(manifest, folder))
        return Imported(catalogue.add(new, time.time()), manifest.title, len(manifest.garment), known=False)


@contextmanager
def _staged(library: Path) -> Iterator[Path]:
    """A folder to copy into, gone at the end; one import at a time. Raises `CatalogueError`."""
    try:
        library.mkdir(parents=True, exist_ok=True)
        with (library / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CatalogueError("another collection is being imported: wait until that is done") from None
            _sweep(library)
            stage = library / f"{_STAGE}{secrets.token_hex(6)}"
            stage.mkdir()
            try:
                yield stage
            finally:
                shutil.rmtree(stage, ignore_errors=True)
    except OSError as error:
        raise CatalogueError(f"{library} cannot be written ({error.strerror}): make room, then import again") from None


def read_manifest(bundle: Bundle, limits: Limits = LIMITS) -> Manifest:
    """The bundle's `collection.toml`, checked. Raises `CollectionError`."""
    return parse_manifest(read_whole(bundle, MANIFEST, limits.manifest_bytes), limits)


def link_home(folder: Path, catalogue: Catalogue) -> int:
    """Have the settings' own folder in the catalogue, as it is now and where it lies, as the home of the mirror.

    It may be a plain folder of photos and added garments, or one with a `collection.toml`. Raises `CollectionError`.
    """
    folder = folder.absolute()
    title, pieces = listed(folder)
    digest = hashlib.sha256(repr([title, *pieces]).encode()).hexdigest()
    known = _same(catalogue, _HOME, digest)
    if known is not None:
        return known
    number = catalogue.add(NewCollection(_HOME, title, digest, folder, pieces, home=True), time.time())
    for old in catalogue.collections(time.time()):
        if old.key == _HOME and old.number != number:
            with suppress(CatalogueError):  # it was activated once: undo may want it
                catalogue.remove(old.number)
    return number


def listed(folder: Path) -> tuple[str, list[Piece]]:
    """The title and the garments of a folder, as its `collection.toml` says or, without one, by its files' names.

    Raises `CollectionError`.
    """
    if not (folder / MANIFEST).is_file():
        return folder.name, pieces_of(folder)
    with opened(folder) as bundle:
        manifest = read_manifest(bundle)
        for path in manifest.photos():
            for _ in bundle.chunks(path, LIMITS.photo.max_bytes):
                break  # it is there, and no link
    return manifest.title, list(_pieces(manifest, folder))


def _same(catalogue: Catalogue, key: str, digest: str) -> int | None:
    """The newest version of this collection where it is just this one."""
    now = time.time()
    try:
        newest = catalogue.newest(key, now)
    except CatalogueError:
        return None
    return newest.number if newest.digest == digest else None


def _copy(bundle: Bundle, manifest: Manifest, stage: Path, beat: Beat, limits: Limits) -> str:
    """Copy every photo, bounded and looked at, to the disk for good; gives the digest of it all."""
    total = hashlib.sha256(manifest.model_dump_json().encode())
    left = limits.total_bytes
    for path in manifest.photos():
        target = stage / path
        target.parent.mkdir(parents=True, exist_ok=True)
        size, digest = _copy_file(bundle.chunks(path, min(left, limits.photo.max_bytes)), target)
        left -= size
        total.update(digest)
        try:
            check_image(target, limits=limits.photo)
        except BadImageError as error:
            raise CollectionError(str(error).replace(str(target), path)) from None
        beat(path)
    return total.hexdigest()


def _copy_file(chunks: Iterable[bytes], target: Path) -> tuple[int, bytes]:
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        for chunk in chunks:
            size += file.write(chunk)
            digest.update(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.digest()


def _publish(stage: Path, folder: Path) -> None:
    """Give the stage its name; a folder that is there already holds the very same."""
    for each in [path for path in stage.rglob("*") if path.is_dir()] + [stage]:
        _sync(each)
    if not folder.exists():
        stage.rename(folder)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(library: Path) -> None:
    for left in library.glob(f"{_STAGE}*"):
        shutil.rmtree(left, ignore_errors=True)


def _pieces(manifest: Manifest, folder: Path) -> Iterable[Piece]:
    return (_piece(manifest, entry, folder) for entry in manifest.garment)


def _piece(manifest: Manifest, entry: GarmentEntry, folder: Path) -> Piece:
    front = folder / entry.front
    back = folder / entry.back if entry.back else None
    key = key_of([front, *([back] if back else [])], entry.name, entry.category.value)
    layer = LAYERS[entry.category] if entry.layer is None else entry.layer
    return Piece(
        entry.name, made_of(key), front, back, entry.title, entry.category, layer, manifest.price_of(entry),
        tuple(entry.sizes),
    )  # fmt: skip
