"""Garments on disk come back as they were; everything else is refused in one typed line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.garments.garment import BottomMeasures, Category, Chart, Garment, Measures
from engines.garments.store import GarmentStoreError, load, save

MEASURES = Measures(2.8, 1.0, 0.9, 0.2, 0.9, 0.37, 0.35, 0.06, 0.8, 0.6, 0.5, 0.45)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def garment(name: str = "tee-1") -> Garment:
    rng = np.random.default_rng(0)
    atlas = {chart: rng.integers(0, 255, (32, 40, 4)).astype(np.uint8) for chart in Chart}
    return Garment(name, Category.TEE, MEASURES, atlas, np.array([1, 2, 3], np.uint8), True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(garment(), tmp_path / "tee")
    return tmp_path / "tee"


def test_round_trip(folder):
    back = load(folder)
    assert (back.garment_id, back.category, back.measures, back.back_is_guessed) == (
        "tee-1",
        Category.TEE,
        MEASURES,
        True,
    )
    assert back.inside.tolist() == [1, 2, 3]
    for chart in Chart:
        np.testing.assert_array_equal(back.atlas[chart], garment().atlas[chart])


SIZES = st.floats(0, 10, allow_nan=False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    measures=st.builds(BottomMeasures, st.floats(0.11, 10), SIZES, SIZES, SIZES, SIZES, SIZES),
    category=st.sampled_from([Category.SKIRT, Category.TROUSERS]),
)
def test_measures_of_skirts_and_trousers_come_back(tmp_path, measures, category):
    made = replace(garment(), category=category, measures=measures)
    save(made, tmp_path / "bottom")
    assert (load(tmp_path / "bottom").measures, load(tmp_path / "bottom").category) == (measures, category)


@pytest.mark.parametrize("category", ["tee", "dress"])
def test_measures_of_a_skirt_are_refused_for_others(tmp_path, category):
    made = replace(garment(), category=Category.SKIRT, measures=BottomMeasures(2, 0.8, 1.2, 0, 0, 0))
    save(made, tmp_path / "skirt")
    path = tmp_path / "skirt" / "garment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"category": category}))
    with pytest.raises(GarmentStoreError, match="measures"):
        load(tmp_path / "skirt")


def test_a_record_of_version_1_is_read(folder):
    path = folder / "garment.json"
    record = json.loads(path.read_text())
    del record["measures"]["kind"]
    path.write_text(json.dumps(record | {"version": 1}))
    assert load(folder).measures == MEASURES
    path.write_text(json.dumps(record))  # version 2 without a kind
    with pytest.raises(GarmentStoreError):
        load(folder)


def test_saving_again_replaces_and_leaves_nothing_behind(folder):
    save(garment("tee-2"), folder)
    assert load(folder).garment_id == "tee-2"
    assert [p.name for p in folder.parent.iterdir()] == ["tee"]


def test_a_folder_of_something_else_is_kept(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.txt").write_text("mine")
    with pytest.raises(GarmentStoreError):
        save(garment(), tmp_path / "photos")
    assert (tmp_path / "photos" / "a.txt").read_text() == "mine"


@pytest.mark.parametrize("change", [
    {"extra": 1}, {"version": 3}, {"category": "skirt"}, {"category": "cape"}, {"garment_id": ""},
    {"inside": [0, 0, 256]},
    {"measures": {"length": float("nan")}}, {"back_is_guessed": None},
])  # fmt: skip
def test_a_wrong_record_is_refused(folder, change):
    path = folder / "garment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(GarmentStoreError):
        load(folder)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_record_is_read_or_refused(folder, text):
    (folder / "garment.json").write_bytes(text)
    with pytest.raises(GarmentStoreError):
        load(folder)


def test_a_missing_or_broken_chart_is_refused(folder):
    (folder / "torso_back.png").write_bytes(b"no picture")
    with pytest.raises(GarmentStoreError):
        load(folder)
    (folder / "torso_back.png").unlink()
    with pytest.raises(GarmentStoreError):
        load(folder)


def test_a_huge_record_is_refused(folder):
    (folder / "garment.json").write_bytes(b" " * 100_000)
    with pytest.raises(GarmentStoreError, match="too large"):
        load(folder)
