"""The launcher of real processes: `python -m ENTRY`, with the shared memory and pipes it needs, bound to this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import kiosk
from kiosk.runtime.pulse import Pulse
from kiosk.runtime.ring import reopened
from kiosk.runtime.supervisor import ProcessSpec


@dataclass(frozen=True)
class Descriptors:
    """What passes between the processes: the ring, the board of heartbeats, and both ends of the pipe of wishes."""

    ring: int
    board: int
    wishes_out: int
    wishes_in: int


@dataclass
class RunningProcess:
    """A `Handle` on a child process."""

    process: subprocess.Popen[bytes]
    pulse: Pulse

    def poll(self) -> int | None:
        """See `Handle.poll`."""
        return self.process.poll()

    def last_beat(self) -> float | None:
        """See `Handle.last_beat`."""
        return self.pulse.last

    def terminate(self) -> None:
        """See `Handle.terminate`."""
        if self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """See `Handle.kill`."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def launcher(names: Sequence[str], shared: Descriptors) -> Callable[[ProcessSpec], RunningProcess]:
    """A launcher for processes of these names.

    Each is called with its entry's arguments and, at the end, its descriptors: ring, board, its place there,
    both ends of the pipe of wishes, and this process.
    """

    def launch(spec: ProcessSpec) -> RunningProcess:
        index = names.index(spec.name)
        pulse = Pulse(shared.board, index)
        pulse.clear()
        ring = reopened(shared.ring)
        passed = (ring, shared.board, shared.wishes_out, shared.wishes_in)
        numbers = (ring, shared.board, index, shared.wishes_out, shared.wishes_in, os.getpid())
        try:
            process = subprocess.Popen(
                [sys.executable, *spec.entry, *map(str, numbers)],
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                env=_environment(),
            )
        finally:
            os.close(ring)
        return RunningProcess(process, pulse)

    return launch


def _environment() -> dict[str, str]:
    """The owner's environment, in which a child finds this very copy of the packages, installed or not."""
    root = str(Path(kiosk.__file__).parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])}
