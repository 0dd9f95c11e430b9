"""The ledger: a file of JSON lines that only grows, each line chained to the one before (`kiosk.rights.entry`).

A line is on the disk before what it tells of is shown. Beside it lies `<name>.head`, the number and hash of the last
line, so that lines cut off at the end are missed. A power cut may leave half a line: it was never reported as written,
and is taken off when the ledger is opened next.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from kiosk.errors import OutputError
from kiosk.imaging import staged_output
from kiosk.rights.entry import START, Entry, Fact
from kiosk.rights.errors import LedgerError, LedgerTamperedError

_MOST_LINE: Final = 8 * 1024
_TAIL: Final = 2 * _MOST_LINE


def ledger_path(data: Path | None = None) -> Path:
    """Where uses are recorded: $TWINMIRROR_LEDGER, or `ledger.jsonl` in `data`, by default the user's."""
    named = os.environ.get("TWINMIRROR_LEDGER")
    if named:
        return Path(named)
    if data is not None:
        return data / "ledger.jsonl"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "twinmirror" / "ledger.jsonl"


class Ledger:
    """One ledger file. Several processes of one machine may append; each append takes the file's lock."""

    def __init__(self, path: Path) -> None:
        """The file is made by the first append."""
        self.path = path
        self._head = path.with_name(f"{path.name}.head")

    def append(self, *facts: Fact) -> list[Entry]:
        """Chain facts to the end; they are on the disk when this returns.

        Raises `LedgerError` where that cannot be done (a full disk takes no half line), `LedgerTamperedError` where
        the end is not the one that was written last.
        """
        try:
            with self._locked() as file:
                last = self._settled_end(file)
                if last is None:
                    self._write_head(-1, START)
                entries: list[Entry] = []
                for fact in facts:
                    last = Entry.after(last, fact)
                    entries.append(last)
                _write_whole(file, b"".join(entry.line() for entry in entries))
                if last is not None:
                    self._write_head(last.number, last.hash)
                return entries
        except (OSError, OutputError) as error:
            raise LedgerError(f"{self.path} cannot be written ({error}): make room, or check its owner") from None

    def entries(self) -> list[Entry]:
        """All entries, the chain proven from the first to the last, none missing at the end.

        Raises `LedgerTamperedError` where it is broken, and names the line; `LedgerError` where it cannot be read.
        """
        found: list[Entry] = []
        try:
            head = self._read_head()  # first: it may grow meanwhile, and then the file has grown before it
            data = self.path.read_bytes() if self.path.exists() else b""
        except OSError as error:
            raise LedgerError(f"{self.path} cannot be read ({error.strerror}): check its owner") from None
        whole = data[: data.rfind(b"\n") + 1]
        for number, line in enumerate(whole.splitlines(keepends=True), 1):
            entry = _parsed(line)
            if entry is None or not entry.follows(found[-1] if found else None) or entry.line() != line:
                raise LedgerTamperedError(f"{self.path} was changed at line {number}: bring back a copy that is whole")
            found.append(entry)
        self._check_head(head, found)
        return found

    def _check_head(self, head: tuple[int, str] | None, found: list[Entry]) -> None:
        """Lines beyond the head are a power cut between line and head; fewer, or another hash, are tampering."""
        if head is None:
            if found:
                raise LedgerTamperedError(f"{self._head} is missing: bring back ledger and head from a copy")
            return
        number, digest = head
        if number >= len(found) or (number >= 0 and found[number].hash != digest):
            raise LedgerTamperedError(
                f"{self.path} ends before its entry {number + 1}, or has another there: bring back a copy that is whole"
            )

    @contextmanager
    def _locked(self) -> Iterator[int]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _settled_end(self, file: int) -> Entry | None:
        """The last whole entry, once half a line at the end is taken off."""
        size = os.fstat(file).st_size
        tail = os.pread(file, _TAIL, max(0, size - _TAIL))
        end = tail.rfind(b"\n") + 1
        if end < len(tail):
            os.ftruncate(file, size - (len(tail) - end))
            os.fsync(file)
        lines = tail[:end].splitlines()
        last = _parsed(lines[-1] + b"\n") if lines else None
        if lines and last is None:
            raise LedgerTamperedError(f"{self.path} ends with what is no entry: bring back a copy that is whole")
        self._check_end(last)
        return last

    def _check_end(self, last: Entry | None) -> None:
        number, digest = self._read_head() or (-1, START)
        reached = last.number if last else -1
        same = last is None or last.number != number or last.hash == digest
        if reached < number or not same or (last is not None and not self._head.exists()):
            raise LedgerTamperedError(f"{self.path} is not as it was left: bring back a copy that is whole")

    def _read_head(self) -> tuple[int, str] | None:
        if not self._head.exists():
            return None
        try:
            number, digest = json.loads(self._head.read_text(encoding="ascii"))
            return int(number), str(digest)
        except (ValueError, TypeError):
            raise LedgerTamperedError(f"{self._head} is damaged: bring back a copy that is whole") from None

    def _write_head(self, number: int, digest: str) -> None:
        with staged_output(self._head) as stage:
            stage.write_text(json.dumps([number, digest]), encoding="ascii")


def _write_whole(file: int, data: bytes) -> None:
    """Append and flush; where the disk is full, what was written of it is taken off again."""
    place = os.lseek(file, 0, os.SEEK_END)
    try:
        done = 0
        while done < len(data):
            done += os.write(file, data[done:])
        os.fsync(file)
    except OSError:
        os.ftruncate(file, place)
        raise


def _parsed(line: bytes) -> Entry | None:
    if len(line) > _MOST_LINE:
        return None
    try:
        return Entry.model_validate_json(line)
    except ValidationError:
        return None
