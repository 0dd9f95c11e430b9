"""An engine on a device that may fail at any time, with the CPU behind it."""

from __future__ import annotations

import logging
import queue
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineFaultError
from engines.runtime.engine import Engine

F32 = NDArray[np.float32]
_log = logging.getLogger(__name__)
START_SECONDS: Final = 60.0
"""A device's first start loads libraries and sets up its kernels."""
ANSWER_SECONDS: Final = 0.6
"""Longest wait for one frame; with a frame on the CPU after it less than a second."""
_CLOSE_SECONDS: Final = 2.0


class _Lane:
    """A thread of its own for one device: its context belongs to one thread, and a hung device hangs that thread only.

    A daemon: a driver that never returns must not keep the process from ending.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True, name="engine").start()

    def call(self, work: Callable[[], object], seconds: float) -> object:
        """What `work` gives. Raises what it raises, and EngineFaultError where it has not ended in time."""
        answer: queue.SimpleQueue[tuple[object, BaseException | None]] = queue.SimpleQueue()

        def answered() -> None:
            try:
                answer.put((work(), None))
            except BaseException as error:  # noqa: BLE001 - it is raised again by whoever asked
                answer.put((None, error))

        self._asked.put(answered)
        try:
            value, error = answer.get(timeout=seconds)
        except queue.Empty:
            raise EngineFaultError(f"the device has not answered for {seconds:g} s") from None
        if error is not None:
            raise error
        return value

    def end(self) -> None:
        """Let the thread end, once it is free."""
        self._asked.put(None)

    def _work(self) -> None:
        while (work := self._asked.get()) is not None:
            work()


class GuardedEngine:
    """An `Engine` on a device; from its first fault on it is the CPU's.

    A faulty GPU is not tried again: CUDA's errors stay with the process, and a mirror that jumps between both flickers.
    """

    def __init__(self, start: Callable[[], Engine], cpu: Engine, answer_s: float = ANSWER_SECONDS) -> None:
        """`start` makes the device's engine, on the thread that will use it.

        Raises TwinMirrorError where it cannot be started.
        """
        self._cpu, self._answer_s = cpu, answer_s
        self._lane = _Lane()
        self._fast: Engine | None = None
        try:
            started = self._lane.call(start, START_SECONDS)
        except BaseException:
            self._lane.end()
            raise
        self._fast = fast = cast("Engine", started)
        self.fault: str | None = None
        # Also where nobody closes it: when it is forgotten, and when the interpreter ends
        self._release = weakref.finalize(self, _give_back, self._lane, fast)

    @property
    def name(self) -> str:
        """Back end and device that answer now."""
        return (self._fast or self._cpu).name

    @property
    def model_sha256(self) -> str:
        """Hash of the model file that runs."""
        return self._cpu.model_sha256

    @property
    def bytes_moved(self) -> int:
        """Bytes that the last `infer` copied between host and device."""
        return (self._fast or self._cpu).bytes_moved

    def infer(self, inputs: dict[str, F32]) -> dict[str, F32]:
        """Outputs by name from inputs by name: the device's, or within a second the CPU's."""
        fast = self._fast
        if fast is not None:
            try:
                return self._lane.call(lambda: fast.infer(inputs), self._answer_s)  # type: ignore[return-value]
            except Exception as error:  # noqa: BLE001 - whatever a driver raises, the mirror goes on
                self._give_up(error)
        return self._cpu.infer(inputs)

    def close(self) -> None:
        """Give back what the device holds."""
        self._fast = None
        self._release()

    def _give_up(self, error: Exception) -> None:
        self._fast = None
        self.fault = " ".join(str(error).split()) or type(error).__name__
        _log.error("%s: the network runs on the CPU from now on", self.fault)
        # Nobody waits for it: what has failed may hang in being given back
        threading.Thread(target=self._release, daemon=True).start()


def _give_back(lane: _Lane, fast: Engine) -> None:
    with suppress(Exception):
        lane.call(fast.close, _CLOSE_SECONDS)
    lane.end()
