"""Rendered people for the parts network, held encoded in memory (`engines.synthetic.dataset`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import FieldBody
from engines.errors import TwinMirrorError
from engines.parts.contract import parts_of

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
_PLAIN = ("points", "world", "frame", "silhouette", "about")
_ENCODED = ("picture", "plate", "parts")


@dataclass(frozen=True)
class Sample:
    """One view of one person in field coordinates, as it was rendered.

    picture, plate: (288, 256, 3) uint8 sRGB, with and without the person; label: (288, 256) uint8 of
    `engines.parts.contract.Part`. about: (3,) float32, `engines.synthetic.scene.ABOUT`.
    """

    body: FieldBody
    picture: U8
    plate: U8
    label: U8
    about: F32


class Shards:
    """All samples of some shard files; a sample is decoded when it is asked for."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Raises TwinMirrorError where there are no files."""
        if not files:
            raise TwinMirrorError("no shards found: make some with `python -m engines.synthetic make`")
        plain: dict[str, list[NDArray[Any]]] = {name: [] for name in _PLAIN}
        self._files: dict[str, list[U8]] = {name: [] for name in _ENCODED}
        for path in files:
            with np.load(path) as shard:
                for name in _PLAIN:
                    plain[name].append(shard[name])
                for name in _ENCODED:
                    self._files[name] += np.split(shard[name], shard[name + "_end"][:-1])
        self.columns = {name: np.concatenate(arrays) for name, arrays in plain.items()}

    def __len__(self) -> int:
        return len(self.columns["points"])

    def _decode(self, name: str, index: int, flags: int) -> U8:
        # Shards hold RGB encoded as if it were BGR, and so decoding gives RGB again.
        picture = cv2.imdecode(self._files[name][index], flags)
        if picture is None:
            raise TwinMirrorError(f"the {name} of sample {index} is damaged: make its shard anew")
        return np.asarray(picture, np.uint8)

    def sample(self, index: int) -> Sample:
        """One sample, decoded."""
        points, world, frame, silhouette, about = (self.columns[name][index] for name in _PLAIN)
        x0, y0, x1, y1 = (float(v) for v in frame)
        kinds = self._decode("parts", index, cv2.IMREAD_UNCHANGED)
        return Sample(
            FieldBody(points, world, silhouette, (x0, y0, x1, y1)),
            self._decode("picture", index, cv2.IMREAD_COLOR),
            self._decode("plate", index, cv2.IMREAD_COLOR),
            parts_of(kinds, points),
            about,
        )
