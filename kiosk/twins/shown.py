"""Which twins may be shown here and now, and which of them are like what a shopper asks for."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kiosk.errors import TwinError
from kiosk.rights.revocations import NAME as REVOCATIONS
from kiosk.rights.revocations import Revocations, read_revocations
from kiosk.twins.licence import Use
from kiosk.twins.record import AGES, FIGURES, HEIGHTS, MOST_TWINS, RECORD, Twin, read_twin

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_log = logging.getLogger(__name__)
GROUPS: Final[dict[str, tuple[str, ...]]] = {"age": AGES, "height": HEIGHTS, "figure": FIGURES}
PACKS: Final = Path(__file__).parent / "packs"
"""The demo twins, made by `python -m kiosk.twins.studio`."""


@dataclass(frozen=True)
class Wanted:
    """What the shopper asked for; an empty word asks for nothing."""

    age: str = ""
    height: str = ""
    figure: str = ""

    def turned(self, name: str) -> Wanted:
        """The next group of this name, after the last one none."""
        order = ("", *GROUPS[name])
        at = order.index(getattr(self, name))
        return replace(self, **{name: order[(at + 1) % len(order)]})


def today() -> date:
    """The day by this machine's clock and time zone."""
    return datetime.now().astimezone().date()


def twins_in(folder: Path) -> list[Twin]:
    """All twins of a folder by name, without those that cannot be read; these are logged. [] where it is missing.

    Their licences are as in force: what the folder's list of revocations ends is revoked. Where that list cannot be
    read nobody is shown.
    """
    try:
        revocations = read_revocations(folder / REVOCATIONS)
    except TwinError as error:
        _log.error("no twin is shown: %s", error)
        return []
    return readable(packs_of(folder), revocations)


def packs_of(folder: Path) -> list[Path]:
    """What may be packs in a folder, by name; [] where it is missing."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))[:MOST_TWINS]
    except OSError:
        return []


def readable(packs: Iterable[Path], revocations: Revocations) -> list[Twin]:
    """The twins among these folders, without those that cannot be read; these are logged."""
    found = []
    for entry in packs:
        if not (entry / RECORD).is_file():
            continue
        try:
            found.append(_in_force(read_twin(entry), revocations))
        except TwinError as error:
            _log.warning("a twin is left out: %s", error)
    return found


def _in_force(twin: Twin, revocations: Revocations) -> Twin:
    licence = revocations.applied(twin.record.licence)
    return replace(twin, record=twin.record.model_copy(update={"licence": licence}))


def allowed(twins: Iterable[Twin], use: Use, place: str, day: date) -> list[Twin]:
    """The twins whose licence covers this use in this country on this day."""
    return [twin for twin in twins if twin.record.licence.allows(use, place, day)]


def like(twins: Iterable[Twin], wanted: Wanted) -> list[Twin]:
    """The twins nearest to what the shopper chose first; what was not chosen does not count."""

    def far(twin: Twin) -> float:
        return sum(
            abs(order.index(chosen) - order.index(getattr(twin.record, name))) / (len(order) - 1)
            for name, order in GROUPS.items()
            if (chosen := getattr(wanted, name))
        )

    return sorted(twins, key=far)
