"""The films of the attract screen: never an empty room, never a jump."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from kiosk.catalogue.opening import open_at_start
from kiosk.demo import PERSON, STANDS_FROM
from kiosk.ui.shelf import Shelf

STANDING, STEP = 40, 6


def test_the_person_stands_there_in_every_frame_that_is_played():
    film = pytest.importorskip("engines.synthetic.film")
    assert STANDS_FROM == film.EMPTY_FRAMES + film.ENTER_FRAMES
    capture = cv2.VideoCapture(str(PERSON))
    frames = [frame for found, frame in iter(capture.read, (False, None)) if found]
    capture.release()
    middle = np.s_[200:400, 260:380]
    for frame in frames[STANDS_FROM:]:
        assert (np.abs(frame[middle].astype(int) - frames[0][middle]).max(axis=2) > 25).mean() > 0.7


def test_films_go_forth_and_back_without_the_empty_room(tmp_path, monkeypatch, collection):
    clip = tmp_path / "film.mp4"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), 20.0, (64, 48))
    for number in range(STANDS_FROM + STANDING):
        light = 0 if number < STANDS_FROM else STEP * (number - STANDS_FROM) + 10
        writer.write(np.full((48, 64, 3), light, np.uint8))
    writer.release()
    monkeypatch.setattr("kiosk.ui.shelf.PERSON", clip)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # in which no film has been made yet
    open_at_start(tmp_path / "data", collection)
    shelf = Shelf(tmp_path / "data")
    shelf.start()
    shelf.play(wanted=True)
    seen: list[tuple[int, float]] = []
    end = time.monotonic() + 5.0
    while time.monotonic() < end:
        if shelf.film and (not seen or shelf.film.number != seen[-1][0]):
            seen.append((shelf.film.number, shelf.film.picture.mean()))
        time.sleep(0.002)
    shelf.stop()
    lights = np.array([light for _, light in seen])
    assert lights.min() > 5
    assert lights.max() > STEP * STANDING - 40
    assert np.abs(np.diff(lights)).max() < 25 * STEP  # a cut back to the beginning would be 39 steps
    turns = np.diff(np.sign(np.diff(lights)))
    assert (turns != 0).sum() >= 2
