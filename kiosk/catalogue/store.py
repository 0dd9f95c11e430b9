"""The store of collections: the one class that speaks with the database.

A connection belongs to the thread that opened it. Other processes see each change as soon as it is committed. Times are
POSIX seconds, given by the caller.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from engines.garments.garment import Category
from kiosk.catalogue import database
from kiosk.catalogue.records import CollectionRow, NewCollection, PinRecord, Verdict
from kiosk.catalogue.rows import INSERT_PIECE, PIECE_COLUMNS, collection_of, piece_of, values_of
from kiosk.collection import LAYERS, Piece
from kiosk.errors import CatalogueError

_SHOWN: Final = "collection = ? AND state = 'ready' AND hidden = 0"
_EFFECTIVE: Final = (
    "SELECT id, collection, at FROM activations WHERE undone = 0 AND at <= ? ORDER BY at DESC, id DESC LIMIT 1"
)
_SUMMARY: Final = """
    SELECT c.*,
        (SELECT count(*) FROM garments WHERE collection = c.id AND state = 'ready') AS ready,
        (SELECT count(*) FROM garments WHERE collection = c.id AND state = 'waiting') AS waiting,
        (SELECT count(*) FROM garments WHERE collection = c.id AND state = 'refused') AS refused,
        (SELECT min(at) FROM activations WHERE collection = c.id AND undone = 0 AND at > ?) AS due
    FROM collections c
