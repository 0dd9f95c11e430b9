"""The onnxruntime back end, on the CPU, or on a GPU where onnxruntime has been built for CUDA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineFaultError, ModelUnavailableError
from engines.runtime.engine import read_model

if TYPE_CHECKING:
    from pathlib import Path

F32 = NDArray[np.float32]
Device = Literal["CPU", "CUDA"]


class OnnxEngine:
    """An `Engine` that runs an ONNX file through onnxruntime."""

    def __init__(self, path: Path, threads: int = 1, device: Device = "CPU") -> None:
        """Raises ModelUnavailableError for a missing or damaged file, or where the device's provider does not work."""
        # Loaded here, so that a kiosk on another back end needs no onnxruntime.
        import onnxruntime as ort  # noqa: PLC0415

        data, self._sha256 = read_model(path)
        self._device: Device = device
        self._bytes_moved = 0
        provider = f"{device}ExecutionProvider"
        if provider not in ort.get_available_providers():
            raise ModelUnavailableError(f"this onnxruntime has no {provider}: install one built for {device}")
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        # Idle threads must not spin: the pose estimator needs the other core.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(data, options, providers=[provider])
        except Exception as error:  # onnxruntime raises its own unrelated types
            msg = f"the network {path.name} is damaged ({type(error).__name__}); reinstall twinmirror"
            raise ModelUnavailableError(msg) from error
        # onnxruntime takes the CPU, and only logs it, where a provider cannot be started
        if self._session.get_providers()[0] != provider:
            raise ModelUnavailableError(f"{provider} cannot be started here: check the driver and its libraries")
        self._outputs = [output.name for output in self._session.get_outputs()]
        if device != "CPU":  # the first run sets up kernels, which takes longer than a frame may
            self.infer({each.name: np.zeros(each.shape, np.float32) for each in self._session.get_inputs()})

    @property
    def name(self) -> str:
        """Back end and device."""
        return f"onnxruntime ({self._device})"

    @property
    def model_sha256(self) -> str:
        """Hash of the model file that runs."""
        return self._sha256

    @property
    def bytes_moved(self) -> int:
        """Bytes that the last `infer` copied between host and device; 0 on the CPU."""
        return self._bytes_moved

    def infer(self, inputs: dict[str, F32]) -> dict[str, F32]:
        """Outputs by name from inputs by name, all float32. On a GPU raises EngineFaultError where it fails."""
        if self._device == "CPU":
            return dict(zip(self._outputs, self._session.run(None, inputs), strict=True))
        try:
            outputs = dict(zip(self._outputs, self._session.run(None, inputs), strict=True))
        except Exception as error:
            raise EngineFaultError(f"{self.name} failed ({type(error).__name__})") from error
        self._bytes_moved = sum(array.nbytes for array in (*inputs.values(), *outputs.values()))
        return outputs

    def close(self) -> None:
        """Nothing is held that the object itself does not hold."""
