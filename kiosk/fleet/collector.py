"""The publisher's ear: takes presence and reports from the broker into the registry, and only then says thanks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from kiosk.fleet.config import BrokerConfig
from kiosk.fleet.errors import RefusedError
from kiosk.fleet.manifest import parse
from kiosk.fleet.presence import make_client
from kiosk.fleet.registry import Registry
from kiosk.fleet.telemetry import MOST_BYTES, Presence, Report, presence_topic, report_topic

_log = logging.getLogger(__name__)
NAME: Final = "publisher"
"""What the collector's certificate is called; the broker's access list knows it."""
_KEPT_S: Final = 7 * 86400
"""How long the broker keeps messages for a collector that is away."""


class Collector:
    """Messages of the broker into a registry; those that do not fit the schema are dropped and logged.

    listens: set once the broker passes messages on, and from then on keeps them while this is away.
    """

    def __init__(self, broker: BrokerConfig, registry: Registry, now: Callable[[], float] = time.time) -> None:
        self._registry, self._now = registry, now
        self.dropped = 0
        self.listens = threading.Event()
        self._client = make_client(NAME, broker)
        self._client.manual_ack_set(on=True)
        self._client.on_connect, self._client.on_message = self._connect, self._message
        self._client.on_subscribe = self._subscribe
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _KEPT_S
        self._client.connect_async(broker.host, broker.port, 60, clean_start=False, properties=properties)

    def start(self) -> None:
        """Begin, in the background."""
        self._client.loop_start()

    def stop(self) -> None:
        """End; the broker keeps what comes."""
        self._client.disconnect()
        self._client.loop_stop()

    def take(self, topic: str, payload: bytes) -> None:
        """One message, whoever sent it. Raises `StateError` where the registry cannot take it."""
        parts = topic.split("/")
        kiosk = parts[1] if len(parts) == 3 else ""
        try:
            if topic == presence_topic(kiosk):
                self._registry.present(kiosk, parse(Presence, payload, topic, MOST_BYTES), self._now())
            elif topic == report_topic(kiosk):
                self._registry.reported(kiosk, parse(Report, payload, topic, MOST_BYTES), self._now())
        except RefusedError as error:
            self.dropped += 1
            _log.warning("dropped: %s", error)

    def _connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure:
            _log.error("the broker refuses the collector: %s", code)
            return
        client.subscribe([(presence_topic("+"), 1), (report_topic("+"), 1)])

    def _subscribe(
        self, _client: Client, _data: Any, _mid: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        if any(code.is_failure for code in codes):
            _log.error("the broker lets the collector hear nothing: check its access list")
            return
        self.listens.set()

    def _message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        self.take(message.topic, bytes(message.payload))
        client.ack(message.mid, message.qos)
