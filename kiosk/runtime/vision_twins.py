"""The twins as the camera's process shows them: checked once each, and a mirror of their own for the one shown last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kiosk.errors import TwinError
from kiosk.rights.revocations import NAME, read_revocations
from kiosk.twins.licence import Use
from kiosk.twins.record import Twin, check_files, read_twin
from kiosk.twins.shown import today
from kiosk.twins.source import twin_frames

if TYPE_CHECKING:
    from kiosk.config import Settings
    from kiosk.tryon.live import LiveMirror, Seen


def another(mirror: LiveMirror) -> LiveMirror:
    """A mirror for other frames or another look, with the engine of one that has shown some."""
    from kiosk.tryon.live import LiveMirror  # noqa: PLC0415 - it loads what a first picture needs not

    return LiveMirror([], mirror.engines["drape"])


class TwinMirrors:
    """Twins by their slugs; each is refused unless its files are whole and its licence is valid here and now."""

    def __init__(self, settings: Settings) -> None:
        self._folder, self._place = settings.twins, settings.country
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
            if slug != slug.strip(". /\\") or "/" in slug or "\\" in slug:
                raise TwinError(f"{slug!r} is no twin's name: choose one that `kiosk twin list` shows")
            twin = read_twin(self._folder / slug)
            check_files(twin)
            self._checked[slug] = twin
        licence = read_revocations(self._folder / NAME).applied(self._checked[slug].record.licence)
        licence.require(Use.MIRROR, self._place, today())
        return self._checked[slug]
