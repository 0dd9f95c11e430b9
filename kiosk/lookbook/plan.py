"""What is to be made: collection, twins and set become jobs, each named by the hash of all that its picture depends on.

Pure: no file is read here. The same inputs give the same names, so what is there already need not be made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from kiosk.lookbook.errors import LookbookError
from kiosk.lookbook.setfile import Look, SetFile

VERSION: Final = 1
"""Part of each job's name: raise it where pictures come out otherwise than before."""
MOST_JOBS: Final = 200_000


@dataclass(frozen=True)
class Job:
    """One still or loop. garments: innermost first. at: the pose's place in the loop. key: hash of all inputs."""

    kind: Literal["still", "loop"]
    look: str
    garments: tuple[str, ...]
    twin: str
    pose: str
    at: float
    key: str

    @property
    def name(self) -> str:
        """The job as files are called: readable, and different for each key."""
        return f"{self.look}--{self.twin}--{self.pose}--{self.key[:12]}"

    def spoken(self) -> str:
        """The job as people call it."""
        return f"{self.look} on {self.twin}, {self.pose}"


@dataclass(frozen=True)
class Inputs:
    """All that pictures depend on. garments, twins: content hashes by name. models: the networks' hashes by name."""

    garments: Mapping[str, str]
    twins: Mapping[str, str]
    models: Mapping[str, str]
    language: str


def plan(wanted: SetFile, inputs: Inputs) -> list[Job]:
    """The jobs of a set, look by look. Raises `LookbookError` where it asks for a garment that is not there."""
    looks = looks_of(wanted, list(inputs.garments))
    twins = [twin for twin in inputs.twins if wanted.casts(twin)]
    if not twins:
        raise LookbookError(f"the set casts {', '.join(wanted.casting)}, and the cast has {', '.join(inputs.twins)}")
    jobs = [job for look in looks for twin in twins for job in _poses(wanted, look, twin, inputs)]
    if len(jobs) > MOST_JOBS:
        raise LookbookError(f"{len(jobs)} pictures are more than {MOST_JOBS}: divide the collection")
    return jobs


def looks_of(wanted: SetFile, garments: list[str]) -> list[Look]:
    """The looks of a set; without any, each garment alone is one. Raises `LookbookError` for a garment not there."""
    if not wanted.look:
        return [Look.model_construct(name=name, garments=(name,)) for name in garments]
    return [Look.model_construct(name=look.name, garments=_named(look, garments)) for look in wanted.look]


def _named(look: Look, garments: list[str]) -> tuple[str, ...]:
    found = []
    for pattern in look.garments:
        first = next((name for name in garments if fnmatchcase(name, pattern)), None)
        if first is None:
            raise LookbookError(f"the look {look.name} asks for {pattern}, which the collection does not have")
        found.append(first)
    return tuple(found)


def _poses(wanted: SetFile, look: Look, twin: str, inputs: Inputs) -> list[Job]:
    stills = [("still", pose.name, pose.at) for pose in wanted.pose]
    loops = [("loop", "loop", wanted.pose[0].at)] if wanted.loop else []
    jobs = []
    for kind, pose, at in [*stills, *loops]:
        key = _key(wanted, look, twin, inputs, kind, at)
        made = Job("loop" if kind == "loop" else "still", look.name, look.garments, twin, pose, at, key)
        jobs.append(made)
    return jobs


def _key(wanted: SetFile, look: Look, twin: str, inputs: Inputs, kind: str, at: float) -> str:
    """Other poses, looks and twins of the set change nothing about this picture, so they are left out."""
    told = wanted.model_dump(mode="json", exclude={"casting", "pose", "look", "loop"})
    parts: dict[str, Any] = {
        "version": VERSION, "kind": kind, "at": at, "set": told, "language": inputs.language,
        "twin": inputs.twins[twin], "garments": [inputs.garments[name] for name in look.garments],
        "models": dict(inputs.models),
    }  # fmt: skip
    if kind == "loop" and wanted.loop is not None:
        parts["loop"] = wanted.loop.model_dump(mode="json")
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
