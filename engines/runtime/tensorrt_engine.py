"""The TensorRT back end: an engine that was built on this device, run with one stream and pinned memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineFaultError, ModelUnavailableError
from engines.runtime.device import DeviceMemory
from engines.runtime.tensorrt_api import load_tensorrt, logger_of, version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

F32 = NDArray[np.float32]


class PlanEngine:
    """An `Engine` that runs a TensorRT plan. It belongs to the thread that makes it."""

    def __init__(self, plan: bytes, model_sha256: str) -> None:
        """Raises ModelUnavailableError where TensorRT or the GPU is missing, or does not take the plan."""
        trt = load_tensorrt()
        self._sha256, self._name = model_sha256, f"{version_of(trt)} (GPU)"
        self._errors: list[str] = []
        self._logger = logger_of(trt, self._errors)
        self._runtime = trt.Runtime(self._logger)
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        self._context: Any = self._engine.create_execution_context() if self._engine is not None else None
        if self._context is None:
            raise ModelUnavailableError(f"the engine cannot be loaded here ({self._why()}): kiosk engine build")
        inputs, outputs = _tensors(trt, self._engine)
        self._inputs, self._outputs = tuple(inputs), tuple(outputs)
        self._memory = DeviceMemory(inputs, outputs)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        for name in (*self._inputs, *self._outputs):
            if not self._context.set_tensor_address(name, self._memory.address(name)):
                raise ModelUnavailableError(f"the engine does not take {name} ({self._why()}): kiosk engine build")
        for name in self._inputs:
            self._memory.host[name].fill(0.0)
        self._memory.run(self._context.execute_async_v3)
        self.captured = self._memory.capture(self._context.execute_async_v3)

    @property
    def name(self) -> str:
        """Back end and device."""
        return self._name

    @property
    def model_sha256(self) -> str:
        """Hash of the model file that the plan was made of."""
        return self._sha256

    @property
    def bytes_moved(self) -> int:
        """Bytes that each `infer` copies between host and device: the inputs and the fields."""
        return self._memory.bytes_per_frame

    def infer(self, inputs: dict[str, F32]) -> dict[str, F32]:
        """Outputs by name from inputs by name, all float32. Raises EngineFaultError where the GPU fails."""
        for name in self._inputs:
            np.copyto(self._memory.host[name], inputs[name])
        try:
            self._memory.run(self._context.execute_async_v3)
        except EngineFaultError as error:
            raise EngineFaultError(f"{error}: {self._why()}") from error
        return {name: self._memory.host[name].copy() for name in self._outputs}

    def close(self) -> None:
        """Give back context, memory and engine, in this order."""
        self._context = None
        self._memory.close()
        self._engine = self._runtime = None

    def _why(self) -> str:
        return self._errors[-1].splitlines()[0] if self._errors else "TensorRT gives no reason"


def _tensors(trt: Any, engine: Any) -> tuple[Mapping[str, tuple[int, ...]], Mapping[str, tuple[int, ...]]]:
    """Shapes of inputs and outputs by name. Raises ModelUnavailableError where one is not float32 or not static."""
    inputs: dict[str, tuple[int, ...]] = {}
    outputs: dict[str, tuple[int, ...]] = {}
    for index in range(engine.num_io_tensors):
        name = engine.get_tensor_name(index)
        shape = tuple(engine.get_tensor_shape(name))
        if engine.get_tensor_dtype(name) != trt.float32 or any(length < 0 for length in shape):
            raise ModelUnavailableError(f"the engine's {name} is not float32 of static shape: kiosk engine build")
        side = inputs if engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT else outputs
        side[name] = shape
    return inputs, outputs
