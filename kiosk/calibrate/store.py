"""The profile's files: the state in use, and every state before it.

`profile.json` is a copy of one of `history/000001.json`, ...: a state is written to the history first, so a cut of
power leaves the old state or the new one in use, never half of one.
"""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from kiosk.calibrate.errors import ProfileError
from kiosk.calibrate.profile import Attempt, Measured, Profile, StepName
from kiosk.imaging import staged_output

_MOST_BYTES: Final = 1024 * 1024
_KEPT: Final = 100
"""States of the history."""


def usual_folder() -> Path:
    """Where this machine keeps its calibration, unless another place is named."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "twinmirror" / "calibration"


class ProfileStore:
    """The calibration in one folder."""

    def __init__(self, folder: Path) -> None:
        """The folder is made when something is written."""
        self.folder = folder

    def load(self) -> Profile:
        """The state in use; `Profile()` where nothing was ever measured. Raises `ProfileError` where it is damaged."""
        path = self.folder / "profile.json"
        return _read(path) if path.exists() else Profile()

    def history(self) -> list[Profile]:
        """Every state that is kept, oldest first; damaged ones are left out."""
        states = []
        for path in sorted((self.folder / "history").glob("*.json")):
            try:
                states.append(_read(path))
            except ProfileError:
                continue
        return states

    def record(self, step: StepName, part: Measured) -> Profile:
        """Take what a step has measured into use."""
        profile = self.load()
        attempts = {name: attempt for name, attempt in profile.attempts.items() if name != step}
        return self._write(profile, f"{step} measured", {step: part, "attempts": attempts})

    def refuse(self, step: StepName, reasons: list[str]) -> Profile:
        """Note that a step's gate refused; what was in use stays in use."""
        profile = self.load()
        attempts = {**profile.attempts, step: Attempt(reasons=tuple(reasons))}
        return self._write(profile, f"{step} refused", {"attempts": attempts})

    def undo(self) -> Profile:
        """Go back to the state before. Raises `ProfileError` where there is none."""
        profile = self.load()
        if profile.number == 0:
            raise ProfileError("nothing to undo: this mirror was never calibrated")
        if profile.previous == 0:
            (self.folder / "profile.json").unlink()
            return Profile()
        before = _read(self._state(profile.previous))
        self._use(before)
        return before

    def _write(self, before: Profile, change: str, update: dict[str, Any]) -> Profile:
        number = max([before.number, *(state.number for state in self.history())]) + 1
        numbers = {"number": number, "previous": before.number, "change": change}
        written = datetime.now(timezone.utc).isoformat(timespec="seconds")
        profile = before.model_copy(update={**numbers, "written": written, **update})
        with staged_output(self._state(number)) as stage:
            stage.write_text(profile.model_dump_json(indent=1) + "\n", encoding="utf-8")
        self._use(profile)
        self._forget()
        return profile

    def _use(self, profile: Profile) -> None:
        with staged_output(self.folder / "profile.json") as stage:
            stage.write_text(profile.model_dump_json(indent=1) + "\n", encoding="utf-8")

    def _state(self, number: int) -> Path:
        return self.folder / "history" / f"{number:06d}.json"

    def _forget(self) -> None:
        for path in sorted((self.folder / "history").glob("*.json"))[:-_KEPT]:
            path.unlink()


def load_profile(folder: Path | None = None) -> Profile:
    """The calibration that the product runs with; defaults where there is none.

    Raises `ProfileError` where the file is damaged: undo it, or calibrate anew.
    """
    return ProfileStore(folder or usual_folder()).load()


def _read(path: Path) -> Profile:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ProfileError(f"{path} cannot be read ({error.strerror}): check the path") from None
    if len(data) > _MOST_BYTES:
        raise ProfileError(f"{path} is too large for a calibration profile: restore it from history/")
    try:
        return Profile.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ProfileError(f"{path} is damaged ({where}: {first['msg']}): restore it from history/") from None
