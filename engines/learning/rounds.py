"""Which samples make which batch: needs no torch, so that data can be looked at without it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def rounds(count: int, size: int, rng: np.random.Generator) -> Iterator[list[int]]:
    """Endless groups of `size` indices below `count`: each once a round, shuffled; the rest of a round is left out."""
    while True:
        order = rng.permutation(count).tolist()
        for start in range(0, count - size + 1, size):
            yield order[start : start + size]
