"""The mirror tells a service manager that it lives: heard with a real socket."""

from __future__ import annotations

import socket

import pytest

from kiosk.runtime.notify import Notifier


@pytest.fixture
def manager(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


def test_start_life_and_end_are_told(manager) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "60000000"})
    notifier.ready()
    notifier.alive()
    notifier.alive()  # too soon for another
    notifier.stopping()
    assert [manager.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_an_abstract_socket_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0twinmirror-test-notify")
        listener.settimeout(5)
        Notifier({"NOTIFY_SOCKET": "@twinmirror-test-notify"}).ready()
        assert listener.recv(64) == b"READY=1"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}, {"WATCHDOG_USEC": "nonsense"}])
def test_without_a_manager_nothing_happens(environment) -> None:
    notifier = Notifier(environment)
    notifier.ready()
    notifier.alive()
