"""Presence and reports over the real broker: own topics only, kept while offline, counted once."""

from __future__ import annotations

import ssl
import time

import pytest
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import ValidationError

from kiosk.fleet.collector import NAME, Collector
from kiosk.fleet.errors import FleetKeyError
from kiosk.fleet.outbox import Outbox
from kiosk.fleet.pki import read_certificate
from kiosk.fleet.presence import Line
from kiosk.fleet.registry import Registry
from kiosk.fleet.telemetry import Counts, Event, Presence, Report, Running, What
from tests.kiosk.fleet.conftest import eventually

MANIFEST = "ab" * 32


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "fleet.db")


@pytest.fixture
def collector(broker, registry):
    listening = Collector(broker.config(NAME), registry)
    listening.start()
    assert listening.listens.wait(20)
    yield listening
    listening.stop()


def line(broker, outbox, kiosk="kiosk-7"):
    def born():
        return Presence(
            online=True, software="0.1", slots={"collection-spring": Running(version="3", manifest=MANIFEST)}
        )

    opened = Line(kiosk, broker.config(kiosk), outbox, born, keep_alive_s=2)
    opened.open()
    return opened


def pumped(opened, asked):
    def once():
        opened.pump()
        return asked()

    eventually(once)


def test_birth_last_will_and_a_goodbye(broker, collector, registry, tmp_path):
    opened = line(broker, Outbox(tmp_path / "outbox.db"))
    pumped(opened, lambda: [row.online for row in registry.kiosks()] == [True])
    assert registry.running() == [("kiosk-7", "collection-spring", "3")]
    opened._client.socket().shutdown(2)  # the kiosk is gone, without a word
    opened._client.loop_stop()
    eventually(lambda: [row.online for row in registry.kiosks()] == [False])
    again = line(broker, Outbox(tmp_path / "outbox.db"))
    pumped(again, lambda: registry.kiosks()[0].online)
    again.close()
    eventually(lambda: not registry.kiosks()[0].online)


def test_reports_wait_for_the_network_and_are_counted_once(broker, collector, registry, tmp_path):
    outbox = Outbox(tmp_path / "outbox.db")
    broker.kill()
    for _ in range(120):
        outbox.add(counts=Counts(sessions=1, twins={"anna": 2}))
    opened = line(broker, Outbox(tmp_path / "outbox.db"))
    opened.pump()
    assert len(outbox.waiting(1000)) == 120
    broker.start()
    pumped(opened, lambda: not outbox.waiting())
    eventually(lambda: registry.totals("twin") == {"anna": 240})
    opened.close()


def test_a_broker_that_dies_underway_neither_loses_nor_doubles_a_report(broker, collector, registry, tmp_path):
    outbox = Outbox(tmp_path / "outbox.db")
    opened = line(broker, outbox)
    pumped(opened, lambda: opened.connected)
    for round_ in range(3):
        for _ in range(40):
            outbox.add(counts=Counts(sessions=1))
        opened.pump()
        if round_ < 2:
            broker.stop()
            broker.start()
    pumped(opened, lambda: not outbox.waiting())
    eventually(lambda: registry.totals("sessions") == {"": 120})
    opened.close()


def test_what_comes_while_the_collector_is_away_is_kept(broker, registry, tmp_path):
    first = Collector(broker.config(NAME), registry)
    first.start()
    assert first.listens.wait(20)
    outbox = Outbox(tmp_path / "outbox.db")
    opened = line(broker, outbox)
    pumped(opened, lambda: len(registry.kiosks()) == 1)
    first.stop()
    outbox.add(event=Event(what=What.INSTALLED, slot="collection-spring", manifest=MANIFEST, version="3"))
    outbox.add(counts=Counts(sessions=7))
    pumped(opened, lambda: not outbox.waiting())
    second = Collector(broker.config(NAME), registry)
    second.start()
    eventually(lambda: registry.totals("sessions") == {"": 7})
    second.stop()
    opened.close()