"""


class Catalogue:
    """One connection to the catalogue in a folder that `database.prepare` has made ready."""

    def __init__(self, folder: Path) -> None:
        """Raises `CatalogueError` where there is none, or another version of this program made it."""
        self.path = folder / database.FILE
        if not self.path.is_file():
            raise CatalogueError(f"{self.path} is missing: start `kiosk run`, or import a collection")
        with database.errors_told(self.path):
            self._db = database.connect(self.path)
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != len(database.MIGRATIONS):
            self.close()
            raise CatalogueError(f"{self.path} is of version {version}: restart `kiosk run` to bring it up to date")

    def close(self) -> None:
        """Give the connection back."""
        self._db.close()

    def add(self, new: NewCollection, now: float) -> int:
        """Add a version of a collection with all its garments, or nothing of it; gives its number."""
        with self._writing() as db:
            number = db.execute(
                "INSERT INTO collections (key, title, digest, folder, imported) VALUES (?, ?, ?, ?, ?)",
                (new.key, new.title, new.digest, str(new.folder), now),
            ).lastrowid
            rows = (values_of(number or 0, place, piece, new.folder) for place, piece in enumerate(new.pieces))
            db.executemany(INSERT_PIECE, rows)
            if new.home:
                db.execute("UPDATE collections SET home = (id = ?)", (number,))
        return number or 0

    def collections(self, now: float) -> list[CollectionRow]:
        """Every version of every collection, newest first."""
        with self._reading() as db:
            rows = db.execute(f"{_SUMMARY} ORDER BY c.id DESC", (now,)).fetchall()
            return [collection_of(row, self.on_show(now)) for row in rows]

    def newest(self, key: str, now: float) -> CollectionRow:
        """The last version of a collection. Raises `CatalogueError` where there is none."""
        with self._reading() as db:
            row = db.execute(f"{_SUMMARY} WHERE c.key = ? ORDER BY c.id DESC LIMIT 1", (now, key)).fetchone()
            if row is None:
                raise CatalogueError(f"there is no collection {key!r}: see `kiosk collection list`")
            return collection_of(row, self.on_show(now))

    def on_show(self, now: float) -> int | None:
        """The number of the collection that is on show: the one activated last, else the home; None without any."""
        with self._reading() as db:
            row = db.execute(_EFFECTIVE, (now,)).fetchone()
            if row is not None:
                return int(row["collection"])
            home = db.execute("SELECT id FROM collections WHERE home = 1").fetchone()
            return None if home is None else int(home["id"])

    def activate(self, number: int, now: float, at: float | None = None) -> None:
        """Put a collection on show, now or `at` a later time. Raises `CatalogueError` where that is in the past."""
        if at is not None and at <= now:
            raise CatalogueError("that time has passed: name a later one, or activate the collection now")
        with self._writing() as db:
            if at is None:
                # A clock that was set back must not leave the collection before this one on show
                newest = db.execute(_EFFECTIVE, (now,)).fetchone()
                at = max(now, newest["at"]) if newest else now
            db.execute("INSERT INTO activations (collection, at) VALUES (?, ?)", (number, at))

    def cancel(self, number: int, now: float) -> None:
        """Forget when a collection is to come on show. Raises `CatalogueError` where it is not scheduled."""
        with self._writing() as db:
            done = db.execute(
                "UPDATE activations SET undone = 1 WHERE undone = 0 AND collection = ? AND at > ?", (number, now)
            )
            if not done.rowcount:
                raise CatalogueError("it is not scheduled: see `kiosk collection list`")

    def undo(self, now: float) -> int | None:
        """Take the last activation back; gives what is on show then. Raises `CatalogueError` where there was none."""
        with self._writing() as db:
            row = db.execute(_EFFECTIVE, (now,)).fetchone()
            if row is None:
                raise CatalogueError("there is nothing to undo: no collection has been activated")
            db.execute("UPDATE activations SET undone = 1 WHERE id = ?", (row["id"],))
            return self.on_show(now)

    def page(self, collection: int, after: int, count: int) -> list[tuple[int, Piece]]:
        """The next garments on show beyond a position (-1 for the first), each with its own position."""
        return self._pieces(f"{_SHOWN} AND position > ? ORDER BY position LIMIT ?", (collection, after, count))

    def page_before(self, collection: int, before: int, count: int) -> list[tuple[int, Piece]]:
        """The garments on show just before a position, in their order."""
        where = f"{_SHOWN} AND position < ? ORDER BY position DESC LIMIT ?"
        return self._pieces(where, (collection, before, count))[::-1]

    def first(self, collection: int, count: int) -> list[Piece]:
        """The first garments of a collection, whether they can be worn or not."""
        return [piece for _, piece in self._pieces("collection = ? ORDER BY position LIMIT ?", (collection, count))]

    def garment(self, collection: int, name: str) -> Piece:
        """A collection's garment. Raises `CatalogueError` where it has none of this name."""
        found = self._pieces("collection = ? AND name = ?", (collection, name))
        if not found:
            raise CatalogueError(f"the collection has no garment {name!r}: see `kiosk collection list`")
        return found[0][1]

    def verdicts(self, collection: int, after: int, count: int) -> list[tuple[int, Verdict]]:
        """How a collection's garments fare, beyond a position (-1 for the first), each with its own position."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT id, position, name, title, state, reason, hidden FROM garments"
                " WHERE collection = ? AND position > ? ORDER BY position LIMIT ?",
                (collection, after, count),
            ).fetchall()
        return [
            (
                row["position"],
                Verdict(row["id"], row["name"], row["title"], row["state"], row["reason"], bool(row["hidden"])),
            )
            for row in rows
        ]

    def append(self, collection: int, piece: Piece) -> None:
        """Add a garment at the end of a collection, to be made like any other. Raises `CatalogueError`."""
        with self._writing() as db:
            last = db.execute("SELECT max(position) FROM garments WHERE collection = ?", (collection,)).fetchone()[0]
            folder = db.execute("SELECT folder FROM collections WHERE id = ?", (collection,)).fetchone()
            if folder is None:
                raise CatalogueError("there is no collection on show to add it to: activate one")
            position = 0 if last is None else last + 1
            db.execute(INSERT_PIECE, values_of(collection, position, piece, Path(folder["folder"])))

    def hide(self, number: int, *, hidden: bool) -> None:
        """Take a garment off the rail, such as one that is sold out, or put it back."""
        with self._writing() as db:
            db.execute("UPDATE garments SET hidden = ? WHERE id = ?", (hidden, number))

    def is_hidden(self, number: int) -> bool:
        """Whether a garment was taken off the rail."""
        with self._reading() as db:
            row = db.execute("SELECT hidden FROM garments WHERE id = ?", (number,)).fetchone()
        return bool(row and row["hidden"])

    def waiting(self, now: float) -> Piece | None:
        """The garment that is to be made next: of what is on show, then of what is newest."""
        first = self.on_show(now) or 0
        found = self._pieces(
            "state = 'waiting' ORDER BY collection = ? DESC, collection DESC, position LIMIT 1", (first,)
        )
        return found[0][1] if found else None

    def made(self, number: int, category: Category) -> None:
        """A garment can be worn now."""
        with self._writing() as db:
            db.execute(
                "UPDATE garments SET state = 'ready', reason = '', category = ?, layer = coalesce(layer, ?)"
                " WHERE id = ?",
                (category.value, LAYERS[category], number),
            )

    def refuse(self, number: int, reason: str) -> None:
        """A garment cannot be made of its photos, and why."""
        with self._writing() as db:
            db.execute("UPDATE garments SET state = 'refused', reason = ? WHERE id = ?", (reason[:500], number))

    def ready(self) -> Iterator[Piece]:
        """Every garment that is said to be ready, for whoever sees whether it still is."""
        after = 0
        while found := self._pieces("state = 'ready' AND id > ? ORDER BY id LIMIT 500", (after,)):
            yield from (piece for _, piece in found)
            after = found[-1][1].number

    def remake(self, numbers: Iterable[int]) -> None:
        """These garments are to be made again."""
        with self._writing() as db:
            db.executemany("UPDATE garments SET state = 'waiting' WHERE id = ?", ((number,) for number in numbers))

    def remove(self, number: int) -> None:
        """Forget a version of a collection that was never on show. Raises `CatalogueError` where it was."""
        with self._writing() as db:
            if db.execute("SELECT 1 FROM activations WHERE collection = ?", (number,)).fetchone():
                raise CatalogueError("it has been on show and stays for undo: hide its garments instead")
            db.execute("DELETE FROM collections WHERE id = ?", (number,))

    def pin(self) -> PinRecord | None:
        """What is known of the staff's PIN; None before the first one is set."""
        with self._reading() as db:
            row = db.execute("SELECT salt, hash, failures, locked_until FROM staff").fetchone()
        return None if row is None else PinRecord(*row)

    def set_pin(self, record: PinRecord) -> None:
        """Keep a PIN's record in the place of the one before."""
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO staff (id, salt, hash, failures, locked_until) VALUES (1, ?, ?, ?, ?)",
                (record.salt, record.hash, record.failures, record.locked_until),
            )

    def _pieces(self, where: str, values: tuple[object, ...]) -> list[tuple[int, Piece]]:
        with self._reading() as db:
            rows = db.execute(f"SELECT {PIECE_COLUMNS} FROM garments WHERE {where}", values).fetchall()  # noqa: S608 - constants
            return [(row["position"], piece_of(row)) for row in rows]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with database.errors_told(self.path):
            yield self._db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with database.errors_told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
