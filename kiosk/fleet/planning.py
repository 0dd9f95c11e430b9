"""What to do next with one place of a kiosk: decided on facts alone, so that each case is tested without a disk."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from kiosk.fleet.limits import LIMITS, Limits
from kiosk.fleet.manifest import Manifest, at_least
from kiosk.fleet.slots import Failure, Slot, Trial


class Step(str, Enum):
    """The next step of a place."""

    REST = "rest"
    FETCH = "fetch"
    ACTIVATE = "activate"


class Outcome(str, Enum):
    """How a trial stands."""

    GOES_ON = "goes on"
    WELL = "well"
    BACK = "back"


@dataclass(frozen=True)
class Facts:
    """What is known of one place now.

    now: in the kiosk's own zone. session: whether a shopper stands before the mirror. paused: by the publisher.
    ready: whether the release lies here whole. recall: whether the active release was revoked.
    """

    now: datetime
    session: bool
    software: str
    paused: bool
    ready: bool
    recall: bool


def next_step(release: str, manifest: Manifest, slot: Slot, facts: Facts) -> tuple[Step, str]:
    """The step towards a release that this kiosk is to have, and why, in words for the log."""
    against = _against(release, manifest, slot, facts)
    if against is not None:
        return Step.REST, against
    if not facts.ready:
        return Step.FETCH, "it is to come"
    return _when(manifest, facts)


def _against(release: str, manifest: Manifest, slot: Slot, facts: Facts) -> str | None:
    """What speaks against a release, now or at all."""
    failure = slot.failed.get(release)
    if slot.trial is not None:
        return "another is on trial"
    if slot.active == release:
        return "it runs"
    if facts.paused:
        return "it is paused"
    if not at_least(facts.software, manifest.needs.software):
        return f"it needs TwinMirror {manifest.needs.software}, this is {facts.software}"
    if failure is not None and facts.now.timestamp() < failure.retry_after:
        return f"it has failed {failure.count} times ({failure.reason})"
    return None


def _when(manifest: Manifest, facts: Facts) -> tuple[Step, str]:
    if facts.session:
        return Step.REST, "a shopper is there"
    if facts.recall:
        return Step.ACTIVATE, "what runs was revoked"
    if manifest.start is not None and facts.now < manifest.start:
        return Step.REST, f"it starts at {manifest.start.isoformat()}"
    if manifest.window is not None and not manifest.window.open_at(facts.now.time()):
        return Step.REST, f"it waits for {manifest.window.since:%H:%M}"
    return Step.ACTIVATE, "it is ready"


def on_trial(slot: Slot, release: str, version: str, now: float) -> Slot:
    """The record just before the pointer turns to a release."""
    return slot.model_copy(update={"trial": Trial(release=release, version=version, since=now)})


def judge(trial: Trial, well: bool, now: float, soak_s: float, patience_s: float) -> Outcome:
    """How a trial stands: well once it has lasted `soak_s` and is well, back where it is not by `patience_s`."""
    lasted = now - trial.since
    if lasted < 0:
        return Outcome.WELL if well else Outcome.BACK  # the clock was set back: no waiting by it
    if well and lasted >= soak_s:
        return Outcome.WELL
    return Outcome.GOES_ON if well or lasted < patience_s else Outcome.BACK


def passed(slot: Slot, trial: Trial) -> Slot:
    """The record once a trial went well."""
    return Slot(
        active=trial.release,
        version=trial.version,
        previous=slot.active,
        previous_version=slot.version,
        failed={name: failure for name, failure in slot.failed.items() if name != trial.release},
    )


def came_back(slot: Slot, trial: Trial, reason: str, now: float, limits: Limits = LIMITS) -> Slot:
    """The record once a release failed: the one before is active, and the failed one waits, in the end for ever."""
    before = slot.failed.get(trial.release)
    count = (before.count if before else 0) + 1
    pause = limits.first_pause_s * 2 ** (count - 1) if count < limits.tries else float(10**11)
    failure = Failure(count=count, retry_after=now + pause, reason=reason[:200])
    kept = dict(list(slot.failed.items())[-20:])
    return slot.model_copy(update={"trial": None, "failed": {**kept, trial.release: failure}})


def next_poll(failures: int, every_s: float, chance: random.Random) -> float:
    """Seconds until the next poll: with jitter, so that a fleet does not come at once, and rarer after failures."""
    slower = every_s * float(2 ** min(failures, 4))
    return slower * chance.uniform(0.5, 1.5)
