"""What is on show: the collection's garments as they become ready, and their films, played one after the other.

A thread of its own reads the disk and decodes; the screen takes what is newest and never waits.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.garments.garment import Category
from kiosk.collection import Piece, pieces_of
from kiosk.demo import PERSON, STANDS_FROM
from kiosk.errors import CollectionError
from kiosk.preparing import film_of, thumbnail_of

_LOOK_AGAIN_SECONDS: Final = 3.0
_USUAL_FPS: Final = 30.0
_NOTHING_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Offer:
    """One garment that can be worn. `film` is None until it has been made."""

    name: str
    title: str
    category: Category
    thumbnail: Path
    film: Path | None


@dataclass(frozen=True)
class FilmPicture:
    """One picture of a film, (H, W, 3) uint8 RGB, with a number that rises, and the name of what is worn in it."""

    picture: NDArray[np.uint8]
    number: int
    title: str


class Shelf:
    """The garments on show and the film that plays now."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the collection's."""
        self._folder = folder
        self._films: dict[str, Path] = {}
        self._ending = threading.Event()
        self._playing = threading.Event()
        self._looked = 0.0
        self._thread = threading.Thread(target=self._run, name="shelf", daemon=True)
        self.offers: tuple[Offer, ...] = ()
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
                filmed = [offer for offer in self.offers if offer.film]
                offer = filmed[turn % len(filmed)] if filmed else None
                self._play_one(offer)
                turn += 1

    def _look(self) -> None:
        """See which garments are ready by now."""
        if time.monotonic() - self._looked < _LOOK_AGAIN_SECONDS or (
            self.offers and all(offer.film for offer in self.offers)
        ):
            return
        try:
            found = [offer for piece in pieces_of(self._folder) if (offer := self._offer(piece))]
        except CollectionError:
            return
        self.offers, self._looked = tuple(found), time.monotonic()

    def _offer(self, piece: Piece) -> Offer | None:
        category = piece.category
        if category is None:
            return None
        try:
            thumbnail = thumbnail_of(piece)
            if not thumbnail.is_file():
                return None
            film = self._films.setdefault(piece.name, film_of(piece))
        except OSError:
            return None
        return Offer(piece.name, piece.title, category, thumbnail, film if film.is_file() else None)

    def _play_one(self, offer: Offer | None) -> None:
        """Play a garment's film, or the person as they are where there is none yet."""
        capture = cv2.VideoCapture(str(offer.film if offer and offer.film else PERSON), cv2.CAP_FFMPEG)
        try:
            self._play_capture(capture, offer.title if offer else "")
        finally:
            capture.release()

    def _play_capture(self, capture: Any, title: str) -> None:
        """Play from where the person stands there, forth and back: the next film then goes on where this one ends."""
        step = 1.0 / (capture.get(cv2.CAP_PROP_FPS) or _USUAL_FPS)
        for _ in range(STANDS_FROM):
            capture.grab()
        start, shown, count = time.monotonic(), list[tuple[int, NDArray[np.uint8]]](), 0
        while self._goes_on and capture.grab():
            count += 1
            due = start + count * step
            if time.monotonic() > due:
                continue  # a busy machine leaves pictures out rather than play slowly
            picture = capture.retrieve()[1]
            if picture is not None:
                shown.append((count, np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)))
                self._show(shown[-1][1], title, due)
        for number, rgb in reversed(shown[:-1]):
            due = start + (2 * count - number) * step
            if self._goes_on and time.monotonic() <= due:
                self._show(rgb, title, due)
        if not shown:
            self._ending.wait(_NOTHING_SECONDS)

    @property
    def _goes_on(self) -> bool:
        return self._playing.is_set() and not self._ending.is_set()

    def _show(self, picture: NDArray[np.uint8], title: str, until: float) -> None:
        self.film = FilmPicture(picture, (self.film.number + 1) if self.film else 1, title)
        self._ending.wait(max(0.0, until - time.monotonic()))
