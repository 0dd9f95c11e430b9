"""The licence of a twin: who may be shown, for what, where, from when to when, and what is paid for it.

A person's consent stands behind it, named by the hash of the document; without a licence that is valid on the day, in
the place and for the use, a twin is not displayed.
"""

from __future__ import annotations

import sys
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kiosk.errors import LicenceError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MOST_BYTES: Final = 16 * 1024
ANYWHERE: Final = "*"
_Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Place = Annotated[str, Field(pattern=r"^([A-Z]{2}|\*)$")]


class Use(str, Enum):
    """What a twin may be shown for."""

    MIRROR = "mirror"
    LOOKBOOK = "lookbook"
    WEB = "web"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pay(_Strict):
    """What is paid: `amount` in the currency's smallest unit (ISO 4217), for each use or once for the whole term."""

    amount: Annotated[int, Field(ge=0, le=10**12, strict=True)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    per: Literal["use", "term"]


class Licence(_Strict):
    """The licence to show one twin.

    name: of the model, or of the studio that rendered the twin. credit: the line that is shown with the picture.
    places: ISO 3166-1 alpha-2 countries, or "*" for all. Both dates are days on which it is valid.
    consent_sha256: of the signed document, in lower-case hexadecimal. revoked: the first day on which it no longer is.
    """

    name: _Line
    kind: Literal["model", "studio"]
    credit: _Line
    scope: Annotated[frozenset[Use], Field(min_length=1)]
    places: Annotated[frozenset[_Place], Field(min_length=1, max_length=250)]
    valid_from: date
    valid_to: date
    pay: Pay
    consent_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    revoked: date | None = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> Licence:
        if self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self

    def require(self, use: Use, place: str, day: date) -> None:
        """Raises `LicenceError`, saying why, unless this use is allowed in this country on this day."""
        if self.revoked is not None and day >= self.revoked:
            raise LicenceError(f"{self.name} has revoked the licence as of {self.revoked}: remove the twin")
        if not self.valid_from <= day <= self.valid_to:
            raise LicenceError(
                f"the licence of {self.name} is valid from {self.valid_from} to {self.valid_to}: ask for a new one"
            )
        if use not in self.scope:
            raise LicenceError(f"the licence of {self.name} does not cover {use.value}: ask for one that does")
        if ANYWHERE not in self.places and place not in self.places:
            raise LicenceError(f"the licence of {self.name} does not cover {place}: ask for one that does")

    def allows(self, use: Use, place: str, day: date) -> bool:
        """Whether this use is allowed in this country on this day."""
        try:
            self.require(use, place, day)
        except LicenceError:
            return False
        return True


def read_licence(path: Path) -> Licence:
    """The licence of a TOML file. Raises `LicenceError` where it cannot be read or is no licence."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise LicenceError(f"{path} cannot be read ({error.strerror}): check the path") from None
    if len(data) > MOST_BYTES:
        raise LicenceError(f"{path} is too large for a licence: check the path")
    try:
        return Licence.model_validate(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LicenceError(f"{path} is no TOML file ({error}): correct it") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise LicenceError(f"{path} is no licence ({where or 'dates'}: {first['msg']}): correct it") from None
