"""A network's stored inputs: what an engine is calibrated with, and what it is verified on.

They come from the synthetic generator and from nobody's photo. One file a network, `models/NAME.batch.npz`, beside the
model: for each input a uint8 array `NAME` (N, *shape without the batch's axis) and float32 `NAME.low` and `NAME.step`
(C,), with value = low + step * stored for each channel.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engines.compile.errors import BuildError

F32 = NDArray[np.float32]
_LEVELS: Final = 255.0
_MOST_BYTES: Final = 64 * 1024 * 1024
CALIBRATING: Final = 8
"""So many of a batch set the steps of INT8; the others, which it has not seen, tell whether they fit."""


@dataclass(frozen=True)
class StoredBatch:
    """Inputs by name, each (N, ...) float32; N is the same for all."""

    inputs: dict[str, F32]

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))

    def feeds(self) -> list[dict[str, F32]]:
        """The samples one by one, each (1, ...)."""
        return [{name: array[k : k + 1] for name, array in self.inputs.items()} for k in range(len(self))]

    def calibrating(self) -> list[dict[str, F32]]:
        """Those that set the steps of INT8."""
        return self.feeds()[:CALIBRATING]

    def verifying(self) -> list[dict[str, F32]]:
        """Those that no step was set by."""
        return self.feeds()[CALIBRATING:]


def batch_path(model: Path) -> Path:
    """Where a network's stored inputs lie."""
    return model.with_suffix(".batch.npz")


def save_batch(path: Path, inputs: dict[str, F32]) -> None:
    """Write a batch, each channel (second axis) in 256 levels."""
    columns: dict[str, NDArray[np.generic]] = {}
    for name, array in inputs.items():
        axes = tuple(axis for axis in range(array.ndim) if axis != 1)
        low, high = array.min(axes), array.max(axes)
        step = np.maximum((high - low) / _LEVELS, 1e-12)
        shape = (1, -1, *(1,) * (array.ndim - 2))
        columns[name] = np.rint((array - low.reshape(shape)) / step.reshape(shape)).astype(np.uint8)
        columns[f"{name}.low"], columns[f"{name}.step"] = low.astype(np.float32), step.astype(np.float32)
    with path.open("wb") as file:
        np.savez_compressed(file, **columns)  # type: ignore[arg-type]


def load_batch(model: Path) -> StoredBatch:
    """The stored inputs of a network. Raises BuildError where there are none, or they are damaged."""
    path = batch_path(model)
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise BuildError(f"{path.name} is too large for stored inputs: make it anew")
        with np.load(path, allow_pickle=False) as file:
            names = [name for name in file.files if "." not in name]
            inputs = {name: _values(file[name], file[f"{name}.low"], file[f"{name}.step"]) for name in names}
    except FileNotFoundError:
        raise BuildError(
            f"{model.stem} has no stored inputs to be verified on: make them with `python -m engines.compile batch`"
        ) from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BuildError(
            f"{path.name} is damaged ({type(error).__name__}): make it anew or reinstall twinmirror"
        ) from None
    if not inputs or len({len(array) for array in inputs.values()}) != 1 or len(inputs[names[0]]) <= CALIBRATING:
        raise BuildError(f"{path.name} holds too few inputs: make it anew with more than {CALIBRATING}")
    return StoredBatch(inputs)


def _values(stored: NDArray[np.uint8], low: F32, step: F32) -> F32:
    shape = (1, -1, *(1,) * (stored.ndim - 2))
    return np.asarray(stored * step.reshape(shape) + low.reshape(shape), np.float32)
