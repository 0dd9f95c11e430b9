"""Tells systemd that the mirror is up, and goes on to tell it that it lives (sd_notify(3)); elsewhere says nothing."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

_MOST_SECONDS: Final = 5.0
"""Between two signs of life, where systemd asks for none more often."""


class Notifier:
    """Talks to the service manager that started this process, if one did."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        asked = environment.get("WATCHDOG_USEC", "")
        every = int(asked) / 1e6 / 3 if asked.isdecimal() and asked.isascii() else _MOST_SECONDS
        self._every, self._last = min(every, _MOST_SECONDS), -_MOST_SECONDS

    def ready(self) -> None:
        """Say that the start is over."""
        self._send("READY=1")

    def alive(self) -> None:
        """Say that the supervisor still goes its rounds; call it in each of them."""
        if self._address and time.monotonic() - self._last >= self._every:
            self._last = time.monotonic()
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        # A manager that does not listen is no reason to end a mirror
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
            speaker.sendto(state.encode(), self._address)
