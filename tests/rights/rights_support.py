"""A licence, and uses under it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from kiosk.rights.entry import Fact
from kiosk.rights.gate import use_fact
from kiosk.twins.licence import Licence, Use

TODAY = datetime.now(timezone.utc).astimezone().date()


def a_licence(**changes) -> Licence:
    base = {
        "name": "Ada Bright", "kind": "model", "credit": "Ada Bright / Studio North", "scope": ["mirror", "lookbook"],
        "places": ["DE", "FR"], "valid_from": TODAY - timedelta(days=30), "valid_to": TODAY + timedelta(days=30),
        "pay": {"amount": 1250, "currency": "EUR", "per": "use"}, "consent_sha256": "c0" * 32,
    }  # fmt: skip
    return Licence.model_validate(base | changes)


def a_use(number: int, at: datetime | None = None, **changes) -> Fact:
    fact = use_fact("ada", a_licence(**changes), Use.LOOKBOOK, f"job-{number}", "striped tee", "DE")
    return fact.model_copy(update={"at": at or datetime(2026, 11, 3, 10, number % 60, tzinfo=timezone.utc)})
