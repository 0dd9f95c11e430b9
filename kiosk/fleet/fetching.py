"""Bytes from a repository: HTTP(S) with resume and a cap on bandwidth, or a folder, such as a USB stick.

What comes is not trusted here; lengths are bounded by whoever asks, hashes are checked where the files are taken in.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient import FetcherInterface
from urllib3.exceptions import HTTPError

from kiosk.fleet.errors import FleetError, Refusal, RefusedError, StateError, UnreachableError
from kiosk.fleet.limits import LIMITS, Limits


@dataclass
class Throttle:
    """A cap on bytes a second; None is none. Pure: `pause` says how long to wait, who calls it waits."""

    bytes_per_s: float | None
    _due: float = 0.0

    def pause(self, count: int, now: float) -> float:
        """Seconds to wait after `count` bytes that came at `now`."""
        if self.bytes_per_s is None:
            return 0.0
        self._due = max(self._due, now) + count / self.bytes_per_s
        return self._due - now


@dataclass
class Fetcher(FetcherInterface):
    """Fetches for TUF (`fetch`) and resumes large files (`resume`). ca: a PEM file that HTTPS must lead to."""

    throttle: Throttle = field(default_factory=lambda: Throttle(None))
    ca: Path | None = None
    limits: Limits = LIMITS
    wait: Callable[[float], None] = time.sleep

    received: int = 0
    """Bytes that came so far."""

    def __post_init__(self) -> None:
        self._pool = urllib3.PoolManager(
            num_pools=2,
            timeout=urllib3.Timeout(connect=self.limits.gap_s, read=self.limits.gap_s),
            retries=urllib3.Retry(total=self.limits.redirects, connect=0, read=0, other=0, status=0),
            headers={"User-Agent": "twinmirror-fleet", "Accept-Encoding": "identity"},
            ca_certs=str(self.ca) if self.ca else None,
        )

    def _fetch(self, url: str) -> Iterator[bytes]:
        if is_folder(url):
            return self._read(path_of(url), 0)
        response = self._pool.request("GET", url, preload_content=False)
        if response.status >= 400:
            response.close()
            raise DownloadHTTPError(f"{url} answers {response.status}", response.status)
        return self._stream(response)

    def resume(self, url: str, partial: Path, length: int) -> None:
        """Bring `partial` to `length` bytes, going on after what it holds; its bytes are flushed to the disk.

        Raises `UnreachableError` where the server breaks off (call again to go on), `RefusedError` where it gives more
        than `length` bytes or has no such file, `StateError` where the disk fails.
        """
        try:
            have = partial.stat().st_size if partial.exists() else 0
            if have > length:
                partial.unlink()
                have = 0
            if have < length or not length:
                self._append(url, partial, have, length)
        except DownloadHTTPError as error:
            raise UnreachableError(f"{url} answers {error.status_code}: the repository is not complete") from None
        except SlowRetrievalError:
            raise UnreachableError(f"{url} comes too slowly: it is tried again") from None
        except DownloadError as error:
            raise UnreachableError(f"{url}: {error}; it is tried again") from None
        except HTTPError as error:
            raise UnreachableError(f"{url} broke off ({type(error).__name__}): it is tried again") from None
        except OSError as error:
            raise StateError(f"{partial} cannot be written ({error.strerror}): make room or check the disk") from None

    def _append(self, url: str, partial: Path, have: int, length: int) -> None:
        have, chunks = self._from(url, have)
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if have else os.O_TRUNC)
        handle = os.open(partial, flags, 0o600)
        try:
            for chunk in chunks:
                have += len(chunk)
                if have > length:
                    raise RefusedError(Refusal.ENDLESS, f"{url} gives more than its {length} bytes: it is not used")
                _write(handle, chunk)
            os.fsync(handle)
        finally:
            os.close(handle)
        if have < length:
            raise UnreachableError(f"{url} ended after {have} of {length} bytes: it is tried again")

    def _from(self, url: str, have: int) -> tuple[int, Iterator[bytes]]:
        """Where the bytes begin that come, and they; servers without ranges begin anew."""
        if is_folder(url):
            return have, self._read(path_of(url), have)
        headers = {**self._pool.headers, **({"Range": f"bytes={have}-"} if have else {})}
        response = self._pool.request("GET", url, preload_content=False, headers=headers)
        if response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            return have, self._stream(response)
        if response.status == 200:
            return 0, self._stream(response)
        response.close()
        raise DownloadHTTPError(f"{url} answers {response.status}", response.status)

    def _stream(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        begun, count = time.monotonic(), 0
        with closing(response):
            try:
                for chunk in response.stream(self.limits.chunk_bytes):
                    count += len(chunk)
                    lasted = time.monotonic() - begun
                    if lasted > self.limits.gap_s + count / self.limits.least_bytes_per_s:
                        raise SlowRetrievalError(f"{count} bytes in {lasted:.0f} s")
                    yield chunk
                    self._pace(len(chunk))
            except HTTPError as error:
                raise DownloadError(f"it broke off ({type(error).__name__})") from None

    def _read(self, path: Path, have: int) -> Iterator[bytes]:
        if not path.is_file():
            raise DownloadHTTPError(f"{path} is not there", 404)
        return self._chunks_of(path, have)

    def _chunks_of(self, path: Path, have: int) -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(have)
            while chunk := file.read(self.limits.chunk_bytes):
                yield chunk
                self._pace(len(chunk))

    def _pace(self, count: int) -> None:
        self.received += count
        pause = self.throttle.pause(count, time.monotonic())
        if pause > 0:
            self.wait(pause)


def is_folder(url: str) -> bool:
    """Whether a repository lies in a folder of this machine."""
    return urlsplit(url).scheme in {"", "file"}


def path_of(url: str) -> Path:
    """The folder or file of a file: URL or a plain path."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path(url)


def joined(url: str, *parts: str) -> str:
    """A place below a repository's URL."""
    return "/".join([url.rstrip("/"), *parts])


def check_url(url: str) -> None:
    """Raise `FleetError` for a URL that is neither HTTP(S) nor a folder."""
    if urlsplit(url).scheme not in {"http", "https", "file", ""}:
        raise FleetError(f"{url} is no repository: give an https: URL or a folder")


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
