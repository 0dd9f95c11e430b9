"""What leaves is labelled, described and signed; what cannot be signed does not leave."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.config import LANGUAGES
from kiosk.errors import OutputError
from kiosk.labels.errors import LabelError, VerifyError
from kiosk.labels.export import export_picture, release
from kiosk.labels.keys import set_up, trusted_authorities
from kiosk.labels.provenance import SOURCE_TYPE
from kiosk.labels.verify import verify
from kiosk.labels.visible import label_plate, with_label

KINDS = [".jpg", ".png", ".webp", ".avif"]


@pytest.fixture
def clip(tmp_path) -> Path:
    path = tmp_path / "raw.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"vp09"), 25.0, (160, 120))
    for level in range(12):
        writer.write(np.full((120, 160, 3), level * 20, np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_says_what_it_is(tmp_path, picture, provenance, keys, keys_folder, kind):
    out = tmp_path / f"look{kind}"
    export_picture(out, picture, provenance, keys, "en")
    verdict = verify(out, trusted_authorities(keys_folder))
    assert verdict.state == "trusted"
    assert verdict.signer == "Maison Exemple"
    assert verdict.source_type == verdict.xmp_source_type == SOURCE_TYPE
    assert verdict.models == {"drape": "ab" * 32}
    photo = provenance.ingredients[0].path.read_bytes()
    assert verdict.ingredients[0] == {
        "title": "tee.png", "role": "componentOf", "sha256": hashlib.sha256(photo).hexdigest(),
    }  # fmt: skip
    assert np.asarray(Image.open(out).convert("RGB")).shape == picture.shape


def test_a_clip_says_what_it_is_and_still_plays(tmp_path, clip, provenance, keys, keys_folder):
    out = tmp_path / "loop.mp4"
    release(out, clip.read_bytes(), provenance, keys)
    verdict = verify(out, trusted_authorities(keys_folder))
    assert (verdict.state, verdict.xmp_source_type) == ("trusted", SOURCE_TYPE)
    capture = cv2.VideoCapture(str(out))
    assert sum(capture.read()[0] for _ in range(20)) == 12


def test_a_stranger_sees_it_valid_but_not_trusted(tmp_path, picture, provenance, keys):
    out = tmp_path / "look.jpg"
    export_picture(out, picture, provenance, keys, "en")
    other = tmp_path / "other"
    set_up(other, "Somebody Else")
    for anchors in ("", trusted_authorities(other)):
        verdict = verify(out, anchors)
        assert verdict.state == "untrusted"
        assert verdict.failures == ["signingCredential.untrusted"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_picture_is_found(tmp_path, picture, provenance, keys, keys_folder, kind):
    out = tmp_path / f"look{kind}"
    export_picture(out, picture, provenance, keys, "en")
    anchors = trusted_authorities(keys_folder)
    data = bytearray(out.read_bytes())
    # pixels lie at a PNG's and an AVIF's end, and after the manifest in a JPEG; a WebP ends with its manifest
    place = data.find(b"VP8 ") + 40 if kind == ".webp" else len(data) - 60
    data[place] ^= 0x10
    out.write_bytes(data)
    assert verify(out, anchors).state == "changed"


def test_a_picture_saved_anew_has_lost_its_credentials(tmp_path, picture, provenance, keys, keys_folder):
    out, again = tmp_path / "look.jpg", tmp_path / "again.jpg"
    export_picture(out, picture, provenance, keys, "en")
    Image.open(out).save(again)
    assert verify(again, trusted_authorities(keys_folder)).state == "unlabelled"


def test_what_cannot_be_signed_does_not_leave(tmp_path, picture, provenance, keys, clip):
    broken = replace(keys, key=b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(LabelError, match="does not leave"):
        export_picture(tmp_path / "look.jpg", picture, provenance, broken, "en")
    with pytest.raises(LabelError, match="does not leave"):
        release(tmp_path / "loop.mp4", clip.read_bytes(), provenance, broken)
    provenance.ingredients[0].path.unlink()
    with pytest.raises(LabelError, match="does not leave"):
        export_picture(tmp_path / "look.jpg", picture, provenance, keys, "en")
    with pytest.raises(LabelError, match="carry no credentials"):
        export_picture(tmp_path / "look.bmp", picture, provenance, keys, "en")
    assert sorted(tmp_path.rglob("*")) == [path for path in before if path != provenance.ingredients[0].path]


def test_a_full_disk_leaves_nothing_half(tmp_path, picture, provenance, keys, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        export_picture(tmp_path / "out" / "look.jpg", picture, provenance, keys, "en")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_the_label_is_read_on_any_ground_in_any_language(language, ground):
    picture = np.full((1200, 900, 3), ground, np.uint8)
    marked = with_label(picture, language)
    changed = (marked != picture).any(2)
    rows, columns = np.nonzero(changed)
    assert rows.min() > 1000
    assert (columns.max() < 450) == (language == "ar")
    part = marked[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(int).mean(2)
    assert part.max() > 240
    assert np.median(part) < 130  # WCAG's 4.5:1 of white letters asks for a ground darker than 118 of 255
    assert not (picture != ground).any()


def test_each_language_has_its_own_words():
    sizes = {language: label_plate(language, "label", 20).shape for language in LANGUAGES}
    assert len(set(sizes.values())) == len(LANGUAGES)


@pytest.mark.parametrize("shape", [(16, 16, 3), (20, 400, 3), (400, 20, 3)])
def test_tiny_pictures_are_labelled_as_well_as_they_can(shape):
    picture = np.full(shape, 200, np.uint8)
    assert (with_label(picture, "en") != picture).any()


def test_the_command_tells_valid_from_changed(tmp_path, picture, provenance, keys, keys_folder, monkeypatch):
    monkeypatch.setenv("TWINMIRROR_KEYS", str(keys_folder))
    out = tmp_path / "look.jpg"
    export_picture(out, picture, provenance, keys, "de")
    good = CliRunner().invoke(app, ["verify", str(out)])
    assert good.exit_code == 0
    assert "valid and trusted" in good.output
    assert "tee.png" in good.output
    stranger = tmp_path / "stranger.pem"
    set_up(tmp_path / "other", "Somebody Else")
    shutil.copy(tmp_path / "other" / "authority.pem", stranger)
    as_json = CliRunner().invoke(app, ["verify", str(out), "--trust", str(stranger), "--json"])
    assert json.loads(as_json.output)["state"] == "untrusted"
    data = bytearray(out.read_bytes())
    data[-60] ^= 1
    out.write_bytes(data)
    bad = CliRunner().invoke(app, ["verify", str(out)])
    assert bad.exit_code == 2
    assert "changed" in bad.output
    missing = CliRunner().invoke(app, ["verify", str(tmp_path / "none.jpg")])
    assert missing.exit_code == 1
    assert len(missing.output.splitlines()) == 1


def test_files_of_other_kinds_are_refused(tmp_path):
    for name in ("a.txt", "b.gif"):
        (tmp_path / name).write_text("x")
        with pytest.raises(VerifyError):
            verify(tmp_path / name, "")


@pytest.fixture(scope="module")
def signed(tmp_path_factory, keys) -> bytes:
    from kiosk.labels.provenance import Provenance

    out = tmp_path_factory.mktemp("signed") / "look.jpg"
    export_picture(out, np.full((64, 64, 3), 90, np.uint8), Provenance("plain", ()), keys, "en")
    return out.read_bytes()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from([*KINDS, ".mp4"]))
def test_damaged_files_get_a_verdict(tmp_path, signed, data, kind):
    if data.draw(st.booleans()):
        content = data.draw(st.binary(max_size=400))
    else:
        place = data.draw(st.integers(0, len(signed) - 1))
        content = signed[:place] + data.draw(st.binary(max_size=20)) + signed[place + data.draw(st.integers(0, 30)) :]
    path = tmp_path / f"any{kind}"
    path.write_bytes(content)
    verdict = verify(path, "")
    assert verdict.state != "trusted"
    assert SimpleNamespace(**verdict.as_dict()).state == verdict.state
