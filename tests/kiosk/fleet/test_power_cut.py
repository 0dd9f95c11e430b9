"""A cut of power at every write, flush and rename: the old release or the new one, whole; the right one in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kiosk.fleet.conftest import make_agent

ROOT = Path(__file__).resolve().parents[3]
ONE = {"a.png": b"a" * 1000, "deep/b.png": b"b" * 70_000}
TWO = {"a.png": b"a" * 1000, "deep/b.png": b"c" * 90_000}


def cuts(agent, tmp_path, step, *, healthy, ready=()):
    config = agent.config.model_copy(update={"patience_s": 0.000001})
    told = {
        "config": config.model_dump(mode="json"),
        "kiosk": str(agent.folder),
        "healthy": healthy,
        "slot": "collection-spring",
        "ready": list(ready),
        "step": step,
    }
    (tmp_path / "told.json").write_text(json.dumps(told))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tests" / "kiosk" / "fleet" / "power_cut.py"), str(tmp_path / "told.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(params=[7, pytest.param(1, marks=pytest.mark.slow)])
def step(request):
    """At every seventh change of the disk, and, where minutes do not matter, at every one."""
    return request.param


@pytest.fixture
def kiosk(publisher, tmp_path):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk")
    for _ in range(3):
        agent.poll()
        agent.tick()
    return agent


def test_while_a_release_comes_and_is_activated(publisher, kiosk, tmp_path, step):
    publisher.release("2", TWO)
    seen = cuts(kiosk, tmp_path, step, healthy=True)
    assert len(seen) > 40 // step
    assert {at_once for at_once, _, _ in seen} == {"1", "2"}
    assert {final for _, final, _ in seen} == {"2"}


def test_while_it_comes_over_nginx(publisher, kiosk, nginx, tmp_path, step):
    publisher.release("2", TWO)
    kiosk.config = kiosk.config.model_copy(update={"url": nginx.url})
    seen = cuts(kiosk, tmp_path, step, healthy=True)
    assert {at_once for at_once, _, _ in seen} == {"1", "2"}
    assert {final for _, final, _ in seen} == {"2"}


def test_while_a_bad_release_is_activated_and_come_back_from(publisher, kiosk, tmp_path, step):
    publisher.release("2", TWO)
    seen = cuts(kiosk, tmp_path, step, healthy=False)
    assert {at_once for at_once, _, _ in seen} == {"1", "2"}
    assert {final for _, final, _ in seen} == {"1"}


def test_a_release_that_was_ready_stays_ready(publisher, kiosk, tmp_path, step):
    rollout = publisher.release("2", TWO)
    kiosk.mirror.shopper = True
    kiosk.poll()
    assert kiosk.store.ready("collection-spring", rollout.manifest)
    seen = cuts(kiosk, tmp_path, step, healthy=True, ready=[rollout.manifest])
    assert all(ready for _, _, ready in seen)
    assert {final for _, final, _ in seen} == {"2"}


def test_a_first_release_is_there_whole_or_not_at_all(publisher, tmp_path, step):
    publisher.release("1", ONE)
    agent = make_agent(publisher, tmp_path / "kiosk")
    seen = cuts(agent, tmp_path, step, healthy=True)
    assert {at_once for at_once, _, _ in seen} == {None, "1"}
    assert {final for _, final, _ in seen} == {"1"}
