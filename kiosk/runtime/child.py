"""What every child of the supervisor does first; nothing but the standard library is imported here."""

from __future__ import annotations

import ctypes
import os
import signal
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class ChildDescriptors:
    """See `kiosk.runtime.processes.launcher`; a child closes what it does not use."""

    ring: int
    board: int
    index: int
    wishes_out: int
    wishes_in: int
    parent: int

    @classmethod
    def of(cls, arguments: list[str]) -> ChildDescriptors:
        """The descriptors at the end of a child's arguments."""
        return cls(*(int(argument) for argument in arguments[-6:]))


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when its supervisor, process `parent`, ends, however that ends.

    Call it after the network is cut: a change of the process's rights takes this wish back.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:  # it ended before the kernel was asked
        os.kill(os.getpid(), signal.SIGKILL)
