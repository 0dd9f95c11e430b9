"""The onnxruntime back end, on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engines.errors import ModelUnavailableError
from engines.runtime.engine import read_model

if TYPE_CHECKING:
    from pathlib import Path

F32 = NDArray[np.float32]


class OnnxEngine:
    """An `Engine` that runs an ONNX file through onnxruntime."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Raises ModelUnavailableError for a missing or damaged file."""
        # Loaded here, so that a kiosk on another back end needs no onnxruntime.
        import onnxruntime as ort  # noqa: PLC0415

        data, self._sha256 = read_model(path)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        # Idle threads must not spin: the pose estimator needs the other core.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises its own unrelated types
            msg = f"the network {path.name} is damaged ({type(error).__name__}); reinstall twinmirror"
            raise ModelUnavailableError(msg) from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    @property
    def name(self) -> str:
        """Back end and device."""
        return "onnxruntime (CPU)"

    @property
    def model_sha256(self) -> str:
        """Hash of the model file that runs."""
        return self._sha256

    def infer(self, inputs: dict[str, F32]) -> dict[str, F32]:
        """Outputs by name from inputs by name, all float32."""
        return dict(zip(self._outputs, self._session.run(None, inputs), strict=True))
