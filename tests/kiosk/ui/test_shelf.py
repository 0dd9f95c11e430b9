"""The films of the attract screen: never an empty room, never a jump."""

from __future__ import annotations

import time

import cv2
import numpy as np

from kiosk.catalogue.opening import open_at_start
from kiosk.ui.shelf import Shelf

STANDING, STEP = 40, 6


def test_a_film_is_played_over_and_over(tmp_path, monkeypatch, collection):
    clip = tmp_path / "film.mp4"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), 20.0, (64, 48))
    for number in range(STANDING):
        writer.write(np.full((48, 64, 3), STEP * number + 10, np.uint8))
    writer.release()
    monkeypatch.setattr("kiosk.ui.shelf.PACKS", tmp_path / "none")
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
    assert lights.max() > STEP * STANDING - 60
    steps = np.diff(lights)
    assert (steps < -10 * STEP).sum() >= 1  # it began anew
    assert (steps > 0).mean() > 0.6
