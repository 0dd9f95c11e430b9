"""What a collection may be. It comes from outside, so all of it is bounded before it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engines.imaging import ImageLimits


@dataclass(frozen=True)
class Limits:
    """Bounds of a collection: bytes of its manifest and of all its photos together, entries, garments, depth of paths.

    ratio: how many times larger than in its zip a file may be.
    """

    manifest_bytes: int = 64 * 1024 * 1024
    total_bytes: int = 32 * 1024**3
    entries: int = 250_000
    garments: int = 100_000
    depth: int = 4
    ratio: int = 200
    photo: ImageLimits = field(default_factory=ImageLimits)


LIMITS: Final = Limits()
