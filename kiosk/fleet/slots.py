"""What a kiosk knows of each place: what runs, what ran before, what is on trial, what has failed."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.fleet.disk import make_folder, write_whole
from kiosk.fleet.errors import StateError
from kiosk.fleet.manifest import Sha256, Version


class Trial(BaseModel):
    """A release that was just activated. starts: how often the agent has started since."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    release: Sha256
    version: Version
    since: float
    starts: int = 1


class Failure(BaseModel):
    """How often a release has failed, why, and when it may be tried again."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    count: int
    retry_after: float
    reason: str


class Slot(BaseModel):
    """One place. Releases are named by their manifest's SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    active: Sha256 | None = None
    version: Version | None = None
    previous: Sha256 | None = None
    previous_version: Version | None = None
    trial: Trial | None = None
    failed: dict[str, Failure] = Field(default_factory=dict)


class Slots:
    """The record of all places below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Every place that has a record."""
        return sorted(path.stem for path in self._folder.glob("*.json")) if self._folder.is_dir() else []

    def read(self, name: str) -> Slot:
        """The record of a place; an empty one where there is none, or where it is damaged."""
        try:
            return Slot.model_validate_json((self._folder / f"{name}.json").read_bytes())
        except (OSError, ValidationError):
            return Slot()

    def write(self, name: str, slot: Slot) -> None:
        """Keep a record. Raises `StateError`."""
        try:
            make_folder(self._folder)
            write_whole(self._folder / f"{name}.json", slot.model_dump_json(indent=1).encode())
        except OSError as error:
            raise StateError(f"the record of {name} cannot be written ({error.strerror}): check the disk") from None
