"""Files that are whole or not there, also after a cut of power: stage, fsync, rename, fsync the folder."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

_STAGE: Final = ".stage-"


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace or make the file `path`; its folder must be there. Raises `OSError`."""
    stage = stage_beside(path)
    try:
        handle = os.open(stage, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(stage, path)  # noqa: PTH105 - beside the other calls of os, so that a test can count them all
    finally:
        stage.unlink(missing_ok=True)
    sync_folder(path.parent)


def point(link: Path, target: str) -> None:
    """Make or turn a symbolic link in one step. Raises `OSError`."""
    stage = stage_beside(link)
    try:
        os.symlink(target, stage)  # noqa: PTH211
        os.replace(stage, link)  # noqa: PTH105
    finally:
        stage.unlink(missing_ok=True)
    sync_folder(link.parent)


def sync_file(path: Path) -> None:
    """Flush a file's bytes to the disk. Raises `OSError`."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Flush a folder's names to the disk. Raises `OSError`."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, each flushed to the disk. Raises `OSError`."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def stage_beside(path: Path) -> Path:
    """A name beside `path` that nobody else uses."""
    return path.with_name(f"{_STAGE}{path.name}-{secrets.token_hex(4)}")


def is_stage(path: Path) -> bool:
    """Whether a name is one of a stage, left by a cut of power."""
    return path.name.startswith(_STAGE)


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hex. Raises `OSError`."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()
