"""The store: what is on show and since when, pages, durability, migrations, damage."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from engines.garments.garment import Category
from kiosk.catalogue import database
from kiosk.catalogue.importing import import_collection
from kiosk.catalogue.opening import open_at_start
from kiosk.catalogue.records import NewCollection
from kiosk.catalogue.store import Catalogue
from kiosk.collection import Piece, made_of
from kiosk.errors import CatalogueError

from .conftest import write_collection

NOW = 1_000_000.0


def added(catalogue, folder, key, count=1, home=False):
    pieces = [Piece(f"piece-{i:02}", made_of(f"{key}{i}"), folder / f"{i}.png") for i in range(count)]
    return catalogue.add(NewCollection(key, key.title(), key, folder, pieces, home), NOW)


def test_what_is_on_show_changes_at_its_time_and_back(catalogue, tmp_path):
    home, spring, summer = (added(catalogue, tmp_path, key, home=key == "home") for key in ("home", "spring", "summer"))
    assert catalogue.on_show(NOW) == home
    catalogue.activate(spring, NOW)
    catalogue.activate(summer, NOW, NOW + 60)
    assert catalogue.on_show(NOW + 59) == spring
    assert [row.due for row in catalogue.collections(NOW + 59)] == [NOW + 60, None, None]
    assert catalogue.on_show(NOW + 60) == summer
    assert catalogue.undo(NOW + 61) == spring
    assert catalogue.undo(NOW + 61) == home
    with pytest.raises(CatalogueError, match="nothing to undo"):
        catalogue.undo(NOW + 61)


def test_a_schedule_can_be_forgotten_and_lies_ahead(catalogue, tmp_path):
    spring = added(catalogue, tmp_path, "spring")
    with pytest.raises(CatalogueError, match="has passed"):
        catalogue.activate(spring, NOW, NOW - 1)
    catalogue.activate(spring, NOW, NOW + 60)
    catalogue.cancel(spring, NOW)
    assert catalogue.on_show(NOW + 61) is None
    with pytest.raises(CatalogueError, match="not scheduled"):
        catalogue.cancel(spring, NOW)


def test_a_clock_that_is_set_back_does_not_bring_the_old_back(catalogue, tmp_path):
    spring, summer = added(catalogue, tmp_path, "spring"), added(catalogue, tmp_path, "summer")
    catalogue.activate(spring, NOW)
    catalogue.activate(summer, NOW)
    assert catalogue.on_show(NOW) == summer


def test_pages_hold_what_can_be_worn_and_is_not_hidden(catalogue, tmp_path):
    number = added(catalogue, tmp_path, "spring", 9)
    assert catalogue.page(number, -1, 4) == []
    pieces = catalogue.first(number, 9)
    for piece in pieces:
        catalogue.made(piece.number, Category.TEE)
    catalogue.hide(pieces[1].number, hidden=True)
    catalogue.refuse(pieces[2].number, "too dark")
    page = catalogue.page(number, -1, 4)
    assert [piece.name for _, piece in page] == ["piece-00", "piece-03", "piece-04", "piece-05"]
    assert [piece.name for _, piece in catalogue.page(number, page[-1][0], 4)] == ["piece-06", "piece-07", "piece-08"]
    assert [piece.name for _, piece in catalogue.page_before(number, page[1][0], 4)] == ["piece-00"]
    catalogue.hide(pieces[1].number, hidden=False)
    assert catalogue.page(number, -1, 2)[1][1].name == "piece-01"
    (row,) = catalogue.collections(NOW)
    assert (row.ready, row.waiting, row.refused) == (8, 0, 1)
    assert [v.reason for _, v in catalogue.verdicts(number, 1, 1)] == ["too dark"]


def test_what_is_on_show_is_made_first(catalogue, tmp_path):
    spring, _summer = added(catalogue, tmp_path, "spring", 2), added(catalogue, tmp_path, "summer", 2)
    catalogue.activate(spring, NOW)
    made = []
    while piece := catalogue.waiting(time.time()):
        made.append(piece.folder.name[:-3])
        catalogue.made(piece.number, Category.TEE)
    assert made == ["spring", "spring", "summer", "summer"]


def test_a_change_is_whole_or_not_there(catalogue, tmp_path):
    def pieces():
        yield Piece("one", made_of("a"), tmp_path / "1.png")
        raise OSError("the stick was pulled out")

    with pytest.raises(CatalogueError):
        catalogue.add(NewCollection("spring", "Spring", "x", tmp_path, pieces()), NOW)
    assert catalogue.collections(NOW) == []


def test_other_connections_see_a_change_and_rows_hold_together(data, catalogue, tmp_path):
    with closing(Catalogue(data)) as other:
        number = added(catalogue, tmp_path, "spring")
        other.activate(number, NOW)
    assert catalogue.on_show(NOW) == number
    with pytest.raises(CatalogueError, match="stays for undo"):
        catalogue.remove(number)
    with pytest.raises(CatalogueError):
        catalogue.activate(number + 5, NOW)
    summer = added(catalogue, tmp_path, "summer")
    catalogue.remove(summer)
    assert catalogue.first(summer, 5) == []
    assert catalogue._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_an_older_database_is_brought_up_to_date_after_a_copy(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(sqlite3.connect(folder / database.FILE)) as old:
        old.executescript(database.MIGRATIONS[0])
        old.execute("INSERT INTO collections (key, title, digest, folder, imported) VALUES ('a', 'A', 'x', '/', 1.0)")
        old.execute("PRAGMA user_version = 1")
        old.commit()
    database.prepare(folder)
    with closing(Catalogue(folder)) as catalogue:
        assert [row.key for row in catalogue.collections(NOW)] == ["a"]
        assert catalogue.pin() is None
    backup = database.newest_backup(folder)
    assert backup is not None
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("PRAGMA user_version").fetchone()[0] == 1
        assert copy.execute("SELECT key FROM collections").fetchall() == [("a",)]


def test_a_migration_that_fails_changes_nothing(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    database.prepare(folder)
    steps = (*database.MIGRATIONS, "CREATE TABLE extra (id INTEGER); SELECT nonsense")
    monkeypatch.setattr(database, "MIGRATIONS", steps)
    with pytest.raises(CatalogueError):
        database.prepare(folder)
    with closing(sqlite3.connect(folder / database.FILE)) as there:
        assert there.execute("PRAGMA user_version").fetchone()[0] == len(steps) - 1
        assert not there.execute("SELECT 1 FROM sqlite_master WHERE name = 'extra'").fetchall()


def test_a_newer_database_is_left_alone(tmp_path):
    folder = tmp_path / "data"
    database.prepare(folder)
    with closing(sqlite3.connect(folder / database.FILE)) as there:
        there.execute("PRAGMA user_version = 99")
    with pytest.raises(CatalogueError, match="newer version"):
        database.prepare(folder)
    with pytest.raises(CatalogueError, match="version 99"):
        Catalogue(folder)


def test_a_damaged_catalogue_is_told_and_set_aside_at_the_start(tmp_path, data, catalogue, caplog):
    home = write_collection(tmp_path / "home")
    import_collection(write_collection(tmp_path / "in"), data, catalogue)
    database.back_up(catalogue._db, data, "test")
    catalogue.close()
    path = data / database.FILE
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match="damaged") as error:
        database.prepare(data)
    assert "backups" in str(error.value)
    open_at_start(data, home)
    with closing(Catalogue(data)) as mended:
        assert {row.key for row in mended.collections(NOW)} == {"spring", "home"}
    assert list(data.glob("damaged-*.sqlite"))
    assert "backup is used" in caplog.text
