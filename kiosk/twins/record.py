"""What a twin's pack says of itself: `twin.toml`, beside the clip and the body data that it names by their hashes."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.errors import TwinError
from kiosk.twins.licence import Licence

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECORD: Final = "twin.toml"
BODY: Final = "body.npz"
MOST_BYTES: Final = 32 * 1024
MOST_CLIP_BYTES: Final = 256 * 1024 * 1024
MOST_TWINS: Final = 500
AgeGroup = Literal["18-29", "30-44", "45-59", "60+"]
HeightGroup = Literal["short", "medium", "tall"]
FigureGroup = Literal["slim", "medium", "full"]
AGES: Final[tuple[AgeGroup, ...]] = ("18-29", "30-44", "45-59", "60+")
HEIGHTS: Final[tuple[HeightGroup, ...]] = ("short", "medium", "tall")
FIGURES: Final[tuple[FigureGroup, ...]] = ("slim", "medium", "full")
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class TwinRecord(BaseModel):
    """`twin.toml`. name: a first name. source: whether a studio rendered the twin or a model was recorded.

    age, height, figure: the groups that a shopper chooses by. clip: the video's file in the pack.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    name: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f/\\]+$")]
    source: Literal["rendered", "recorded"]
    sex: Literal["woman", "man", "neutral"]
    age: AgeGroup
    height: HeightGroup
    figure: FigureGroup
    clip: Literal["clip.mp4", "clip.webm", "clip.mkv", "clip.mov"]
    clip_sha256: Hash
    body_sha256: Hash
    licence: Licence


@dataclass(frozen=True)
class Twin:
    """A twin's folder and what it says of itself; `slug` is the folder's name."""

    folder: Path
    record: TwinRecord

    @property
    def slug(self) -> str:
        """What the twin is called between processes."""
        return self.folder.name

    @property
    def clip(self) -> Path:
        """The video's file."""
        return self.folder / self.record.clip

    @property
    def body(self) -> Path:
        """The body data's file."""
        return self.folder / BODY


def read_twin(folder: Path) -> Twin:
    """A twin without its pictures. Raises `TwinError` where `twin.toml` cannot be read or says what cannot be."""
    path = folder / RECORD
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise TwinError(f"{path} cannot be read ({error.strerror}): copy the twin's folder again") from None
    if len(data) > MOST_BYTES:
        raise TwinError(f"{path} is too large: copy the twin's folder again")
    try:
        return Twin(folder, TwinRecord.model_validate(tomllib.loads(data.decode())))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TwinError(f"{path} is no TOML file ({error}): copy the twin's folder again") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "licence"
        raise TwinError(f"{path} cannot be used ({where}: {first['msg']}): make the twin anew") from None


def check_files(twin: Twin) -> None:
    """Raises `TwinError` where clip or body data are missing, too large, or other than when the twin was made."""
    for path, told in ((twin.clip, twin.record.clip_sha256), (twin.body, twin.record.body_sha256)):
        if path.is_symlink() or not path.is_file():
            raise TwinError(f"{path} is missing: copy the twin's folder again")
        if path.stat().st_size > MOST_CLIP_BYTES:
            raise TwinError(f"{path} is larger than {MOST_CLIP_BYTES // 2**20} MiB: make the twin anew")
        if hash_of(path) != told:
            raise TwinError(f"{path} is damaged: copy the twin's folder again")


def hash_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal. Raises `TwinError` where it cannot be read."""
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(2**20):
                digest.update(block)
    except OSError as error:
        raise TwinError(f"{path} cannot be read ({error.strerror}): check its permissions") from None
    return digest.hexdigest()


def toml_of(record: TwinRecord) -> str:
    """The record as `twin.toml` says it."""
    data = record.model_dump(mode="json", exclude_none=True)
    licence, pay = data.pop("licence"), {}
    pay = licence.pop("pay")
    parts = [_table(data), "[licence]", _table(licence), "[licence.pay]", _table(pay)]
    return "\n".join(parts)


def _table(values: dict[str, object]) -> str:
    return "".join(f"{key} = {_value(key, value)}\n" for key, value in values.items())


def _value(key: str, value: object) -> str:
    """A value as TOML writes it: dates bare, all else as in JSON, of which these are a part of TOML."""
    if key in {"valid_from", "valid_to", "revoked"}:
        return str(value)
    if isinstance(value, list):
        return json.dumps(sorted(value))
    return json.dumps(value, ensure_ascii=False)
