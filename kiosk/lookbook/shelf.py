"""The lookbook's folder: pictures by their job's name, and a record a job that says it is finished."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.imaging import staged_output
from kiosk.lookbook.plan import Job

JOBS: Final = "jobs"


class Finished(BaseModel):
    """A finished job. files: paths within the folder. The figures are those of `kiosk.lookbook.making.Made`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    files: list[str]
    height: int
    width: int
    web_widths: list[int]
    cpu_s: float
    wall_s: float
    peak_mb: float


class Shelf:
    """One lookbook's folder."""

    def __init__(self, folder: Path) -> None:
        """The folder is made when the first picture is written."""
        self.folder = folder

    def finished(self, job: Job, *, web: bool) -> Finished | None:
        """The record of a job whose files are all there; None where it is still to be made."""
        try:
            found = Finished.model_validate_json((self.folder / JOBS / f"{job.key}.json").read_bytes())
        except (OSError, ValidationError):
            return None
        whole = found.key == job.key and all((self.folder / file).is_file() for file in found.files)
        return found if whole and (found.web_widths or not web or job.kind == "loop") else None

    def write(self, finished: Finished) -> None:
        """Write a job's record, last of all its files. Raises `OutputError`."""
        with staged_output(self.folder / JOBS / f"{finished.key}.json") as stage:
            stage.write_text(json.dumps(finished.model_dump(mode="json")), encoding="utf-8")
