"""What a licence allows, and what is no licence."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import LicenceError
from kiosk.twins.licence import Licence, Use, read_licence

TEXT = """
name = "Ada Example"
kind = "model"
credit = "Ada Example for Studio North"
scope = ["mirror", "lookbook"]
places = ["DE", "FR"]
valid_from = 2026-01-01
valid_to = 2026-12-31
consent_sha256 = "{hash}"
pay = {{ amount = 150, currency = "EUR", per = "use" }}
""".format(hash="0f" * 32)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "licence.toml"
    path.write_text(TEXT)
    return path


def test_it_covers_its_uses_places_and_days(file):
    licence = read_licence(file)
    assert licence.allows(Use.MIRROR, "DE", date(2026, 1, 1))
    assert licence.allows(Use.LOOKBOOK, "FR", date(2026, 12, 31))
    assert not licence.allows(Use.WEB, "DE", date(2026, 6, 1))
    assert not licence.allows(Use.MIRROR, "US", date(2026, 6, 1))
    assert not licence.allows(Use.MIRROR, "DE", date(2025, 12, 31))
    assert not licence.allows(Use.MIRROR, "DE", date(2027, 1, 1))
    revoked = licence.model_copy(update={"revoked": date(2026, 5, 1)})
    assert revoked.allows(Use.MIRROR, "DE", date(2026, 4, 30))
    with pytest.raises(LicenceError, match="revoked"):
        revoked.require(Use.MIRROR, "DE", date(2026, 5, 1))
    everywhere = licence.model_copy(update={"places": frozenset({"*"})})
    assert everywhere.allows(Use.MIRROR, "US", date(2026, 6, 1))


@given(st.dates(), st.dates(), st.dates())
def test_no_day_outside_its_dates_is_allowed(first, last, day):
    fields = {
        "name": "A", "kind": "studio", "credit": "A", "scope": ["mirror"], "places": ["*"],
        "valid_from": min(first, last), "valid_to": max(first, last),
        "pay": {"amount": 0, "currency": "EUR", "per": "term"}, "consent_sha256": "0" * 64,
    }  # fmt: skip
    licence = Licence.model_validate(fields)
    assert licence.allows(Use.MIRROR, "DE", day) == (min(first, last) <= day <= max(first, last))
    gone = licence.model_copy(update={"revoked": day})
    assert not gone.allows(Use.MIRROR, "DE", day)
    assert not gone.allows(Use.MIRROR, "DE", max(day, date.max - timedelta(1)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("kind = ", "kindness = "), "kind"),
        (('"DE"', '"Germany"'), "places"),
        (("2026-12-31", "2025-12-31"), "dates"),
        (("0f0f", "xy"), "consent_sha256"),
        (("150", "1.5"), "pay.amount"),
        (('"mirror"', '"billboard"'), "scope"),
        (("name = ", "name : "), "TOML"),
    ],
)
def test_a_wrong_licence_is_refused_by_its_field(file, change, told):
    file.write_text(file.read_text().replace(*change))
    with pytest.raises(LicenceError, match=told):
        read_licence(file)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("licence") / "licence.toml"
    path.write_bytes(data)
    with pytest.raises(LicenceError):
        read_licence(path)


def test_a_missing_or_a_huge_file_is_refused(tmp_path):
    with pytest.raises(LicenceError, match="cannot be read"):
        read_licence(tmp_path / "none.toml")
    (tmp_path / "huge.toml").write_bytes(b"#" * 20_000)
    with pytest.raises(LicenceError, match="too large"):
        read_licence(tmp_path / "huge.toml")
