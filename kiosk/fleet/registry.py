"""What the publisher knows of every kiosk, in one SQLite file: presence, outcomes, counts; each report once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.fleet.disk import make_folder
from kiosk.fleet.errors import StateError
from kiosk.fleet.gates import Health
from kiosk.fleet.groups import Groups
from kiosk.fleet.limits import LIMITS
from kiosk.fleet.telemetry import Counts, Presence, Report, What

_WINDOW: Final = 2 * LIMITS.outbox_rows
"""Numbers further behind the newest than any outbox reaches cannot be honest."""
_SCHEMA: Final = """
create table if not exists kiosk (
  name text primary key, online integer not null, software text, labels text not null default '{}', seen real not null);
create table if not exists running (
  kiosk text, slot text, version text not null, manifest text not null, primary key (kiosk, slot));
create table if not exists outcome (
  kiosk text, manifest text, well integer not null, reason text not null, time real not null,
  primary key (kiosk, manifest)) without rowid;
create index if not exists outcome_manifest on outcome (manifest);
create table if not exists seen (
  kiosk text, epoch text, number integer, primary key (kiosk, epoch, number)) without rowid;
create table if not exists trouble (kiosk text, time real, what text, reason text);
create table if not exists total (
  kiosk text, kind text, name text, count integer not null, primary key (kiosk, kind, name)) without rowid;
"""


@dataclass(frozen=True)
class KioskRow:
    """A kiosk as the publisher sees it. seen: seconds since 1970."""

    name: str
    online: bool
    software: str | None
    labels: dict[str, str]
    seen: float


class Registry:
    """The file `path`; all raise `StateError` where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            make_folder(path.parent)
        except OSError as error:
            raise StateError(f"{path} cannot be written ({error.strerror}): check the folder") from None
        with self._database() as database:
            database.execute("pragma journal_mode = wal")
            database.executescript(_SCHEMA)

    def present(self, kiosk: str, presence: Presence, now: float) -> None:
        """A birth or a last will."""
        labels = json.dumps(presence.labels, sort_keys=True)
        with self._database() as database:
            if not presence.online:
                database.execute("update kiosk set online = 0 where name = ?", (kiosk,))
                return
            database.execute(
                "insert into kiosk values (?, 1, ?, ?, ?) on conflict (name) do update set"
                " online = 1, software = excluded.software, labels = excluded.labels, seen = excluded.seen",
                (kiosk, presence.software, labels, now),
            )
            database.execute("delete from running where kiosk = ?", (kiosk,))
            rows = [(kiosk, slot, running.version, running.manifest) for slot, running in presence.slots.items()]
            database.executemany("insert into running values (?, ?, ?, ?)", rows)

    def reported(self, kiosk: str, report: Report, now: float) -> bool:
        """Take a report in; False where it was here before, or is too old to be honest."""
        with self._database() as database:
            key = (kiosk, report.epoch)
            row = database.execute("select max(number) from seen where kiosk = ? and epoch = ?", key).fetchone()
            newest = int(row[0] or 0)
            if report.number <= newest - _WINDOW:
                return False
            fresh = database.execute("insert or ignore into seen values (?, ?, ?)", (*key, report.number)).rowcount == 1
            if not fresh:
                return False
            oldest = max(newest, report.number) - _WINDOW
            database.execute("delete from seen where kiosk = ? and epoch = ? and number <= ?", (*key, oldest))
            database.execute(
                "insert into kiosk (name, online, seen) values (?, 1, ?)"
                " on conflict (name) do update set seen = excluded.seen",
                (kiosk, now),
            )
            _take_event(database, kiosk, report, now)
            if report.counts is not None:
                _take_counts(database, kiosk, report.counts)
        return True

    def kiosks(self) -> list[KioskRow]:
        """All kiosks, by name."""
        with self._database() as database:
            rows = database.execute("select name, online, software, labels, seen from kiosk order by name").fetchall()
        return [KioskRow(row[0], bool(row[1]), row[2], json.loads(row[3]), row[4]) for row in rows]

    def health(self, groups: Groups, manifest: str, since: float) -> dict[str, Health]:
        """How each group fares with a release; kiosks not heard of since `since` are left out, unless they tried it."""
        with self._database() as database:
            outcomes = dict(
                database.execute("select kiosk, well from outcome where manifest = ?", (manifest,)).fetchall()
            )
        counted: dict[str, list[int]] = {name: [0, 0, 0] for name in groups.names()}
        for kiosk in self.kiosks():
            if kiosk.seen < since and kiosk.name not in outcomes:
                continue
            figures = counted[groups.of(kiosk.name, kiosk.labels)]
            figures[0] += 1
            if kiosk.name in outcomes:
                figures[1 if outcomes[kiosk.name] else 2] += 1
        return {name: Health(*figures) for name, figures in counted.items()}

    def running(self) -> list[tuple[str, str, str]]:
        """Kiosk, place and version of everything that runs."""
        with self._database() as database:
            return database.execute("select kiosk, slot, version from running order by kiosk, slot").fetchall()

    def troubles(self, most: int = 100) -> list[tuple[str, float, str, str]]:
        """The newest troubles: kiosk, time, what, and why."""
        with self._database() as database:
            return database.execute(
                "select kiosk, time, what, reason from trouble order by time desc limit ?", (most,)
            ).fetchall()

    def totals(self, kind: str) -> dict[str, int]:
        """What was counted in all the fleet, by name: `twin` displays, `garment` tries, `sessions`."""
        with self._database() as database:
            query = "select name, sum(count) from total where kind = ? group by name order by name"
            return {str(name): int(count) for name, count in database.execute(query, (kind,)).fetchall()}

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            database = sqlite3.connect(self._path, timeout=30)
            try:
                with database:
                    yield database
            finally:
                database.close()
        except sqlite3.Error as error:
            raise StateError(f"{self._path} cannot be used ({error}): check the disk or bring it from a copy") from None


def _take_event(database: sqlite3.Connection, kiosk: str, report: Report, now: float) -> None:
    event = report.event
    if event is None:
        return
    if event.manifest is not None and event.what in {What.INSTALLED, What.CAME_BACK}:
        database.execute(
            "insert or replace into outcome values (?, ?, ?, ?, ?)",
            (kiosk, event.manifest, event.what is What.INSTALLED, event.reason, report.time),
        )
    if event.what is not What.INSTALLED:
        database.execute("insert into trouble values (?, ?, ?, ?)", (kiosk, now, event.what.value, event.reason))
        database.execute("delete from trouble where rowid <= (select max(rowid) from trouble) - 10000")


def _take_counts(database: sqlite3.Connection, kiosk: str, counts: Counts) -> None:
    rows = [("sessions", "", counts.sessions)]
    rows += [("garment", name, count) for name, count in counts.garments.items()]
    rows += [("twin", name, count) for name, count in counts.twins.items()]
    database.executemany(
        "insert into total values (?, ?, ?, ?) on conflict do update set count = count + excluded.count",
        [(kiosk, *row) for row in rows if row[2]],
    )
