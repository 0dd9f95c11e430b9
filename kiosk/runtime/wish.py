"""What the screen wants of the camera's process: one small record, told whole each time, so that none can be missed.

It goes through a pipe in packet mode: each write is one record, whatever was killed on either side. The screen says it
again every half second, so a process that was just started learns it too.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_PACKET = 8192
_Look = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=8)]


class Wish(BaseModel):
    """The state that is wanted.

    mirror: whether the camera is on. wear: the garments' names, from the skin outwards, in the collection of this
    number. beside: a second look, shown beside the first; None for none. twin: who wears the look in the shopper's
    place; nobody where it is empty.
    ends: the order to wipe: the camera's process of this generation (see `Ring.generation`) is to end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mirror: bool = False
    ends: Annotated[int, Field(ge=-1)] = -1
    collection: Annotated[int, Field(ge=0)] = 0
    wear: _Look = ()
    beside: _Look | None = None
    twin: Annotated[str, Field(max_length=100)] = ""


def create_pipe() -> tuple[int, int]:
    """The reading and the writing end of a pipe for wishes, neither of which ever waits."""
    return os.pipe2(os.O_DIRECT | os.O_CLOEXEC | os.O_NONBLOCK)


def tell(descriptor: int, wish: Wish) -> None:
    """Write a wish; a pipe that is full, as nobody reads it just now, gets it with the next try."""
    with suppress(BlockingIOError, BrokenPipeError):
        os.write(descriptor, wish.model_dump_json().encode())


def newest_told(descriptor: int) -> Wish | None:
    """Take all wishes that wait; gives the last one that is whole, None where there is none."""
    newest: Wish | None = None
    while True:
        try:
            packet = os.read(descriptor, _PACKET)
        except BlockingIOError:
            return newest
        if not packet:
            return newest
        with suppress(ValidationError):
            newest = Wish.model_validate_json(packet)
