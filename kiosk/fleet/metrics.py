"""Prometheus metrics of one kiosk, on the loopback only, read from the agent at each scrape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kiosk.fleet.agent import Agent

_THERMAL: Final = Path("/sys/class/thermal")


@dataclass(eq=False)
class AgentMetrics(Collector):
    """The agent's state as Prometheus names such things."""

    agent: Agent

    def collect(self) -> Iterator[Metric]:
        """All metrics now."""
        agent = self.agent
        yield GaugeMetricFamily(
            "twinmirror_fleet_last_good_poll_timestamp_seconds",
            "When the repository last answered and was trusted, in seconds since 1970.",
            agent.last_good_poll,
        )
        yield CounterMetricFamily("twinmirror_fleet_polls", "Looks at the repository.", agent.polls)
        yield CounterMetricFamily("twinmirror_fleet_failed_polls", "Of these, failed ones.", agent.failed_polls)
        yield CounterMetricFamily(
            "twinmirror_fleet_received_bytes", "Bytes fetched from the repository.", agent.fetcher.received
        )
        release = GaugeMetricFamily(
            "twinmirror_fleet_release_info", "What each place runs.", labels=("slot", "version", "manifest")
        )
        trial = GaugeMetricFamily("twinmirror_fleet_on_trial", "Whether a release is on trial.", labels=("slot",))
        failed = GaugeMetricFamily("twinmirror_fleet_failed_releases", "Releases that came back.", labels=("slot",))
        for name in agent.slots.names():
            slot = agent.slots.read(name)
            release.add_metric((name, slot.version or "", slot.active or ""), 1)
            trial.add_metric((name,), slot.trial is not None)
            failed.add_metric((name,), len(slot.failed))
        yield from (release, trial, failed)
        temperature = board_temperature()
        if temperature is not None:
            yield GaugeMetricFamily("twinmirror_board_temperature_celsius", "The hottest zone.", temperature)


def serve(agent: Agent, port: int) -> WSGIServer:
    """Answer at 127.0.0.1:port/metrics, in the background; gives the server. Raises `OSError` where it is taken."""
    registry = CollectorRegistry()
    registry.register(AgentMetrics(agent))
    server, _ = start_http_server(port, addr="127.0.0.1", registry=registry)
    return server


def board_temperature(zones: Path = _THERMAL) -> float | None:
    """Degrees Celsius of the hottest zone that the kernel tells of; None where it tells of none."""
    found = []
    for path in zones.glob("thermal_zone*/temp"):
        with suppress(OSError, ValueError):
            found.append(int(path.read_text()) / 1000)
    return max(found, default=None)
