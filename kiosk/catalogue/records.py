"""What the catalogue gives out, and what it is given: plain records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kiosk.collection import Piece


@dataclass(frozen=True)
class NewCollection:
    """A version of a collection that is to be added.

    digest: the same for the same content. folder: where its photos lie, what `pieces` name is in it. home: whether it
    is the one on show while none is activated.
    """

    key: str
    title: str
    digest: str
    folder: Path
    pieces: Iterable[Piece]
    home: bool = False


@dataclass(frozen=True)
class CollectionRow:
    """A version of a collection in the catalogue, newest of its key first; times are POSIX seconds.

    ready, waiting, refused: how many of its garments can be worn, are still to be made, and cannot be made.
    due: when it is scheduled to come on show; None where it is not.
    """

    number: int
    key: str
    title: str
    digest: str
    folder: Path
    imported: float
    home: bool
    ready: int
    waiting: int
    refused: int
    active: bool
    due: float | None


@dataclass(frozen=True)
class Verdict:
    """How a garment fares: "waiting", "ready" or "refused", why it was refused, and whether it is hidden."""

    number: int
    name: str
    title: str
    state: str
    reason: str
    hidden: bool


@dataclass(frozen=True)
class PinRecord:
    """A PIN's salt and hash, how many wrong ones came in a row, and until when none is taken (POSIX seconds)."""

    salt: bytes
    hash: bytes
    failures: int
    locked_until: float
