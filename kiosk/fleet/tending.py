"""The publisher's regular duties: open the next groups where the gates allow, pause what fails, sign what grows old."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from kiosk.fleet.gates import Gate, Health, Verdict, judge
from kiosk.fleet.registry import Registry
from kiosk.fleet.repository import Repository
from kiosk.fleet.rollout import Rollout, State

_FORGOTTEN_S: Final = 7 * 86400.0
"""Kiosks that were not heard of for so long do not hold a rollout up."""


def tend(
    repository: Repository, registry: Registry, gate: Gate, now: Callable[[], float] = time.time
) -> list[tuple[str, str]]:
    """One round; gives each running rollout's label and what was decided. Raises `PublishError`, `StateError`."""
    said = []
    with repository.locked():
        groups, rollouts = repository.groups(), repository.rollouts()
        for rollout in rollouts.rollouts:
            if rollout.state is not State.RUNNING or not rollout.opened:
                continue
            health = registry.health(groups, rollout.manifest, now() - _FORGOTTEN_S)
            verdict = decide(rollout, groups.names(), health, gate, now())
            if verdict is not None:
                said.append((rollout.label, verdict))
        repository.publish(rollouts=rollouts)
    return said


def decide(rollout: Rollout, order: list[str], health: dict[str, Health], gate: Gate, now: float) -> str | None:
    """Judge a running rollout by its open groups and change it; what was decided, or None where it is at its end."""
    for name in order:
        if name not in rollout.opened:
            continue
        verdict, reason = judge(health[name], now - rollout.opened[name], gate)
        if verdict is Verdict.PAUSE:
            rollout.state, rollout.reason = State.PAUSED, f"{name}: {reason}"
            return f"paused, {name}: {reason}"
        following = rollout.next_group(order)
        if verdict is Verdict.WAIT and following is not None and name == rollout.last_group(order):
            return f"waits, {name}: {reason}"
    following = rollout.next_group(order)
    if following is None:
        return None
    rollout.opened[following] = now
    return f"opened for {following}"
