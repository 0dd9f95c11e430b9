"""Collections from outside: good ones come in whole, bad ones not at all, with one line that says what to do."""

from __future__ import annotations

import os
import stat
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.errors import TwinMirrorError
from engines.garments.garment import Category
from kiosk.catalogue.importing import import_collection, link_home
from kiosk.catalogue.limits import LIMITS
from kiosk.catalogue.manifest import parse_manifest, safe_path
from kiosk.catalogue.money import Money
from kiosk.errors import CatalogueError, CollectionError

from .conftest import write_collection


def zipped(folder: Path, out: Path) -> Path:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return out


def nothing_kept(data: Path, catalogue) -> bool:
    left = [path for path in (data / "collections").iterdir() if path.name != ".lock"]
    return not left and not [row for row in catalogue.collections(time.time()) if row.key != "home"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_collection_comes_in_whole(tmp_path, data, catalogue, packed):
    source = write_collection(tmp_path / "in")
    source = zipped(source, tmp_path / "in.zip") if packed else source
    copied = []
    imported = import_collection(source, data, catalogue, copied.append)
    assert copied == ["red.png", "blue.png"]
    assert (imported.title, imported.garments, imported.known) == ("Spring", 2, False)
    (row,) = catalogue.collections(time.time())
    assert (row.key, row.ready, row.waiting, row.active) == ("spring", 0, 2, False)
    piece = catalogue.garment(row.number, "blue")
    assert piece.photo is not None
    assert piece.photo.is_relative_to(data)
    assert (piece.price, piece.sizes, piece.stated, piece.layer) == (Money(1990, "EUR"), ("S", "M"), Category.TEE, 1)


def test_the_same_again_is_known_and_another_is_a_new_version(tmp_path, data, catalogue):
    source = write_collection(tmp_path / "in")
    first = import_collection(source, data, catalogue)
    assert import_collection(zipped(source, tmp_path / "in.zip"), data, catalogue).known
    second = import_collection(write_collection(source, shade=90), data, catalogue)
    assert second.number != first.number
    assert catalogue.newest("spring", time.time()).number == second.number
    back = import_collection(write_collection(source), data, catalogue)  # the first content once more
    assert not back.known
    photo = catalogue.garment(back.number, "red").photo
    assert photo == catalogue.garment(first.number, "red").photo
    assert photo is not None
    assert photo.is_file()


def _link(folder):
    (folder / "red.png").unlink()
    (folder / "red.png").symlink_to("/etc/passwd")


def _pipe(folder):
    (folder / "red.png").unlink()
    os.mkfifo(folder / "red.png")


def _missing(folder):
    (folder / "red.png").unlink()


def _text(folder):
    (folder / "red.png").write_text("no picture")


def _linked_folder(folder):
    toml = folder / "collection.toml"
    (folder / "etc").symlink_to("/etc")
    toml.write_text(toml.read_text().replace('"red.png"', '"etc/hostname"'))


def _replaced(old, new):
    def change(folder):
        toml = folder / "collection.toml"
        toml.write_text(toml.read_text().replace(old, new))

    return change


def _no_manifest(folder):
    (folder / "collection.toml").unlink()


BAD = {
    "a link": (_link, "links are not followed"),
    "a pipe": (_pipe, "no plain file"),
    "a missing photo": (_missing, "cannot be read"),
    "no picture": (_text, "not a picture"),
    "a linked folder": (_linked_folder, "links are not followed"),
    "a way out": (_replaced('"red.png"', '"../red.png"'), "no plain path"),
    "an absolute path": (_replaced('"red.png"', '"/etc/passwd"'), "no plain path"),
    "a name twice": (_replaced('name = "blue"', 'name = "red"'), "listed twice"),
    "an unknown category": (_replaced("tee", "toga"), "category"),
    "a category that is not offered": (_replaced('"tee"', '"jacket"'), "cannot be shown well"),
    "an unknown key": (_replaced("sizes", "size"), "size"),
    "a price too fine": (_replaced("19.90", "19.905"), "finer"),
    "no currency": (_replaced('currency = "EUR"', ""), "currency"),
    "a control character": (_replaced('title = "red"', 'title = "re\\u001bd"'), "plain line"),
    "broken TOML": (_replaced("[[garment]]", "[[garment"), "no TOML"),
    "no manifest": (_no_manifest, "collection.toml"),
}


UNPACKED_ONLY = {"a link", "a pipe", "a linked folder"}  # zips with links have a test of their own


@pytest.mark.parametrize(
    ("kind", "packed"), [(k, p) for k in BAD for p in (False, True) if not p or k not in UNPACKED_ONLY]
)
def test_a_bad_collection_leaves_nothing(tmp_path, data, catalogue, kind, packed):
    change, words = BAD[kind]
    folder = write_collection(tmp_path / "in")
    change(folder)
    source = folder
    if packed:
        source = zipped(folder, tmp_path / "in.zip")
        words = "red.png|collection.toml" if kind in {"a missing photo", "no manifest"} else words
    with pytest.raises(CollectionError, match=words) as error:
        import_collection(source, data, catalogue)
    assert "\n" not in str(error.value)
    assert nothing_kept(data, catalogue)


def entry(name: str, mode: int = stat.S_IFREG | 0o644, flags: int = 0, method: int = zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name)
    info.external_attr, info.flag_bits, info.compress_type = mode << 16, flags, method
    return info


@pytest.mark.parametrize(
    ("info", "content", "words"),
    [
        (entry("red.png", stat.S_IFLNK | 0o777), b"/etc/passwd", "no plain file"),
        (entry("red.png"), bytes(64 * 1024 * 1024), "bomb"),
        (entry("red.png"), bytes(65 * 1024 * 1024), "larger than"),
        (entry("red.png", method=zipfile.ZIP_LZMA), b"x", "unusual"),
    ],
)
def test_a_hostile_zip_is_refused(tmp_path, data, catalogue, info, content, words):
    folder, source = write_collection(tmp_path / "in"), tmp_path / "in.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in ("collection.toml", "blue.png"):
            archive.write(folder / file, file)
        archive.writestr(info, content)
    with pytest.raises(CollectionError, match=words):
        import_collection(source, data, catalogue)
    assert nothing_kept(data, catalogue)


def test_bounds_hold_for_all_photos_together_and_for_entries(tmp_path, data, catalogue):
    folder = write_collection(tmp_path / "in")
    size = (folder / "red.png").stat().st_size
    with pytest.raises(CollectionError, match="larger than"):
        import_collection(folder, data, catalogue, limits=replace(LIMITS, total_bytes=2 * size - 1))
    with pytest.raises(CollectionError, match="entries"):
        import_collection(zipped(folder, tmp_path / "a.zip"), data, catalogue, limits=replace(LIMITS, entries=2))
    with pytest.raises(CollectionError, match="garments"):
        import_collection(folder, data, catalogue, limits=replace(LIMITS, garments=1))
    assert nothing_kept(data, catalogue)


def test_an_import_that_is_cut_off_leaves_nothing_to_be_seen(tmp_path, data, catalogue):
    folder = write_collection(tmp_path / "in")

    def cut(_path):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_collection(folder, data, catalogue, cut)
    assert nothing_kept(data, catalogue)
    (data / "collections" / ".staging-left").mkdir()  # as after a cut of power
    import_collection(folder, data, catalogue)
    assert not list((data / "collections").glob(".staging*"))


def test_one_import_at_a_time(tmp_path, data, catalogue):
    folder = write_collection(tmp_path / "in")

    def again(_path):
        import_collection(folder, data, catalogue)

    with pytest.raises(CatalogueError, match="another collection is being imported"):
        import_collection(folder, data, catalogue, again)


def test_a_home_follows_its_folder(tmp_path, data, catalogue):
    folder = write_collection(tmp_path / "in")
    number = link_home(folder, catalogue)
    assert catalogue.on_show(time.time()) == number
    assert link_home(folder, catalogue) == number
    assert catalogue.garment(number, "red").photo == folder / "red.png"
    write_collection(folder, ("red", "blue", "green"))
    assert link_home(folder, catalogue) != number
    assert len(catalogue.collections(time.time())) == 1
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "green-tee.png").write_bytes((folder / "green.png").read_bytes())
    assert catalogue.garment(link_home(plain, catalogue), "green-tee").title == "Green tee"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_manifest(data_bytes):
    for text in (data_bytes, b'id = "a"\ntitle = "b"\n[[garment]]\n' + data_bytes):
        try:
            parse_manifest(text)
        except CollectionError as error:
            assert "\n" not in str(error)


@given(st.text(max_size=40))
def test_a_path_that_is_taken_stays_inside(text):
    try:
        path = safe_path(text)
    except ValueError:
        return
    root = Path("/somewhere/collection")
    assert root in Path(os.path.normpath(root / path)).parents


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_no_damage_to_a_zip_breaks_the_import(tmp_path, data, catalogue, place, damage):
    whole = zipped(write_collection(tmp_path / "in"), tmp_path / "in.zip").read_bytes()
    at = place % len(whole)
    (tmp_path / "damaged.zip").write_bytes(whole[:at] + damage + whole[at + len(damage) :])
    try:
        import_collection(tmp_path / "damaged.zip", data, catalogue)
    except TwinMirrorError as error:
        assert "\n" not in str(error)
