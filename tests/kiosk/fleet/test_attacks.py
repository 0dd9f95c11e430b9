"""Who holds the web server, or one key, cannot make a kiosk install anything; what runs goes on."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tuf.api.metadata import Metadata
from tuf.ngclient._internal import trusted_metadata_set

from kiosk.fleet import keys, publishing
from kiosk.fleet.errors import FleetKeyError, PublishError, Refusal, RefusedError
from kiosk.fleet.groups import Assignment, Groups
from kiosk.fleet.manifest import Manifest, check_names, parse, parse_manifest, safe_path
from kiosk.fleet.repository import IMAGES, LIFETIMES
from kiosk.fleet.rollout import State
from kiosk.fleet.telemetry import Presence, Report, What
from tests.kiosk.fleet.conftest import make_agent, shown

ONE = {"a.png": b"a" * 1000}
TWO = {"a.png": b"b" * 1000}


@pytest.fixture
def kiosk(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk")
    agent.poll()
    agent.tick()
    assert shown(agent) == ONE
    agent.events.clear()
    return agent


def refused(agent, *refusals):
    """One poll, which must be refused for one of these reasons, with nothing installed and one report."""
    before = shown(agent)
    assert not agent.poll()
    agent.tick()
    agent.poll()
    assert shown(agent) == before
    assert [event.what for event in agent.events] == [What.REFUSED]
    assert agent.events[0].reason.split(":")[0] in {refusal.value for refusal in refusals}


def test_rollback_to_what_was_signed_before(publisher, kiosk):
    metadata = publisher.repository.metadata
    old = (metadata / "timestamp.json").read_bytes()
    publisher.release("2", TWO)
    kiosk.poll()
    kiosk.tick()
    kiosk.events.clear()
    (metadata / "timestamp.json").write_bytes(old)
    refused(kiosk, Refusal.ROLLBACK)


def test_freeze_ends_when_the_timestamp_expires(publisher, kiosk, monkeypatch):
    monkeypatch.setitem(LIFETIMES, "timestamp", timedelta(seconds=1))
    publisher.release("2", TWO)
    time.sleep(2.1)
    refused(kiosk, Refusal.EXPIRED)
    monkeypatch.undo()
    publisher.repository.publish()
    assert kiosk.poll()
    assert shown(kiosk) == TWO


def test_a_clock_that_is_off_by_ten_years_installs_nothing_and_recovers(publisher, kiosk, monkeypatch):
    publisher.release("2", TWO)

    class Later(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return dt.datetime.now(tz) + timedelta(days=3652)

    shifted = SimpleNamespace(datetime=Later, timezone=dt.timezone)
    monkeypatch.setattr(trusted_metadata_set, "datetime", shifted)
    refused(kiosk, Refusal.EXPIRED)
    monkeypatch.undo()
    assert kiosk.poll()
    assert shown(kiosk) == TWO


def test_mix_and_match_of_versions(publisher, kiosk):
    repository = publisher.repository
    old = repository.snapshot().signed.meta["targets.json"].version
    publisher.release("2", TWO)
    new = repository.snapshot().signed.meta["targets.json"].version
    shutil.copy(repository.metadata / f"{old}.targets.json", repository.metadata / f"{new}.targets.json")
    refused(kiosk, Refusal.ROLLBACK)


@pytest.mark.parametrize("name", ["snapshot", "targets", "rollout-all"])
def test_changed_metadata(publisher, kiosk, name):
    publisher.release("2", TWO)
    versions = {**publisher.repository.snapshot().signed.meta, "snapshot.json": None}
    version = versions[f"{name}.json"].version if name != "snapshot" else publisher.repository.snapshot().signed.version
    path = publisher.repository.metadata / f"{version}.{name}.json"
    record = json.loads(path.read_bytes())
    record["signed"]["expires"] = "2199-01-01T00:00:00Z"
    path.write_text(json.dumps(record))
    refused(kiosk, Refusal.UNSIGNED)


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b"\xff\xfe", b"x" * 20_000])
def test_a_timestamp_that_is_rubbish_or_endless(publisher, kiosk, data):
    (publisher.repository.metadata / "timestamp.json").write_bytes(data)
    refused(kiosk, Refusal.MALFORMED, Refusal.ENDLESS)


def test_a_content_of_the_same_length_with_other_bytes(publisher, kiosk):
    publisher.release("2", TWO)
    for path in publisher.repository.targets.glob("files/*/*"):
        if path.read_bytes() == TWO["a.png"]:
            path.write_bytes(b"z" * 1000)
    refused(kiosk, Refusal.TAMPERED)


def test_a_content_without_end(publisher, kiosk, nginx):
    publisher.release("2", TWO)
    for path in publisher.repository.targets.glob("files/*/*"):
        path.write_bytes(path.read_bytes() + b"more" * 100_000)
    kiosk.config = kiosk.config.model_copy(update={"url": nginx.url})
    refused(kiosk, Refusal.ENDLESS)
    assert sum(path.stat().st_size for path in kiosk.store.folder.glob("partial/*")) <= 1000


def test_a_changed_manifest(publisher, kiosk):
    publisher.release("2", TWO)
    path = next(publisher.repository.targets.glob("releases/*.collection-spring-2.json"))
    path.write_bytes(path.read_bytes().replace(b"a.png", b"b.png"))
    refused(kiosk, Refusal.TAMPERED)


def test_who_holds_the_online_keys_alone_can_assign_only_what_the_images_keys_signed(publisher, kiosk):
    repository = publisher.repository
    rollouts = repository.rollouts()
    forged = repository.put_target("releases/collection-spring-9.json", b'{"kind":"collection"}')
    evil = rollouts.rollouts[0].model_copy(update={"version": "9", "manifest": forged.hashes["sha256"]})
    rollouts.rollouts.append(evil)
    repository.publish(rollouts=rollouts)
    refused(kiosk, Refusal.UNKNOWN)


def test_an_assignment_cannot_swap_the_hash_of_a_release_that_exists(publisher, kiosk):
    publisher.release("2", TWO, group=None)
    repository = publisher.repository
    rollouts = repository.rollouts()
    rollouts.rollouts[1].manifest = "0" * 64
    rollouts.rollouts[1].opened["all"] = 1.0
    repository.publish(rollouts=rollouts)
    refused(kiosk, Refusal.TAMPERED)


def test_one_offline_key_signs_nothing(publisher, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"a")
    make = publishing.describe("collection", "spring", "1", publishing.Needs(), None, None)
    with pytest.raises(FleetKeyError, match="lacks 1 signatures"):
        publishing.release(publisher.repository, folder, make, publisher.signers(count=1), lambda _: None)
    with pytest.raises(FleetKeyError):
        publishing.release(publisher.repository, folder, make, publisher.signers("root"), lambda _: None)


def replace(publisher, name, new_name, folder, *, online=False):
    new = keys.make_key(folder / f"{new_name}.pem")
    lost = publisher.offline.pop(name, None)
    signers = [key for key in publisher.offline.values() if key is not lost]
    file = folder / f"{new_name}.pem" if online else None
    publishing.replace_key(publisher.repository, name, new, signers, file)
    publisher.offline[new_name] = new
    return lost


def test_a_lost_root_key_is_replaced_and_kiosks_with_the_first_root_follow(publisher, kiosk, tmp_path):
    replace(publisher, "root-2", "root-4", tmp_path / "new")
    replace(publisher, "root-1", "root-5", tmp_path / "new")
    replace(publisher, "images-3", "images-4", tmp_path / "new")
    publisher.release("2", TWO)
    fresh = make_agent(publisher, tmp_path / "fresh")
    for agent in (kiosk, fresh):
        assert agent.poll()
        agent.tick()
        assert shown(agent) == TWO
    assert publisher.repository.root().signed.version == 4


@pytest.mark.parametrize("name", [keys.ONLINE, keys.ROLLOUT])
def test_a_stolen_online_key_is_worthless_once_replaced(publisher, kiosk, tmp_path, name):
    stolen = publisher.repository.key(name)
    replace(publisher, name, f"new-{name}", tmp_path / "new", online=True)
    publisher.release("2", TWO)
    assert kiosk.poll()
    kiosk.tick()
    kiosk.events.clear()
    repository = publisher.repository
    meta = repository.snapshot().signed.meta
    file = "timestamp.json" if name == keys.ONLINE else f"{meta['rollout-all.json'].version}.rollout-all.json"
    forged = Metadata.from_bytes((repository.metadata / file).read_bytes())
    forged.signed.version += 1
    forged.sign(stolen)
    if name == keys.ONLINE:
        (repository.metadata / file).write_bytes(forged.to_bytes())
    else:
        meta["rollout-all.json"].version += 1
        (repository.metadata / f"{forged.signed.version}.rollout-all.json").write_bytes(forged.to_bytes())
        repository._finish(dict(meta))
    refused(kiosk, Refusal.UNSIGNED)


def test_a_revoked_release_that_was_withdrawn_cannot_come_back_by_online_keys(publisher, kiosk):
    repository = publisher.repository
    publisher.release("2", TWO)
    publishing.halt(repository, "collection-spring", "2", State.REVOKED, "bad")
    publishing.withdraw(repository, "collection-spring", "2", publisher.signers())
    rollouts = repository.rollouts()
    rollouts.rollouts[1].state = State.RUNNING
    repository.publish(rollouts=rollouts)
    refused(kiosk, Refusal.UNKNOWN)


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/passwd",
        "a/../../x",
        "a//b",
        "",
        ".",
        "a/.",
        "a\\b",
        "a\0b",
        "a.",
        "a ",
        "-rf",
        "a/" * 9 + "b",
        "a\n",
    ],
)
def test_paths_that_lead_elsewhere(path):
    with pytest.raises(ValueError, match="no plain path"):
        safe_path(path)


@pytest.mark.parametrize(
    "paths", [["a", "A"], ["a", "a"], ["é", "e\u0301"], ["a", "a/b"], ["x/y", "X/y/z"], ["straße", "STRASSE"]]
)
def test_names_that_are_one_on_some_disk(paths):
    with pytest.raises(ValueError, match=r"one name|folder of"):
        check_names(paths)


def test_links_and_devices_are_not_published(publisher, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.png").symlink_to("/etc/passwd")
    make = publishing.describe("collection", "spring", "1", publishing.Needs(), None, None)
    with pytest.raises(PublishError, match="link"):
        publishing.release(publisher.repository, folder, make, publisher.signers(), lambda _: None)


ENTRY = st.fixed_dictionaries(
    {
        "path": st.one_of(st.text(max_size=30), st.sampled_from(["a.png", "A.png", "../x", "d/e"])),
        "sha256": st.one_of(st.text(max_size=64), st.just("0" * 64)),
        "length": st.one_of(st.integers(), st.floats(), st.just(5)),
    }
)
LOOSE = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["collection", "software", "x", None]),
        "name": st.one_of(st.just("spring"), st.text(max_size=70)),
        "version": st.one_of(st.just("1"), st.text(max_size=20)),
        "files": st.lists(ENTRY, max_size=5),
    },
    optional={
        "needs": st.one_of(st.none(), st.fixed_dictionaries({"software": st.text(max_size=9), "disk": st.integers()})),
        "start": st.one_of(st.none(), st.text(max_size=30), st.floats()),
        "window": st.dictionaries(st.sampled_from(["since", "until"]), st.text(max_size=8)),
        "more": st.recursive(st.none(), lambda inner: st.lists(inner, max_size=3), max_leaves=20),
    },
)
MODELS = (Manifest, Assignment, Groups, Report, Presence)


@settings(max_examples=400)
@given(LOOSE)
def test_any_manifest_is_read_or_refused(record):
    data = json.dumps(record).encode()
    try:
        manifest = parse_manifest(data)
    except RefusedError:
        return
    assert parse_manifest(manifest.to_bytes()) == manifest
    assert all(".." not in entry.path.split("/") and not entry.path.startswith("/") for entry in manifest.files)


@settings(max_examples=300)
@given(st.binary(max_size=200), st.sampled_from(MODELS))
def test_any_bytes_are_read_or_refused(data, model):
    with pytest.raises(RefusedError):
        parse(model, data, "it", 1000)


@pytest.mark.parametrize(
    "data", [b"[" * 10**6, b'{"a":' * 10**5, b"9" * 10**5, b'{"a":1,"a":2}', b"NaN", b'"' + b"x" * 10**6]
)
def test_deep_and_long_json_is_refused(data):
    for model in MODELS:
        with pytest.raises(RefusedError):
            parse(model, data, "it", 10**7)


def test_the_images_role_is_signed_by_two(publisher):
    root = publisher.repository.root().signed
    assert root.roles[IMAGES].threshold == root.roles["root"].threshold == 2
    assert len(root.roles[IMAGES].keyids) == len(root.roles["root"].keyids) == 3
