"""What the repository says that can be trusted: TUF's client workflow over a folder that a cut of power cannot tear.

python-tuf writes its metadata without fsync; so each refresh works on a copy, which is flushed and takes the place of
the one before by one rename. What was verified is kept even where the refresh then fails, as TUF asks.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel
from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.metadata import TargetFile
from tuf.ngclient import Updater, UpdaterConfig

from kiosk.fleet.disk import make_folder, point, stage_beside, sync_file, sync_folder
from kiosk.fleet.errors import Refusal, RefusedError, StateError, UnreachableError
from kiosk.fleet.fetching import Fetcher, joined
from kiosk.fleet.groups import GROUPS_TARGET, Assigned, Assignment, Groups, assignment_target
from kiosk.fleet.limits import LIMITS, Limits
from kiosk.fleet.manifest import Manifest, parse, parse_manifest

_REFUSALS: Final = (
    (ExpiredMetadataError, Refusal.EXPIRED, "is expired: it must be signed anew, or this clock is wrong"),
    (BadVersionNumberError, Refusal.ROLLBACK, "is older than what was seen before"),
    (UnsignedMetadataError, Refusal.UNSIGNED, "is not signed by enough keys"),
    (LengthOrHashMismatchError, Refusal.TAMPERED, "is not what was signed"),
    (RepositoryError, Refusal.MALFORMED, "is no good metadata"),
    (DownloadLengthMismatchError, Refusal.ENDLESS, "is longer than it may be"),
)
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Offer:
    """What this kiosk's group gets, as signed now."""

    group: str
    assignment: Assignment


class Trust:
    """The trusted view of one repository, kept in `folder`; `root` is the first trusted root, given with the kiosk."""

    def __init__(self, folder: Path, url: str, root: bytes, fetcher: Fetcher, limits: Limits = LIMITS) -> None:
        self._folder, self._url, self._root, self._fetcher, self._limits = folder, url, root, fetcher, limits
        self._updater: Updater | None = None

    def offer(self, kiosk: str, labels: dict[str, str]) -> Offer:
        """Refresh, and read what this kiosk gets.

        Raises `RefusedError`, `UnreachableError`, and `StateError` where the disk fails.
        """
        with _typed("the repository"), self._staged() as folder:
            self._updater = self._open(folder)
            self._updater.refresh()
            kept = folder / "targets"
            groups = self._read(GROUPS_TARGET, Groups, self._limits.groups_bytes, kept)
            group = groups.of(kiosk, labels)
            assignment = self._read(assignment_target(group), Assignment, self._limits.assignment_bytes, kept)
        if assignment.group != group:
            raise RefusedError(Refusal.TAMPERED, f"the assignment of {group} is that of another group")
        return Offer(group, assignment)

    def manifest(self, assigned: Assigned) -> tuple[Manifest, bytes]:
        """The manifest of a release that the last `offer` named; it must be the one that the images role signed.

        Raises as `offer` does.
        """
        with _typed(assigned.target):
            data = self._bytes(self._target(assigned.target), self._limits.manifest_bytes, assigned.manifest)
        manifest = parse_manifest(data)
        if (manifest.slot, manifest.version) != (assigned.slot, assigned.version):
            raise RefusedError(Refusal.TAMPERED, f"{assigned.target} is the manifest of another release")
        return manifest, data

    def _open(self, folder: Path) -> Updater:
        limits = self._limits
        config = UpdaterConfig(targets_max_length=limits.manifest_bytes, snapshot_max_length=limits.groups_bytes)
        metadata, targets = joined(self._url, "metadata"), joined(self._url, "targets")
        return Updater(str(folder), metadata, None, targets, self._fetcher, config, bootstrap=self._root)

    def _target(self, name: str) -> TargetFile:
        if self._updater is None:
            raise StateError("nothing was read from the repository yet: ask for the offer first")
        target = self._updater.get_targetinfo(name)
        if target is None:
            raise RefusedError(Refusal.UNKNOWN, f"{name} is not signed by the role that may: nothing is installed")
        return target

    def _read(self, name: str, model: type[_Model], most: int, kept: Path) -> _Model:
        """A small signed record, fetched only where it is not the one in the folder `kept`."""
        target, path = self._target(name), kept / name.replace("/", "-")
        try:
            data = path.read_bytes()
            target.verify_length_and_hashes(data)
        except (OSError, LengthOrHashMismatchError):
            data = self._bytes(target, most, target.hashes.get("sha256", ""))
            kept.mkdir(exist_ok=True)
            path.write_bytes(data)
        return parse(model, data, name, most)

    def _bytes(self, target: TargetFile, most: int, sha256: str) -> bytes:
        if target.length > most:
            raise RefusedError(Refusal.ENDLESS, f"{target.path} is larger than {most} bytes: it is not used")
        if target.hashes.get("sha256") != sha256:
            raise RefusedError(Refusal.TAMPERED, f"{target.path} is not the one that exists: nothing is installed")
        url = joined(self._url, "targets", target.get_prefixed_paths()[0])
        data = self._fetcher.download_bytes(url, target.length)
        target.verify_length_and_hashes(data)
        return data

    @contextmanager
    def _staged(self) -> Iterator[Path]:
        """A copy of the trusted metadata to work on, which takes its place at the end if anything in it changed."""
        current = self._folder / "current"
        make_folder(self._folder)
        stage = stage_beside(self._folder / "metadata")
        try:
            if current.exists():
                shutil.copytree(current, stage, symlinks=True)
            else:
                stage.mkdir()
            try:
                yield stage
            finally:
                if _contents(stage) != (_contents(current) if current.exists() else None):
                    self._keep(stage)
        finally:
            self._sweep()

    def _keep(self, stage: Path) -> None:
        for folder, _, names in os.walk(stage):
            for path in (Path(folder) / name for name in names):
                if not path.is_symlink():
                    sync_file(path)
            sync_folder(Path(folder))
        kept = stage.with_name(stage.name.rpartition("-")[2])
        os.replace(stage, kept)  # noqa: PTH105
        sync_folder(self._folder)
        point(self._folder / "current", kept.name)

    def _sweep(self) -> None:
        current = self._folder / "current"
        kept = {current.name, current.resolve().name}
        for path in self._folder.iterdir():
            if path.name in kept:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def _typed(what: str) -> Iterator[None]:
    """Turn TUF's errors into ours."""
    try:
        yield
    except DownloadHTTPError as error:
        raise UnreachableError(f"{what} cannot be fetched (status {error.status_code}): it is tried again") from None
    except (RepositoryError, DownloadLengthMismatchError) as error:
        found = next((refusal, text) for kind, refusal, text in _REFUSALS if isinstance(error, kind))
        raise RefusedError(found[0], f"{what} {found[1]} ({' '.join(str(error).split())[:160]})") from None
    except DownloadError as error:
        raise UnreachableError(f"{what} cannot be reached ({' '.join(str(error).split())[:160]})") from None
    except OSError as error:
        raise StateError(f"the record of {what} cannot be written ({error.strerror}): check the disk") from None


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
