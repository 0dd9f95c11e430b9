"""What a kiosk says of itself, written down: health, versions and counts. Nothing of a shopper has a field here.

Everything is bounded and checked on both sides; a message that does not fit is dropped by who receives it.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Final

from pydantic import Field

from kiosk.fleet.groups import Label
from kiosk.fleet.manifest import Name, Sha256, Strict

MOST_BYTES: Final = 64 * 1024
_Count = Annotated[int, Field(ge=0, le=10**9, strict=True)]
_Number = Annotated[float, Field(ge=-100, le=10**6, allow_inf_nan=False)]
_Slot = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,80}$")]
_Release = Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6}){0,3}$")]


class What(str, Enum):
    """What happened."""

    INSTALLED = "installed"
    CAME_BACK = "came-back"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NO_ROOM = "no-room"
    DISK = "disk"


class Event(Strict):
    """Something that happened to a release, or to the repository where none is named. reason: one line for IT."""

    what: What
    slot: _Slot | None = None
    manifest: Sha256 | None = None
    version: _Release | None = None
    reason: Annotated[str, Field(max_length=300)] = ""


class Counts(Strict):
    """What was counted since the message before.

    sessions: begun. garments: garments put on, by their id. twins: displays of a twin, by its id, for its model's pay.
    frame_ms: 50th and 99th percentile. temperature_c: of the board.
    """

    sessions: _Count = 0
    garments: dict[Name, _Count] = Field(default_factory=dict, max_length=500)
    twins: dict[Name, _Count] = Field(default_factory=dict, max_length=500)
    frame_ms: tuple[_Number, _Number] | None = None
    temperature_c: _Number | None = None


class Report(Strict):
    """One message of counts or of an event. epoch: of this outbox; with `number` it is unique for ever.

    time: seconds since 1970, by the kiosk's clock.
    """

    epoch: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    number: Annotated[int, Field(ge=1, le=2**53, strict=True)]
    time: Annotated[float, Field(ge=0, le=10**11, allow_inf_nan=False)]
    event: Event | None = None
    counts: Counts | None = None


class Running(Strict):
    """What a place runs."""

    version: _Release
    manifest: Sha256


class Presence(Strict):
    """Birth (online) and last will (not) of a kiosk; kept by the broker."""

    online: bool
    software: _Release | None = None
    labels: dict[Label, Label] = Field(default_factory=dict, max_length=8)
    slots: dict[_Slot, Running] = Field(default_factory=dict, max_length=200)


def presence_topic(kiosk: str) -> str:
    """Where a kiosk says that it is there."""
    return f"fleet/{kiosk}/presence"


def report_topic(kiosk: str) -> str:
    """Where a kiosk reports to."""
    return f"fleet/{kiosk}/report"
