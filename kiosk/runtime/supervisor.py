"""The process table, and the logic that keeps it running: pure, so that it is tested without processes or clocks.

A process that dies is started again, at once the first time and ever later after that; one that lives without a
heartbeat is killed and counts as dead; one that ends by itself with code 0 has done its work.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from kiosk.errors import RunError

_log = logging.getLogger(__name__)
_PAUSES: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before the first, second, ... start after a failure; the last holds for all that follow."""
_STABLE_SECONDS: Final = 60.0
"""A process that has lived so long starts with a clean record."""
_BRIEF_SECONDS: Final = 1.0
"""A process that ends sooner has done no work, whatever code it ended with."""


def _always() -> bool:
    return True


def _nothing() -> None:
    return


@dataclass(frozen=True)
class ProcessSpec:
    """One row of the process table.

    name: for logs. entry: what the launcher starts. should_run: asked in each round.
    silence_s: seconds without a heartbeat after which it is frozen; start_s: the same until the first one.
    most_failures: in a row; then an essential process ends the whole, another stays down.
    ends_all: when it ends by itself with code 0, the whole ends. after_end: called each time it has ended.
    """

    name: str
    entry: Sequence[str]
    should_run: Callable[[], bool] = _always
    silence_s: float = 10.0
    start_s: float = 60.0
    most_failures: int | None = None
    essential: bool = False
    ends_all: bool = False
    after_end: Callable[[], None] = _nothing


class Handle(Protocol):
    """A started process."""

    def poll(self) -> int | None:
        """Its exit code; None while it lives."""

    def last_beat(self) -> float | None:
        """When it last gave a sign of life; None before the first."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it; returns once it has ended."""


Launcher = Callable[[ProcessSpec], Handle]


@dataclass
class _Watched:
    """A row and how it fares. `due` is when it may be started, `failures` counts those in a row."""

    spec: ProcessSpec
    handle: Handle | None = None
    started: float = 0.0
    due: float = 0.0
    failures: int = 0
    starts: int = 0
    down: bool = False


@dataclass
class Supervisor:
    """Keeps the processes of a table running. Call `step` often, `stop` once."""

    table: Sequence[ProcessSpec]
    launch: Launcher
    now: Callable[[], float]
    finished: bool = False
    """Whether a process that ends all has ended."""
    _rows: list[_Watched] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rows = [_Watched(spec) for spec in self.table]

    def step(self) -> None:
        """One round. Raises `RunError` where an essential process cannot be kept alive."""
        for row in self._rows:
            self._judge(row)
            if self.finished:
                return
            if row.handle is None and not row.down and self.now() >= row.due and row.spec.should_run():
                row.handle, row.started, row.starts = self.launch(row.spec), self.now(), row.starts + 1

    def restarts(self) -> dict[str, int]:
        """How often each process was started again."""
        return {row.spec.name: max(0, row.starts - 1) for row in self._rows}

    def stop(self, wait: Callable[[float], None], grace_s: float = 5.0) -> None:
        """Ask all to end, kill what has not within `grace_s`; `wait` sleeps."""
        running = [row for row in self._rows if row.handle is not None]
        for row in running:
            if row.handle is not None:
                row.handle.terminate()
        end = self.now() + grace_s
        while any(row.handle and row.handle.poll() is None for row in running) and self.now() < end:
            wait(0.05)
        for row in running:
            if row.handle is not None:
                row.handle.kill()
                self._ended(row)

    def _judge(self, row: _Watched) -> None:
        """See whether a running process has ended or frozen."""
        if row.handle is None:
            return
        code = row.handle.poll()
        if code is None:
            if not self._frozen(row, row.handle):
                return
            _log.error("%s gives no sign of life and is replaced", row.spec.name)
            row.handle.kill()
        lived = self.now() - row.started
        self._ended(row)
        if code == 0 and lived >= _BRIEF_SECONDS:
            row.failures, row.due, self.finished = 0, self.now(), row.spec.ends_all
        else:
            self._failed(row, code, lived)

    def _frozen(self, row: _Watched, handle: Handle) -> bool:
        last = handle.last_beat()
        if last is None:
            return self.now() - row.started > row.spec.start_s
        return self.now() - last > row.spec.silence_s

    def _failed(self, row: _Watched, code: int | None, lived: float) -> None:
        row.failures = 1 if lived >= _STABLE_SECONDS else row.failures + 1
        pause = _PAUSES[min(row.failures, len(_PAUSES)) - 1]
        row.due = self.now() + pause
        most = row.spec.most_failures
        if most is None or row.failures <= most:
            _log.warning("%s ended (code %s) and is started again in %.1f s", row.spec.name, code, pause)
            return
        if row.spec.essential:
            raise RunError(f"{row.spec.name} has failed {row.failures} times in a row: see the log above")
        row.down = True
        _log.error("%s has failed %d times in a row and stays down", row.spec.name, row.failures)

    def _ended(self, row: _Watched) -> None:
        row.handle = None
        row.spec.after_end()
