"""A kiosk's line to the broker: birth, last will, and the outbox, by MQTT 5 over mutual TLS."""

from __future__ import annotations

import logging
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from kiosk.fleet.config import BrokerConfig
from kiosk.fleet.errors import FleetKeyError
from kiosk.fleet.outbox import Outbox
from kiosk.fleet.telemetry import Presence, presence_topic, report_topic

_log = logging.getLogger(__name__)
_MOST_UNDERWAY: Final = 50
_KEEP_ALIVE_S: Final = 60


@dataclass
class Line:
    """Call `open` once, `pump` often, `close` at the end. born: what the birth message says, asked at each birth."""

    kiosk: str
    broker: BrokerConfig
    outbox: Outbox
    born: Callable[[], Presence]
    keep_alive_s: int = _KEEP_ALIVE_S
    _client: Client = field(init=False)
    _underway: dict[int, int] = field(default_factory=dict)
    """Message ids of MQTT, and the reports' numbers. Only the caller's thread touches it."""
    _answers: deque[tuple[int, bool]] = field(default_factory=deque)
    """Message ids that the broker has answered, and whether it took them; from the client's thread."""
    _refused: set[int] = field(default_factory=set)
    _told: str = ""
    _connected: bool = False

    def open(self) -> None:
        """Begin to connect, again and again, in the background. Raises `FleetKeyError` where a certificate is bad."""
        client = make_client(self.kiosk, self.broker)
        client.will_set(presence_topic(self.kiosk), Presence(online=False).model_dump_json(), qos=1, retain=True)
        client.on_connect, client.on_disconnect, client.on_publish = self._connect, self._disconnect, self._publish
        client.reconnect_delay_set(1, 120)
        client.connect_async(self.broker.host, self.broker.port, self.keep_alive_s)
        client.loop_start()
        self._client = client

    def pump(self) -> None:
        """Send what waits, and forget what the broker has. Raises `StateError`."""
        self._hear()
        if not self._connected:
            return
        self._be_born()
        held = {*self._underway.values(), *self._refused}
        for number, body in self.outbox.waiting(_MOST_UNDERWAY):
            if number not in held:
                sent = self._client.publish(report_topic(self.kiosk), body, qos=1)
                self._underway[sent.mid] = number

    def close(self) -> None:
        """Say goodbye: the will is published by us, as a broker keeps it to itself after an orderly end."""
        gone = self._client.publish(
            presence_topic(self.kiosk), Presence(online=False).model_dump_json(), qos=1, retain=True
        )
        if self._connected:
            gone.wait_for_publish(5)
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._connected

    def _hear(self) -> None:
        """Forget what the broker has; what it refuses waits for the next connection."""
        while self._answers:
            mid, taken = self._answers.popleft()
            number = self._underway.pop(mid, None)
            if number is not None and taken:
                self.outbox.sent(number)
            elif number is not None:
                self._refused.add(number)

    def _be_born(self) -> None:
        """Tell what runs here, when it has changed since."""
        text = self.born().model_dump_json()
        if text != self._told:
            self._client.publish(presence_topic(self.kiosk), text, qos=1, retain=True)
            self._told = text

    def _connect(
        self, _client: Client, _data: Any, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._connected, self._told = not code.is_failure, ""
        self._refused.clear()
        _log.log(logging.WARNING if code.is_failure else logging.INFO, "broker: %s", code)

    def _disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._connected = False
        _log.info("broker gone: %s", code)

    def _publish(self, _client: Client, _data: Any, mid: int, code: ReasonCode, _properties: Properties | None) -> None:
        self._answers.append((mid, not code.is_failure))
        if code.is_failure:
            _log.warning("the broker refuses a message: %s", code)


def make_client(name: str, broker: BrokerConfig) -> Client:
    """A client of the broker, who must know the certificate. Raises `FleetKeyError`."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv5)
    try:
        context = ssl.create_default_context(cafile=str(broker.ca))
        context.load_cert_chain(str(broker.certificate), str(broker.key))
    except OSError as error:
        raise FleetKeyError(f"the certificates for {broker.host} cannot be used ({error}): enrol this kiosk") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    client.tls_set_context(context)
    client.max_inflight_messages_set(_MOST_UNDERWAY)
    return client
