"""What a release is: a small file that names its files by their hashes, what it needs, and when it may start."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from datetime import time
from enum import Enum
from typing import Annotated, Any, Final, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from kiosk.fleet.errors import Refusal, RefusedError
from kiosk.fleet.limits import LIMITS, Limits

NAME: Final = r"^[a-z0-9][a-z0-9-]{0,63}$"
SHA256: Final = r"^[0-9a-f]{64}$"
_VERSION: Final = r"^\d{1,6}(\.\d{1,6}){0,3}$"
_PART: Final = re.compile(r"\w[\w .+!()@=,-]{0,199}")
Name = Annotated[str, Field(pattern=NAME)]
Sha256 = Annotated[str, Field(pattern=SHA256)]
Version = Annotated[str, Field(pattern=_VERSION)]
_Model = TypeVar("_Model", bound=BaseModel)


class Strict(BaseModel):
    """A record from outside: unknown fields and changed types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Kind(str, Enum):
    """What a release holds."""

    COLLECTION = "collection"
    TWIN = "twin"
    ENGINE = "engine"
    SOFTWARE = "software"


class FileEntry(Strict):
    """One file of a release: its path within it, and the content it has."""

    path: Annotated[str, Field(min_length=1, max_length=LIMITS.path_bytes)]
    sha256: Sha256
    length: Annotated[int, Field(ge=0, le=LIMITS.file_bytes, strict=True)]

    @field_validator("path")
    @classmethod
    def _plain(cls, value: str) -> str:
        return safe_path(value)


class Needs(Strict):
    """What a kiosk must have. software: the least version of TwinMirror. disk: bytes beside the release's own."""

    software: Version = "0"
    disk: Annotated[int, Field(ge=0, le=LIMITS.release_bytes, strict=True)] = 0


class Window(Strict):
    """When it may be activated, in the kiosk's own time of day; past midnight where `until` is before `since`."""

    since: time
    until: time

    def open_at(self, clock: time) -> bool:
        """Whether the window is open at this time of day."""
        if self.since <= self.until:
            return self.since <= clock < self.until
        return clock >= self.since or clock < self.until


class Manifest(Strict):
    """A release. start: not activated before. window: None is at any time of day."""

    kind: Kind
    name: Name
    version: Version
    needs: Needs = Needs()
    start: AwareDatetime | None = None
    window: Window | None = None
    files: Annotated[tuple[FileEntry, ...], Field(min_length=1, max_length=LIMITS.files)]

    @property
    def slot(self) -> str:
        """The place that it takes on a kiosk, where one release at a time is active."""
        return f"{self.kind.value}-{self.name}"

    @property
    def total(self) -> int:
        """Bytes of all its files."""
        return sum(entry.length for entry in self.files)

    @model_validator(mode="after")
    def _agrees(self) -> Manifest:
        check_names([entry.path for entry in self.files])
        if self.total > LIMITS.release_bytes:
            raise ValueError("it is larger than a release may be")
        return self

    def to_bytes(self) -> bytes:
        """The file's bytes; the same release gives the same bytes."""
        return (json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def safe_path(path: str, limits: Limits = LIMITS) -> str:
    """The path again where it can only lie within the release's folder. Raises `ValueError`."""
    parts = path.split("/")
    plain = all(_PART.fullmatch(part) and part[-1] not in " ." for part in parts)
    if not plain or len(parts) > limits.path_depth or len(path.encode()) > limits.path_bytes:
        raise ValueError(f"{path[:80]!r} is no plain path within a release")
    return path


def check_names(paths: list[str]) -> None:
    """Raise `ValueError` where two paths are one on some disk, or one is a folder of the other."""
    seen: dict[str, str] = {}
    for path in paths:
        alike = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
        if alike in seen:
            raise ValueError(f"{path!r} and {seen[alike]!r} have one name")
        seen[alike] = path
    for alike, path in seen.items():
        above = alike.rpartition("/")[0]
        while above:
            if above in seen:
                raise ValueError(f"{seen[above]!r} is a file and the folder of {path!r}")
            above = above.rpartition("/")[0]


def parse(model: type[_Model], data: bytes, what: str, most: int) -> _Model:
    """The record in JSON bytes. Raises `RefusedError` in one line, whatever the bytes are."""
    if len(data) > most:
        raise RefusedError(Refusal.ENDLESS, f"{what} is larger than {most} bytes: it is not used")
    try:
        return model.model_validate(_json(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:120] or "all"
        raise RefusedError(Refusal.MALFORMED, f"{what} cannot be used ({where}: {first['msg'][:200]})") from None
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RefusedError(Refusal.MALFORMED, f"{what} is no JSON of ours ({reason})") from None


def parse_manifest(data: bytes) -> Manifest:
    """A release's manifest. Raises `RefusedError`."""
    return parse(Manifest, data, "the release's manifest", LIMITS.manifest_bytes)


def release_id(manifest: bytes) -> str:
    """The name of a release on a kiosk: its manifest's SHA-256."""
    return hashlib.sha256(manifest).hexdigest()


def at_least(version: str, least: str) -> bool:
    """Whether a version is `least` or newer."""
    return _numbers(version) >= _numbers(least)


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in re.findall(r"\d+", version)[:4]]
    return (*numbers, *[0] * (4 - len(numbers)))


def _json(data: bytes) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a field is given twice")
        return found

    return json.loads(data.decode(), object_pairs_hook=once)
