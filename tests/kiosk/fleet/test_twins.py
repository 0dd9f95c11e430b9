"""Twins that the fleet has installed: offered and shown, and stopped by a list that comes the same way."""

from __future__ import annotations

from datetime import date
from itertools import islice

import pytest

from kiosk.config import Settings
from kiosk.errors import LicenceError
from kiosk.fleet.manifest import Kind
from kiosk.rights.revocations import NAME, Revocation, Revocations
from kiosk.runtime.vision_twins import TwinMirrors
from kiosk.ui.people import People, Wanted
from tests.kiosk.fleet.conftest import make_agent


def offered(settings) -> list[str]:
    people = People(settings)
    people._read()
    return [person.slug for person in people.page(Wanted(), 4).people]


def test_an_installed_twin_is_offered_until_it_is_revoked(publisher, twin, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = Settings(twins=tmp_path / "none", data=tmp_path / "kiosk")
    assert offered(settings) == []
    pack = {path.name: path.read_bytes() for path in twin.folder.iterdir()}
    publisher.release("1", pack, name="robin", kind=Kind.TWIN)
    agent = make_agent(publisher, tmp_path / "kiosk")
    agent.poll()
    agent.tick()
    assert offered(settings) == ["twin-robin"]
    shown = TwinMirrors(settings)
    assert len(list(islice(shown.frames("twin-robin", lambda: True), 2))) == 2

    revoked = Revocations().with_revoked(twin.record.licence.consent_sha256, Revocation(from_day=date(2026, 1, 2)))
    publisher.release("1", {NAME: revoked.model_dump_json().encode()}, name="revocations", kind=Kind.TWIN)
    agent.poll()
    agent.tick()
    assert offered(settings) == []
    with pytest.raises(LicenceError, match="revoked"):
        shown.frames("twin-robin", lambda: True)


def test_an_installed_pack_goes_before_one_of_the_same_name(twin, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = Settings(twins=tmp_path / "own", data=tmp_path / "kiosk")
    own, installed = settings.twins / "twin-robin", settings.data / "fleet" / "current" / "twin-robin"
    for place in (own, installed):
        place.parent.mkdir(parents=True)
        place.symlink_to(twin.folder)
    (settings.twins / "robin").symlink_to(twin.folder)
    assert sorted(offered(settings)) == ["robin", "twin-robin"]
    assert TwinMirrors(settings)._places.twin("twin-robin").folder == installed
