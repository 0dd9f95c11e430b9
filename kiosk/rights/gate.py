"""The one door to a twin: its licence is asked, and the use is on record, before anything is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from kiosk.rights.entry import Fact
from kiosk.rights.ledger import Ledger
from kiosk.rights.revocations import NAME, Revocation, Revocations, read_revocations, write_revocations
from kiosk.twins.licence import Licence, Use


@dataclass(frozen=True)
class Gate:
    """The door in one place: `place` is the country (ISO 3166-1 alpha-2) where pictures are shown or published."""

    ledger: Ledger
    revocations: Revocations
    place: str

    @staticmethod
    def at(twins: Path, ledger: Path, place: str) -> Gate:
        """The door to the twins of a folder, which holds their revocations. Raises `LicenceError`."""
        return Gate(Ledger(ledger), read_revocations(twins / NAME), place)

    def require(self, licence: Licence, use: Use) -> None:
        """Raises `LicenceError`, with the reason, unless the use is allowed here and today."""
        today = datetime.now(timezone.utc).astimezone().date()
        self.revocations.applied(licence).require(use, self.place, today)

    def record_preview(self, twin: str, licence: Licence, use_id: str, what: str) -> None:
        """Put a look at a draft on record: asked and told like a use, owed nothing. Raises as `record`."""
        self.require(licence, Use.LOOKBOOK)
        fact = use_fact(twin, licence, Use.LOOKBOOK, use_id, what, self.place)
        self.ledger.append(fact.model_copy(update={"use": "preview", "amount": 0}))

    def record(self, twin: str, licence: Licence, use: Use, use_id: str, what: str) -> None:
        """Put a use on record, once it is allowed; nothing may be shown before this returns.

        use_id names the use: one that is made again after an interruption counts once. Raises `LicenceError` and
        `LedgerError`.
        """
        self.require(licence, use)
        self.ledger.append(use_fact(twin, licence, use, use_id, what, self.place))


def use_fact(twin: str, licence: Licence, use: Use, use_id: str, what: str, place: str) -> Fact:
    """A use as the ledger tells it, now."""
    pay = licence.pay
    return Fact(
        kind="use", at=datetime.now(timezone.utc), use_id=use_id, twin=twin, model=licence.name,
        consent=licence.consent_sha256, use=use.value, place=place, what=what[:400],
        amount=pay.amount if pay.per == "use" else 0, currency=pay.currency,
    )  # fmt: skip


def revoke(twins: Path, ledger: Ledger, twin: str, licence: Licence, revocation: Revocation) -> None:
    """End a licence: new pictures stop at once, kiosks stop with their next update. Raises `LedgerError`.

    The list is written first: should the power fail in between, the twin is not shown, which is the safer half.
    """
    path = twins / NAME
    write_revocations(path, read_revocations(path).with_revoked(licence.consent_sha256, revocation))
    fact = Fact(
        kind="revocation", at=datetime.now(timezone.utc), use_id=f"revoked-{licence.consent_sha256[:16]}", twin=twin,
        model=licence.name, consent=licence.consent_sha256, what=revocation.reason, from_day=revocation.from_day,
    )  # fmt: skip
    ledger.append(fact)
