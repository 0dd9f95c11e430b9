"""A contact sheet of a data set, for looking: picture, silhouette with landmarks, layers, uv and normals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import FIELD_HEIGHT, FIELD_WIDTH, Layer
from engines.errors import TwinMirrorError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RGB = NDArray[np.uint8]
_LAYER_COLOURS = {
    Layer.TRUNK: (90, 90, 90), Layer.ARM_LEFT: (225, 165, 130), Layer.ARM_RIGHT: (175, 115, 90),
    Layer.INSIDE: (150, 60, 150), Layer.TORSO: (70, 130, 230), Layer.SLEEVE_LEFT: (80, 200, 90),
    Layer.SLEEVE_RIGHT: (230, 190, 60),
}  # fmt: skip
"""Painted in this order, from the skin outwards."""
_PANELS = ((Layer.TORSO, 0), (Layer.SLEEVE_LEFT, 1), (Layer.SLEEVE_RIGHT, 2))


@dataclass(frozen=True)
class _View:
    """One sample: its columns, and its picture (288, 256, 3) uint8."""

    columns: dict[str, NDArray[Any]]
    picture: RGB


def _views(path: Path, indices: Sequence[int]) -> list[_View]:
    with np.load(path) as shard:
        ends, files = shard["picture_end"], shard["picture"]
        names = [name for name in shard.files if not name.startswith(("picture", "plate", "parts"))]
        columns = {name: shard[name] for name in names}
    views = []
    for index in indices:
        start = int(ends[index - 1]) if index else 0
        # Shards hold RGB encoded as if it were BGR, and so decoding gives RGB again.
        picture = cv2.imdecode(files[start : int(ends[index])], cv2.IMREAD_COLOR)
        views.append(_View({name: column[index] for name, column in columns.items()}, np.asarray(picture, np.uint8)))
    return views


def _large(field: NDArray[Any]) -> NDArray[np.float32]:
    """A coarse field at the picture's size."""
    coarse = np.ascontiguousarray(field, np.float32)
    return np.asarray(cv2.resize(coarse, (FIELD_WIDTH, FIELD_HEIGHT), interpolation=cv2.INTER_LINEAR), np.float32)


def _silhouette(view: _View) -> RGB:
    panel = np.repeat(view.columns["silhouette"][..., None], 3, 2)
    for x, y in np.clip(view.columns["points"], -1000, 1000).round().astype(int).tolist():
        cv2.circle(panel, (x, y), 2, (255, 60, 60), -1, cv2.LINE_AA)
    return panel


def _layers(view: _View) -> RGB:
    panel = np.zeros((FIELD_HEIGHT, FIELD_WIDTH, 3), np.uint8)
    for layer, colour in _LAYER_COLOURS.items():
        panel[(view.columns["alpha"] >> int(layer)) & 1 > 0] = colour
    return panel


def _checks(view: _View) -> RGB:
    """Chart coordinates as a chessboard over the dimmed picture, red growing with u and green with v."""
    panel = view.picture // 3
    for layer, index in _PANELS:
        u, v = (_large(view.columns["uv"][2 * index + axis]) for axis in (0, 1))
        board = np.where((np.floor(u * 6) + np.floor(v * 10)) % 2 == 0, 1.0, 0.6)
        colour = np.stack([(u + 1) * 127, v * 255, np.full_like(u, 128)], 2) * board[..., None]
        inside = (view.columns["alpha"] >> int(layer)) & 1 > 0
        panel[inside] = np.clip(colour, 0, 255)[inside]
    return panel


def _normals(view: _View, name: str) -> RGB:
    field = view.columns[name].astype(np.float32) + 128
    return np.asarray(np.clip(np.dstack([_large(axis) for axis in field]), 0, 255), np.uint8)


def _row(view: _View) -> RGB:
    """One sample's panels side by side (288, 6 * 256, 3)."""
    panels = [view.picture, _silhouette(view), _layers(view), _checks(view)]
    return np.concatenate([*panels, _normals(view, "normal"), _normals(view, "skin_normal")], 1)


def contact_sheet(files: Sequence[Path], rows: int) -> RGB:
    """Samples spread evenly over the shards, one a row: (288 * rows, 1536, 3) uint8 sRGB.

    Raises TwinMirrorError where there are no shards.
    """
    if not files:
        raise TwinMirrorError("no shards found: make some with `python -m engines.synthetic make`")
    chosen = [files[int(k)] for k in np.linspace(0, len(files) - 1, min(rows, len(files)))]
    each = -(-rows // len(chosen))
    lines: list[RGB] = []
    for path in chosen:
        with np.load(path) as shard:
            size = len(shard["code"])
        indices = np.linspace(0, size - 1, min(each, size)).astype(int).tolist()
        lines += [_row(view) for view in _views(path, indices)]
    return np.concatenate(lines[:rows])
