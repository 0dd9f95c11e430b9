"""Which licences have ended early: one small file that goes to the kiosks with every update, and is asked first.

It lies among the twins as `revocations.json`; a licence is known by the hash of its consent document, so that a
renamed or repacked twin is still the same person's.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.errors import LicenceError
from kiosk.imaging import staged_output
from kiosk.twins.licence import Licence

NAME: Final = "revocations.json"
_MOST_BYTES: Final = 4 * 1024 * 1024


class Revocation(BaseModel):
    """The end of one licence. from_day: the first day on which the twin is not shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    from_day: date
    reason: Annotated[str, Field(max_length=400)] = ""


class Revocations(BaseModel):
    """All of them, by the consent document's SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    by_consent: dict[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], Revocation] = {}

    def applied(self, licence: Licence) -> Licence:
        """The licence as it is in force: revoked on the earlier of its own and the listed day."""
        found = self.by_consent.get(licence.consent_sha256)
        if found is None:
            return licence
        days = [day for day in (licence.revoked, found.from_day) if day is not None]
        return licence.model_copy(update={"revoked": min(days)})

    def with_revoked(self, consent: str, revocation: Revocation) -> Revocations:
        """The same and one more; a day that was listed before stays where it is the earlier."""
        before = self.by_consent.get(consent)
        kept = before if before and before.from_day <= revocation.from_day else revocation
        return Revocations(by_consent={**self.by_consent, consent: kept})


def read_revocations(path: Path) -> Revocations:
    """The revocations of a file; none where there is no file.

    Raises `LicenceError` where it cannot be read: nobody is shown while it is unknown who may be.
    """
    try:
        if not path.exists():
            return Revocations()
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise LicenceError(f"{path} is too large: bring it back from a copy")
        return Revocations.model_validate_json(data)
    except (OSError, ValidationError):
        raise LicenceError(f"{path} is no list of revocations: bring it back from a copy; no twin is shown") from None


def write_revocations(path: Path, revocations: Revocations) -> None:
    """Write the file, whole or not at all. Raises `OutputError`."""
    with staged_output(path) as stage:
        stage.write_text(json.dumps(revocations.model_dump(mode="json"), indent=1, sort_keys=True), encoding="utf-8")
