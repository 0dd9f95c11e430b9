"""Makes photos into garments, and garments into films for the attract screen, once each: `kiosk run` starts it.

The films show the project's own rendered twins, another one with each garment; nobody who stands before the mirror is
ever in one.
"""

from __future__ import annotations

import logging
import os
import time
import zlib
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engines.errors import BadImageError, GarmentPhotoError, TwinMirrorError, UnsupportedCategoryError
from engines.pose.bundle import cache_dir
from engines.runtime.engine import MODELS
from kiosk.cache import key_of
from kiosk.catalogue.store import Catalogue
from kiosk.collection import RECORD, THUMBNAIL, Piece
from kiosk.errors import CatalogueError, OutputError
from kiosk.twins.shown import PACKS, twins_in

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from engines.garments.garment import Garment
    from kiosk.twins.record import Twin

_log = logging.getLogger(__name__)
_NICENESS = 10
_THUMBNAIL_SIZE = (360, 440)
_PADDING = 12
_MOST_FILMS: Final = 12
"""Of a collection's first garments: each film takes minutes to make, and nobody watches more."""
_FAILED: Final = ".failed"


def film_of(piece: Piece) -> Path:
    """Where the film of a ready garment is, or will be. Raises `OSError` where the garment cannot be read."""
    charts = sorted(path for path in piece.folder.iterdir() if path.name != THUMBNAIL)
    twin = wearer_of(piece)
    networks = [MODELS / "drape.onnx", MODELS / "parts.onnx"]
    return cache_dir() / "films" / f"{key_of([twin.clip, twin.body, *networks, *charts])}.mp4"


def wearer_of(piece: Piece) -> Twin:
    """The demo twin that shows a garment: by its name, so that the collection goes round among all of them."""
    twins = _demo_twins()
    return twins[zlib.crc32(piece.name.encode()) % len(twins)]


@cache
def _demo_twins() -> list[Twin]:
    return twins_in(PACKS)


def thumbnail_of(piece: Piece) -> Path:
    """Where the small picture of a garment is, or will be."""
    if piece.photo is not None:
        return piece.folder / THUMBNAIL
    return cache_dir() / "thumbnails" / f"{key_of([piece.folder / RECORD], str(piece.folder.resolve()))}.png"


def unfinished(data: Path) -> bool:
    """Whether a garment of the catalogue, or a film of what is on show, is still to be made."""
    with closing(Catalogue(data)) as catalogue:
        return catalogue.waiting(time.time()) is not None or any(map(_film_missing, filmed(catalogue)))


def prepare(data: Path, beat: Callable[[], None]) -> None:
    """Make what is missing: garments, what is on show first, each with its thumbnail; then films.

    What cannot be made is told in the catalogue. Raises `CatalogueError`, and `OutputError` or its like where there is
    no room.
    """
    os.nice(_NICENESS)  # shoppers come first
    with closing(Catalogue(data)) as catalogue:
        _remake_lost(catalogue, beat)
        while True:
            beat()
            piece = catalogue.waiting(time.time())
            if piece is not None:
                offer(catalogue, piece)
                continue
            missing = next(filter(_film_missing, filmed(catalogue)), None)
            if missing is None:
                return
            _try_film(catalogue, missing)


def filmed(catalogue: Catalogue) -> list[Piece]:
    """The garments on show that have a film, or will have. Raises `CatalogueError`."""
    shown = catalogue.on_show(time.time()) if _demo_twins() else None
    return [] if shown is None else [piece for _, piece in catalogue.page(shown, -1, _MOST_FILMS)]


def _remake_lost(catalogue: Catalogue, beat: Callable[[], None]) -> None:
    """A cache may be emptied at any time."""
    lost = []
    for piece in catalogue.ready():
        beat()
        if not piece.ready or not thumbnail_of(piece).is_file():
            lost.append(piece.number)
    catalogue.remake(lost)


