"""A set's preview is made anew when the file is saved, and says what is wrong with it while it is being written."""

from __future__ import annotations

import itertools
import threading
import time

import numpy as np
import pytest
from lookbook_support import SMALL_SET, order_of
from PIL import Image
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.lookbook.preview import HEIGHT, versions, watch


def test_each_saved_version_is_shown_and_mistakes_are_said(cast, collection, tmp_path, gate, keys):
    order, out = order_of(collection, cast, tmp_path), tmp_path / "preview.jpg"
    said: list[str] = []
    pictures = []

    def say(line: str) -> None:
        said.append(line)
        with Image.open(out) as image:
            pictures.append(np.asarray(image).astype(int))

    other = SMALL_SET.replace("#b4c0d0", "#902020")
    saved = [SMALL_SET, other.replace("softness", "hardness"), other]
    watch(order, gate, keys, out, say, (text.encode() for text in saved))
    assert said[0] == said[2] == f"Small: {out}"
    assert "key.hardness: no set has such a field" in said[1]
    assert pictures[0].shape == (HEIGHT, 2 * HEIGHT * 3 // 4, 3)
    assert np.array_equal(pictures[0], pictures[1])
    corner = (slice(5, 40), slice(5, 40))
    assert pictures[2][corner][..., 0].mean() > pictures[2][corner][..., 2].mean() + 40
    facts = [entry.fact for entry in gate.ledger.entries()]
    assert {(fact.use, fact.amount) for fact in facts} == {("preview", 0)}


def test_the_file_is_watched_also_when_an_editor_replaces_it(tmp_path):
    path = tmp_path / "set.toml"
    path.write_text("one")
    seen = []

    def edit() -> None:
        for text in ("two", "three"):
            while not seen:
                time.sleep(0.01)
            seen.clear()
            fresh = tmp_path / "fresh"
            fresh.write_text(text)
            path.unlink()
            fresh.rename(path)

    editor = threading.Thread(target=edit)
    editor.start()
    found = []
    for data in itertools.islice(versions(path, lambda _: time.sleep(0.01)), 3):
        found.append(data)
        seen.append(data)
    editor.join()
    assert found == [b"one", b"two", b"three"]


def test_by_command_once(cast, collection, tmp_path, keys_folder):
    (tmp_path / "set.toml").write_text(SMALL_SET)
    out = tmp_path / "p.jpg"
    command = ["set", "preview", str(tmp_path / "set.toml"), "--once", "--out", str(out), "--cast", str(cast)]
    command += ["--collection", str(collection), "--keys", str(keys_folder), "--ledger", str(tmp_path / "l")]
    done = CliRunner().invoke(app, [*command, "--place", "DE"])
    assert done.exit_code == 0, done.output
    assert out.is_file()
    abroad = CliRunner().invoke(app, [*command, "--place", "US"])
    assert abroad.exit_code == 1
    assert "does not cover US" in abroad.output
    wrong = CliRunner().invoke(app, [*command, "--place", "DE", "--language", "xx"])
    assert wrong.exit_code == 1


@pytest.mark.parametrize("name", ["daylight", "night"])
def test_shipped_sets_can_be_previewed_by_name(name, cast, collection, tmp_path, keys_folder):
    command = ["set", "preview", name, "--once", "--out", str(tmp_path / "p.png"), "--cast", str(cast)]
    command += ["--collection", str(collection), "--keys", str(keys_folder), "--ledger", str(tmp_path / "l")]
    done = CliRunner().invoke(app, [*command, "--place", "DE"])
    assert done.exit_code == 0, done.output
