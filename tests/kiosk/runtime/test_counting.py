"""What is counted of a session, in the ledger and the outbox as they lie on the disk."""

from __future__ import annotations

import fcntl
import re
import shutil
import time
from datetime import date, datetime, timezone

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from kiosk.config import Settings
from kiosk.fleet.outbox import FILE, Outbox
from kiosk.fleet.telemetry import Report
from kiosk.rights.ledger import Ledger
from kiosk.rights.revocations import NAME, Revocation, Revocations, write_revocations
from kiosk.rights.statement import statement
from kiosk.runtime.counting import Counting, Totals
from kiosk.runtime.wish import Wish
from kiosk.twins.record import RECORD

TEE, POLO = ("coral-tee",), ("forest-polo",)
FLEET = {"kiosk": "berlin-1", "url": "repository", "root": "root.json"}


@pytest.fixture
def settings(twin, tmp_path) -> Settings:
    """A twin whose model is paid for each use, on a mirror of a fleet."""
    shutil.copytree(twin.folder, tmp_path / "twins" / "robin")
    record = tmp_path / "twins" / "robin" / RECORD
    record.write_text(record.read_text().replace("amount = 0", "amount = 150").replace('per = "term"', 'per = "use"'))
    told = {"twins": tmp_path / "twins", "data": tmp_path / "data", "country": "DE", "fleet": FLEET}
    return Settings.model_validate(told)


@pytest.fixture
def counting(settings):
    made = Counting(settings)
    yield made
    made.stop()


def decided(counting: Counting, **wish) -> bool:
    end = time.monotonic() + 30
    while (may := counting.follow(Wish(mirror=True, **wish))) is None:
        assert time.monotonic() < end
        time.sleep(0.002)
    return may


def uses(settings) -> list[tuple[str, str]]:
    return [(entry.fact.twin, entry.fact.what) for entry in Ledger(settings.data / "ledger.jsonl").entries()]


def reports(settings) -> list[Report]:
    waiting = Outbox(settings.data / "fleet" / FILE).waiting()
    return [Report.model_validate_json(body) for _, body in waiting]


def test_a_look_on_a_twin_is_one_use_a_session(settings, counting):
    for _ in range(2):
        assert decided(counting, twin="robin", wear=TEE)
        assert decided(counting, twin="robin", wear=POLO)
        assert decided(counting, wear=TEE)
        assert decided(counting, twin="robin", wear=TEE)
        counting.follow(Wish())
    assert uses(settings) == 2 * [("robin", "coral-tee"), ("robin", "forest-polo")]
    month = datetime.now(timezone.utc).strftime("%Y-%m")
    told = statement(Ledger(settings.data / "ledger.jsonl").entries(), "TwinMirror", month)
    assert told.totals == {"EUR": 600}
    assert {(fact.use, fact.place) for fact in told.uses} == {("mirror", "DE")}


def test_it_is_on_the_disk_before_it_may_be_shown(settings, counting):
    settings.data.mkdir(parents=True)
    with (settings.data / "ledger.jsonl").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # somebody else writes
        for _ in range(20):
            assert counting.follow(Wish(mirror=True, twin="robin")) is None
            time.sleep(0.01)
        assert counting.follow(Wish(mirror=True)) is True  # the shopper themselves need not wait
    assert decided(counting, twin="robin")
    assert uses(settings) == [("robin", "no garment")]


def test_two_looks_side_by_side_are_two_uses(settings, counting):
    assert decided(counting, twin="robin", wear=TEE, beside=POLO)
    assert sorted(uses(settings)) == [("robin", "coral-tee"), ("robin", "forest-polo")]


def test_a_shopper_as_they_are_is_no_use(settings, counting):
    assert counting.follow(Wish(mirror=True, wear=TEE, beside=POLO)) is True
    counting.stop()
    assert uses(settings) == []


@pytest.mark.parametrize("slug", ["nobody", "../robin", "robin"])
def test_who_may_not_be_shown_is_not_counted(settings, counting, slug):
    consent = re.search(r'consent_sha256 = "(\w+)"', (settings.twins / "robin" / RECORD).read_text())
    assert consent
    revoked = Revocations().with_revoked(consent[1], Revocation(from_day=date(2026, 1, 2)))
    write_revocations(settings.twins / NAME, revoked)
    assert not decided(counting, twin=slug)
    counting.stop()
    assert uses(settings) == []
    assert reports(settings)[0].counts.twins == {}


def test_a_damaged_twin_is_not_counted(settings, counting):
    (settings.twins / "robin" / "clip.mp4").write_bytes(b"damaged")
    assert not decided(counting, twin="robin")
    assert uses(settings) == []


def test_without_a_ledger_nobody_is_shown_and_with_it_again_they_are(settings, counting):
    ledger = settings.data / "ledger.jsonl"
    ledger.mkdir(parents=True)
    assert not decided(counting, twin="robin")
    ledger.rmdir()
    assert decided(counting, twin="robin")
    assert uses(settings) == [("robin", "no garment")]


def test_a_sessions_counts_are_one_report(settings, counting):
    for wear in (TEE, (), TEE, POLO):
        counting.follow(Wish(mirror=True, wear=wear))
    assert decided(counting, twin="robin", wear=POLO)
    assert decided(counting, twin="robin", wear=TEE)
    for _ in range(3):
        counting.follow(Wish())
    counting.follow(Wish(mirror=True))
    counting.stop()  # a screen that is closed ends the session
    first, second = (report.counts for report in reports(settings))
    assert (first.sessions, first.garments, first.twins) == (1, {"coral-tee": 1, "forest-polo": 1}, {"robin": 2})
    assert (second.sessions, second.garments, second.twins) == (1, {}, {})


def test_what_cannot_be_written_is_counted_once_later(settings, counting):
    outbox = settings.data / "fleet" / FILE
    outbox.mkdir(parents=True)
    assert decided(counting, twin="robin", wear=TEE)
    counting.follow(Wish())
    assert decided(counting, wear=TEE)
    counting._writer.submit(lambda: None).result()  # the first try is over
    outbox.rmdir()
    counting.stop()
    (report,) = reports(settings)
    assert (report.counts.sessions, report.counts.garments, report.counts.twins) == (2, {"coral-tee": 2}, {"robin": 1})


def test_without_a_fleet_only_the_ledger_is_written(settings, tmp_path):
    counting = Counting(settings.model_copy(update={"fleet": None}))
    assert decided(counting, twin="robin", wear=TEE)
    counting.stop()
    assert sorted(path.name for path in settings.data.rglob("*")) == ["ledger.jsonl", "ledger.jsonl.head"]


def test_a_message_holds_as_many_names_as_it_may(tmp_path):
    totals = Totals(tmp_path / FILE)
    totals.add([f"garment {number}" for number in range(700)], ["robin"])
    ((_, body),) = Outbox(tmp_path / FILE).waiting()
    counts = Report.model_validate_json(body).counts
    assert len(counts.garments) == 500
    assert counts.garments["others"] == 201
    assert sum(counts.garments.values()) == 700


@effort(max_examples=30)
@given(st.lists(st.text(max_size=80), max_size=8))
def test_any_names_are_counted(tmp_path_factory, names):
    outbox = tmp_path_factory.mktemp("outbox") / FILE
    Totals(outbox).add(names, names[:2])
    ((_, body),) = Outbox(outbox).waiting()
    assert sum(Report.model_validate_json(body).counts.garments.values()) == len(names)