def offer(catalogue: Catalogue, piece: Piece) -> None:
    """Make a garment and say so, or say why it cannot be made."""
    try:
        _make_garment(piece)
        category = piece.category
        if category is None:
            raise GarmentPhotoError(f"{piece.folder} holds no garment that can be worn: add it again")
        catalogue.made(piece.number, category)
    except (GarmentPhotoError, BadImageError, UnsupportedCategoryError) as error:
        _refuse(catalogue, piece, error)
    except CatalogueError:
        raise
    except TwinMirrorError as error:
        if piece.photo is not None:
            raise  # a full disk says nothing of the photo
        _refuse(catalogue, piece, error)


def _refuse(catalogue: Catalogue, piece: Piece, error: TwinMirrorError) -> None:
    _log.warning("%s is left out: %s", piece.name, error)
    catalogue.refuse(piece.number, str(error))


def _film_missing(piece: Piece) -> bool:
    """Also where the garment has gone from the cache: whoever makes the film then finds that out."""
    try:
        film = _known_film_of(piece)
    except OSError:
        return True
    return not film.is_file() and not film.with_suffix(_FAILED).is_file()


@cache
def _known_film_of(piece: Piece) -> Path:
    """To know its name takes reading all of the garment."""
    return film_of(piece)


def _try_film(catalogue: Catalogue, piece: Piece) -> None:
    """Make a film; where that fails it is not tried again until something of it has changed."""
    try:
        film = film_of(piece)
    except OSError:
        catalogue.remake([piece.number])
        return
    try:
        _make_film(piece)
    except OutputError:
        raise
    except TwinMirrorError as error:
        _log.warning("%s has no film: %s", piece.name, error)
        film.parent.mkdir(parents=True, exist_ok=True)
        film.with_suffix(_FAILED).touch()


def _make_garment(piece: Piece) -> None:
    # Loaded only where something is to be made
    from engines.garments import store  # noqa: PLC0415
    from kiosk.imaging import write_picture  # noqa: PLC0415

    if not piece.ready and piece.photo is not None:
        store.save(_garment_of(piece, piece.photo), piece.folder)
    thumbnail = thumbnail_of(piece)
    if not thumbnail.is_file():
        write_picture(thumbnail, _thumbnail(piece))


def _garment_of(piece: Piece, photo: Path) -> Garment:
    from engines.garments.ingest import ingest  # noqa: PLC0415
    from kiosk.garments import wearable  # noqa: PLC0415

    if piece.stated is None:
        return wearable(photo, None)
    return ingest(photo, piece.back, piece.stated, piece.name)


def _make_film(piece: Piece) -> None:
    from engines.garments import store  # noqa: PLC0415
    from kiosk.tryon.filming import film_twin  # noqa: PLC0415

    film = film_of(piece)
    if not film.is_file():
        film_twin(wearer_of(piece), [store.load(piece.folder)], film)


def _thumbnail(piece: Piece) -> NDArray[np.uint8]:
    """The garment alone (440, 360, 4) uint8, upright in the middle: cut out of its photo, or its front's chart."""
    from engines.garments import store  # noqa: PLC0415
    from engines.garments.garment import Chart  # noqa: PLC0415
    from engines.garments.matte import cut_out  # noqa: PLC0415
    from engines.imaging import read_image  # noqa: PLC0415

    if piece.photo is not None:
        return _centred(cut_out(read_image(piece.photo)).picture)
    return _centred(store.load(piece.folder).atlas[Chart.TORSO_FRONT])


def _centred(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    rows, columns = np.nonzero(rgba[..., 3] > 128)
    cut = rgba[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    width, height = (side - 2 * _PADDING for side in _THUMBNAIL_SIZE)
    scale = min(width / cut.shape[1], height / cut.shape[0])
    size = (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    out = np.zeros((_THUMBNAIL_SIZE[1], _THUMBNAIL_SIZE[0], 4), np.uint8)
    top, left = (out.shape[0] - size[1]) // 2, (out.shape[1] - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = small
    return out
