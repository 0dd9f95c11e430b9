"""The twins that a shopper can choose from: those licensed here and now, in the order of how near they come to a wish.

The wish is the shopper's own: age group, height and figure as they tap them; nothing is ever guessed from the camera.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from engines.errors import TwinMirrorError
from engines.pose.body import Landmark
from engines.pose.bundle import cache_dir
from kiosk.camera.clip import ClipSource
from kiosk.config import Language, Settings
from kiosk.imaging import write_picture
from kiosk.twins.bodies import load_bodies
from kiosk.twins.licence import Use
from kiosk.twins.places import Places
from kiosk.twins.record import Twin
from kiosk.twins.shown import GROUPS, Wanted, allowed, like, today
from kiosk.ui.words import RIGHT_TO_LEFT, say

_log = logging.getLogger(__name__)
_PORTRAIT: Final = (330, 300)
"""Height and width of a twin's small picture."""


@dataclass(frozen=True)
class Person:
    """One twin on offer."""

    slug: str
    name: str
    age: str
    height: str
    figure: str
    credit: str
    portrait: Path

    def facts(self, language: Language) -> str:
        """Age, height and figure in a line."""
        words = (say(language, f"twin.{name}.{getattr(self, name)}") for name in GROUPS)
        return ("، " if language in RIGHT_TO_LEFT else " · ").join(words)


@dataclass(frozen=True)
class PeoplePage:
    """Which twins are shown, and whether there are more."""

    people: tuple[Person, ...] = ()
    more: bool = False


class People:
    """The twins, read once by a thread of its own; `page` follows what is asked."""

    def __init__(self, settings: Settings) -> None:
        self._places, self._country = Places.of(settings), settings.country
        self._twins: list[tuple[Twin, Person]] = []
        self._first = 0
        self._thread = threading.Thread(target=self._read, name="people", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def _read(self) -> None:
        try:
            twins = self._places.twins()
        except TwinMirrorError as error:
            _log.warning("no twin is offered: %s", error)
            return
        for twin in twins:
            try:
                self._twins = [*self._twins, (twin, _person(twin))]
            except (TwinMirrorError, OSError) as error:
                _log.warning("a twin is left out: %s", error)

    def named(self, slug: str) -> Person | None:
        """A twin by its slug; None where there is none."""
        return next((person for twin, person in self._twins if twin.slug == slug), None)

    def page(self, wanted: Wanted, count: int) -> PeoplePage:
        """So many of the twins that may be shown today, the likest first, from where the pages were turned to."""
        people = {twin.slug: person for twin, person in self._twins}
        shown = allowed((twin for twin, _ in self._twins), Use.MIRROR, self._country, today())
        order = [people[twin.slug] for twin in like(shown, wanted)]
        first = self._first % len(order) if order else 0
        return PeoplePage(tuple((order * 2)[first : first + min(count, len(order))]), len(order) > count)

    def turn(self, step: int) -> None:
        """Turn the page by so many twins; 0 goes back to the first."""
        self._first = self._first + step if step else 0


def _person(twin: Twin) -> Person:
    record = twin.record
    return Person(
        twin.slug, record.name, record.age, record.height, record.figure, record.licence.credit, _portrait_of(twin)
    )


def _portrait_of(twin: Twin) -> Path:
    """A small picture of the twin's head and shoulders, made once and kept in the cache."""
    path = cache_dir() / "twins" / f"{twin.record.clip_sha256}.png"
    if not path.is_file():
        with ClipSource(twin.clip, paced=False) as source:
            picture = source.read().picture
        body = load_bodies(twin.body).at(0, *picture.shape[:2])
        x, y = body.landmarks[Landmark.NOSE]
        half = 0.72 * body.torso_length
        high = half * _PORTRAIT[0] / _PORTRAIT[1]
        top, left = max(0, int(y - 0.85 * high)), max(0, int(x - half))
        cut = picture[top : int(y + 1.15 * high), left : int(x + half)]
        write_picture(path, np.asarray(cv2.resize(cut, _PORTRAIT[::-1], interpolation=cv2.INTER_AREA), np.uint8))
    return path
