"""A collection as it is handed in: a folder or a zip, read as untrusted. Nothing is ever unpacked by its own names."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from kiosk.catalogue.limits import LIMITS, Limits
from kiosk.errors import CollectionError

_CHUNK: Final = 1024 * 1024
_ENCRYPTED: Final = 0x1
_MOST_DIRECTORY_BYTES: Final = 64 * 1024 * 1024
_END_BYTES: Final = 22 + 20 + 65_535
"""The end's record, the locator of a large zip's, and the longest comment."""
_LOCATOR_BYTES: Final = 20
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What the zip module is seen to raise on damaged files."""


class Bundle(Protocol):
    """Something that holds files under plain paths."""

    def chunks(self, path: str, most: int) -> Iterator[bytes]:
        """The content of a file, piece by piece. Raises `CollectionError`, also beyond `most` bytes."""


def read_whole(bundle: Bundle, path: str, most: int) -> bytes:
    """A small file's content. Raises `CollectionError`."""
    return b"".join(bundle.chunks(path, most))


@contextmanager
def opened(source: Path, limits: Limits = LIMITS) -> Iterator[Bundle]:
    """The folder or zip at `source`. Raises `CollectionError` where it is neither, or is beyond its bounds."""
    if source.is_dir():
        yield _Folder(source)
        return
    with _archive(source) as archive:
        yield _Zip(archive, source, limits)


def _archive(source: Path) -> zipfile.ZipFile:
    """The zip, whose directory is read into memory here; it is bounded before."""
    try:
        if _directory_bytes(source) > _MOST_DIRECTORY_BYTES:
            raise CollectionError(f"{source} has too many entries: split the collection")
        return zipfile.ZipFile(source)
    except OSError as error:
        raise CollectionError(f"{source} cannot be read ({error.strerror}): check the path") from None
    except (*_BROKEN, struct.error):
        raise CollectionError(f"{source} is neither a folder nor a whole zip: hand in one of them") from None


def _directory_bytes(source: Path) -> int:
    """What the zip's end says of the size of its directory (APPNOTE.TXT 4.3.14 to 4.3.16)."""
    with source.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _END_BYTES))
        tail = file.read(_END_BYTES)
        at = tail.rfind(b"PK\5\6")
        if at < 0:
            raise zipfile.BadZipFile
        plain = int(struct.unpack_from("<I", tail, at + 12)[0])
        if at < _LOCATOR_BYTES or tail[at - _LOCATOR_BYTES :][:4] != b"PK\6\7":
            return plain
        file.seek(min(size, int(struct.unpack_from("<Q", tail, at - 12)[0])))
        return max(plain, int(struct.unpack_from("<Q", file.read(56), 40)[0]))


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def chunks(self, path: str, most: int) -> Iterator[bytes]:
        """See `Bundle.chunks`; links are not followed, wherever in the path they are."""
        folder = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            *parts, name = path.split("/")
            for part in parts:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise CollectionError(f"{path} is no plain file: replace it")
                yield from _bounded(file, path, most)
        except OSError as error:
            raise CollectionError(f"{path} cannot be read ({error.strerror}; links are not followed)") from None
        finally:
            os.close(folder)


class _Zip:
    def __init__(self, archive: zipfile.ZipFile, source: Path, limits: Limits) -> None:
        infos = archive.infolist()
        if len(infos) > limits.entries:
            raise CollectionError(f"{source} has more than {limits.entries} entries: split the collection")
        self._archive, self._limits = archive, limits
        self._infos: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            if info.filename in self._infos:
                raise CollectionError(f"{source} holds {info.filename!r} twice: pack it anew")
            self._infos[info.filename] = info

    def chunks(self, path: str, most: int) -> Iterator[bytes]:
        """See `Bundle.chunks`; what the zip says of a file's size is only believed where it is too large."""
        info = self._infos.get(path)
        if info is None:
            raise CollectionError(f"{path} is missing from the zip: pack it anew")
        self._check(info, path, most)
        try:
            with self._archive.open(info) as file:
                yield from _bounded(cast("BinaryIO", file), path, most)
        except (*_BROKEN, OSError) as error:
            raise CollectionError(f"{path} is damaged in the zip ({type(error).__name__}): pack it anew") from None

    def _check(self, info: zipfile.ZipInfo, path: str, most: int) -> None:
        mode = info.external_attr >> 16
        if info.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
            raise CollectionError(f"{path} is no plain file in the zip: pack it anew, without links")
        if info.flag_bits & _ENCRYPTED:
            raise CollectionError(f"{path} is encrypted: pack the zip without a password")
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise CollectionError(f"{path} is packed in an unusual way: use plain deflate")
        if info.file_size > most:
            raise CollectionError(_too_large(path, most))
        if info.file_size > _CHUNK and info.file_size > self._limits.ratio * max(1, info.compress_size):
            raise CollectionError(f"{path} is packed {self._limits.ratio} times smaller than it is: a zip bomb?")


def _bounded(file: BinaryIO, path: str, most: int) -> Iterator[bytes]:
    left = most
    while chunk := file.read(min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise CollectionError(_too_large(path, most))
        yield chunk


def _too_large(path: str, most: int) -> str:
    return f"{path} is larger than {max(1, most // 2**20)} MiB: make it smaller"
