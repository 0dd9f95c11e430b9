"""A release's way to a kiosk: fetched once, activated when it may be, come back from, swept away."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from kiosk.fleet import publishing
from kiosk.fleet.manifest import Kind, Needs
from kiosk.fleet.rollout import State
from kiosk.fleet.telemetry import What
from tests.kiosk.fleet.conftest import Mirror, make_agent, shown

ONE = {"a.png": b"a" * 1000, "deep/b.png": b"b" * 2000}
TWO = {"a.png": b"a" * 1000, "deep/b.png": b"c" * 1500}


def settle(agent, rounds=3):
    for _ in range(rounds):
        agent.poll()
        agent.tick()


def test_a_release_comes_over_nginx_and_only_what_changed_comes_again(publisher, nginx, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk", nginx.url)
    settle(agent)
    assert shown(agent) == ONE
    before = len(nginx.requests())
    publisher.release("2", TWO)
    settle(agent)
    assert shown(agent) == TWO
    fetched = [line for line in nginx.requests()[before:] if "/targets/files/" in line]
    assert len(fetched) == 1
    assert [event.what for event in agent.events] == [What.INSTALLED, What.INSTALLED]


def test_a_folder_is_a_repository_too(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk", url=(publisher.repository.folder / "public").as_uri())
    settle(agent)
    assert shown(agent) == ONE


def test_a_broken_download_goes_on_where_it_ended(publisher, nginx, tmp_path):
    rollout = publisher.release("1", {"big.bin": bytes(range(256)) * 4000})
    agent = make_agent(publisher, tmp_path / "kiosk", nginx.url)
    offer = agent.trust.offer("kiosk-7", {})
    manifest, _ = agent.trust.manifest(offer.assignment.releases[0])
    partial = agent.store.partial(manifest.files[0].sha256)
    partial.write_bytes((bytes(range(256)) * 4000)[:700_000])
    settle(agent)
    assert agent.slots.read(rollout.slot).active == rollout.manifest
    line = next(line for line in nginx.requests() if "/targets/files/" in line)
    assert " 206 " in line
    assert f" {256 * 4000 - 700_000} " in line


def test_a_release_that_fails_comes_back_and_is_not_tried_for_ever(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk", patience_s=1.0)
    settle(agent)
    clock = [time.time()]
    agent.now = lambda: clock[0]
    publisher.release("2", TWO)
    agent.mirror.healthy = False
    for _ in range(60):
        agent.poll()
        clock[0] += 3600
        agent.tick()
    assert shown(agent) == ONE
    failed = [event for event in agent.events if event.what is What.CAME_BACK]
    assert len(failed) == 3
    assert "frames" in failed[0].reason
    assert agent.mirror.shown == ["1", "2", "1", "2", "1", "2", "1"]


def test_a_first_release_that_fails_leaves_nothing_active(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk", mirror=Mirror(healthy=False), patience_s=0.001)
    agent.poll()
    time.sleep(0.01)
    agent.tick()
    assert not agent.store.current("collection-spring").is_symlink()
    assert agent.slots.read("collection-spring").active is None


def test_a_release_that_cannot_be_installed_is_never_activated(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk")
    settle(agent)
    agent.mirror.broken = "2"
    publisher.release("2", TWO)
    settle(agent)
    assert shown(agent) == ONE
    assert agent.events[-1].what is What.CAME_BACK
    assert agent.mirror.shown == ["1"]


def test_nothing_is_activated_before_a_shopper(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk", mirror=Mirror(shopper=True))
    settle(agent)
    assert agent.store.pointed("collection-spring") is None
    assert agent.store.ready("collection-spring", publisher.repository.rollouts().rollouts[0].manifest)
    agent.mirror.shopper = False
    settle(agent)
    assert shown(agent) == ONE


def test_a_release_waits_for_its_start_and_window(publisher, tmp_path):
    noon = datetime.now().astimezone().replace(hour=12, minute=0) + timedelta(days=1)
    publisher.release("1", ONE, start=noon.astimezone(timezone.utc).isoformat(), window="02:00-04:00")
    agent = make_agent(publisher, tmp_path / "kiosk")
    for moment, active in (
        (noon.replace(hour=3), False),
        (noon + timedelta(hours=1), False),
        (noon + timedelta(hours=15), True),
    ):
        agent.now = lambda moment=moment: moment.timestamp()
        settle(agent)
        assert (agent.store.pointed("collection-spring") is not None) is active


def test_what_needs_newer_software_waits(publisher, tmp_path):
    publisher.release("1", ONE, needs=Needs(software="99.0"))
    agent = make_agent(publisher, tmp_path / "kiosk")
    settle(agent)
    assert agent.store.pointed("collection-spring") is None
    assert list(agent.store.folder.glob("files/*/*")) == []


def test_a_release_larger_than_the_quota_is_refused_and_reported(publisher, tmp_path):
    publisher.release("1", {"big.bin": b"x" * 50_000})
    agent = make_agent(publisher, tmp_path / "kiosk", quota_bytes=20_000)
    assert not agent.poll()
    assert [event.what for event in agent.events] == [What.NO_ROOM]


def test_what_nothing_refers_to_is_deleted(publisher, tmp_path):
    for version, letter in (("1", b"1"), ("2", b"2"), ("3", b"3")):
        publisher.release(version, {"same.png": b"same", "own.png": letter * 100})
        agent = make_agent(publisher, tmp_path / "kiosk")
        settle(agent)
    agent.poll()
    contents = sorted(path.read_bytes()[:4] for path in agent.store.folder.glob("files/*/*"))
    assert contents == [b"2222", b"3333", b"same"]
    assert len(list(agent.store.folder.glob("releases/collection-spring/*"))) == 2


def test_a_paused_release_is_not_begun(publisher, tmp_path):
    publisher.release("1", ONE)
    publishing.halt(publisher.repository, "collection-spring", "1", State.PAUSED, "looked at")
    agent = make_agent(publisher, tmp_path / "kiosk")
    settle(agent)
    assert agent.store.pointed("collection-spring") is None
    publishing.promote(publisher.repository, "collection-spring", "1", time.time())
    settle(agent)
    assert shown(agent) == ONE


def test_a_revoked_release_gives_way_to_the_one_before_out_of_its_window(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk")
    settle(agent)
    publisher.release("2", TWO)
    settle(agent)
    publishing.halt(publisher.repository, "collection-spring", "2", State.REVOKED, "wrong prices")
    settle(agent)
    assert shown(agent) == ONE


def test_a_revoked_release_without_another_empties_its_place(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk")
    settle(agent)
    publishing.halt(publisher.repository, "collection-spring", "1", State.REVOKED, "wrong prices")
    settle(agent)
    assert agent.store.pointed("collection-spring") is None
    assert agent.mirror.shown == ["1", None]


def test_groups_open_one_after_the_other(publisher, tmp_path):
    publisher.release("1", ONE, group=None)
    first = make_agent(publisher, tmp_path / "one", kiosk="kiosk-1")
    last = make_agent(publisher, tmp_path / "seven", kiosk="kiosk-7")
    publishing.promote(publisher.repository, "collection-spring", None, time.time())
    for agent in (first, last):
        settle(agent)
    assert shown(first) == ONE
    assert last.store.pointed("collection-spring") is None


def test_a_byte_that_rots_on_the_disk_is_fetched_again_before_activation(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk", mirror=Mirror(shopper=True))
    agent.poll()
    rotten = next(agent.store.folder.glob("releases/*/*/files/a.png"))
    rotten.chmod(0o644)
    rotten.write_bytes(b"z" * 1000)
    agent.mirror.shopper = False
    settle(agent, rounds=4)
    assert shown(agent) == ONE


def test_places_do_not_touch_each_other(publisher, tmp_path):
    publisher.release("1", ONE)
    publisher.release("4", {"drape.onnx": b"net"}, name="drape", kind=Kind.ENGINE)
    agent = make_agent(publisher, tmp_path / "kiosk")
    settle(agent)
    assert shown(agent) == ONE
    assert shown(agent, "engine-drape") == {"drape.onnx": b"net"}
    assert set(agent.running()) == {"collection-spring", "engine-drape"}


@pytest.mark.parametrize("starts", [1, 3])
def test_a_trial_that_never_ends_is_given_up_after_some_starts(publisher, tmp_path, starts):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk")
    settle(agent)
    publisher.release("2", TWO)
    agent.poll()
    for _ in range(starts):
        agent = make_agent(publisher, tmp_path / "kiosk")
    assert shown(agent) == (TWO if starts < 3 else ONE)
