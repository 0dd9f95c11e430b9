"""A set says what can be, in words that people read; what it cannot say is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lookbook_support import SMALL_SET
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.lookbook.errors import LookbookError, SetFileError
from kiosk.lookbook.plan import Inputs, plan
from kiosk.lookbook.setfile import SHIPPED, parsed, read_set, set_path

INPUTS = Inputs({"tee": "11", "polo": "22"}, {"ada": "aa", "bo": "bb"}, {"drape": "dd"}, "en")


def a_set(more: str = "", text: str = SMALL_SET):
    return parsed((more + text).encode(), "set.toml")


def test_the_shipped_sets_can_be_read_and_differ_in_every_light():
    sets = [read_set(path) for path in SHIPPED.glob("*.toml")]
    assert len(sets) >= 4
    assert len({(s.key, s.backdrop.colour, s.camera.height) for s in sets}) == len(sets)
    assert all(s.height >= 2880 for s in sets)
    assert {s.gobo is not None for s in sets} == {s.rim != () for s in sets} == {True, False}


def test_a_shipped_set_is_known_by_its_name(tmp_path, monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    assert read_set(set_path(Path("night"))).title == "Night"
    Path("night").write_text(SMALL_SET)
    assert read_set(set_path(Path("night"))).title == "Small"
    listed = CliRunner().invoke(app, ["set", "list"])
    assert "hard-sun" in listed.output


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("mood = 'warm'\n", "mood: no set has such a field"),
        ("height = 20000\n", "height"),
        ("casting = []\n", "casting"),
        ("= 3\n", "no TOML file"),
    ],
)
def test_what_is_wrong_is_named(more, words):
    with pytest.raises(SetFileError, match=words) as error:
        a_set(more, SMALL_SET.replace("height = 480\n", "") if "height" in more else SMALL_SET)
    assert "\n" not in str(error.value).replace("\n", " ", 0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("softness = 0.4", "softness = 4", "key.softness"),
        ("softness = 0.4", "softness = nan", "key.softness"),
        ("softness = 0.4", "hardness = 0.4", "key.hardness: no set has such a field"),
        ('colour = "#b4c0d0"', 'colour = "blue"', "backdrop.colour"),
        ('name = "front"', 'name = "../front"', "pose.0.name"),
        ("[backdrop]", "[retouch]\nreshape_body = true\n[backdrop]", "retouch.reshape_body"),
        ("[backdrop]", "[retouch]\nsmooth_skin = 0.9\n[backdrop]", "retouch.smooth_skin"),
    ],
)
def test_the_field_that_is_wrong_is_named(old, new, words):
    with pytest.raises(SetFileError, match=words):
        a_set(text=SMALL_SET.replace(old, new, 1))


@given(st.binary(max_size=300))
def test_any_file_is_refused_in_a_typed_error(data):
    with pytest.raises(SetFileError):
        parsed(data, "set.toml")


def test_a_missing_file_names_the_shipped_sets(tmp_path):
    with pytest.raises(SetFileError, match="daylight"):
        read_set(tmp_path / "none.toml")


def test_jobs_are_every_look_on_every_twin_in_every_pose():
    jobs = plan(a_set(), INPUTS)
    assert len(jobs) == 2 * 2 * 2
    assert len({job.key for job in jobs}) == len({job.name for job in jobs}) == 8
    assert plan(a_set(), INPUTS) == jobs


def test_only_what_a_picture_depends_on_changes_its_name():
    before = {job.spoken(): job.key for job in plan(a_set(), INPUTS)}

    def changed(wanted=None, **inputs) -> set[str]:
        given_ = Inputs(**{**INPUTS.__dict__, **inputs})
        after = {job.spoken(): job.key for job in plan(wanted or a_set(), given_)}
        return {name for name, key in after.items() if before.get(name) != key}

    assert changed() == set()
    assert all("tee" in name for name in changed(garments={"tee": "12", "polo": "22"}))
    assert all("bo," in name for name in changed(twins={"ada": "aa", "bo": "b2"}))
    assert len(changed(models={"drape": "d2"})) == len(changed(language="de")) == 8
    assert len(changed(a_set(text=SMALL_SET.replace("elevation = 30.0", "elevation = 31.0")))) == 8
    more = a_set(text=SMALL_SET + '[[pose]]\nname = "turn"\nat = 0.9\n')
    assert {name.split(", ")[1] for name in changed(more)} == {"turn"}
    assert changed(a_set('casting = ["ada"]\n')) == set()


def test_looks_name_garments_by_pattern_and_miss_none():
    looks = '[[look]]\nname = "both"\ngarments = ["t*", "polo"]\n'
    jobs = plan(a_set(text=SMALL_SET + looks), INPUTS)
    assert {job.garments for job in jobs} == {("tee", "polo")}
    with pytest.raises(LookbookError, match="dress"):
        plan(a_set(text=SMALL_SET + looks.replace("polo", "dress")), INPUTS)
    with pytest.raises(LookbookError, match="casts eve"):
        plan(a_set('casting = ["eve"]\n'), INPUTS)


def test_a_loop_is_planned_where_the_set_asks_for_one():
    jobs = plan(a_set(text=SMALL_SET + "[loop]\nseconds = 1.0\n"), INPUTS)
    assert sum(job.kind == "loop" for job in jobs) == 4
