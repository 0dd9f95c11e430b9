"""A publisher with real keys, releases of small files, and kiosks whose mirror is a record that the test sets."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk.fleet import keys, publishing
from kiosk.fleet.agent import Agent
from kiosk.fleet.config import BrokerConfig, FleetConfig
from kiosk.fleet.errors import FleetError
from kiosk.fleet.groups import Groups
from kiosk.fleet.manifest import Kind, Needs
from kiosk.fleet.pki import Authority, make_request
from kiosk.fleet.repository import Repository, create

GROUPS = {
    "group": [
        {"name": "first", "kiosks": ["kiosk-1"]},
        {"name": "tenth", "share": 0.1},
        {"name": "all", "share": 1},
    ]
}


@dataclass
class Publisher:
    repository: Repository
    offline: dict
    work: Path

    def signers(self, role="images", count=2):
        return [self.offline[f"{role}-{number}"] for number in range(1, count + 1)]

    def release(self, version, files, name="spring", group="all", kind=Kind.COLLECTION, **options):
        folder = self.work / f"{name}-{version}"
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        needs = options.pop("needs", Needs())
        make = publishing.describe(kind, name, version, needs, options.pop("start", None), options.pop("window", None))
        rollout = publishing.release(self.repository, folder, make, self.signers(), lambda _: None)
        if group:
            publishing.promote(self.repository, rollout.slot, version, time.time(), group)
        return rollout


@dataclass
class Mirror:
    """The mirror, as the agent sees it, and what a release does to it."""

    healthy: bool = True
    shopper: bool = False
    shown: list = field(default_factory=list)
    broken: str = ""

    def session(self):
        return self.shopper

    def well(self):
        return self.healthy, "" if self.healthy else "no new frames are shown"

    def prepare(self, manifest, release, files):
        if self.broken and manifest.version == self.broken:
            raise FleetError("it cannot be installed")

    def activated(self, slot, release, manifest, files):
        self.shown.append(manifest.version if manifest else None)


@pytest.fixture
def tmp_path():
    """A folder in memory where there is one: what is tested flushes to the disk at every step."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def publisher(tmp_path) -> Publisher:
    offline = {name: keys.make_key(tmp_path / "offline" / f"{name}.pem") for name in keys.OFFLINE}
    repository = Repository(tmp_path / "fleet")
    create(repository, offline, Groups.model_validate(GROUPS))
    return Publisher(repository, offline, tmp_path / "work")


def make_agent(publisher, folder, url=None, kiosk="kiosk-7", mirror=None, **options):
    folder.mkdir(parents=True, exist_ok=True)
    root = folder / "first-root.json"
    if not root.exists():
        shutil.copy(publisher.repository.metadata / "1.root.json", root)
    config = FleetConfig.model_validate(
        {
            "kiosk": kiosk,
            "url": url or str(publisher.repository.folder / "public"),
            "root": root,
            "soak_s": 0.0,
            "reserve_bytes": 0,
            **options,
        }
    )
    mirror = mirror or Mirror()
    events = []
    agent = Agent(config, folder / "fleet", "0.1.0", mirror, mirror, events.append)
    agent.mirror, agent.events = mirror, events
    agent.start()
    return agent


def shown(agent, slot="collection-spring"):
    """The files that are active, by path."""
    folder = agent.store.current(slot)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


NGINX = """
daemon off; master_process off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log {work}/access.log; default_type application/octet-stream;
  client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
  uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
  {more}
}}
"""


class Nginx:
    """A real nginx over a folder."""

    def __init__(self, root: Path, work: Path, more: str = "") -> None:
        self.port, self.work = free_port(), work
        self.url = f"http://127.0.0.1:{self.port}"
        work.mkdir(parents=True, exist_ok=True)
        (work / "nginx.conf").write_text(NGINX.format(work=work, port=self.port, root=root, more=more))
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
        assert program, "nginx is missing: run scripts/setup"
        self.process = subprocess.Popen([program, "-p", str(work), "-c", str(work / "nginx.conf")])
        wait_for_port(self.port)

    def requests(self) -> list[str]:
        return (self.work / "access.log").read_text().splitlines()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def wait_for_port(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nothing listens at {port}")


@pytest.fixture
def nginx(publisher, tmp_path):
    server = Nginx(publisher.repository.folder / "public", tmp_path / "nginx")
    yield server
    server.stop()


DEPLOY = Path(__file__).resolve().parents[3] / "deploy" / "fleet"


class Mosquitto:
    """The real broker with the configuration that is shipped, on a port and folder of the test's."""

    def __init__(self, authority, work: Path, keep_alive: int = 120) -> None:
        self.work, self.port, self.authority = work, free_port(), authority
        work.mkdir(parents=True, exist_ok=True)
        authority.make_server(work, ["127.0.0.1"])
        shutil.copy(DEPLOY / "mosquitto.acl", work / "mosquitto.acl")
        text = (DEPLOY / "mosquitto.conf").read_text()
        text = text.replace("listener 8883", f"listener {self.port} 127.0.0.1")
        text = text.replace("/etc/twinmirror/fleet/ca.pem", str(authority.folder / "ca.pem"))
        text = text.replace("/etc/twinmirror/fleet/revoked.pem", str(authority.folder / "revoked.pem"))
        text = text.replace("/etc/twinmirror/fleet", str(work)).replace("/var/lib/mosquitto/", f"{work}/")
        (work / "mosquitto.conf").write_text(text + "\nuser root\n")
        self.start()

    def start(self) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/sbin:/bin")
        assert program, "mosquitto is missing: run scripts/setup"
        with (self.work / "log").open("ab") as log:
            self.process = subprocess.Popen([program, "-c", str(self.work / "mosquitto.conf")], stderr=log)
        wait_for_port(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def config(self, name: str) -> BrokerConfig:
        """A kiosk's (or the publisher's) way to the broker, with a certificate of its own."""
        folder = self.work / name
        request = make_request(folder / "key.pem", name)
        if not (folder / "certificate.pem").exists():
            (folder / "certificate.pem").write_bytes(self.authority.sign_kiosk(request, name))
        return BrokerConfig(
            host="127.0.0.1",
            port=self.port,
            ca=self.authority.folder / "ca.pem",
            certificate=folder / "certificate.pem",
            key=folder / "key.pem",
        )


@pytest.fixture
def broker(tmp_path):
    server = Mosquitto(Authority.create(tmp_path / "authority", "Shop"), tmp_path / "mosquitto")
    yield server
    server.stop()


def eventually(asked, seconds=20.0):
    end = time.monotonic() + seconds
    while not asked():
        assert time.monotonic() < end, "it has not happened"
        time.sleep(0.02)
