"""A copy of a repository's public folder for a USB stick or a box in the store: checked, and trusted by nobody more."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp
from urllib3.exceptions import HTTPError

from kiosk.fleet.disk import make_folder, sha256_of, sync_folder, write_whole
from kiosk.fleet.errors import FleetError, Refusal, RefusedError, UnreachableError
from kiosk.fleet.fetching import Fetcher, joined
from kiosk.fleet.groups import Assignment, file_target
from kiosk.fleet.limits import LIMITS
from kiosk.fleet.manifest import FileEntry, parse, parse_manifest


def mirror(url: str, folder: Path, fetcher: Fetcher, told: Callable[[str], None]) -> int:
    """Copy what is published at `url` into `folder`, only what is not there; the number of files that came.

    The kiosk checks every signature itself; what is checked here is that the copy is whole. Releases that no group
    gets are left out. Raises `UnreachableError`, `RefusedError`, and `FleetError` where the folder cannot be written.
    """
    try:
        return _Copy(url, folder, fetcher, told).run()
    except DownloadHTTPError as error:
        raise UnreachableError(f"{url} is not complete (status {error.status_code}): try again") from None
    except (DownloadError, HTTPError) as error:
        raise UnreachableError(f"{url} cannot be reached ({' '.join(str(error).split())[:160]}): try again") from None
    except (RepositoryError, ValueError, KeyError) as error:
        raise RefusedError(Refusal.MALFORMED, f"{url} is no fleet's repository ({type(error).__name__})") from None
    except OSError as error:
        raise FleetError(f"{folder} cannot be written ({error.strerror}): make room") from None


class _Copy:
    def __init__(self, url: str, folder: Path, fetcher: Fetcher, told: Callable[[str], None]) -> None:
        self._url, self._folder, self._fetcher, self._told = url, folder, fetcher, told
        self._count = 0

    def run(self) -> int:
        newest = self._get("metadata/timestamp.json", LIMITS.assignment_bytes)
        version = Metadata[Timestamp].from_bytes(newest).signed.snapshot_meta.version
        self._roots()
        snapshot = Metadata[Snapshot].from_bytes(self._kept(f"metadata/{version}.snapshot.json"))
        for name, meta in snapshot.signed.meta.items():
            role = Metadata[Targets].from_bytes(self._kept(f"metadata/{meta.version}.{name}"))
            for target in role.signed.targets.values():
                if not target.path.startswith("releases/"):
                    data = self._kept(f"targets/{target.get_prefixed_paths()[0]}")
                    if target.path.startswith("rollout/"):
                        self._releases(parse(Assignment, data, target.path, LIMITS.assignment_bytes))
        self._write("metadata/timestamp.json", newest)
        return self._count

    def _roots(self) -> None:
        """Every root, as a kiosk may know only the first."""
        for version in range(1, 1024):
            try:
                data = self._kept(f"metadata/{version}.root.json")
            except DownloadHTTPError:
                if version == 1:
                    raise
                return
            Metadata[Root].from_bytes(data)

    def _releases(self, assignment: Assignment) -> None:
        for release in assignment.releases:
            folder, _, base = release.target.rpartition("/")
            manifest = parse_manifest(self._kept(f"targets/{folder}/{release.manifest}.{base}"))
            for entry in manifest.files:
                self._content(entry)

    def _content(self, entry: FileEntry) -> None:
        name = f"targets/{file_target(entry.sha256)}"
        path = self._folder / name
        if path.exists() and path.stat().st_size == entry.length:
            return
        make_folder(path.parent)
        partial = path.with_name(f"{path.name}.partial")
        self._fetcher.resume(joined(self._url, name), partial, entry.length)
        if sha256_of(partial) != entry.sha256:
            partial.unlink()
            raise RefusedError(Refusal.TAMPERED, f"{entry.path} is not what its release says: it is not copied")
        os.replace(partial, path)  # noqa: PTH105
        sync_folder(path.parent)
        self._count += 1
        self._told(entry.path)

    def _kept(self, name: str) -> bytes:
        path = self._folder / name
        if path.exists():
            return path.read_bytes()
        data = self._get(name, LIMITS.manifest_bytes)
        self._write(name, data)
        return data

    def _get(self, name: str, most: int) -> bytes:
        return self._fetcher.download_bytes(joined(self._url, name), most)

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        make_folder(path.parent)
        write_whole(path, data)
        self._count += 1
        self._told(name)
