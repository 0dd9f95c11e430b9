"""The real mirror of a fleet: what a session leaves on the disk is one line for each look on a twin, and counts."""

from __future__ import annotations

import json

from kiosk.fleet.config import FleetConfig
from kiosk.fleet.outbox import FILE, Outbox
from kiosk.rights.ledger import Ledger


def test_a_session_is_counted_and_a_twin_is_on_record_before_it_is_shown(mirror, settings, twin, tmp_path):
    data = tmp_path / "data"
    fleet = FleetConfig(kiosk="berlin-1", url="repository", root=tmp_path / "root.json")
    running = mirror(data=data, twins=twin.folder.parent, fleet=fleet)
    ledger = data / "ledger.jsonl"
    running.begin()
    running.live()
    running.tap("wear-coral-tee")
    running.until(worn=("coral-tee",))
    assert not ledger.exists()
    running.tap("someone")
    running.wait(20, lambda: "twin-robin" in running.ask("targets"))
    running.tap("twin-robin")
    running.wait(30, lambda: running.ask("wished") == ("robin", ("coral-tee",)))
    (entry,) = Ledger(ledger).entries()  # once the camera's process was told, it is on the disk
    assert (entry.fact.twin, entry.fact.what, entry.fact.use) == ("robin", "coral-tee", "mirror")
    before = running.state["shown"]
    running.wait(30, lambda: (s := running.state)["shown"] != before and not s["trouble"])
    running.tap("done")
    running.tap("over")
    running.until(state="wipe")
    outbox = data / "fleet" / FILE
    (report,) = running.wait(20, lambda: Outbox(outbox).waiting() if outbox.exists() else None)
    running.until(20, state="attract")
    counts = json.loads(report[1])["counts"]
    assert (counts["sessions"], counts["garments"], counts["twins"]) == (1, {"coral-tee": 1}, {"robin": 1})
    running.begin()
    running.close()  # in the middle of a session
    assert [json.loads(body)["counts"]["sessions"] for _, body in Outbox(outbox).waiting()] == [1, 1]


def test_a_twin_whose_use_cannot_be_recorded_is_not_shown(mirror, twin, tmp_path):
    data = tmp_path / "data"
    (data / "ledger.jsonl").mkdir(parents=True)
    running = mirror(data=data, twins=twin.folder.parent)
    running.begin()
    running.live()
    running.tap("someone")
    running.wait(20, lambda: "twin-robin" in running.ask("targets"))
    running.tap("twin-robin")
    running.wait(
        20, lambda: any("robin is not shown" in log.read_text() for log in data.rglob("*.jsonl") if log.is_file())
    )
    running.until(twin="")
    assert running.ask("wished") == ("", ())
    assert not (data / "fleet").exists()
