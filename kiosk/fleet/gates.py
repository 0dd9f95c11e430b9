"""When the next group gets a release: a verdict on figures, apart from clocks, disks and networks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Verdict(str, Enum):
    """What to do with a rollout now."""

    WAIT = "wait"
    OPEN = "open"
    PAUSE = "pause"


@dataclass(frozen=True)
class Gate:
    """What a group must show before the next one opens.

    failed: most share of those that tried. reports: least share of the group's kiosks that must have tried.
    soak_s: least time since the group got the release.
    """

    failed: float = 0.02
    reports: float = 0.8
    soak_s: float = 3600.0


@dataclass(frozen=True)
class Health:
    """How a group fares with a release: kiosks in it, those that run it well, those that came back from it."""

    kiosks: int
    well: int
    failed: int


def judge(health: Health, open_s: float, gate: Gate) -> tuple[Verdict, str]:
    """The verdict on a group that has had a release for `open_s`, and why in words.

    A pause comes as soon as failures exceed what the whole group may have, before all have reported: with a group of
    one, the first failure. A group without kiosks passes once it has soaked, so that an empty one stops nobody.
    """
    allowed = math.floor(gate.failed * health.kiosks)
    tried = health.well + health.failed
    if health.failed > allowed:
        return Verdict.PAUSE, f"{health.failed} of {tried} came back from it, {allowed} may"
    if open_s < gate.soak_s:
        return Verdict.WAIT, f"soaks for {math.ceil((gate.soak_s - open_s) / 60)} min more"
    if tried < math.ceil(gate.reports * health.kiosks):
        return Verdict.WAIT, f"{tried} of {health.kiosks} have reported"
    return Verdict.OPEN, f"{health.well} of {health.kiosks} run it"
