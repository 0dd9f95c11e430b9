"""The catalogue's file: opened, checked, brought up to date by numbered migrations, with a copy kept before each."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kiosk.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE: Final = "catalogue.sqlite"
BACKUPS: Final = "backups"
_KEPT_BACKUPS: Final = 5
_BUSY_SECONDS: Final = 5.0
MIGRATIONS: Final = (
    """
    CREATE TABLE collections (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        title TEXT NOT NULL,
        digest TEXT NOT NULL,
        folder TEXT NOT NULL,
        imported REAL NOT NULL,
        home INTEGER NOT NULL DEFAULT 0 CHECK (home IN (0, 1))
    ) STRICT;
    CREATE INDEX collections_by_key ON collections (key, id);
    CREATE TABLE garments (
        id INTEGER PRIMARY KEY,
        collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        title TEXT NOT NULL,
        category TEXT,
        layer INTEGER,
        minor INTEGER CHECK (minor >= 0),
        currency TEXT CHECK (length(currency) = 3),
        sizes TEXT NOT NULL,
        front TEXT,
        back TEXT,
        made TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'refused')),
        reason TEXT NOT NULL DEFAULT '',
        hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
        UNIQUE (collection, name),
        CHECK ((minor IS NULL) = (currency IS NULL))
    ) STRICT;
    CREATE UNIQUE INDEX garments_shown ON garments (collection, state, hidden, position);
    CREATE TABLE activations (
        id INTEGER PRIMARY KEY,
        collection INTEGER NOT NULL REFERENCES collections (id),
        at REAL NOT NULL,
        undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1))
    ) STRICT;
    CREATE INDEX activations_by_time ON activations (undone, at, id);
    """,
    """
    CREATE TABLE staff (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        salt BLOB NOT NULL,
        hash BLOB NOT NULL,
        failures INTEGER NOT NULL DEFAULT 0,
        locked_until REAL NOT NULL DEFAULT 0
    ) STRICT;
    """,
)
"""Each brings the schema one version further, from 0; none is ever changed once it has been delivered."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the settings that every one needs; its transactions are opened by hand."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def prepare(folder: Path) -> None:
    """Make the database in `folder`, or check the one that is there and bring it up to date.

    Raises `CatalogueError` where it is damaged, of a newer version, or cannot be written.
    """
    path = folder / FILE
    with errors_told(path):
        folder.mkdir(parents=True, exist_ok=True)
        with closing(connect(path)) as connection:
            problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if problem != "ok":
                raise CatalogueError(f"{path} is damaged ({problem}): {_mend(folder)}")
            stray = connection.execute("PRAGMA foreign_key_check").fetchone()
            if stray is not None:
                raise CatalogueError(f"{path} is damaged (a row of {stray[0]} points nowhere): {_mend(folder)}")
            connection.execute("PRAGMA journal_mode = WAL")
            _migrate(connection, folder)


def _migrate(connection: sqlite3.Connection, folder: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise CatalogueError(
            f"{folder / FILE} was made by a newer version ({version}): install that again, or restore a backup"
        )
    if 0 < version < len(MIGRATIONS):
        back_up(connection, folder, f"before-{version + 1}")
    for number in range(version, len(MIGRATIONS)):
        script = f"BEGIN IMMEDIATE; {MIGRATIONS[number]}; PRAGMA user_version = {number + 1}; COMMIT;"
        try:
            connection.executescript(script)
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise


def back_up(connection: sqlite3.Connection, folder: Path, why: str) -> Path:
    """Keep a whole copy of the database; only the newest few are kept."""
    backups = folder / BACKUPS
    backups.mkdir(exist_ok=True)
    out = backups / f"catalogue-{time.time_ns():020d}-{why}.sqlite"
    stage = out.with_suffix(".part")
    with closing(sqlite3.connect(stage)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    with stage.open("rb") as file:
        os.fsync(file.fileno())
    stage.replace(out)
    for old in sorted(backups.glob("catalogue-*.sqlite"))[:-_KEPT_BACKUPS]:
        old.unlink()
    return out


def newest_backup(folder: Path) -> Path | None:
    """The last copy that was kept."""
    return max((folder / BACKUPS).glob("catalogue-*.sqlite"), default=None)


def set_aside(folder: Path) -> Path:
    """Move a damaged database out of the way, and put the newest backup in its place where there is one."""
    path = folder / FILE
    aside = folder / f"damaged-{time.time_ns():020d}.sqlite"
    with errors_told(path):
        path.replace(aside)
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        backup = newest_backup(folder)
        if backup is not None:
            stage = folder / f".{FILE}.part"
            stage.write_bytes(backup.read_bytes())
            stage.replace(path)
    return aside


@contextmanager
def errors_told(path: Path) -> Iterator[None]:
    """Turn the database's errors into one line that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise CatalogueError(f"{path} cannot be used ({error}): make room, check its owner, try again") from None
    except sqlite3.IntegrityError as error:
        raise CatalogueError(f"the catalogue refuses this ({error}): see `kiosk collection list`") from None
    except sqlite3.DatabaseError as error:
        raise CatalogueError(f"{path} is damaged ({error}): {_mend(path.parent)}") from None
    except OSError as error:
        raise CatalogueError(f"{path} cannot be written ({error.strerror}): make room or check its owner") from None


def _mend(folder: Path) -> str:
    backup = newest_backup(folder)
    if backup is None:
        return "move it away and import the collections again"
    return f"move it away and put {backup} in its place"
