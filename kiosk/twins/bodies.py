"""A twin's body in each frame of its clip, as the pose estimator saw it once; so that none runs while a twin is shown.

The file is numpy's npz. It comes from outside, so what it declares is bounded before anything is unpacked.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from engines.pose.body import Body
from engines.pose.estimator import scaled_body
from kiosk.errors import TwinError
from kiosk.imaging import staged_output

MOST_FRAMES: Final = 1800
MOST_SIDE: Final = 480
_LANDMARKS: Final = 33
_SHAPES: Final[dict[str, tuple[str, tuple[int | None, ...]]]] = {
    "landmarks": ("<f4", (None, _LANDMARKS, 2)),
    "world": ("<f4", (None, _LANDMARKS, 3)),
    "visibility": ("<f4", (None, _LANDMARKS)),
    "silhouette": ("|u1", (None, None, None)),
}

_BROKEN: Final = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    KeyError,
    ValueError,
    TypeError,
    SyntaxError,
    EOFError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
"""What zip and numpy are seen to raise on damaged files."""


@dataclass(frozen=True)
class Bodies:
    """The body of each frame.

    landmarks (frames, 33, 2) float32 in shares of the picture's width and height; world (frames, 33, 3) metres and
    visibility (frames, 33) as in `Body`; silhouette (frames, h, w) uint8, small.
    """

    landmarks: NDArray[np.float32]
    world: NDArray[np.float32]
    visibility: NDArray[np.float32]
    silhouette: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.landmarks)

    def at(self, index: int, height: int, width: int) -> Body:
        """The body of a frame, for a picture of height x width pixels."""
        small = self.silhouette[index]
        size = np.array([small.shape[1], small.shape[0]], np.float32)
        body = Body(self.landmarks[index] * size, self.world[index], self.visibility[index], small)
        return scaled_body(body, height, width)


def save_bodies(bodies: Bodies, path: Path) -> None:
    """Write the file whole. Raises `OutputError` where that fails."""
    with staged_output(path) as stage, stage.open("wb") as file:
        np.savez_compressed(file, **{name: getattr(bodies, name) for name in _SHAPES})


def load_bodies(path: Path) -> Bodies:
    """Read the file. Raises `TwinError` where it is damaged or is not what a twin's body data can be."""
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {name: _array(archive, name) for name in _SHAPES}
    except _BROKEN as error:
        words = " ".join(str(error).split())[:120]
        raise TwinError(f"{path} is damaged ({words}): copy the twin's folder again") from None
    counts = {len(array) for array in arrays.values()}
    if len(counts) != 1 or not 0 < counts.pop() <= MOST_FRAMES:
        raise TwinError(f"{path} does not hold one body a frame: make the twin anew")
    if not all(np.isfinite(arrays[name]).all() for name in ("landmarks", "world", "visibility")):
        raise TwinError(f"{path} holds places that are no numbers: make the twin anew")
    return Bodies(**arrays)


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """One array, its kind and shape checked before its content is unpacked. Raises ValueError, KeyError."""
    dtype, shape = _SHAPES[name]
    if archive.getinfo(f"{name}.npy").compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ValueError(f"{name} is packed in an unknown way")
    with archive.open(f"{name}.npy") as file:
        if npy.read_magic(file) != (1, 0):
            raise ValueError(f"{name} is of an unknown version")
        found, fortran, kind = npy.read_array_header_1_0(file)
        fits = len(found) == len(shape) and all(want in {None, have} for want, have in zip(shape, found, strict=True))
        if kind != np.dtype(dtype) or fortran or not fits:
            raise ValueError(f"{name} is not of the shape that it must be")
        limits = (MOST_FRAMES, *(MOST_SIDE for _ in found[1:]))
        if any(not 0 < have <= most for have, most in zip(found, limits, strict=True)):
            raise ValueError(f"{name} is too large")
        size = int(np.prod(found)) * kind.itemsize
        content = file.read(size + 1)
        if len(content) != size:
            raise ValueError(f"{name} is cut off or too long")
    return np.frombuffer(content, kind).reshape(found)
