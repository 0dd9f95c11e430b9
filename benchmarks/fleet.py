"""`python -m benchmarks.fleet`: what a fleet of 10,000 kiosks costs its web server, and how far a bad release gets.

The server is a real nginx on the loopback. One real client's requests are recorded and then made by 10,000 simulated
kiosks with the agent's own jitter, their interval shortened so that the run ends; the hundred kiosks of the bad release
are real agents whose mirrors fail.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from kiosk.fleet import keys, publishing
from kiosk.fleet.agent import Agent
from kiosk.fleet.config import FleetConfig
from kiosk.fleet.gates import Gate
from kiosk.fleet.groups import Groups
from kiosk.fleet.manifest import Kind, Manifest, Needs
from kiosk.fleet.outbox import Outbox
from kiosk.fleet.planning import next_poll
from kiosk.fleet.registry import Registry
from kiosk.fleet.repository import Repository, create
from kiosk.fleet.telemetry import Presence, Report
from kiosk.fleet.tending import tend

if TYPE_CHECKING:
    from collections.abc import Iterator

KIOSKS, INTERVAL_S, SHORTENED_S = 10_000, 900.0, 60.0
BROKEN_KIOSKS, GARMENTS, PHOTO_BYTES = 100, 1000, 40_000
GROUPS = [
    {"name": "one", "kiosks": ["kiosk-1"]},
    {"name": "hundredth", "share": 0.01},
    {"name": "tenth", "share": 0.1},
    {"name": "half", "share": 0.5},
    {"name": "all", "share": 1},
]
NGINX = """
daemon off; master_process off; worker_processes 1; pid {work}/pid; error_log {work}/error.log;
events {{ worker_connections 8192; }}
http {{
  log_format bytes '$status $bytes_sent $uri'; access_log {work}/access.log bytes;
  default_type application/octet-stream; sendfile on;
  client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f; uwsgi_temp_path {work}/u;
  scgi_temp_path {work}/s; server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; }}
}}
"""
console = Console(width=130)


@dataclass
class Mirror:
    """A mirror that shows pictures, but with the version `broken`."""

    broken: str = ""
    shown: str = ""

    def session(self) -> bool:
        """Nobody is there."""
        return False

    def well(self) -> tuple[bool, str]:
        """Whether it shows pictures."""
        return self.shown != self.broken or not self.shown, "no new frames are shown"

    def prepare(self, manifest: Manifest, release: str, files: Path) -> None:
        """Nothing to be done."""

    def activated(self, slot: str, release: str | None, manifest: Manifest | None, files: Path | None) -> None:
        """Show it."""
        del slot, release, files
        self.shown = manifest.version if manifest else ""


class Desk:
    """A publisher with all keys at hand."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.offline = {name: keys.make_key(work / "offline" / f"{name}.pem") for name in keys.OFFLINE}
        self.repository = Repository(work / "fleet")
        create(self.repository, self.offline, Groups.model_validate({"group": GROUPS}))

    def release(self, version: str, files: dict[str, bytes], group: str | None) -> None:
        """Publish files as a collection, open up to a group."""
        folder = self.work / f"release-{version}"
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        make = publishing.describe(Kind.COLLECTION, "spring", version, Needs(), None, None)
        signers = [self.offline["images-1"], self.offline["images-2"]]
        rollout = publishing.release(self.repository, folder, make, signers, lambda _: None)
        if group:
            publishing.promote(self.repository, rollout.slot, version, time.time(), group)

    def agent(self, kiosk: str, url: str, outbox: Outbox, mirror: Mirror) -> Agent:
        """A real agent in a folder of its own."""
        root = self.repository.metadata / "1.root.json"
        config = FleetConfig(kiosk=kiosk, url=url, root=root, soak_s=0, patience_s=1e-6, reserve_bytes=0)
        folder = self.work / "kiosks" / kiosk
        agent = Agent(config, folder, "1.0", mirror, mirror, lambda event: outbox.add(event=event))
        agent.start()
        return agent


@contextmanager
def nginx(root: Path, work: Path) -> Iterator[tuple[int, Path]]:
    """A real nginx over `root`: its port and its log of statuses and bytes."""
    work.mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    (work / "nginx.conf").write_text(NGINX.format(work=work, port=port, root=root))
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin") or "nginx"
    server = subprocess.Popen([program, "-p", str(work), "-c", str(work / "nginx.conf")])
    time.sleep(1.0)
    try:
        yield port, work / "access.log"
    finally:
        server.terminate()
        server.wait()


def logged(log: Path, since: int = 0) -> list[tuple[int, str]]:
    """Bytes and path of each request after the first `since`."""
    rows = (line.split() for line in log.read_text().splitlines()[since:])
    return [(int(row[1]), row[2]) for row in rows]


async def poll(port: int, paths: list[str], delay: float, times: list[float]) -> int:
    """One simulated kiosk: after `delay`, all requests on one new connection; its bytes."""
    await asyncio.sleep(delay)
    begun, count = time.perf_counter(), 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number, path in enumerate(paths):
        last = number == len(paths) - 1
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: f\r\nConnection: {'close' if last else 'keep-alive'}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        count += len(head) + len(await reader.readexactly(length))
    writer.close()
    times.append(time.perf_counter() - begun)
    return count


