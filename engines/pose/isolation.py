"""Takes the network away from this process, for good, before it sees a picture.

MediaPipe 1.x sends usage metrics to an outside host and offers no switch against it. Two locks, each enough alone:
an own network namespace, which holds nothing but a loopback that is down, and a seccomp filter, under which the
kernel refuses to make any socket. Both bind native code as well as Python, all later threads, and children.

Call it while the process has one thread: the kernel gives a user namespace to no other, and the filter binds only the
calling thread and those it starts. Hence nothing but the standard library is imported here.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from typing import Final

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | 13  # the call returns EACCES
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE = 0, 4
_X32_CALLS: Final = 0x40000000
_IO_URING_SETUP: Final = 425
"""Could make sockets past the filter, with the same number on both architectures."""
_ARCHITECTURES: Final = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""By machine: the kernel's name of the architecture, and its number of `socket`."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def cut_network() -> list[str]:
    """Take the network from this process; gives the locks that hold, of "namespace" and "filter".

    Raises `OSError` where neither can be had: then no picture may be shown to this process.
    """
    locks = []
    if _enter_empty_namespace():
        locks.append("namespace")
    if _refuse_sockets():
        locks.append("filter")
    if not locks:
        raise OSError("this system allows neither a network namespace nor a seccomp filter")
    return locks


def _enter_empty_namespace() -> bool:
    library = ctypes.CDLL(None, use_errno=True)
    # The second try is for root in places where user namespaces are switched off.
    return any(library.unshare(flags) == 0 for flags in (_CLONE_NEWUSER | _CLONE_NEWNET, _CLONE_NEWNET))


def _refuse_sockets() -> bool:
    known = _ARCHITECTURES.get(platform.machine())
    if known is None or os.name != "posix":
        return False
    instructions = _filter(*known)
    program = _Program(len(instructions) // 8, instructions)
    library = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        return False
    mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
    return bool(library.prctl(_PR_SET_SECCOMP, mode, ctypes.byref(program), zero, zero) == 0)


def _filter(architecture: int, socket_call: int) -> bytes:
    """The classic BPF program: foreign architectures, `socket` and io_uring are refused, all else is allowed.

    A jump's two numbers say how many instructions to skip where it holds and where it does not.
    """
    steps = [
        (_LOAD, 0, 0, _OFFSET_ARCHITECTURE),
        (_JUMP_EQUAL, 0, 5, architecture),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
        (_JUMP_AT_LEAST, 3, 0, _X32_CALLS),
        (_JUMP_EQUAL, 2, 0, socket_call),
        (_JUMP_EQUAL, 1, 0, _IO_URING_SETUP),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
