"""No valid licence, no display: what the camera's process asks before it shows a twin."""

from __future__ import annotations

import shutil
from datetime import date
from itertools import islice

import pytest

from kiosk.config import Settings
from kiosk.errors import LicenceError, TwinError
from kiosk.rights.revocations import NAME, Revocation, Revocations, write_revocations
from kiosk.runtime.vision_twins import TwinMirrors
from kiosk.twins.licence import Use
from kiosk.twins.record import RECORD
from kiosk.ui.people import People, Wanted


@pytest.fixture
def settings(twin, tmp_path):
    shutil.copytree(twin.folder, tmp_path / "twins" / "robin")
    return Settings(twins=tmp_path / "twins", country="DE")


def change(settings, old: str, new: str) -> None:
    path = settings.twins / "robin" / RECORD
    path.write_text(path.read_text().replace(old, new))


def offered(settings, monkeypatch) -> list[str]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(settings.twins.parent / "cache"))
    people = People(settings)
    people._read()
    return [person.slug for person in people.page(Wanted(), 4).people]


def test_a_licensed_twin_is_offered_and_shown(settings, monkeypatch):
    assert offered(settings, monkeypatch) == ["robin"]
    assert len(list(islice(TwinMirrors(settings).frames("robin", lambda: True), 2))) == 2


@pytest.mark.parametrize(
    "terms",
    [
        ('places = ["*"]', 'places = ["FR"]'),
        ("valid_to = 2099-12-31", "valid_to = 2026-01-02"),
        ("valid_from = 2026-01-01", "valid_from = 2026-01-01\nrevoked = 2026-01-02"),
        (f'"{Use.MIRROR.value}", ', ""),
    ],
)
def test_one_whose_licence_does_not_cover_it_is_not(settings, monkeypatch, terms):
    change(settings, *terms)
    assert offered(settings, monkeypatch) == []
    with pytest.raises(LicenceError):
        TwinMirrors(settings).frames("robin", lambda: True)


def test_a_revocation_that_comes_while_it_runs_holds_at_once(settings, twin, monkeypatch):
    mirrors = TwinMirrors(settings)
    mirrors.frames("robin", lambda: True)
    revoked = Revocations().with_revoked(twin.record.licence.consent_sha256, Revocation(from_day=date(2026, 1, 2)))
    write_revocations(settings.twins / NAME, revoked)
    with pytest.raises(LicenceError, match="revoked"):
        mirrors.frames("robin", lambda: True)
    assert offered(settings, monkeypatch) == []


@pytest.mark.parametrize("slug", ["../robin", "..", "nobody", "robin/../robin"])
def test_other_folders_are_not_twins(settings, slug):
    with pytest.raises(TwinError):
        TwinMirrors(settings).frames(slug, lambda: True)
