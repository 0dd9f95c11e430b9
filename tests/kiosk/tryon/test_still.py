"""`kiosk try` end to end: a real photo, a drawn garment, the real estimator and network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engines.errors import BadImageError, NoPersonError
from kiosk.errors import OutputError
from kiosk.tryon.still import run_still


def read(path: Path) -> np.ndarray:
    return np.array(Image.open(path))


def test_a_person_wears_the_garment(weights, tee, person, save, tmp_path):
    out, layers, report = tmp_path / "out.png", tmp_path / "layers", tmp_path / "report.json"
    run_still(save(person), [tee], out, layers=layers, report=report)
    picture = read(out)
    assert picture.shape == person.shape
    named = {path.stem: read(path) for path in layers.glob("*.png")}
    assert set(named) == {"garment", "revealed", "front", "plate"}
    assert all(layer.shape == (512, 512) and layer.dtype == np.uint8 for layer in named.values())
    assert named["garment"][330:420, 190:270].mean() > 200  # the chest
    assert named["garment"][:180].max() == 0  # the face
    changed = (picture != person).any(2)
    assert changed[330:420, 190:270].mean() > 0.9
    assert not changed[:60].any()
    figures = json.loads(report.read_text())
    assert figures["frames"] == 1
    assert {"pose", "drape", "composite", "total"} <= set(figures["latency_ms"])
    assert figures["latency_ms"]["total"]["p50"] > 0
    assert len(figures["model_sha256"]) == 64
    assert figures["memory_peak_mb"]["mirror"] > 50


def _pair(person):
    return np.concatenate([person, person], axis=1)


def _cut_off(person):
    return person[:215, 120:330]


def _black(person):
    return np.zeros_like(person)


def _nobody(person):
    return np.full_like(person, 140)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(_pair, "2 people"), (_black, "no person"), (_nobody, "no person"), (_cut_off, "cut off|no person")],
)
def test_pictures_without_one_whole_person_are_refused(weights, tee, person, save, tmp_path, spoil, words):
    out = tmp_path / "out.png"
    with pytest.raises(NoPersonError, match=words) as error:
        run_still(save(spoil(person)), [tee], out, layers=tmp_path / "layers", report=tmp_path / "report.json")
    assert "\n" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_file_that_is_no_picture_is_refused(weights, tee, tmp_path):
    photo = tmp_path / "person.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n cut short")
    with pytest.raises(BadImageError):
        run_still(photo, [tee], tmp_path / "out.png")
    assert [path.name for path in tmp_path.iterdir()] == ["person.png"]


@pytest.mark.parametrize("name", ["out.gif", "taken/out.png"])
def test_an_output_that_cannot_be_written_is_refused(weights, tee, person, save, tmp_path, name):
    photo = save(person)
    (tmp_path / "taken").write_text("a file, no folder")
    with pytest.raises(OutputError):
        run_still(photo, [tee], tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "taken"]
