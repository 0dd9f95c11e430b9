"""What was released, and to which groups: the publisher's record, and what follows from it for each group; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kiosk.fleet.errors import PublishError
from kiosk.fleet.groups import Assigned, Assignment
from kiosk.fleet.manifest import Kind, Name, Sha256, Version


class State(str, Enum):
    """How a rollout stands."""

    RUNNING = "running"
    PAUSED = "paused"
    REVOKED = "revoked"


class Rollout(BaseModel):
    """One release on its way. opened: when each group got it, in seconds since 1970."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    name: Name
    version: Version
    manifest: Sha256
    length: int
    opened: dict[str, float] = Field(default_factory=dict)
    state: State = State.RUNNING
    reason: str = ""

    @property
    def slot(self) -> str:
        """The place that it takes on a kiosk."""
        return f"{self.kind.value}-{self.name}"

    @property
    def label(self) -> str:
        """How people call it."""
        return f"{self.slot} {self.version}"

    def next_group(self, order: Sequence[str]) -> str | None:
        """The first group that has not got it; None where all have."""
        return next((name for name in order if name not in self.opened), None)

    def last_group(self, order: Sequence[str]) -> str | None:
        """The last group that got it."""
        return next((name for name in reversed(order) if name in self.opened), None)


class Rollouts(BaseModel):
    """All rollouts, in the order of publication."""

    model_config = ConfigDict(extra="forbid")
    rollouts: Annotated[list[Rollout], Field(max_length=100_000)] = Field(default_factory=list)

    def find(self, slot: str, version: str | None = None) -> Rollout:
        """The newest rollout of a place, or the one of this version. Raises `PublishError`."""
        for rollout in reversed(self.rollouts):
            if rollout.slot == slot and version in {None, rollout.version}:
                return rollout
        wanted = slot if version is None else f"{slot} {version}"
        raise PublishError(f"{wanted} was never published: see `kiosk fleet status`")

    def assignment(self, group: str) -> Assignment:
        """What a group gets: of each place the newest that was opened for it and not revoked."""
        chosen: dict[str, Rollout] = {}
        for rollout in self.rollouts:
            if group in rollout.opened and rollout.state is not State.REVOKED:
                chosen[rollout.slot] = rollout
        revoked = tuple(rollout.manifest for rollout in self.rollouts if rollout.state is State.REVOKED)
        return Assignment(group=group, releases=tuple(map(_assigned, chosen.values())), revoked=revoked[-1000:])


def _assigned(rollout: Rollout) -> Assigned:
    return Assigned(
        kind=rollout.kind,
        name=rollout.name,
        version=rollout.version,
        manifest=rollout.manifest,
        length=rollout.length,
        paused=rollout.state is State.PAUSED,
    )
