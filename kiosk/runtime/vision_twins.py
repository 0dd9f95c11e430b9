"""The twins as the camera's process shows them: checked once each, and a mirror of their own for the one shown last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kiosk.twins.licence import Use
from kiosk.twins.places import Places
from kiosk.twins.record import Twin, check_files
from kiosk.twins.shown import today
from kiosk.twins.source import twin_frames

if TYPE_CHECKING:
    from kiosk.config import Settings
    from kiosk.tryon.live import LiveMirror, Seen
    from kiosk.tryon.place import Place


def another(mirror: LiveMirror, place: Place | None = None) -> LiveMirror:
    """A mirror for other frames or another look, with the engine of one that has shown some; `place` is the frames'."""
    from kiosk.tryon.live import LiveMirror  # noqa: PLC0415 - it loads what a first picture needs not
    from kiosk.tryon.place import ANYWHERE  # noqa: PLC0415

    return LiveMirror([], mirror.engines["drape"], place=place or ANYWHERE)


class TwinMirrors:
    """Twins by their slugs; each is refused unless its files are whole and its licence is valid here and now."""

    def __init__(self, settings: Settings) -> None:
        self._places, self._country = Places.of(settings), settings.country
        self._checked: dict[str, Twin] = {}
        self._last: tuple[str, LiveMirror] | None = None

    def mirror(self, slug: str, like: LiveMirror) -> LiveMirror:
        """A mirror for a twin's frames, with the engine of another one. Raises `TwinError`."""
        self._twin(slug)
        if self._last is None or self._last[0] != slug:
            self._last = slug, another(like)
        return self._last[1]

    def frames(self, slug: str, wanted: Callable[[], bool]) -> Iterator[Seen]:
        """The twin's frames for as long as they are wanted. Raises `TwinError`, `CameraError`."""
        return twin_frames(self._twin(slug), wanted)

    def _twin(self, slug: str) -> Twin:
        if slug not in self._checked:
            twin = self._places.twin(slug)
            check_files(twin)
            self._checked[slug] = twin
        licence = self._places.revocations().applied(self._checked[slug].record.licence)
        licence.require(Use.MIRROR, self._country, today())
        return self._checked[slug]
