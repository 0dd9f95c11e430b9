"""Keys are made once, closed to others, rotated without losing trust, and never in a source tree."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.labels import keys as keys_module
from kiosk.labels.errors import SigningKeysError
from kiosk.labels.export import export_picture
from kiosk.labels.keys import load, rotate, set_up, trusted_authorities
from kiosk.labels.verify import verify


def test_set_up_by_command_closes_the_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("TWINMIRROR_KEYS", raising=False)
    assert CliRunner().invoke(app, ["labels", "set-up", "--organisation", "Maison"]).exit_code == 0
    folder = tmp_path / "twinmirror" / "signing"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.key")} == {0o600}
    again = CliRunner().invoke(app, ["labels", "set-up", "--organisation", "Maison"])
    assert again.exit_code == 1
    assert "rotate" in again.output


def test_a_source_tree_is_no_place_for_keys(tmp_path):
    (tmp_path / ".git").mkdir()
    with pytest.raises(SigningKeysError, match="source tree"):
        set_up(tmp_path / "deep" / "keys", "Maison")
    assert not (tmp_path / "deep").exists()


def test_pictures_stay_trusted_through_both_rotations(tmp_path, picture, provenance):
    folder, out = tmp_path / "keys", tmp_path / "look.jpg"
    set_up(folder, "Maison")
    first = load(folder)
    export_picture(out, picture, provenance, first, "en")
    rotate(folder)
    assert load(folder).key != first.key
    assert verify(out, trusted_authorities(folder)).state == "trusted"
    old = (folder / "authority.pem").read_bytes()
    rotate(folder, authority=True)
    assert (folder / "authority.pem").read_bytes() != old
    assert verify(out, trusted_authorities(folder)).state == "trusted"
    export_picture(out, picture, provenance, load(folder), "en")
    assert verify(out, trusted_authorities(folder)).state == "trusted"


def test_rotation_needs_the_authority(tmp_path):
    folder = tmp_path / "keys"
    set_up(folder, "Maison")
    before = (folder / "signer.pem").read_bytes()
    (folder / "authority.key").rename(tmp_path / "offline.key")
    with pytest.raises(SigningKeysError, match=r"authority\.key is missing"):
        rotate(folder)
    set_up(tmp_path / "other", "Other")
    (folder / "authority.key").write_bytes((tmp_path / "other" / "authority.key").read_bytes())
    with pytest.raises(SigningKeysError, match="not the key"):
        rotate(folder)
    assert (folder / "signer.pem").read_bytes() == before


def _open(folder: Path) -> None:
    (folder / "signer.key").chmod(0o644)


def _damage(folder: Path) -> None:
    (folder / "signer.key").write_text("nothing")


def _swap(folder: Path) -> None:
    (folder / "signer.key").write_bytes((folder / "authority.key").read_bytes())


def _lose(folder: Path) -> None:
    (folder / "signer.pem").unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(_open, "chmod 600"), (_damage, "no private key"), (_swap, "belong together"), (_lose, "missing")],
)
def test_keys_that_are_not_right_are_not_used(tmp_path, spoil, words):
    folder = tmp_path / "keys"
    set_up(folder, "Maison")
    spoil(folder)
    with pytest.raises(SigningKeysError, match=words) as error:
        load(folder)
    assert "\n" not in str(error.value)


def test_an_expired_signer_signs_nothing_and_its_due_date_is_known(tmp_path, monkeypatch):
    folder = tmp_path / "keys"
    set_up(folder, "Maison")
    assert not load(folder).due
    monkeypatch.setattr(keys_module, "SIGNER_DAYS", 30)
    rotate(folder)
    monkeypatch.undo()
    assert load(folder).due
    monkeypatch.setattr(keys_module, "SIGNER_DAYS", 0)
    rotate(folder)
    with pytest.raises(SigningKeysError, match="expired"):
        load(folder)


def test_the_authority_signs_signers_only(tmp_path):
    folder = tmp_path / "keys"
    set_up(folder, "Maison")
    authority, signer = (
        x509.load_pem_x509_certificate((folder / f"{n}.pem").read_bytes()) for n in ("authority", "signer")
    )
    signer.verify_directly_issued_by(authority)
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert signer.not_valid_after_utc - dt.datetime.now(dt.timezone.utc) < dt.timedelta(days=3 * 365 + 1)
