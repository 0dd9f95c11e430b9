"""What the process that sees the camera is doing, and what it would like the shopper to do."""

from __future__ import annotations

from enum import IntEnum


class Phase(IntEnum):
    """Written into the ring's header by whoever writes pictures."""

    STARTING = 0
    """The networks are being loaded."""
    READY = 1
    """The camera is off; a picture can be there soon."""
    LIVE = 2
    """The camera is on and gives pictures."""
    NO_CAMERA = 3
    """The camera should be on but cannot be opened, or gives nothing; it is tried again for ever."""


class Hint(IntEnum):
    """What stands in the way of a good picture; the screen says it in words."""

    NONE = 0
    NOBODY = 1
    NEAR = 2
    FAR = 3
    ASIDE = 4
    DARK = 5
    MANY = 6
