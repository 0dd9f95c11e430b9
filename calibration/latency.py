"""The true delay from screen to camera: a patch flashes in a rhythm that repeats nowhere, and is found again.

The gaps between flashes are drawn at random, so only one delay explains what the camera saw, and flashes fall at every
phase of the frame clock, which a fixed rhythm would not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calibration.errors import CalibrationError
from calibration.gates import GATES, Gates

F64 = NDArray[np.float64]
LONGEST: Final = 1.0
"""Seconds of delay that are looked for."""
_SHORTEST_GAP: Final = 0.18
_LONGEST_GAP: Final = 0.42
_STEP: Final = 0.005
_CLEAR: Final = 0.6
"""Correlation with the rhythm, below which no patch was seen."""


def rhythm(flashes: int, seed: int) -> F64:
    """(2 * flashes,) seconds from the start at which the patch turns white, black, white, ..."""
    gaps = np.random.default_rng(seed).uniform(_SHORTEST_GAP, _LONGEST_GAP, 2 * flashes)
    return np.asarray(np.cumsum(gaps))


@dataclass(frozen=True)
class LatencyFit:
    """delays (n,) in ms of the flashes seen, out of `flashes`; correlation with the rhythm, 0 to 1."""

    delays: F64
    flashes: int
    correlation: float

    @property
    def p50(self) -> float:
        """In ms."""
        return float(np.percentile(self.delays, 50))

    @property
    def p95(self) -> float:
        """In ms."""
        return float(np.percentile(self.delays, 95))

    def reasons(self, gates: Gates = GATES) -> list[str]:
        """Why it may not be used; empty where it may. Being slow is no reason: see `over_goal`."""
        few = len(self.delays) < 0.9 * min(self.flashes, gates.latency_flashes)
        return [f"only {len(self.delays)} of {self.flashes} flashes were seen: hold the mirror still"] if few else []

    def over_goal(self, gates: Gates = GATES) -> list[str]:
        """Which goals the delay misses."""
        goals = (("p50", self.p50, gates.latency_p50_ms), ("p95", self.p95, gates.latency_p95_ms))
        return [f"{name} is {value:.0f} ms, the goal {goal:.0f} ms" for name, value, goal in goals if value > goal]


def measure(edges: F64, times: F64, pictures: NDArray[np.uint8]) -> LatencyFit:
    """Delays of what the camera saw.

    edges: as `rhythm` gives, in the clock of `times`. times: (n,) seconds at which frames left the camera. pictures:
    (n, h, w) small gray frames (a few dozen pixels a side will do). Raises `CalibrationError` where the patch is
    nowhere seen.
    """
    levels = pictures.reshape(len(times), -1).astype(np.float64)
    lag, patch, clear = _found(edges, times, levels)
    if clear < _CLEAR:
        raise CalibrationError("the flashing patch is not seen: hold the mirror so that the camera sees the screen")
    trace = levels[:, patch].mean(1)
    return LatencyFit(_delays(edges, times, trace, lag), len(edges) // 2, clear)


def _expected(edges: F64, times: F64) -> F64:
    """+1 where the patch is white at `times`, -1 where black."""
    return np.where(np.searchsorted(edges, times, side="right") % 2 == 1, 1.0, -1.0)


def _found(edges: F64, times: F64, levels: F64) -> tuple[float, NDArray[np.intp], float]:
    """The delay in seconds and the cells that follow the rhythm best, and how well they do."""
    spread = levels.std(0)
    unit = (levels - levels.mean(0)) / np.maximum(spread, 1e-6)
    best = (0.0, np.zeros(0, np.intp), 0.0)
    for lag in np.arange(0.0, LONGEST, _STEP):
        wanted = _expected(edges, times - lag)
        wanted = (wanted - wanted.mean()) / max(float(wanted.std()), 1e-6)
        match = np.where(spread > 1.0, unit.T @ wanted / len(times), 0.0)
        top = float(np.sort(match)[-3:].mean()) if len(match) >= 3 else float(match.max())
        if top > best[2]:
            best = (float(lag), np.nonzero(match > 0.9 * match.max())[0], top)
    return best


def _delays(edges: F64, times: F64, trace: F64, lag: float) -> F64:
    """Time in ms from each edge to the first frame that shows it, near the delay that explains all."""
    white = trace > (np.percentile(trace, 20) + np.percentile(trace, 80)) / 2
    found = []
    for number, edge in enumerate(edges[:-1]):
        lit = number % 2 == 0
        # Before, older flashes are still on their way; after, the next one may be seen
        window = (times > edge + max(0.0, lag - _SHORTEST_GAP / 2)) & (times < edges[number + 1] + lag)
        hits = np.nonzero(window & (white == lit))[0]
        # The frame before must still show the old state, or the change itself was not seen
        if lit and len(hits) and hits[0] > 0 and white[hits[0] - 1] != lit:
            found.append(1e3 * (times[hits[0]] - edge))
    return np.array(found)


def shares(loop_ms: float, stages_ms: dict[str, float]) -> dict[str, float]:
    """Where a shopper's delay comes from, in ms: the measured loop (camera and display) and the mirror's own stages."""
    named = {name: float(value) for name, value in stages_ms.items() if value > 0}
    return {"camera_and_display": loop_ms, **named, "all": loop_ms + sum(named.values())}
