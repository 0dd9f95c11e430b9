"""The garments that a shopper can choose from: a page at a time of the collection on show, however large that is.

A thread of its own asks the catalogue; the screen takes what is newest and never waits. A collection that is switched
while a session runs comes on show after it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.catalogue.money import Money
from kiosk.catalogue.store import Catalogue
from kiosk.collection import Piece
from kiosk.config import Language
from kiosk.errors import CatalogueError
from kiosk.preparing import thumbnail_of

_log = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 0.3
_LISTED_SIZES: Final = 2
"""More are shown as from the first to the last."""
_MOST_KNOWN: Final = 1000
_BEYOND: Final = 2**62


@dataclass(frozen=True)
class Offer:
    """One garment that can be worn. `layer` is its place from the skin outwards."""

    name: str
    title: str
    thumbnail: Path
    layer: int
    price: Money | None = None
    sizes: tuple[str, ...] = ()

    def facts(self, language: Language) -> str:
        """Price and sizes in a line, as far as they are known."""
        sizes = " ".join(self.sizes) if len(self.sizes) <= _LISTED_SIZES else f"{self.sizes[0]}–{self.sizes[-1]}"
        return " · ".join(filter(None, (self.price.shown(language) if self.price else "", sizes)))


@dataclass(frozen=True)
class RailPage:
    """What the rail shows: of the collection of this number, these offers, and whether there are more pages."""

    collection: int = 0
    offers: tuple[Offer, ...] = ()
    more: bool = False


class Rail:
    """The page of the rail that is shown, kept up to date."""

    def __init__(self, data: Path) -> None:
        """`data` is the folder of the catalogue."""
        self._data = data
        self._count = 1
        self._changed = threading.Condition()
        self._turns: list[int] = []
        self._held = self._ending = False
        self._edges = (-1, -1)
        self._known: dict[str, Offer] = {}
        self._thread = threading.Thread(target=self._run, name="rail", daemon=True)
        self.page = RailPage()

    def start(self, count: int) -> None:
        """Begin to look; pages hold so many offers."""
        self._count = count
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join()

    def hold(self, *, held: bool) -> None:
        """Whether a session runs, which keeps its collection to its end."""
        self._held = held

    def turn(self, step: int) -> None:
        """Show the next page, or the one before for -1; 0 is the first. After the last comes the first."""
        with self._changed:
            self._turns.append(step)
            self._changed.notify_all()

    @property
    def layers(self) -> dict[str, int]:
        """The layer of each garment that this collection has shown so far."""
        return {name: offer.layer for name, offer in self._known.items()}

    def titles(self, names: Iterable[str]) -> tuple[str, ...]:
        """What garments that were shown are called."""
        return tuple(self._known[name].title for name in names if name in self._known)

    def _run(self) -> None:
        told = ""
        while not self._ending:
            try:
                with closing(Catalogue(self._data)) as catalogue:
                    self._follow(catalogue)
            except (CatalogueError, OSError) as error:
                if str(error) != told:  # once, not three times a second
                    told = str(error)
                    _log.error("%s", error)
                time.sleep(_LOOK_SECONDS)

    def _follow(self, catalogue: Catalogue) -> None:
        while not self._ending:
            shown = self.page.collection if self._held and self.page.collection else catalogue.on_show(time.time())
            if shown is not None and shown != self.page.collection:
                self._known = {}
                self._edges = (-1, -1)
            with self._changed:
                turns, self._turns = self._turns, []
            steps: list[int | None] = [*turns] or [None]
            for step in steps:
                self._look(catalogue, shown or 0, step)
            with self._changed:
                self._changed.wait_for(lambda: self._turns or self._ending, timeout=_LOOK_SECONDS)

    def _look(self, catalogue: Catalogue, collection: int, step: int | None) -> None:
        """Read a page, one that is `step` from the one shown; None for the same one again."""
        rows = self._rows(catalogue, collection, step)
        rows, beyond = rows[: self._count], len(rows) > self._count
        offers = tuple(offer for _, piece in rows if (offer := _offer(piece)).thumbnail.is_file())
        first = rows[0][0] if rows else -1
        self._edges = (first, rows[-1][0] if rows else -1)
        more = beyond or bool(rows and catalogue.page_before(collection, first, 1))
        if len(self._known) > _MOST_KNOWN:  # weeks of one shopper's turning of pages
            self._known = dict(list(self._known.items())[-_MOST_KNOWN // 2 :])
        self._known = self._known | {offer.name: offer for offer in offers}
        page = RailPage(collection, offers, more)
        if page != self.page:
            self.page = page

    def _rows(self, catalogue: Catalogue, collection: int, step: int | None) -> list[tuple[int, Piece]]:
        """One row more than a page has, where there is one more."""
        first, last = self._edges
        if step is None and first >= 0:
            return catalogue.page(collection, first - 1, self._count + 1)
        if step == 1:
            rows = catalogue.page(collection, last, self._count + 1)
        elif step == -1:
            before = first if first > 0 and catalogue.page_before(collection, first, 1) else _BEYOND
            back = catalogue.page_before(collection, before, self._count)
            # A page that is not full, at the beginning, is filled up from behind
            rows = catalogue.page(collection, back[0][0] - 1, self._count + 1) if back else []
        else:
            rows = []
        return rows or catalogue.page(collection, -1, self._count + 1)


def _offer(piece: Piece) -> Offer:
    return Offer(piece.name, piece.title, thumbnail_of(piece), piece.layer or 0, piece.price, piece.sizes)