async def fleet(port: int, paths: list[str]) -> tuple[int, list[float], float]:
    """All kiosks poll once, spread as the agent spreads them, in a shortened interval: bytes, times, seconds."""
    chance, times, begun = Random(1), [], time.perf_counter()  # noqa: S311
    delays = [next_poll(0, SHORTENED_S, chance) - SHORTENED_S / 2 for _ in range(KIOSKS)]
    counts = await asyncio.gather(*(poll(port, paths, delay, times) for delay in delays))
    return sum(counts), times, time.perf_counter() - begun


def photos(seed: int) -> dict[str, bytes]:
    """A collection's photos, as incompressible as JPEGs."""
    chance = np.random.default_rng(seed)
    return {f"garment-{number:04}.jpg": chance.bytes(PHOTO_BYTES) for number in range(GARMENTS)}


def polling(table: Table, work: Path) -> None:
    """What an update of one photo costs, and what polling costs."""
    desk = Desk(work)
    files = photos(1)
    desk.release("1", files, "all")
    with nginx(desk.repository.folder / "public", work / "nginx") as (port, log):
        agent = desk.agent("kiosk-7", f"http://127.0.0.1:{port}", Outbox(work / "outbox.db"), Mirror())
        agent.poll()
        agent.tick()
        first = logged(log)
        desk.release("2", {**files, "garment-0500.jpg": photos(2)["garment-0500.jpg"]}, "all")
        agent.poll()
        agent.tick()
        second = logged(log, len(first))
        agent.poll()
        third = logged(log, len(first) + len(second))
        for name, rows in (("a new kiosk", first), ("one photo of 1,000 changed", second), ("nothing changed", third)):
            size = sum(count for count, _ in rows)
            table.add_row(f"bytes for a kiosk, {name}", f"{size / 1000:,.1f} kB", f"{len(rows)} requests")
        manifest = sum(count for count, path in second if "/releases/" in path)
        photo = sum(count for count, path in second if "/files/" in path)
        table.add_row(
            "of the changed photo's update", f"{photo / 1000:,.1f} kB photo", f"{manifest / 1000:,.1f} kB manifest"
        )
        total, times, lasted = asyncio.run(fleet(port, [path for _, path in third]))
    milliseconds = 1000 * np.array(times)
    p50, p99 = np.percentile(milliseconds, [50, 99])
    table.add_row("simulated kiosks that polled once", f"{len(times):,}", f"in {lasted:.0f} s")
    table.add_row("requests a second, shortened", f"{len(times) * len(third) / lasted:,.0f}", f"{total / 1e6:.1f} MB")
    table.add_row("time of one poll at the client", f"p50 {p50:.1f} ms", f"p99 {p99:.1f} ms")
    rate = KIOSKS * len(third) / INTERVAL_S
    daily = total * 86400 / INTERVAL_S
    table.add_row(
        f"at one poll in {INTERVAL_S / 60:.0f} min", f"{rate:,.0f} requests a second", f"{daily / 1e9:.1f} GB a day"
    )


def broken(table: Table, work: Path) -> None:
    """A hundred kiosks and a release that breaks the health check."""
    desk, registry = Desk(work), Registry(work / "fleet.db")
    url = str(desk.repository.folder / "public")
    outboxes = [Outbox(work / "boxes" / f"{number}.db") for number in range(BROKEN_KIOSKS)]
    agents = [desk.agent(f"kiosk-{n}", url, box, Mirror("2")) for n, box in enumerate(outboxes)]
    desk.release("1", {"a.jpg": b"1"}, "all")
    touched: set[str] = set()
    for round_ in track(
        range(12), "a release that breaks the health check", console=Console(stderr=True), transient=True
    ):
        if round_ == 2:
            desk.release("2", {"a.jpg": b"2"}, "one")
        for agent, outbox in zip(agents, outboxes, strict=True):
            name, mirror = agent.config.kiosk, agent.probe
            agent.poll()
            if isinstance(mirror, Mirror) and mirror.shown == "2":
                touched.add(name)
            agent.tick()
            registry.present(name, Presence(online=True, slots=agent.running()), time.time())
            for number, body in outbox.waiting():
                registry.reported(name, Report.model_validate_json(body), time.time())
                outbox.sent(number)
        tend(desk.repository, registry, Gate(failed=0.02, reports=0.8, soak_s=0.0))
    rollout = desk.repository.rollouts().find("collection-spring", "2")
    back = sum(running == "1" for _, _, running in registry.running())
    table.add_row("kiosks that a bad release reached", f"{len(touched)} of {BROKEN_KIOSKS}", f"{rollout.state.value}")
    table.add_row("kiosks on the old release at the end", f"{back} of {BROKEN_KIOSKS}", rollout.reason)


def main() -> None:
    """Measure all and print."""
    memory = Path("/dev/shm")  # noqa: S108 - disks of build machines are slow, and say nothing of the fleet
    table = Table("figure", "value", "", title=f"fleet, {os.cpu_count()} cores", title_justify="left")
    for measure in (polling, broken):
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
            measure(table, Path(folder))
    console.print(table)


if __name__ == "__main__":
    main()
