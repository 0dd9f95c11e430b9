"""What the product needs of a network at run time."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engines.errors import ModelUnavailableError

F32 = NDArray[np.float32]
MODELS = Path(__file__).parent.parent / "models"
"""The shipped weights."""


class Engine(Protocol):
    """A network with fixed input and output shapes."""

    @property
    def name(self) -> str:
        """Back end and device, for reports."""

    @property
    def model_sha256(self) -> str:
        """Hash of the model file that runs."""

    @property
    def bytes_moved(self) -> int:
        """Bytes that the last `infer` copied between host and device: inputs and fields; 0 on the CPU."""

    def infer(self, inputs: dict[str, F32]) -> dict[str, F32]:
        """Outputs by name from inputs by name, all float32. Raises EngineFaultError where a device fails."""

    def close(self) -> None:
        """Give back what the device holds; nothing may be asked of it afterwards. May be called twice."""


def read_model(path: Path) -> tuple[bytes, str]:
    """A model file's bytes and sha256.

    Raises ModelUnavailableError where the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"cannot read the network {path.name}: {error.strerror}; reinstall twinmirror or put the file back"
        raise ModelUnavailableError(msg) from error
    return data, hashlib.sha256(data).hexdigest()
