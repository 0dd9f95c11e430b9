"""`kiosk collection` and `kiosk staff`, as they are typed."""

from __future__ import annotations

import resource

import pytest
from typer.testing import CliRunner

from kiosk.catalogue.importing import import_collection
from kiosk.cli import app
from kiosk.errors import CatalogueError

from .conftest import write_collection


@pytest.fixture
def typed(tmp_path, monkeypatch):
    """Types a command and gives its exit code and its words."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))

    def run(*words: str, told: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(app, list(words), input=told)
        return done.exit_code, done.output.strip()

    return run


def test_a_collections_way(typed, tmp_path):
    source = str(write_collection(tmp_path / "in"))
    assert typed("collection", "import", source) == (0, "Spring: is imported, 2 garments")
    assert "is here already" in typed("collection", "import", source)[1]
    assert typed("collection", "activate", "spring") == (0, "Spring: on show")
    assert "now" in typed("collection", "list")[1]
    assert typed("collection", "schedule", "spring", "--at", "2190-03-01T06:00")[0] == 0
    assert typed("collection", "schedule", "spring", "--cancel")[0] == 0
    assert typed("collection", "undo")[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("activate", "none"), "no collection"),
        (("undo",), "nothing to undo"),
        (("schedule", "spring"), "--at"),
        (("schedule", "spring", "--at", "tomorrow"), "no time"),
        (("schedule", "spring", "--at", "1990-01-01"), "has passed"),
        (("import", "/none/such"), "check the path"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(typed, tmp_path, words, told):
    typed("collection", "import", str(write_collection(tmp_path / "in")))
    code, output = typed("collection", *words)
    assert code == 1
    assert told in output
    assert len(output.splitlines()) == 1


def test_check_names_each_photo_that_will_not_do(typed, tmp_path):
    code, output = typed("collection", "check", str(write_collection(tmp_path / "in")))
    assert code == 1
    assert "red: " in output
    assert "2 of the garments cannot be made" in output


def test_the_pin_is_asked_for_twice(typed):
    assert typed("staff", "pin", told="2580\n2580\n")[0] == 0
    code, output = typed("staff", "pin", told="1111\n1111\n")
    assert code == 1
    assert "guessed first" in output


def test_a_full_disk_leaves_nothing_behind(tmp_path, data, catalogue):
    folder = write_collection(tmp_path / "in")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(CatalogueError, match="make room"):
            import_collection(folder, data, catalogue)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in (data / "collections").iterdir()] == [".lock"]
    assert not import_collection(folder, data, catalogue).known
