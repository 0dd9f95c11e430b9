"""Releases on a kiosk's disk: each content once, releases as trees of hard links to it, one pointer for each place.

```
files/ab/<sha256>                 contents, whole and checked
partial/<sha256>                  downloads that go on
releases/<slot>/<release>/files/  a release as it is used; there only when whole
current/<slot>                    a symbolic link to the `files` of the one that is active
```
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from kiosk.fleet.disk import is_stage, make_folder, point, sha256_of, stage_beside, sync_folder, write_whole
from kiosk.fleet.errors import FleetError, NoRoomError, Refusal, RefusedError
from kiosk.fleet.manifest import FileEntry, Manifest, parse_manifest, release_id

_MANIFEST = "manifest.json"


class Store:
    """A kiosk's releases below `folder`. All raise `OSError` where the disk fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files, self._partial = folder / "files", folder / "partial"
        self._releases, self._current = folder / "releases", folder / "current"

    def prepare(self) -> None:
        """Make the folders and throw away what a cut of power left half done."""
        for folder in (self._files, self._partial, self._releases, self._current):
            make_folder(folder)
        for path in [path for level in ("*", "*/*") for path in self.folder.glob(level) if is_stage(path)]:
            _remove(path)
        for path in self._releases.glob("*/*"):
            if is_stage(path):
                _remove(path)

    def missing(self, manifest: Manifest) -> list[FileEntry]:
        """The contents of a release that are not here, once each."""
        wanted = {entry.sha256: entry for entry in manifest.files}
        return [entry for sha256, entry in wanted.items() if not self._whole(sha256, entry.length)]

    def partial(self, sha256: str) -> Path:
        """Where a content is downloaded to."""
        return self._partial / sha256

    def left(self, entries: list[FileEntry]) -> int:
        """Bytes that are still to come."""
        return sum(max(0, entry.length - _size(self.partial(entry.sha256))) for entry in entries)

    def room(self, more: int, quota: int, reserve: int) -> None:
        """Raise `NoRoomError` where `more` bytes would pass the quota or leave less than `reserve` on the disk."""
        used = sum(path.stat().st_size for path in self._contents())
        if used + more > quota:
            raise NoRoomError(f"a release needs {more} bytes and {used} of {quota} are in use: raise the quota")
        free = shutil.disk_usage(self.folder).free
        if free - more < reserve:
            raise NoRoomError(f"a release needs {more} bytes and the disk has {free}: make room")

    def accept(self, entry: FileEntry) -> None:
        """Take a downloaded content in, if it is the one that was signed.

        Raises `RefusedError`; the download then begins anew.
        """
        partial = self.partial(entry.sha256)
        if _size(partial) != entry.length or sha256_of(partial) != entry.sha256:
            partial.unlink(missing_ok=True)
            raise RefusedError(Refusal.TAMPERED, f"{entry.path} is not what was signed: nothing is installed")
        kept = self._content(entry.sha256)
        make_folder(kept.parent)
        partial.chmod(0o444)
        os.replace(partial, kept)  # noqa: PTH105
        sync_folder(kept.parent)

    def build(self, manifest: Manifest, data: bytes) -> Path:
        """Make a release of contents that are here, whole or not at all; where it lies."""
        release = release_id(data)
        place = self._releases / manifest.slot / release
        if self.ready(manifest.slot, release):
            return place / "files"
        make_folder(place.parent)
        stage = stage_beside(place)
        try:
            self._link(manifest, stage / "files")
            write_whole(stage / _MANIFEST, data)
            _sync_tree(stage)
            if place.exists():
                _remove(place)
            os.replace(stage, place)  # noqa: PTH105
        finally:
            if stage.exists():
                _remove(stage)
        sync_folder(place.parent)
        return place / "files"

    def ready(self, slot: str, release: str) -> bool:
        """Whether a release is here, every file of it in place and of its length."""
        place = self._releases / slot / release
        manifest = self.manifest(slot, release)
        return manifest is not None and all(
            _size(place / "files" / entry.path) == entry.length for entry in manifest.files
        )

    def verify(self, slot: str, release: str) -> bool:
        """Whether every byte of a release is what was signed; one that is not is thrown away, with its contents."""
        manifest = self.manifest(slot, release)
        place = self._releases / slot / release
        bad = [e for e in manifest.files if not _is(place / "files" / e.path, e)] if manifest is not None else []
        for entry in bad:
            self._content(entry.sha256).unlink(missing_ok=True)
        if bad or manifest is None:
            _remove(place)
        return manifest is not None and not bad

    def manifest(self, slot: str, release: str) -> Manifest | None:
        """The manifest of a release that is here; None where it is not, or not whole."""
        try:
            data = (self._releases / slot / release / _MANIFEST).read_bytes()
            return parse_manifest(data) if release_id(data) == release else None
        except (OSError, FleetError):
            return None

    def files_of(self, slot: str, release: str) -> Path:
        """Where a release's files lie."""
        return self._releases / slot / release / "files"

    def current(self, slot: str) -> Path:
        """The pointer of a place: read by whoever uses what is active."""
        return self._current / slot

    def pointed(self, slot: str) -> str | None:
        """The release that is active; None where none is."""
        try:
            return Path(os.readlink(self.current(slot))).parent.name  # noqa: PTH115
        except OSError:
            return None

    def turn(self, slot: str, release: str | None) -> None:
        """Make a release the active one, in one step; None: none is."""
        if release is not None:
            point(self.current(slot), f"../releases/{slot}/{release}/files")
            return
        self.current(slot).unlink(missing_ok=True)
        sync_folder(self._current)

    def sweep(self, wanted: Collection[tuple[str, str]], coming: Collection[str]) -> int:
        """Delete releases that are not in `wanted` (slot, release), contents of none, downloads not in `coming`.

        Gives the bytes that became free.
        """
        for place in self._releases.glob("*/*"):
            if (place.parent.name, place.name) not in wanted and place.name != self.pointed(place.parent.name):
                _remove(place)
        freed = 0
        for path in [*self._contents(), *self._partial.iterdir()]:
            status = path.stat()
            if path.name not in coming and status.st_nlink == 1:
                path.unlink()
                freed += status.st_size
        return freed

    def _link(self, manifest: Manifest, files: Path) -> None:
        for entry in manifest.files:
            path = files / entry.path
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(self._content(entry.sha256), path)

    def _content(self, sha256: str) -> Path:
        return self._files / sha256[:2] / sha256

    def _whole(self, sha256: str, length: int) -> bool:
        return _size(self._content(sha256)) == length

    def _contents(self) -> Iterator[Path]:
        return (path for path in self._files.glob("*/*") if not is_stage(path))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        # renamed first, so that a release is never there in part
        stage = path if is_stage(path) else path.rename(stage_beside(path))
        shutil.rmtree(stage)
    else:
        path.unlink(missing_ok=True)


def _sync_tree(folder: Path) -> None:
    for path, _, _ in os.walk(folder, topdown=False):
        sync_folder(Path(path))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _is(path: Path, entry: FileEntry) -> bool:
    return _size(path) == entry.length and sha256_of(path) == entry.sha256
