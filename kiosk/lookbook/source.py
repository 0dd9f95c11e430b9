"""What pictures are made of, found on disk and known by its content: the collection's garments and the cast's twins."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from engines.errors import TwinMirrorError
from engines.garments import store
from engines.garments.garment import Garment
from kiosk.catalogue.importing import listed
from kiosk.collection import Piece
from kiosk.errors import TwinError
from kiosk.garments import wearable
from kiosk.lookbook.errors import CastError, LookbookError
from kiosk.lookbook.setfile import SetFile
from kiosk.rights.gate import Gate
from kiosk.twins.licence import Use
from kiosk.twins.record import RECORD, Twin, check_files, read_twin


def collection_of(folder: Path) -> dict[str, Piece]:
    """The pieces of a collection by name. Raises `CollectionError` where there is none."""
    return {piece.name: piece for piece in listed(folder)[1]}


def cast_of(folder: Path, wanted: SetFile) -> dict[str, Twin]:
    """The twins of a folder that the set casts, whole and readable, by the name of their folders.

    Raises `CastError` where there is none, or one of them cannot be used.
    """
    try:
        entries = sorted(entry for entry in folder.iterdir() if (entry / RECORD).is_file())
    except OSError as error:
        raise CastError(f"{folder} cannot be read ({error.strerror}): name a folder of twins with --cast") from None
    chosen = [entry for entry in entries if wanted.casts(entry.name)]
    if not chosen:
        raise CastError(f"{folder} holds no twin that the set casts ({', '.join(wanted.casting)}): check both")
    try:
        twins = {entry.name: read_twin(entry) for entry in chosen}
        for twin in twins.values():
            check_files(twin)
    except TwinError as error:
        raise CastError(str(error)) from None
    return twins


def require_all(gate: Gate, twins: dict[str, Twin], uses: tuple[Use, ...]) -> None:
    """Raises `CastError`, which names the twin, unless every licence covers every use here and today."""
    for name, twin in twins.items():
        for use in uses:
            try:
                gate.require(twin.record.licence, use)
            except TwinMirrorError as error:
                raise CastError(f"the twin {name} may not be shown: {error}, or leave it out of the casting") from None


def digest_of_piece(piece: Piece) -> str:
    """A garment's content hash. Raises `LookbookError` where it cannot be read."""
    files = [piece.photo] if piece.photo else sorted(path for path in piece.folder.iterdir() if path.is_file())
    digest = hashlib.sha256()
    try:
        for path in files:
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    except OSError as error:
        raise LookbookError(f"the garment {piece.name} cannot be read ({error}): check its file") from None
    return digest.hexdigest()


def digest_of_twin(twin: Twin) -> str:
    """A twin's content hash: clip, bodies and the whole of the record with its licence."""
    return hashlib.sha256((twin.folder / RECORD).read_bytes()).hexdigest()


def photo_of(piece: Piece) -> Path:
    """The file that credentials name as the garment: its photo, or the front of an added one."""
    return piece.photo or piece.folder / "torso_front.png"


@lru_cache(maxsize=16)
def garment_of(piece: Piece) -> Garment:
    """The garment of a piece, made of its photo once and kept. Raises `LookbookError`, which names it."""
    try:
        if not piece.ready and piece.photo is not None:
            store.save(wearable(piece.photo, None), piece.folder)
        return store.load(piece.folder)
    except TwinMirrorError as error:
        raise LookbookError(f"the garment {piece.name} cannot be worn: {error}") from None
