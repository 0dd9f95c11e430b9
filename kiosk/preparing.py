"""Makes photos into garments, and garments into films for the attract screen, once each: `kiosk run` starts it.

The films show the project's own rendered person; nobody who stands before the mirror is ever in one.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from engines.errors import TwinMirrorError
from engines.pose.bundle import cache_dir
from engines.runtime.engine import MODELS
from kiosk.cache import key_of
from kiosk.collection import RECORD, THUMBNAIL, Piece, pieces_of
from kiosk.demo import PERSON

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)
_NICENESS = 10
_THUMBNAIL_SIZE = (360, 440)
_PADDING = 12


def film_of(piece: Piece) -> Path:
    """Where the film of a ready garment is, or will be. Raises `OSError` where the garment cannot be read."""
    charts = sorted(path for path in piece.folder.iterdir() if path.name != THUMBNAIL)
    return cache_dir() / "films" / f"{key_of([PERSON, MODELS / 'drape.onnx', MODELS / 'parts.onnx', *charts])}.mp4"


def thumbnail_of(piece: Piece) -> Path:
    """Where the small picture of a garment is, or will be."""
    if piece.photo is not None:
        return piece.folder / THUMBNAIL
    return cache_dir() / "thumbnails" / f"{key_of([piece.folder / RECORD], str(piece.folder.resolve()))}.png"


def complete(folder: Path) -> bool:
    """Whether every garment of a collection is ready, with its thumbnail and its film."""
    return all(
        piece.ready and thumbnail_of(piece).is_file() and film_of(piece).is_file() for piece in pieces_of(folder)
    )


def prepare(folder: Path, beat: Callable[[], None]) -> bool:
    """Make what is missing, thumbnails and garments before films; gives whether all could be made.

    What cannot be made is logged by its file and left out. Raises `CollectionError`.
    """
    os.nice(_NICENESS)  # shoppers come first
    pieces = pieces_of(folder)
    good = [piece for piece in pieces if _done(_make_garment, piece, beat)]
    return len([piece for piece in good if _done(_make_film, piece, beat)]) == len(pieces)


def _done(make: Callable[[Piece], None], piece: Piece, beat: Callable[[], None]) -> bool:
    beat()
    try:
        make(piece)
    except (TwinMirrorError, OSError) as error:
        _log.warning("%s is left out: %s", piece.name, error)
        return False
    return True


def _make_garment(piece: Piece) -> None:
    # Loaded only where something is to be made
    from engines.garments import store  # noqa: PLC0415
    from kiosk.garments import wearable  # noqa: PLC0415
    from kiosk.imaging import write_picture  # noqa: PLC0415

    if not piece.ready and piece.photo is not None:
        store.save(wearable(piece.photo, None), piece.folder)
    thumbnail = thumbnail_of(piece)
    if not thumbnail.is_file():
        write_picture(thumbnail, _thumbnail(piece))


def _make_film(piece: Piece) -> None:
    from engines.garments import store  # noqa: PLC0415
    from kiosk.camera.config import open_source, parse_source  # noqa: PLC0415
    from kiosk.tryon.live import run_live  # noqa: PLC0415

    film = film_of(piece)
    if not film.is_file():
        run_live(open_source(parse_source(str(PERSON), paced=False)), [store.load(piece.folder)], film)


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
