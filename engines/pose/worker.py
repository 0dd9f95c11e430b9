"""The pose estimator in a process of its own without network, as its owner sees it.

Asynchronous: the pose of frame n+1 is found while frame n is composed. MediaPipe is imported in the child only.
"""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import engines
from engines.errors import EstimatorError
from engines.pose import wire
from engines.pose.body import Body
from engines.pose.bundle import ensure_bundle
from engines.pose.estimator import resized, scaled_body, working_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Self

_log = logging.getLogger(__name__)
_START_SECONDS: Final = 60.0
_STILL_SECONDS: Final = 30.0
_RESTART_WINDOW: Final = 60.0


@dataclass(frozen=True)
class PoseResult:
    """What was found in one frame.

    people: the bodies in pixels of the submitted frame, the largest first; empty where nobody was found.
    milliseconds: what the estimator itself took.
    crashed: the estimator died over this frame and was started anew; nothing is known about the frame.
    """

    frame_id: int
    people: list[Body]
    milliseconds: float
    crashed: bool = False


@dataclass(frozen=True)
class _Pending:
    frame_id: int
    slot: int
    frame_size: tuple[int, int]
    working_size: tuple[int, int]


class PoseWorker:
    """A `PoseEstimator` in its own process. Use it from one thread, as a context manager or with `close`."""

    def __init__(self, *, live: bool, max_people: int = 1, bundle: Path | None = None, max_restarts: int = 3) -> None:
        """Start the process, fetching the pose model first where `bundle` names none.

        Raises `ModelUnavailableError` without a model, `EstimatorError` where the process cannot be started or cannot
        be cut off from the network. It is started anew at most `max_restarts` times a minute.
        """
        self._live = live
        self._most = min(max_people, wire.MAX_PEOPLE)
        self._bundle = bundle or ensure_bundle()
        self._max_restarts = max_restarts
        self._crashes: deque[float] = deque()
        self._pending: deque[_Pending] = deque()
        self._lost: deque[PoseResult] = deque()
        self._last_timestamp = -1
        self._process: subprocess.Popen[bytes] | None = None
        memory = os.memfd_create("twinmirror-pose")
        os.ftruncate(memory, wire.MEMORY_BYTES)
        self._memory = memory
        self._slots = wire.SharedSlots(memory)
        self.locks = ""
        """What cuts the process off: "namespace", "filter" or "namespace+filter"."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    @property
    def process_id(self) -> int | None:
        """Of the running child, None when closed."""
        return self._process.pid if self._process else None

    @property
    def pending(self) -> int:
        """Frames submitted whose result has not been taken."""
        return len(self._pending) + len(self._lost)

    @property
    def ready(self) -> bool:
        """Whether `submit` may be called now."""
        return self.pending < wire.SLOTS

    def submit(self, frame: NDArray[np.uint8], frame_id: int, timestamp_ms: int | None = None) -> None:
        """Hand over a frame, (H, W, 3) uint8 RGB, which is copied. At most two may be under way (see `ready`).

        `timestamp_ms` is needed for live workers; one that does not rise is counted on from the last.
        """
        if not self.ready:
            raise RuntimeError("take a result before submitting another frame")
        full = (int(frame.shape[0]), int(frame.shape[1]))
        height, width = working_size(*full, live=self._live)
        used = {pending.slot for pending in self._pending}
        slot = next(s for s in range(wire.SLOTS) if s not in used)
        self._slots.frame(slot, height, width)[:] = resized(frame, height, width)
        self._last_timestamp = max(self._last_timestamp + 1, timestamp_ms or 0)
        self._pending.append(_Pending(frame_id, slot, full, (height, width)))
        with suppress(BrokenPipeError):  # a crash is found where its result is taken
            os.write(self._requests, wire.REQUEST.pack(slot, height, width, self._last_timestamp))

    def result(self, timeout: float) -> PoseResult | None:
        """The oldest result not yet taken; None where `timeout` seconds pass before it is there.

        Raises `EstimatorError` where the process has died more often than it may be started anew.
        """
        if self._lost:
            return self._lost.popleft()
        if not self._pending:
            raise RuntimeError("submit a frame before asking for a result")
        if not select.select([self._answers], [], [], max(0.0, timeout))[0]:
            return None
        message = os.read(self._answers, wire.ANSWER.size)
        if len(message) < wire.ANSWER.size:
            self._recover()
            return self._lost.popleft()
        _, count, spent = wire.ANSWER.unpack(message)
        pending = self._pending.popleft()
        bodies = [
            self._slots.read_person(pending.slot, i, *pending.working_size) for i in range(min(count, self._most))
        ]
        return PoseResult(pending.frame_id, [scaled_body(b, *pending.frame_size) for b in bodies], spent)

    def people(self, frame: NDArray[np.uint8], timestamp_ms: int | None = None) -> list[Body]:
        """See `PoseEstimator.people`. Raises `EstimatorError` where the process dies or does not answer."""
        self.submit(frame, 0, timestamp_ms)
        answer = self.result(_STILL_SECONDS)
        if answer is None or answer.crashed:
            raise EstimatorError("the pose estimator failed on this picture: try another one")
        return answer.people

    def estimate(self, frame: NDArray[np.uint8], timestamp_ms: int | None = None) -> Body | None:
        """See `PoseEstimator.estimate`."""
        return next(iter(self.people(frame, timestamp_ms)), None)

    def close(self) -> None:
        """Stop the process and forget all pictures; may be called twice."""
        self._stop()
        self._pending.clear()
        self._lost.clear()
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        child_requests, self._requests = os.pipe()
        self._answers, child_answers = os.pipe()
        descriptors = (child_requests, child_answers, self._memory)
        mode = "live" if self._live else "still"
        command = [sys.executable, "-m", "engines.pose.child", *map(str, descriptors)]
        command += [str(self._bundle), mode, str(self._most)]
        # MediaPipe's own chatter is of no use to anyone who has not asked for it
        noise = None if _log.isEnabledFor(logging.DEBUG) else subprocess.DEVNULL
        self._process = subprocess.Popen(
            command, pass_fds=descriptors, stdin=subprocess.DEVNULL, stdout=noise, stderr=noise, env=_environment()
        )
        os.close(child_requests)
        os.close(child_answers)
        greeting = self._read_greeting()
        if not greeting.startswith(wire.READY):
            reason = greeting.removeprefix(wire.FAILED).decode(errors="replace") or "it ended at once"
            self._stop()
            raise EstimatorError(
                f"the pose estimator cannot be started ({reason}): run `make test` to check the set-up"
            )
        self.locks = greeting.removeprefix(wire.READY).decode()

    def _read_greeting(self) -> bytes:
        """The child's first line without its end; empty where it died or said nothing in time."""
        line = b""
        end = time.monotonic() + _START_SECONDS
        while not line.endswith(b"\n"):
            if not select.select([self._answers], [], [], max(0.0, end - time.monotonic()))[0]:
                return b""
            byte = os.read(self._answers, 1)
            if not byte:
                return b""
            line += byte
        return line.rstrip(b"\n")

    def _recover(self) -> None:
        """Start the process anew after a crash; frames under way become lost results."""
        self._stop()
        now = time.monotonic()
        self._crashes.append(now)
        while now - self._crashes[0] > _RESTART_WINDOW:
            self._crashes.popleft()
        self._lost.extend(PoseResult(p.frame_id, [], 0.0, crashed=True) for p in self._pending)
        self._pending.clear()
        if len(self._crashes) > self._max_restarts:
            raise EstimatorError(
                f"the pose estimator crashed {len(self._crashes)} times within a minute: restart the mirror"
            )
        _log.warning(
            "the pose estimator crashed and is started anew (%d of %d)", len(self._crashes), self._max_restarts
        )
        self._start()

    def _stop(self) -> None:
        if self._process is None:
            return
        os.close(self._requests)
        os.close(self._answers)
        try:
            self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _environment() -> dict[str, str]:
    """The owner's environment, in which the child finds this very copy of the packages, installed or not."""
    root = str(Path(engines.__file__).parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "3", "GLOG_minloglevel": "3"}
