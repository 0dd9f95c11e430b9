"""One line of the ledger: a use of a twin, or the end of a permission, chained to the line before by its hash."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

START: Final = "0" * 64
"""What the first entry is chained to."""
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Text = Annotated[str, Field(max_length=400)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(_Strict):
    """What happened, before it is chained.

    kind: `use` of a twin, or a `revocation`. use_id: names this use for ever; one that is told twice counts once.
    consent: the consent document's SHA-256, by which a licence is known. what: the garments shown, or the reason of a
    revocation. amount: what is owed for this use, in the currency's smallest unit; 0 where the term is paid.
    from_day: the first day of a revocation.
    """

    kind: Literal["use", "revocation"]
    at: datetime
    use_id: Annotated[str, Field(min_length=1, max_length=100)]
    twin: Annotated[str, Field(min_length=1, max_length=100)]
    model: _Text
    consent: _Hash
    use: Annotated[str, Field(max_length=20)] = ""
    place: Annotated[str, Field(max_length=2)] = ""
    what: _Text = ""
    amount: Annotated[int, Field(ge=0)] = 0
    currency: Annotated[str, Field(max_length=3)] = ""
    from_day: date | None = None


class Entry(_Strict):
    """A fact in its place. hash: SHA-256 of number, `previous` and the fact's canonical JSON."""

    number: Annotated[int, Field(ge=0)]
    previous: _Hash
    fact: Fact
    hash: _Hash

    @staticmethod
    def after(last: Entry | None, fact: Fact) -> Entry:
        """The entry that continues a chain whose last entry is `last`."""
        number, previous = (last.number + 1, last.hash) if last else (0, START)
        return Entry(number=number, previous=previous, fact=fact, hash=_digest(number, previous, fact))

    def follows(self, last: Entry | None) -> bool:
        """Whether it is what `after` would have made."""
        return self == Entry.after(last, self.fact)

    def line(self) -> bytes:
        """The entry as the ledger holds it, with the line's end."""
        return canonical(self.model_dump(mode="json")) + b"\n"


def canonical(value: object) -> bytes:
    """JSON in one form only: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _digest(number: int, previous: str, fact: Fact) -> str:
    return hashlib.sha256(canonical([number, previous, fact.model_dump(mode="json")])).hexdigest()
