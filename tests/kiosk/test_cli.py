"""The command line: one line for each error, options as documented."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.garments import told_by

runner = CliRunner()


@pytest.mark.parametrize("command", [["try"], ["mirror"], ["garment", "add"], ["model", "fetch"], ["run"], ["demo"]])
def test_each_command_has_help(command: list[str]) -> None:
    assert runner.invoke(app, [*command, "--help"]).exit_code == 0


@pytest.mark.parametrize(("category", "words"), [("toga", "no category"), ("jacket", "not offered")])
def test_categories_are_refused_by_name_in_one_line(tmp_path: Path, category: str, words: str) -> None:
    photo = tmp_path / "photo.png"
    result = runner.invoke(app, ["garment", "add", str(photo), "--category", category])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert category in result.stderr
    assert words in result.stderr
    assert "tee" in result.stderr


@pytest.mark.parametrize("name", ["../up", "a/b", ".."])
def test_a_garments_name_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    arguments = ["garment", "add", "x.png", "--category", "tee", "--id", name, "--into", str(tmp_path)]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_model_fetch_prints_the_path(pose_bundle: Path) -> None:
    result = runner.invoke(app, ["model", "fetch"])
    assert result.exit_code == 0
    assert result.stdout.strip() == str(pose_bundle)


def test_model_fetch_without_network_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "twinmirror").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    result = runner.invoke(app, ["model", "fetch"])
    assert result.exit_code == 1
    assert result.stderr.startswith("kiosk: ")
    assert result.stderr.count("\n") == 1


def test_headless_and_out_go_together(tmp_path: Path) -> None:
    for arguments in (["--headless"], ["--out", str(tmp_path / "o.mp4")], ["--report", str(tmp_path / "r.json")]):
        result = runner.invoke(app, ["mirror", "--source", "x.mp4", *arguments])
        assert result.exit_code == 1
        assert "--out VIDEO" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_bad_sources_and_garments_are_one_line(tmp_path: Path) -> None:
    out = str(tmp_path / "o.mp4")
    for arguments in (["--source", "ftp://x"], ["--source", "none.mp4", "--garment", "none-tee.png"]):
        result = runner.invoke(app, ["mirror", "--headless", "--out", out, *arguments])
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_are_one_line(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text("[times]\nidle_s = -1\n")
    result = runner.invoke(app, ["run", "--config", str(config)])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "times.idle_s" in result.stderr


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("tee-blue-front", "tee"),
        ("T-Shirt 3", "tee"),
        ("longsleeve-red", "long-sleeve"),
        ("long_sleeve", "long-sleeve"),
        ("shirt1", "shirt"),
        ("blue-jeans", "trousers"),
        ("sand chinos", "trousers"),
        ("summer_dress", "dress"),
        ("rust-skirt", "skirt"),
        ("img_0042", None),
    ],
)
def test_a_photos_name_tells_its_category(name: str, category: str | None) -> None:
    found = told_by(Path(f"{name}.png"))
    assert (found.value if found else None) == category
