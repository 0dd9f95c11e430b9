"""A model's statement for a month: every use, what is owed for it, and the proof that the ledger is whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kiosk.rights.entry import START, Entry, Fact
from kiosk.rights.errors import StatementError


@dataclass(frozen=True)
class Proof:
    """What ties a statement to the ledger.

    opening and closing: the hashes before the month's first entry and at its last. Whoever keeps last month's
    statement sees its closing hash again as this month's opening one: a ledger that was written anew in between, even
    wholly, would show another. first and last: numbers of the month's entries; last < first where there is none.
    """

    entries: int
    first: int
    last: int
    opening: str
    closing: str


@dataclass(frozen=True)
class Statement:
    """One model's month. totals: what is owed, in each currency's smallest unit."""

    model: str
    month: str
    uses: tuple[Fact, ...]
    revocations: tuple[Fact, ...]
    totals: dict[str, int]
    proof: Proof


def statement(entries: list[Entry], model: str, month: str) -> Statement:
    """The statement of `model` for `month` (YYYY-MM, UTC) from a proven ledger.

    Raises `StatementError` where the month is none, or the ledger does not know the model.
    """
    try:
        datetime.strptime(month, "%Y-%m")  # noqa: DTZ007 - only its form is looked at
    except ValueError:
        raise StatementError(f"{month} is no month: write it like 2026-11") from None
    known = {entry.fact.model for entry in entries}
    if model not in known:
        raise StatementError(f"the ledger has no model {model!r}: it knows {', '.join(sorted(known)) or 'nobody yet'}")
    own = [entry.fact for entry in entries if entry.fact.model == model]
    uses = tuple(fact for fact in _once(own) if _month(fact) == month)
    revocations = tuple(fact for fact in own if fact.kind == "revocation" and _month(fact) == month)
    totals: dict[str, int] = {}
    for fact in uses:
        totals[fact.currency] = totals.get(fact.currency, 0) + fact.amount
    return Statement(model, month, uses, revocations, totals, _proof(entries, month))


def as_csv(told: Statement) -> str:
    """The statement as CSV (RFC 4180): a line a use, then the totals and the proof as lines that begin with `#`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["time", "twin", "use", "place", "shown", "amount", "currency", "use_id"])
    for fact in told.uses:
        row = [fact.at.isoformat(timespec="seconds"), fact.twin, fact.use, fact.place, fact.what]
        writer.writerow([*map(_harmless, row), money(fact.amount), fact.currency, fact.use_id])
    for fact in told.revocations:
        writer.writerow(["#revoked", fact.twin, "", "", _harmless(fact.what), "", "", str(fact.from_day)])
    count = f"{len(told.uses)} uses"
    for currency, amount in sorted(told.totals.items()):
        writer.writerow(["#total", _harmless(told.model), told.month, "", count, money(amount), currency, ""])
    proof = told.proof
    proven, numbers = f"{proof.entries} entries proven", f"{proof.first}-{proof.last}"
    writer.writerow(["#chain", proven, numbers, "", proof.opening, "", "", proof.closing])
    return out.getvalue()


def money(amount: int) -> str:
    """An amount of hundredths, as it is written."""
    return f"{amount // 100}.{amount % 100:02d}"


def _harmless(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t"} else text


def _once(facts: Iterable[Fact]) -> list[Fact]:
    """Uses, each where it was told first."""
    seen: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind == "use":
            seen.setdefault(fact.use_id, fact)
    return list(seen.values())


def _month(fact: Fact) -> str:
    return fact.at.strftime("%Y-%m")


def _proof(entries: list[Entry], month: str) -> Proof:
    numbers = [entry.number for entry in entries if _month(entry.fact) == month]
    first = numbers[0] if numbers else len(entries)
    last = numbers[-1] if numbers else first - 1
    hashes = [START, *(entry.hash for entry in entries)]
    return Proof(len(entries), first, last, hashes[first], hashes[last + 1])
