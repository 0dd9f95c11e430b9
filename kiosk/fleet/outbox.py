"""Reports that wait for a network: on the disk, bounded, each with a number by which it is counted once."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kiosk.fleet.disk import make_folder
from kiosk.fleet.errors import StateError
from kiosk.fleet.limits import LIMITS
from kiosk.fleet.telemetry import Counts, Event, Report

FILE: Final = "outbox.db"
"""Its name in a kiosk's folder of the fleet."""
_SCHEMA = """
create table if not exists epoch (name text not null);
create table if not exists report (number integer primary key autoincrement, body text not null);
"""


class Outbox:
    """The reports of one kiosk in the file `path`; a damaged file is set aside and a new epoch begins.

    Reports stay until the broker has said that it has them; what is sent twice bears the same number.
    """

    def __init__(self, path: Path, rows: int = LIMITS.outbox_rows, now: Callable[[], float] = time.time) -> None:
        self._path, self._rows, self._now = path, rows, now
        try:
            make_folder(path.parent)
            try:
                self._epoch = self._open()
            except sqlite3.DatabaseError:
                path.replace(path.with_suffix(".damaged"))
                self._epoch = self._open()
        except (OSError, sqlite3.Error) as error:
            raise StateError(f"{path} cannot be written ({error}): check the disk") from None

    def add(self, event: Event | None = None, counts: Counts | None = None) -> Report:
        """Keep a report; where there are too many, the oldest go. Raises `StateError`."""
        with self._database() as database:
            number = int(database.execute("insert into report (body) values ('')").lastrowid or 0)
            report = Report(epoch=self._epoch, number=number, time=max(0.0, self._now()), event=event, counts=counts)
            database.execute("update report set body = ? where number = ?", (report.model_dump_json(), number))
            database.execute("delete from report where number <= ?", (number - self._rows,))
        return report

    def waiting(self, most: int = 100) -> list[tuple[int, bytes]]:
        """The oldest reports that were not acknowledged: number and message."""
        with self._database() as database:
            rows = database.execute("select number, body from report order by number limit ?", (most,)).fetchall()
        return [(int(number), str(body).encode()) for number, body in rows]

    def sent(self, number: int) -> None:
        """The broker has this report."""
        with self._database() as database:
            database.execute("delete from report where number = ?", (number,))

    def _open(self) -> str:
        with self._database() as database:
            database.executescript(_SCHEMA)
            row = database.execute("select name from epoch").fetchone()
            if row is None:
                row = (secrets.token_hex(8),)
                database.execute("insert into epoch values (?)", row)
        return str(row[0])

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """A connection for one change: short ones leave nothing to a process that is killed."""
        try:
            database = sqlite3.connect(self._path, timeout=10)
        except sqlite3.Error as error:
            raise StateError(f"{self._path} cannot be opened ({error}): check the disk") from None
        try:
            with database:
                database.execute("pragma synchronous = full")
                yield database
        except sqlite3.OperationalError as error:
            raise StateError(f"{self._path} cannot be written ({error}): check the disk") from None
        finally:
            database.close()
