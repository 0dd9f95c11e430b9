"""Rollout groups: in which order kiosks get a release, and where each stands; the same answer on both sides, no I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from kiosk.fleet.limits import LIMITS
from kiosk.fleet.manifest import Kind, Name, Sha256, Strict, Version

Label = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]


class Group(Strict):
    """Who is in it: a share of the fleet, kiosks by name, or those that bear all these labels, such as country = "de".

    share: of all kiosks, counted from the first; 0.1 after a group of 0.01 holds the other nine hundredths.
    """

    name: Name
    share: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    kiosks: Annotated[frozenset[Name], Field(max_length=10_000)] = frozenset()
    labels: dict[Label, Label] = Field(default_factory=dict, max_length=8)

    @model_validator(mode="after")
    def _one_way(self) -> Group:
        if (self.share is not None) + bool(self.kiosks) + bool(self.labels) != 1:
            raise ValueError("a group has either a share, or kiosks, or labels")
        return self

    def holds(self, kiosk: str, labels: Mapping[str, str], place: float) -> bool:
        """Whether a kiosk at this place in [0, 1) is in the group."""
        if self.share is not None:
            return place < self.share
        if self.kiosks:
            return kiosk in self.kiosks
        return all(labels.get(key) == value for key, value in self.labels.items())


class Groups(Strict):
    """All groups, in their order; the last takes everybody. salt: changed, it deals the kiosks anew."""

    salt: Annotated[str, Field(max_length=64)] = ""
    group: Annotated[tuple[Group, ...], Field(min_length=1, max_length=LIMITS.groups)]

    @model_validator(mode="after")
    def _agrees(self) -> Groups:
        names = [group.name for group in self.group]
        if len(set(names)) != len(names):
            raise ValueError("a group is listed twice")
        shares = [group.share for group in self.group if group.share is not None]
        if shares != sorted(shares):
            raise ValueError("shares must grow from group to group")
        if self.group[-1].share != 1:
            raise ValueError("the last group must have the share 1, so that everybody is in one")
        return self

    def names(self) -> list[str]:
        """The groups' names in the order in which they open."""
        return [group.name for group in self.group]

    def of(self, kiosk: str, labels: Mapping[str, str]) -> str:
        """The name of the first group that holds a kiosk."""
        place = placed(kiosk, self.salt)
        return next(group.name for group in self.group if group.holds(kiosk, labels, place))


class Assigned(Strict):
    """A release that a group gets: its manifest's target and hash; paused: nobody begins with it now."""

    kind: Kind
    name: Name
    version: Version
    manifest: Sha256
    length: Annotated[int, Field(ge=1, le=LIMITS.manifest_bytes)]
    paused: bool = False

    @property
    def slot(self) -> str:
        """The place that it takes on a kiosk."""
        return f"{self.kind.value}-{self.name}"

    @property
    def target(self) -> str:
        """Its manifest's name in the repository."""
        return manifest_target(self.slot, self.version)


class Assignment(Strict):
    """What one group gets, signed for it alone. revoked: manifests that must not go on running, window or not."""

    group: Name
    releases: Annotated[tuple[Assigned, ...], Field(max_length=LIMITS.slots)] = ()
    revoked: Annotated[tuple[Sha256, ...], Field(max_length=1000)] = ()

    @model_validator(mode="after")
    def _once_each(self) -> Assignment:
        slots = [release.slot for release in self.releases]
        if len(set(slots)) != len(slots):
            raise ValueError("two releases take one place")
        return self


def placed(kiosk: str, salt: str) -> float:
    """Where a kiosk stands in [0, 1), by a hash of its name: even over the fleet, and the same for ever."""
    digest = hashlib.sha256(f"{salt}\0{kiosk}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def assignment_target(group: str) -> str:
    """The name of a group's assignment in the repository."""
    return f"rollout/{group}.json"


def role_of(group: str) -> str:
    """The TUF role that signs a group's assignment."""
    return f"rollout-{group}"


def manifest_target(slot: str, version: str) -> str:
    """The name of a release's manifest in the repository."""
    return f"releases/{slot}-{version}.json"


def file_target(sha256: str) -> str:
    """Where a file lies below `targets/`."""
    return f"files/{sha256[:2]}/{sha256}"


GROUPS_TARGET = "groups.json"
