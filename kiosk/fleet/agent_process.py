"""`kiosk fleet agent`: the agent as its own process, with its outbox, its line to the broker and its metrics."""

from __future__ import annotations

import logging
import signal
import threading
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Final

from kiosk.config import Settings
from kiosk.fleet.agent import Agent
from kiosk.fleet.config import FleetConfig
from kiosk.fleet.effects import MirrorEffects
from kiosk.fleet.enrolment import renew
from kiosk.fleet.errors import FleetError
from kiosk.fleet.health import FILE, FileProbe
from kiosk.fleet.metrics import board_temperature, serve
from kiosk.fleet.outbox import FILE as OUTBOX
from kiosk.fleet.outbox import Outbox
from kiosk.fleet.presence import Line
from kiosk.fleet.telemetry import Counts, Event, Presence

_log = logging.getLogger(__name__)
_COUNTS_EVERY_S: Final = 3600.0


def fleet_folder(data: Path) -> Path:
    """Where a kiosk keeps what belongs to the fleet."""
    return data / "fleet"


def configured(settings: Settings) -> FleetConfig:
    """The section `[fleet]`. Raises `FleetError` where there is none."""
    if settings.fleet is None:
        raise FleetError("the settings have no section [fleet]: write one, as docs/fleet.md says")
    return settings.fleet


def make_agent(settings: Settings, outbox: Outbox) -> Agent:
    """The agent of these settings; what happens goes into the outbox. Raises `FleetError`."""
    config, folder = configured(settings), fleet_folder(settings.data)

    def report(event: Event) -> None:
        try:
            outbox.add(event=event)
        except FleetError as error:
            _log.error("a report is lost: %s", error)

    effects = MirrorEffects(settings.data, config.restart)
    return Agent(config, folder, version("twinmirror"), FileProbe(folder / FILE), effects, report)


def run_agent(settings: Settings, *, once: bool = False) -> bool:
    """Run until SIGTERM or SIGINT, or for one poll; whether that one could have all. Raises `FleetError`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s kiosk: %(message)s")
    outbox = Outbox(fleet_folder(settings.data) / OUTBOX)
    agent = make_agent(settings, outbox)
    if once:
        agent.start()
        good = agent.poll()
        agent.tick()
        return good
    ending = _ending()
    with ExitStack() as stack:
        if agent.config.metrics_port is not None:
            serve(agent, agent.config.metrics_port)
        if agent.config.broker is not None:
            line = Line(agent.config.kiosk, agent.config.broker, outbox, lambda: _born(agent))
            line.open()
            pumping = threading.Thread(target=_pump, args=(line, outbox, ending), daemon=True)
            pumping.start()
            stack.callback(line.close)
            stack.callback(pumping.join, 10)
            stack.callback(ending.set)
        agent.run(ending)
    return True


def _pump(line: Line, outbox: Outbox, ending: threading.Event) -> None:
    """Keep the line going beside the agent, whose downloads may last for hours."""
    due = time.monotonic()
    while not ending.is_set():
        try:
            if time.monotonic() >= due:
                _renew(line)
                outbox.add(counts=Counts(temperature_c=board_temperature()))
                due = time.monotonic() + _COUNTS_EVERY_S
            line.pump()
        except FleetError as error:
            _log.error("%s", error)
        ending.wait(1.0)


def _renew(line: Line) -> None:
    """Exchange the certificate before it ends, and go on with the new one."""
    broker = line.broker
    try:
        if broker.renewal and renew(broker.renewal, broker.ca, line.kiosk, broker.key, broker.certificate, time.time()):
            line.close()
            line.open()
    except FleetError as error:
        _log.error("the certificate is not renewed: %s", error)


def _born(agent: Agent) -> Presence:
    slots = agent.running()
    return Presence(online=True, software=agent.software, labels=agent.config.labels, slots=slots)


def _ending() -> threading.Event:
    ending = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return ending
