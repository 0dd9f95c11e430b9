"""What the mirror shows is counted: twins in the ledger, for their models' pay, and totals for the fleet.

It lives in the screen's process, which may write to the disk, and follows the same wishes as the camera's process.
A thread of its own writes, as the screen never waits. What is written are names of twins and garments and how many;
a shopper is a random number that is forgotten with the session and never written.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engines.errors import TwinMirrorError
from kiosk.fleet.outbox import FILE, Outbox
from kiosk.fleet.telemetry import Counts
from kiosk.rights.gate import Gate
from kiosk.rights.ledger import Ledger, ledger_path
from kiosk.twins.licence import Use
from kiosk.twins.places import Places
from kiosk.twins.record import check_files

if TYPE_CHECKING:
    from kiosk.config import Settings
    from kiosk.runtime.wish import Wish
    from kiosk.twins.record import Twin

_log = logging.getLogger(__name__)
_MOST_NAMES: Final = 500
"""As many as a message's field takes (`kiosk.fleet.telemetry.Counts`)."""
_OTHERS: Final = "others"
_Shown = tuple[str, tuple[str, ...]]
"""A twin and a look on it: garments' names from the skin outwards."""


class Totals:
    """Counts that wait for the fleet's outbox; a disk that is full keeps them here until the next session's end."""

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox
        self._sessions = 0
        self._garments: Counter[str] = Counter()
        self._twins: Counter[str] = Counter()

    def add(self, garments: Collection[str], twins: Collection[str]) -> None:
        """Count a session, the garments tried in it and the displays of twins; hand over all that waits, once."""
        self._sessions += 1
        _count(self._garments, garments)
        _count(self._twins, twins)
        counts = Counts(sessions=self._sessions, garments=dict(self._garments), twins=dict(self._twins))
        try:
            # Opened each time: the agent may have set a damaged one aside meanwhile
            Outbox(self._outbox).add(counts=counts)
        except TwinMirrorError as error:
            _log.error("counts wait for the next session's end: %s", error)
            return
        self._sessions = 0
        self._garments.clear()
        self._twins.clear()


class Counting:
    """Call `follow` often, from one thread.

    One use is one look on one twin in one session; the same look again in that session is the same use.
    """

    def __init__(self, settings: Settings) -> None:
        self._places, self._country = Places.of(settings), settings.country
        self._ledger = Ledger(ledger_path(settings.data))
        self._totals = Totals(settings.data / "fleet" / FILE) if settings.fleet else None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="counting")
        self._whole: set[str] = set()
        self._session = b""
        self._garments: set[str] = set()
        self._uses: dict[_Shown, Future[bool]] = {}

    def follow(self, wish: Wish) -> bool | None:
        """Count what is wanted; whether it may be shown: None until a twin's use is on the disk, False never."""
        if not wish.mirror:
            self._end()
            return True
        self._session = self._session or secrets.token_bytes(16)
        looks = [wish.wear] if wish.beside is None else [wish.wear, wish.beside]
        self._garments.update(*looks)
        if not wish.twin:
            return True
        uses = {(wish.twin, look): self._use(wish.twin, look) for look in looks}
        if not all(use.done() for use in uses.values()):
            return None
        for shown, use in uses.items():
            if not use.result():
                del self._uses[shown]  # so that it is tried again when it is wanted again
        return all(use.result() for use in uses.values())

    def stop(self) -> None:
        """End a session that still runs, and write what is left."""
        self._end()
        self._writer.shutdown()

    def _use(self, twin: str, look: tuple[str, ...]) -> Future[bool]:
        shown = (twin, look)
        if shown not in self._uses:
            self._uses[shown] = self._writer.submit(self._record, twin, look, _use_id(self._session, shown))
        return self._uses[shown]

    def _record(self, slug: str, look: tuple[str, ...], use_id: str) -> bool:
        """Put a use on record, once the licence allows it; the writer's thread."""
        try:
            twin = self._places.twin(slug)
            self._check(twin)
            gate = Gate(self._ledger, self._places.revocations(), self._country)
            gate.record(slug, twin.record.licence, Use.MIRROR, use_id, ", ".join(look) or "no garment")
        except (TwinMirrorError, OSError) as error:
            _log.error("%s is not shown: %s", slug, error)
            return False
        return True

    def _check(self, twin: Twin) -> None:
        """Once for each pack: what is damaged will not be shown, and so is no use. Raises `TwinError`."""
        if twin.record.clip_sha256 not in self._whole:
            check_files(twin)
            self._whole.add(twin.record.clip_sha256)

    def _end(self) -> None:
        if self._session and self._totals is not None:
            self._writer.submit(_hand_over, self._totals, self._garments, self._uses)
        self._session, self._garments, self._uses = b"", set(), {}


def _hand_over(totals: Totals, garments: set[str], uses: dict[_Shown, Future[bool]]) -> None:
    """Comes after all of the session's uses in the writer's thread, so that each is decided."""
    totals.add(garments, [twin for (twin, _), use in uses.items() if use.result()])


def _use_id(session: bytes, shown: _Shown) -> str:
    """Names a use for ever, and tells nobody which uses were one shopper's."""
    return f"mirror-{hashlib.sha256(session + json.dumps(shown).encode()).hexdigest()[:40]}"


def _count(counter: Counter[str], names: Collection[str]) -> None:
    """Count names as a message spells them; those beyond what it takes together."""
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        spelt = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:64] or _OTHERS
        room = spelt in counter or len(counter) < _MOST_NAMES - 1
        counter[spelt if room else _OTHERS] += 1
