"""Groups, gates and the rollout of a release that breaks the health check; the desk's commands; mirrors; software."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from engines.errors import TwinMirrorError
from kiosk.catalogue.store import Catalogue
from kiosk.cli import app
from kiosk.fleet import publishing
from kiosk.fleet.effects import MirrorEffects
from kiosk.fleet.errors import FleetError, RefusedError
from kiosk.fleet.fetching import Fetcher, Throttle
from kiosk.fleet.gates import Gate, Health, Verdict, judge
from kiosk.fleet.groups import Groups, placed
from kiosk.fleet.health import FileProbe, write_health
from kiosk.fleet.manifest import Kind, Window, parse_manifest
from kiosk.fleet.metrics import serve
from kiosk.fleet.mirroring import mirror
from kiosk.fleet.outbox import Outbox
from kiosk.fleet.pki import Authority
from kiosk.fleet.planning import next_poll
from kiosk.fleet.registry import Registry
from kiosk.fleet.repository import LIFETIMES, Repository
from kiosk.fleet.rollout import State
from kiosk.fleet.telemetry import Presence, Report
from kiosk.fleet.tending import tend
from kiosk.fleet.vitals import Vitals
from kiosk.runtime.phase import Phase
from kiosk.runtime.pulse import Pulse, create_board
from kiosk.runtime.ring import Ring, create_ring
from tests.kiosk.catalogue.conftest import write_collection
from tests.kiosk.fleet.conftest import DEPLOY, Mirror, Nginx, free_port, make_agent, shown

ONE = {"a.png": b"a" * 1000}
TWO = {"a.png": b"b" * 1000}
ROOT = Path(__file__).resolve().parents[3]
GATE = Gate(failed=0.05, reports=0.8, soak_s=0.0)


def test_a_share_is_the_share_of_the_kiosks_and_each_stays_where_it_is():
    groups = Groups.model_validate(
        {
            "group": [
                {"name": "berlin", "labels": {"country": "de", "city": "berlin"}},
                {"name": "hundredth", "share": 0.01},
                {"name": "tenth", "share": 0.1},
                {"name": "all", "share": 1},
            ]
        }
    )
    names = [groups.of(f"kiosk-{number}", {}) for number in range(10_000)]
    assert 70 < names.count("hundredth") < 130
    assert 820 < names.count("tenth") < 980
    assert groups.of("kiosk-1", {"country": "de", "city": "berlin"}) == "berlin"
    assert placed("kiosk-1", "") == placed("kiosk-1", "") != placed("kiosk-1", "new")


@pytest.mark.parametrize(
    "group",
    [
        [],
        [{"name": "all", "share": 0.5}],
        [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.1}, {"name": "c", "share": 1}],
        [{"name": "a", "share": 1}, {"name": "a", "share": 1}],
        [{"name": "a", "share": 1, "kiosks": ["k"]}],
        [{"name": "a"}, {"name": "all", "share": 1}],
    ],
)
def test_groups_that_leave_somebody_out_are_refused(group):
    with pytest.raises(ValueError, match=r"group"):
        Groups.model_validate({"group": group})


@pytest.mark.parametrize(
    ("health", "open_s", "verdict"),
    [
        (Health(1, 0, 1), 0, Verdict.PAUSE),
        (Health(1, 1, 0), 10, Verdict.WAIT),
        (Health(1, 1, 0), 60, Verdict.OPEN),
        (Health(100, 79, 0), 60, Verdict.WAIT),
        (Health(100, 75, 5), 60, Verdict.OPEN),
        (Health(100, 0, 6), 1, Verdict.PAUSE),
        (Health(0, 0, 0), 60, Verdict.OPEN),
    ],
)
def test_gates(health, open_s, verdict):
    assert judge(health, open_s, Gate(failed=0.05, reports=0.8, soak_s=60))[0] is verdict


@given(st.times(), st.times(), st.times())
def test_a_window_past_midnight_is_the_rest_of_the_day_turned_round(since, until, clock):
    window, other = Window(since=since, until=until), Window(since=until, until=since)
    if since != until:
        assert window.open_at(clock) is not other.open_at(clock)


def test_polls_are_spread_and_grow_rarer():
    polls = [next_poll(0, 900, Random(seed)) for seed in range(1000)]  # noqa: S311
    assert min(polls) < 500
    assert max(polls) > 1300
    assert next_poll(9, 900, Random(1)) == next_poll(4, 900, Random(1)) > 900 * 8  # noqa: S311


def test_a_cap_on_bandwidth_is_kept():
    throttle, now = Throttle(1000.0), 50.0
    for _ in range(100):
        now += throttle.pause(500, now)
    assert now == pytest.approx(50.0 + 50.0)


def test_a_release_that_breaks_the_health_check_halts_in_the_first_group_and_all_are_back(publisher, tmp_path):
    registry = Registry(tmp_path / "fleet.db")
    agents = [make_agent(publisher, tmp_path / f"k{n}", kiosk=f"kiosk-{n}") for n in range(12)]
    outboxes = [Outbox(tmp_path / f"k{n}" / "outbox.db") for n in range(12)]
    for agent, outbox in zip(agents, outboxes, strict=True):
        agent.report = lambda event, outbox=outbox: outbox.add(event=event)

    def day():
        for agent, outbox in zip(agents, outboxes, strict=True):
            agent.poll()
            agent.tick()
            registry.present(agent.config.kiosk, Presence(online=True, slots=agent.running()), time.time())
            for number, body in outbox.waiting():
                registry.reported(agent.config.kiosk, Report.model_validate_json(body), time.time())
                outbox.sent(number)
        tend(publisher.repository, registry, GATE)

    day()
    publisher.release("1", ONE, group="first")
    for _ in range(4):
        day()
    assert all(shown(agent) == ONE for agent in agents)
    publisher.release("2", TWO, group="first")
    for agent in agents:
        agent.mirror.healthy = False
        agent.config = agent.config.model_copy(update={"patience_s": 1e-6})
    for _ in range(4):
        day()
    rollout = publisher.repository.rollouts().find("collection-spring", "2")
    assert rollout.state is State.PAUSED
    assert "first: 1 of 1" in rollout.reason
    assert set(rollout.opened) == {"first"}
    assert all(shown(agent) == ONE for agent in agents)
    assert sum("2" in agent.mirror.shown for agent in agents) == 1


def test_the_desk_from_the_ceremony_to_a_rollback(tmp_path):
    run = CliRunner()
    fleet, offline = tmp_path / "fleet", tmp_path / "offline"

    def kiosk(*words, answers=None, code=0):
        done = run.invoke(app, ["fleet", *map(str, words)], input=answers)
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    (tmp_path / "groups.toml").write_text(
        '[[group]]\nname = "first"\nkiosks = ["k1"]\n[[group]]\nname = "all"\nshare = 1\n'
    )
    kiosk("init", "--groups", tmp_path / "groups.toml", "--keys", offline, "--fleet", fleet, answers="geheim\ngeheim\n")
    assert b"ENCRYPTED" in (offline / "root-1.pem").read_bytes()
    (tmp_path / "spring").mkdir()
    (tmp_path / "spring" / "a.png").write_bytes(b"a")
    signing = ("--key", offline / "images-1.pem", "--key", offline / "images-3.pem", "--fleet", fleet)
    release = ("publish", tmp_path / "spring", "--kind", "collection", "--name", "spring", "--window", "02:00-05:00")
    kiosk(*release, "--version", "1", *signing, answers="geheim\n")
    assert "published already" in kiosk(*release, "--version", "1", *signing, answers="geheim\n", code=1)
    assert "passphrase is wrong" in kiosk(*release, "--version", "2", *signing, answers="falsch\nfalsch\n", code=1)
    assert "open for first" in kiosk("promote", "collection-spring", "--fleet", fleet)
    kiosk("pause", "collection-spring", "--fleet", fleet)
    assert "paused" in kiosk("status", "--fleet", fleet)
    assert "first, all" in kiosk("promote", "collection-spring", "--group", "all", "--fleet", fleet)
    kiosk("tend", "--fleet", fleet)
    kiosk("mirror", tmp_path / "stick", "--from", fleet / "public")
    kiosk("revoke", "collection-spring", "--version", "1", *signing, answers="geheim\n")
    assert "revoked" in kiosk("status", "--fleet", fleet)
    assert "root" in kiosk(
        "renew", "--key", offline / "root-1.pem", "--key", offline / "root-2.pem", "--fleet", fleet, answers="geheim\n"
    )
    assert "never published" in kiosk("promote", "twin-anna", "--fleet", fleet, code=1)
    settings = (
        f'data = "data"\n[fleet]\nkiosk = "k1"\nurl = "{fleet}/public"\nroot = "{fleet}/public/metadata/1.root.json"\n'
    )
    (tmp_path / "mirror.toml").write_text(settings)
    kiosk("agent", "--config", tmp_path / "mirror.toml", "--once")
    assert (tmp_path / "data" / "fleet" / "trust" / "current" / "timestamp.json").exists()


def test_tending_signs_only_what_changed_or_grows_old(publisher, tmp_path, monkeypatch):
    registry, metadata = Registry(tmp_path / "fleet.db"), publisher.repository.metadata
    publisher.release("1", ONE)
    before = sorted(path.name for path in metadata.iterdir())
    stamp = (metadata / "timestamp.json").read_bytes()
    tend(publisher.repository, registry, GATE)
    assert sorted(path.name for path in metadata.iterdir()) == before
    assert (metadata / "timestamp.json").read_bytes() == stamp
    monkeypatch.setitem(LIFETIMES, "timestamp", timedelta(days=30))
    tend(publisher.repository, registry, GATE)
    assert (metadata / "timestamp.json").read_bytes() != stamp


def test_certificates_by_the_desks_commands(tmp_path):
    run = CliRunner()

    def certificate(*words, code=0):
        done = run.invoke(app, ["fleet", "certificate", *map(str, words)])
        assert done.exit_code == code, done.output
        return done.output

    authority = ("--authority", tmp_path / "authority")
    certificate("authority", "--organisation", "Shop", *authority)
    certificate("server", "broker.example.org", "127.0.0.1", "--out", tmp_path / "server", *authority)
    certificate("request", "kiosk-1", "--out", tmp_path / "kiosk")
    signed = tmp_path / "kiosk" / "kiosk-1.pem"
    certificate("sign", "kiosk-1", "--request", tmp_path / "kiosk" / "kiosk-1.csr", "--out", signed, *authority)
    certificate("revoke", signed, *authority)
    certificate("sign", "#", "--request", tmp_path / "kiosk" / "kiosk-1.csr", "--out", signed, *authority, code=1)


def test_a_stick_carries_a_fleet_to_a_store_without_a_network(publisher, nginx, tmp_path):
    publisher.release("1", ONE)
    publishing.promote(publisher.repository, "collection-spring", "1", time.time())
    stick = tmp_path / "stick"
    assert mirror(nginx.url, stick, Fetcher(), lambda _: None) > 8
    assert mirror(nginx.url, stick, Fetcher(), lambda _: None) == 1
    agent = make_agent(publisher, tmp_path / "kiosk", url=str(stick))
    agent.poll()
    agent.tick()
    assert shown(agent) == ONE
    publisher.release("2", TWO)
    for path in publisher.repository.targets.glob("files/*/*"):
        path.write_bytes(b"z" * 1000)
    with pytest.raises(RefusedError):
        mirror(nginx.url, stick, Fetcher(), lambda _: None)
    assert agent.poll()


def test_a_cut_while_publishing_leaves_what_was_published(publisher, tmp_path, monkeypatch):
    publisher.release("1", ONE)
    from kiosk.fleet import repository as module

    real, calls = module.write_whole, []

    def failing(path, data, mode=0o644):
        calls.append(path)
        if path.name == "timestamp.json":
            raise OSError(28, "No space left on device")
        real(path, data, mode)

    monkeypatch.setattr(module, "write_whole", failing)
    with pytest.raises(TwinMirrorError, match="No space"):
        publisher.release("2", TWO)
    monkeypatch.undo()
    agent = make_agent(publisher, tmp_path / "kiosk")
    agent.poll()
    agent.tick()
    assert shown(agent) == ONE
    Repository(publisher.repository.folder).publish()
    assert agent.poll()


def wheel(folder, name, version, requires=""):
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        info = f"{name}-{version}.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


def test_software_gets_an_environment_of_its_own_and_the_mirror_restarts_once(publisher, tmp_path):
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel(wheels, "shopmirror", "2.0")
    files = {path.name: path.read_bytes() for path in wheels.iterdir()}
    rollout = publisher.release("2", files, name="twinmirror", kind=Kind.SOFTWARE)
    agent = make_agent(publisher, tmp_path / "kiosk", restart=["sh", "-c", f"echo again >> {tmp_path}/restarts"])
    agent.effects = MirrorEffects(tmp_path / "data", agent.config.restart)
    agent.poll()
    agent.start()  # as after a cut of power: nothing is done twice
    agent.tick()
    current = tmp_path / "data" / "environments" / "current"
    assert current.resolve().name == rollout.manifest
    assert list(current.glob("lib/python*/site-packages/shopmirror.py"))
    assert (tmp_path / "restarts").read_text() == "again\n"
    assert agent.slots.read("software-twinmirror").version == "2"


def test_software_that_lacks_a_part_is_not_activated(tmp_path):
    wheel(tmp_path, "shopmirror", "3.0", "Requires-Dist: nowhere-to-be-found\n")
    effects = MirrorEffects(tmp_path / "data", ())
    entry = {"path": "shopmirror-3.0-py3-none-any.whl", "sha256": "0" * 64, "length": 1}
    record = {"kind": "software", "name": "twinmirror", "version": "3", "files": [entry]}
    with pytest.raises(FleetError, match="nowhere-to-be-found"):
        effects.prepare(parse_manifest(json.dumps(record).encode()), "3" * 64, tmp_path)


def test_the_mirrors_sign_of_life(tmp_path):
    probe = FileProbe(tmp_path / "health.json")
    assert not probe.session()
    assert probe.well() == (False, "the mirror gives no sign of life")
    write_health(probe.path, session=True, screen=True, camera=True, engine=True, frames=10)
    assert probe.session()
    assert probe.well()[0]
    assert probe.well() == (False, "no new frames are shown")
    write_health(probe.path, session=False, screen=True, camera=True, engine=True, frames=10)
    assert probe.well()[0]
    write_health(probe.path, session=False, screen=True, camera=False, engine=True, frames=20)
    assert "camera" in probe.well()[1]


def test_metrics_on_the_loopback(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk", mirror=Mirror())
    agent.poll()
    agent.tick()
    server = serve(agent, free_port())
    try:
        text = urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics").read().decode()
    finally:
        server.shutdown()
        server.server_close()
    assert 'twinmirror_fleet_release_info{manifest="' in text
    assert 'slot="collection-spring",version="1"} 1.0' in text
    assert "twinmirror_fleet_polls_total" in text


def test_the_supervisor_tells_what_it_sees(tmp_path):
    board, ring = create_board(), Ring(create_ring(64 * 64))
    vision, screen = Pulse(board, 0), Pulse(board, 1)
    probe = FileProbe(tmp_path / "fleet" / "health.json")

    def told(phase):
        ring.phase = phase
        Vitals(tmp_path / "fleet", ring, vision, screen).tell()
        return probe.well()[1]

    assert "screen" in told(Phase.READY)
    screen.beat()
    assert "camera" in told(Phase.READY)
    vision.beat()
    assert "networks" in told(Phase.STARTING)
    assert told(Phase.READY) == ""
    assert not probe.session()
    told(Phase.LIVE)
    assert probe.session()
    assert "frames" in told(Phase.LIVE)
    ring.publish(np.zeros((64, 64, 3), np.uint8), time.monotonic(), dressed=False)
    assert told(Phase.LIVE) == ""
    assert "camera" in told(Phase.NO_CAMERA)
    ring.close()


def test_a_collection_goes_on_show_and_comes_off_again(publisher, tmp_path):
    one = write_collection(tmp_path / "one", shade=200)
    two = write_collection(tmp_path / "two", shade=90)
    data = tmp_path / "data"
    agent = make_agent(publisher, tmp_path / "kiosk")
    agent.effects = MirrorEffects(data, ())

    def on_show():
        with closing(Catalogue(data)) as catalogue:
            active = [row.number for row in catalogue.collections(time.time()) if row.active]
            return [piece.photo.read_bytes() for piece in catalogue.first(active[0], 9)] if active else []

    for version, folder in (("1", one), ("2", two)):
        publisher.release(version, {path.name: path.read_bytes() for path in folder.iterdir()})
        agent.poll()
        agent.tick()
        assert set(on_show()) == {(folder / "red.png").read_bytes()}
    publishing.halt(publisher.repository, "collection-spring", "2", State.REVOKED, "wrong prices")
    agent.poll()
    agent.tick()
    assert set(on_show()) == {(one / "red.png").read_bytes()}


def conformance(*words):
    command = [sys.executable, "-m", "kiosk.fleet.conformance", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_conformance_client_takes_what_is_signed_and_refuses_the_rest(publisher, nginx, tmp_path):
    folder, got = tmp_path / "client", tmp_path / "got"
    got.mkdir()
    repository = ("--metadata-dir", folder, "--metadata-url", f"{nginx.url}/metadata")
    first = publisher.repository.metadata / "1.root.json"
    assert conformance("--metadata-dir", folder, "init", first).returncode == 0
    assert conformance(*repository, "refresh").returncode == 0
    target = ("--target-name", "groups.json", "--target-base-url", f"{nginx.url}/targets", "--target-dir", got)
    assert conformance(*repository, *target, "download").returncode == 0
    assert b"tenth" in (got / "groups.json").read_bytes()
    path = publisher.repository.metadata / "timestamp.json"
    path.write_bytes(path.read_bytes().replace(b"2", b"3"))
    done = conformance(*repository, "refresh")
    assert done.returncode == 1
    assert done.stderr.startswith("refused:")


def test_the_shipped_configuration_of_nginx_serves_a_fleet_over_https(publisher, tmp_path):
    authority = Authority.create(tmp_path / "authority", "Shop")
    authority.make_server(tmp_path, ["127.0.0.1"])
    text = (DEPLOY / "nginx.conf").read_text().replace("/etc/twinmirror/fleet", str(tmp_path))
    text = text.replace("/srv/fleet/public", str(publisher.repository.folder / "public"))
    port = free_port()
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    server = Nginx(tmp_path, tmp_path / "nginx", more=text)
    try:
        publisher.release("1", ONE)
        ca = tmp_path / "authority" / "ca.pem"
        agent = make_agent(publisher, tmp_path / "kiosk", f"https://127.0.0.1:{port}", ca=ca)
        assert agent.poll()
        agent.tick()
        assert shown(agent) == ONE
        stranger = make_agent(publisher, tmp_path / "stranger", f"https://127.0.0.1:{port}")
        assert not stranger.poll()
        context = ssl.create_default_context(cafile=str(ca))
        for path in ("/", "/private/online.pem", "/metadata/../private/online.pem", "/targets/files/.stage-x"):
            with pytest.raises(urllib.error.HTTPError, match=r"40[0-9]"):
                urllib.request.urlopen(f"https://127.0.0.1:{port}{path}", context=context)
    finally:
        server.stop()
