"""The catalogue as the mirror finds it when it starts: mended where that can be done, with its home collection in it.

A mirror is never kept from starting by a damaged catalogue: it is set aside, and the newest backup takes its place.
"""

from __future__ import annotations

import logging
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from kiosk.catalogue import database
from kiosk.catalogue.importing import link_home
from kiosk.catalogue.store import Catalogue
from kiosk.collection import THUMBNAIL, Piece
from kiosk.errors import CatalogueError

_log = logging.getLogger(__name__)
_KNOWN_AT_ONCE: Final = 200


def open_at_start(data: Path, home: Path) -> None:
    """Make the catalogue in `data` ready, its home the folder `home`.

    Raises `CollectionError` where `home` holds nothing, `CatalogueError` where nothing can be written.
    """
    try:
        database.prepare(data)
    except CatalogueError as error:
        if not (data / database.FILE).is_file():
            raise
        aside = database.set_aside(data)
        _log.error("%s; it is kept as %s, and the newest backup is used", error, aside)
        database.prepare(data)
    with closing(Catalogue(data)) as catalogue:
        link_home(home, catalogue)
        _recognise(catalogue)


def _recognise(catalogue: Catalogue) -> None:
    """Show at once what was made before, such as by the catalogue that was set aside."""
    shown = catalogue.on_show(time.time())
    for piece in catalogue.first(shown, _KNOWN_AT_ONCE) if shown else []:
        category = piece.category
        if category is not None and _has_thumbnail(piece):
            catalogue.made(piece.number, category)


def _has_thumbnail(piece: Piece) -> bool:
    return piece.photo is None or (piece.folder / THUMBNAIL).is_file()
