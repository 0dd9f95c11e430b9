"""The hand-drawn references are whole: they parse, lie in their frame, and say one thing of a pixel."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from tests.parts_reference import FOLDER, PARTS, PartsReference, Ring, picture, read, references

FILES = sorted(FOLDER.glob("*.json"))
CLIPS = {"again", "book", "brother", "please", "sorry", "walk"}
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def rings(reference: PartsReference) -> list[Ring]:
    """Outlines and holes of all its polygons."""
    return [ring for polygon in reference.polygons for ring in (polygon.points, *polygon.holes)]


def area(ring: Ring) -> float:
    """The ring's area in pixels by the shoelace formula."""
    x, y = np.asarray(ring, np.float64).T
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


def test_there_are_enough_frames_of_enough_people() -> None:
    known = {f"clip:{name}" for name in CLIPS} | {"person:sitting-man", "skimage:astronaut"}
    found = references()
    assert len(found) >= 24
    assert {reference.source for reference in found} >= known
    assert len({(reference.source, reference.frame) for reference in found}) == len(found)
    for part in PARTS:
        assert sum(reference.mask(part).any() for reference in found) >= 24


@each
def test_polygons_lie_in_their_frame_and_enclose_something(path: Path) -> None:
    reference = read(path)
    height, width = reference.size
    for ring in rings(reference):
        assert len(ring) >= 3
        points = np.asarray(ring)
        assert points.min() >= 0
        assert (points <= [width, height]).all()
        assert area(ring) >= 4


@each
def test_a_pixel_is_of_one_part(path: Path) -> None:
    reference = read(path)
    masks = {part: reference.mask(part) for part in PARTS}
    assert masks["face"].any()
    for one, other in combinations((mask for mask in masks.values() if mask.any()), 2):
        assert (one & other).sum() < 0.02 * min(one.sum(), other.sum())


@each
def test_most_of_what_is_drawn_is_sure(path: Path) -> None:
    reference = read(path)
    drawn = np.logical_or.reduce([reference.mask(part) for part in PARTS])
    assert (drawn & ~reference.ignored()).sum() > 0.7 * drawn.sum()


@each
def test_the_frame_is_found_and_of_the_size(path: Path) -> None:
    reference = read(path)
    frame = picture(reference)
    if frame is None:
        pytest.skip("the real cases are not beside the checkout (../shared/cases)")
    assert frame.dtype == np.uint8
    assert frame.shape == (*reference.size, 3)


def test_holes_are_cut_out_and_centres_count(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    outline, hole = "[[1, 1], [7, 1], [7, 5], [1, 5]]", "[[2, 2], [4, 2], [4, 4], [2, 4]]"
    polygon = f'{{"part": "arm", "points": {outline}, "holes": [{hole}]}}'
    path.write_text(f'{{"source": "clip:none", "frame": 3, "size": [6, 8], "polygons": [{polygon}]}}')
    expected = np.zeros((6, 8), bool)
    expected[1:5, 1:7] = True
    expected[2:4, 2:4] = False
    assert (read(path).mask("arm") == expected).all()
    assert not read(path).ignored().any()


def test_a_word_too_many_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text('{"source": "clip:none", "frame": 0, "size": [6, 8], "polygons": [], "by": "me"}')
    with pytest.raises(ValidationError, match="by"):
        read(path)
