"""Nobody is shown without a licence that holds here, today and for this; every use that is allowed is on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rights_support import TODAY, a_licence
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.errors import LicenceError
from kiosk.rights.gate import Gate
from kiosk.rights.ledger import Ledger
from kiosk.rights.revocations import NAME, Revocation, Revocations, read_revocations, write_revocations
from kiosk.twins.licence import Use
from kiosk.twins.record import RECORD, TwinRecord, toml_of
from kiosk.twins.shown import allowed, twins_in


def make_twin(folder, licence) -> None:
    """A twin's record, which is all that a revocation asks for."""
    record = TwinRecord(
        version=1, name="Ada", source="recorded", sex="woman", age="45-59", height="tall", figure="medium",
        clip="clip.mp4", clip_sha256="11" * 32, body_sha256="22" * 32, licence=licence,
    )  # fmt: skip
    folder.mkdir(parents=True)
    (folder / RECORD).write_text(toml_of(record), encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "use", "place", "words"),
    [
        ({"valid_to": TODAY - timedelta(days=1)}, Use.MIRROR, "DE", "valid from"),
        ({"valid_from": TODAY + timedelta(days=1)}, Use.MIRROR, "DE", "valid from"),
        ({}, Use.WEB, "DE", "does not cover web"),
        ({}, Use.MIRROR, "US", "does not cover US"),
        ({"revoked": TODAY}, Use.MIRROR, "DE", "revoked"),
    ],
)
def test_what_is_not_allowed_is_refused_with_the_reason_and_not_recorded(gate, changes, use, place, words):
    door = Gate(gate.ledger, Revocations(), place)
    with pytest.raises(LicenceError, match=words):
        door.record("ada", a_licence(**changes), use, "id", "tee")
    assert gate.ledger.entries() == []


def test_what_is_allowed_is_on_record_with_what_is_owed(gate):
    gate.record("ada", a_licence(), Use.MIRROR, "one", "tee")
    gate.record("ada", a_licence(pay={"amount": 90000, "currency": "EUR", "per": "term"}), Use.MIRROR, "two", "tee")
    facts = [entry.fact for entry in gate.ledger.entries()]
    assert [(fact.twin, fact.use, fact.place, fact.amount) for fact in facts] == [
        ("ada", "mirror", "DE", 1250),
        ("ada", "mirror", "DE", 0),
    ]


def test_a_revocation_stops_new_pictures_at_once_and_travels_with_the_twins(tmp_path, monkeypatch):
    twins, ledger = tmp_path / "twins", tmp_path / "ledger.jsonl"
    licence = a_licence(consent_sha256="ab" * 32)
    make_twin(twins / "ada", licence)
    Gate.at(twins, ledger, "DE").record("ada", licence, Use.MIRROR, "one", "tee")
    monkeypatch.setenv("TWINMIRROR_LEDGER", str(ledger))
    done = CliRunner().invoke(app, ["rights", "revoke", str(twins / "ada"), "--reason", "asked by letter"])
    assert done.exit_code == 0
    door = Gate.at(twins, ledger, "DE")
    with pytest.raises(LicenceError, match="revoked"):
        door.record("ada", licence, Use.MIRROR, "two", "tee")
    (shown,) = twins_in(twins)
    assert shown.record.licence.revoked == TODAY
    assert allowed([shown], Use.MIRROR, "DE", TODAY) == []
    (twins / NAME).write_text("damaged")
    assert twins_in(twins) == []
    last = Ledger(ledger).entries()[-1].fact
    assert (last.kind, last.what, last.from_day) == ("revocation", "asked by letter", TODAY)


def test_the_earlier_of_two_revocations_holds():
    consent = "c0" * 32
    early, late = (Revocation(from_day=TODAY + timedelta(days=days)) for days in (-3, 3))
    both = Revocations().with_revoked(consent, late).with_revoked(consent, early).with_revoked(consent, late)
    assert both.applied(a_licence()).revoked == early.from_day
    assert both.applied(a_licence(revoked=TODAY - timedelta(days=9))).revoked == TODAY - timedelta(days=9)
    assert Revocations().applied(a_licence()).revoked is None


def test_a_revocation_of_next_week_still_lets_today_pass(gate):
    coming = Revocations().with_revoked("c0" * 32, Revocation(from_day=TODAY + timedelta(days=7)))
    Gate(gate.ledger, coming, "DE").require(a_licence(), Use.MIRROR)


@pytest.mark.parametrize("content", ["", "{", '{"by_consent": {"x": {}}}', '{"more": 1}'])
def test_a_damaged_list_of_revocations_shows_nobody(tmp_path, content):
    (tmp_path / NAME).write_text(content)
    with pytest.raises(LicenceError, match="no twin is shown"):
        Gate.at(tmp_path, tmp_path / "ledger.jsonl", "DE")


def test_revocations_are_read_as_they_were_written(tmp_path):
    one = Revocations().with_revoked("c0" * 32, Revocation(from_day=TODAY, reason="ended"))
    write_revocations(tmp_path / NAME, one)
    assert read_revocations(tmp_path / NAME) == one
    assert read_revocations(tmp_path / "none.json") == Revocations()
