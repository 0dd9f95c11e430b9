"""The films of what is on show, as they become ready, played one after the other.

A thread of its own reads the disk and decodes; the screen takes what is newest and never waits.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.catalogue.store import Catalogue
from kiosk.demo import PERSON
from kiosk.errors import CatalogueError
from kiosk.preparing import film_of, filmed
from kiosk.twins.shown import PACKS, twins_in

_LOOK_AGAIN_SECONDS: Final = 3.0
_USUAL_FPS: Final = 30.0
_NOTHING_SECONDS: Final = 0.02


@dataclass(frozen=True)
class FilmPicture:
    """One picture of a film, (H, W, 3) uint8 RGB, with a number that rises, and the name of what is worn in it."""

    picture: NDArray[np.uint8]
    number: int
    title: str


class Shelf:
    """The film that plays now."""

    def __init__(self, data: Path) -> None:
        """`data` is the folder of the catalogue."""
        self._data = data
        self._films: list[tuple[str, Path]] = []
        self._plain = [("", twin.clip) for twin in twins_in(PACKS)] or [("", PERSON)]
        self._ending = threading.Event()
        self._playing = threading.Event()
        self._looked = 0.0
        self._thread = threading.Thread(target=self._run, name="shelf", daemon=True)
        self.film: FilmPicture | None = None

    def start(self) -> None:
        """Begin to look and to play."""
        self._thread.start()

    def play(self, wanted: bool) -> None:
        """Whether films are wanted just now."""
        if wanted:
            self._playing.set()
        else:
            self._playing.clear()

    def stop(self) -> None:
        """End the thread."""
        self._ending.set()
        self._playing.set()
        self._thread.join()

    def _run(self) -> None:
        turn = 0
        while not self._ending.is_set():
            self._look()
            if self._playing.wait(_LOOK_AGAIN_SECONDS) and not self._ending.is_set():
                films = self._films or self._plain
                self._play_one(*films[turn % len(films)])
                turn += 1

    def _look(self) -> None:
        """See which films there are by now."""
        if time.monotonic() - self._looked < _LOOK_AGAIN_SECONDS:
            return
        try:
            with closing(Catalogue(self._data)) as catalogue:
                found = [(piece.title, film_of(piece)) for piece in filmed(catalogue)]
        except (CatalogueError, OSError):
            return
        self._films, self._looked = [(title, film) for title, film in found if film.is_file()], time.monotonic()

    def _play_one(self, title: str, film: Path) -> None:
        """Play a film once; where there is none yet, a twin as they are."""
        capture = cv2.VideoCapture(str(film), cv2.CAP_FFMPEG)
        try:
            self._play_capture(capture, title)
        finally:
            capture.release()

    def _play_capture(self, capture: Any, title: str) -> None:
        step = 1.0 / (capture.get(cv2.CAP_PROP_FPS) or _USUAL_FPS)
        start, count = time.monotonic(), 0
        while self._goes_on and capture.grab():
            count += 1
            due = start + count * step
            if time.monotonic() > due:
                continue  # a busy machine leaves pictures out rather than play slowly
            picture = capture.retrieve()[1]
            if picture is not None:
                self._show(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8), title, due)
        if count == 0:
            self._ending.wait(_NOTHING_SECONDS)

    @property
    def _goes_on(self) -> bool:
        return self._playing.is_set() and not self._ending.is_set()

    def _show(self, picture: NDArray[np.uint8], title: str, until: float) -> None:
        self.film = FilmPicture(picture, (self.film.number + 1) if self.film else 1, title)
        self._ending.wait(max(0.0, until - time.monotonic()))