class Raw:
    """A client that says and hears what it likes."""

    def __init__(self, broker, kiosk):
        config = broker.config(kiosk)
        context = ssl.create_default_context(cafile=str(config.ca))
        context.load_cert_chain(str(config.certificate), str(config.key))
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=kiosk, protocol=MQTTv5)
        self.client.tls_set_context(context)
        self.heard, self.codes, self.connected = [], [], []
        self.client.on_message = lambda _c, _d, message: self.heard.append(message.topic)
        self.client.on_publish = lambda _c, _d, _mid, code, _p: self.codes.append(code.is_failure)
        self.client.on_connect = lambda _c, _d, _f, code, _p: self.connected.append(code.is_failure)
        self.client.connect_async("127.0.0.1", broker.port)
        self.client.loop_start()

    def stop(self):
        self.client.disconnect()
        self.client.loop_stop()


def test_a_kiosk_neither_writes_nor_reads_anothers_topics(broker, collector, registry):
    good, bad = Raw(broker, "kiosk-1"), Raw(broker, "kiosk-2")
    eventually(lambda: good.connected and bad.connected)
    bad.client.subscribe([("fleet/kiosk-1/#", 1), ("fleet/+/report", 1), ("#", 1)])
    good.client.subscribe("fleet/kiosk-1/#", 1)
    body = Report(epoch="0" * 16, number=1, time=1.0, counts=Counts(sessions=5)).model_dump_json()
    time.sleep(0.3)
    bad.client.publish("fleet/kiosk-1/report", body, qos=1)
    eventually(lambda: bad.codes == [True])
    good.client.publish("fleet/kiosk-1/report", body, qos=1)
    eventually(lambda: good.heard == ["fleet/kiosk-1/report"])
    eventually(lambda: registry.totals("sessions") == {"": 5})
    assert bad.heard == []
    assert [row.name for row in registry.kiosks()] == ["kiosk-1"]
    good.stop()
    bad.stop()


def test_replayed_and_malformed_messages_are_dropped(broker, collector, registry):
    kiosk = Raw(broker, "kiosk-1")
    body = Report(epoch="0" * 16, number=1, time=1.0, counts=Counts(sessions=5)).model_dump_json()
    face = '{"epoch":"0000000000000000","number":2,"time":1.0,"counts":{"face":[1,2]}}'
    for message in (body, body, face, "{", "[" * 50_000, body):
        kiosk.client.publish("fleet/kiosk-1/report", message, qos=1)
    eventually(lambda: len(kiosk.codes) == 6 and collector.dropped == 3)
    assert registry.totals("sessions") == {"": 5}
    kiosk.stop()


def test_a_revoked_certificate_and_one_of_another_authority_are_turned_away(broker, tmp_path):
    config = broker.config("kiosk-3")
    broker.authority.revoke([read_certificate(config.certificate)])
    broker.stop()
    broker.start()
    stolen, honest = Raw(broker, "kiosk-3"), Raw(broker, "kiosk-4")
    eventually(lambda: honest.connected == [False])
    time.sleep(0.5)
    assert False not in stolen.connected
    stolen.stop()
    honest.stop()


def test_a_certificate_cannot_bear_a_name_that_is_a_wildcard(broker):
    for name in ("+", "#", "kiosk/1", "", "publisher/#"):
        with pytest.raises(FleetKeyError):
            broker.config(name)


def test_the_outbox_is_bounded_and_mends_itself(tmp_path):
    outbox = Outbox(tmp_path / "outbox.db", rows=10)
    for _ in range(25):
        outbox.add(counts=Counts(sessions=1))
    assert [number for number, _ in outbox.waiting()] == list(range(16, 26))
    (tmp_path / "outbox.db").write_bytes(b"no database" * 1000)
    Outbox(tmp_path / "outbox.db").add(counts=Counts(sessions=1))
    assert (tmp_path / "outbox.damaged").exists()


def test_the_schema_has_no_room_for_a_person():
    for field in ("face", "picture", "landmarks", "name", "height_cm", "email"):
        with pytest.raises(ValidationError):
            Counts.model_validate({field: "x"})
    with pytest.raises(ValidationError):
        Counts.model_validate({"garments": {"Anna Müller <anna@example.org>": 1}})
