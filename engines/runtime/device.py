"""The device's memory, by pycuda: the one place that imports it. It belongs to the thread that opens it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineFaultError, ModelUnavailableError

F32 = NDArray[np.float32]
_THREAD_LOCAL: Final = 1
"""CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads may use the driver while a graph is captured."""


@dataclass(frozen=True)
class Gpu:
    """Which GPU this is: an engine built on one kind does not load on another."""

    name: str
    compute_capability: str


def find_gpu() -> Gpu:
    """The first GPU. Raises ModelUnavailableError, saying why, where none can be used."""
    driver = _driver()
    device = driver.Device(0)
    major, minor = device.compute_capability()
    return Gpu(device.name(), f"{major}.{minor}")


def _driver() -> Any:
    try:
        from pycuda import driver  # noqa: PLC0415 - an extra that only a GPU needs
    except (ImportError, OSError) as error:
        raise ModelUnavailableError(f"no GPU can be used: pycuda cannot be loaded ({_line(error)})") from None
    try:
        driver.init()
        if driver.Device.count() == 0:
            raise ModelUnavailableError("no GPU can be used: the driver finds none")
    except driver.Error as error:
        raise ModelUnavailableError(f"no GPU can be used: {_line(error)}") from None
    return driver


class DeviceMemory:
    """Pinned host arrays and their counterparts on the GPU, one stream, and a graph of one frame's work.

    host: pinned arrays by name, to be written and read. Use it from one thread, and `close` it from the same.
    """

    def __init__(self, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, tuple[int, ...]]) -> None:
        """Raises ModelUnavailableError where there is no GPU, or not enough of its memory."""
        self._cuda = _driver()
        self._context = self._cuda.Device(0).retain_primary_context()
        self._context.push()
        self._graph: _Graph | None = None
        self._open = True
        try:
            self._stream: Any = self._cuda.Stream()
            self.host: dict[str, F32] = {
                name: self._cuda.pagelocked_empty(shape, np.float32) for name, shape in {**inputs, **outputs}.items()
            }
            self._device = {name: self._cuda.mem_alloc(array.nbytes) for name, array in self.host.items()}
        except self._cuda.Error as error:
            self.close()
            raise ModelUnavailableError(f"the GPU has no room for the network: {_line(error)}") from None
        self._inputs, self._outputs = list(inputs), list(outputs)

    @property
    def stream(self) -> int:
        """The stream's handle."""
        return int(self._stream.handle)

    def address(self, name: str) -> int:
        """Where a tensor lies on the GPU."""
        return int(self._device[name])

    @property
    def bytes_per_frame(self) -> int:
        """Bytes that `run` copies each time."""
        return sum(array.nbytes for array in self.host.values())

    def run(self, launch: Callable[[int], bool]) -> None:
        """Copy in, launch on the stream, copy out, wait. Raises EngineFaultError where any of it fails."""
        try:
            if self._graph is None:
                self._enqueue(launch)
            else:
                self._graph.launch(self.stream)
            self._stream.synchronize()
        except self._cuda.Error as error:
            raise EngineFaultError(f"the GPU failed ({_line(error)})") from error

    def capture(self, launch: Callable[[int], bool]) -> bool:
        """Make a graph of one frame's work, which is then started as one; whether that could be done.

        Call it after a first `run`: what a network sets up at its first launch cannot be captured.
        """
        try:
            library = ctypes.CDLL("libcuda.so.1")
            self._graph = _Graph.captured(library, self.stream, lambda: self._enqueue(launch))
        except (OSError, AttributeError, EngineFaultError, self._cuda.Error):
            self._graph = None
        return self._graph is not None

    def _enqueue(self, launch: Callable[[int], bool]) -> None:
        for name in self._inputs:
            self._cuda.memcpy_htod_async(self._device[name], self.host[name], self._stream)
        if not launch(self.stream):
            raise EngineFaultError("the GPU did not take the network")
        for name in self._outputs:
            self._cuda.memcpy_dtoh_async(self.host[name], self._device[name], self._stream)

    def close(self) -> None:
        """Free everything, and let the context go; also after a fault, when freeing itself may fail."""
        if not self._open:
            return
        self._open = False
        if self._graph is not None:
            self._graph.close()
        for allocation in getattr(self, "_device", {}).values():
            with suppress(self._cuda.Error):
                allocation.free()
        self._device, self.host, self._stream = {}, {}, None
        with suppress(self._cuda.Error):
            self._context.pop()
        with suppress(self._cuda.Error):
            self._context.detach()


class _Graph:
    """A CUDA graph, which pycuda does not offer: the driver's own calls (CUDA Driver API, section Graph Management)."""

    def __init__(self, library: ctypes.CDLL, graph: ctypes.c_void_p, executable: ctypes.c_void_p) -> None:
        self._library, self._graph, self._executable = library, graph, executable

    @classmethod
    def captured(cls, library: ctypes.CDLL, stream: int, enqueue: Callable[[], None]) -> _Graph:
        """A graph of what `enqueue` puts on the stream. Raises EngineFaultError where it cannot be captured."""
        graph, executable = ctypes.c_void_p(), ctypes.c_void_p()
        _must(library.cuStreamBeginCapture_v2(ctypes.c_void_p(stream), ctypes.c_int(_THREAD_LOCAL)))
        try:
            enqueue()
        finally:
            ended = library.cuStreamEndCapture(ctypes.c_void_p(stream), ctypes.byref(graph))
        _must(ended)
        instantiated = library.cuGraphInstantiateWithFlags(ctypes.byref(executable), graph, ctypes.c_ulonglong(0))
        if instantiated != 0:
            library.cuGraphDestroy(graph)
        _must(instantiated)
        return cls(library, graph, executable)

    def launch(self, stream: int) -> None:
        """Put one frame's work on the stream. Raises EngineFaultError."""
        _must(self._library.cuGraphLaunch(self._executable, ctypes.c_void_p(stream)))

    def close(self) -> None:
        """Give the graph back."""
        self._library.cuGraphExecDestroy(self._executable)
        self._library.cuGraphDestroy(self._graph)


def _must(result: int) -> None:
    if result != 0:
        raise EngineFaultError(f"the GPU failed (CUDA error {result})")


def _line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
