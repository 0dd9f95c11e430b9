"""Two looks on the same frames: two mirrors in step, their pictures side by side."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from kiosk.tryon.live import Shown

if TYPE_CHECKING:
    from kiosk.tryon.live import LiveMirror, Seen


def side_by_side(first: LiveMirror, second: LiveMirror, frames: Iterator[Seen]) -> Generator[Shown, None, None]:
    """Pictures twice as wide as the frames: what the first mirror shows of each at the left, the second's at the right.

    Close it before what the frames come from.
    """
    passed: SimpleQueue[Seen | None] = SimpleQueue()

    def passing() -> Generator[Seen, None, None]:
        try:
            for seen in frames:
                passed.put(seen)
                yield seen
        finally:
            passed.put(None)  # or the other mirror would wait for ever

    with closing(second.shown(iter(passed.get, None))) as right:
        source = passing()
        try:
            with closing(first.shown(source)) as left:
                for one, other in zip(left, right, strict=False):
                    yield _joined(one, other)
        finally:
            source.close()


def _joined(one: Shown, other: Shown) -> Shown:
    stages = {name: ms + other.stage_ms.get(name, 0.0) for name, ms in one.stage_ms.items()}
    return Shown(np.hstack([one.picture, other.picture]), one.captured, one.dressed or other.dressed, stages)
