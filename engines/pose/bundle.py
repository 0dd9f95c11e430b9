"""The pose model: fetched once through pip, checked, bundled for MediaPipe Tasks, kept in the user's cache.

MediaPipe 1.x ships no models. The Apache-2.0 networks lie in an older wheel of its own; only the two of them are
taken out of it, and nothing of that wheel is installed or run.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from engines.errors import ModelUnavailableError
from engines.pose.metadata import with_normalisation

if TYPE_CHECKING:
    from rich.progress import TaskID


@dataclass(frozen=True)
class _Network:
    """One network inside the wheel and inside the bundle, with the normalisation of its input."""

    in_wheel: str
    in_bundle: str
    size: int
    sha256: str
    mean: float
    std: float
    lowest: float


NETWORKS: Final = (
    _Network(
        in_wheel="mediapipe/modules/pose_detection/pose_detection.tflite",
        in_bundle="pose_detector.tflite",
        size=2_959_046,
        sha256="9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        mean=127.5,
        std=127.5,
        lowest=-1.0,
    ),
    _Network(
        in_wheel="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        in_bundle="pose_landmarks_detector.tflite",
        size=6_440_512,
        sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        mean=0.0,
        std=255.0,
        lowest=0.0,
    ),
)
BUNDLE_NAME: Final = "pose_landmarker_full-1.task"
_WHEEL_BYTES: Final = 36_000_000
"""About what is downloaded, for the progress bar only."""


def wheel_name(machine: str) -> str:
    """File name of the MediaPipe wheel that carries the networks, for `machine` as `platform.machine()` names it."""
    if machine == "aarch64":
        return "mediapipe-0.10.18-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl"
    return "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"


def cache_dir() -> Path:
    """This user's folder for fetched models; `XDG_CACHE_HOME` moves it."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "twinmirror"


def ensure_bundle(cache: Path | None = None) -> Path:
    """Path of the `.task` bundle, fetched and built first where `cache` (default: `cache_dir()`) has no whole one.

    A wheel laid into the cache by hand is used instead of the network. Raises `ModelUnavailableError` where neither
    is to be had, the content is not what it must be or the cache cannot be written.
    """
    cache = cache or cache_dir()
    bundle = cache / BUNDLE_NAME
    if _is_whole(bundle):
        return bundle
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache) as folder, _progress() as progress:
            _build(cache, Path(folder), bundle, progress)
    except OSError as error:
        raise ModelUnavailableError(f"{cache} cannot be used for the pose model ({error.strerror or error})") from None
    return bundle


def has_bundle() -> bool:
    """Whether a whole bundle is in the cache already."""
    return _is_whole(cache_dir() / BUNDLE_NAME)


def _is_whole(bundle: Path) -> bool:
    try:
        with zipfile.ZipFile(bundle) as archive:
            return sorted(archive.namelist()) == [n.in_bundle for n in NETWORKS] and archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _build(cache: Path, work: Path, bundle: Path, progress: Progress) -> None:
    """Wheel to bundle: staged in `work`, flushed, then renamed, so that a cut leaves no half bundle."""
    wheel = _wheel_by_hand(cache) or _download(cache, work, progress)
    building = progress.add_task("Building the pose bundle", total=sum(n.size for n in NETWORKS))
    stage = work / BUNDLE_NAME
    with zipfile.ZipFile(stage, "w", zipfile.ZIP_STORED) as archive:
        for network in NETWORKS:
            content = with_normalisation(_extract(wheel, network), network.mean, network.std, network.lowest)
            archive.writestr(zipfile.ZipInfo(network.in_bundle, (1980, 1, 1, 0, 0, 0)), content)
            progress.advance(building, network.size)
    with stage.open("rb") as file:
        os.fsync(file.fileno())
    stage.replace(bundle)


def _wheel_by_hand(cache: Path) -> Path | None:
    return next(iter(sorted(cache.glob("mediapipe-0.10.*.whl"))), None)


def _extract(wheel: Path, network: _Network) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            promised = archive.getinfo(network.in_wheel).file_size
            content = archive.read(network.in_wheel) if promised == network.size else b""
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError):
        content = b""
    if hashlib.sha256(content).hexdigest() != network.sha256:
        name = Path(network.in_wheel).name
        raise ModelUnavailableError(f"{wheel} holds no genuine {name}: delete it and run `kiosk model fetch` again")
    return content


def _download(cache: Path, work: Path, progress: Progress) -> Path:
    name = wheel_name(platform.machine())
    version = name.split("-")[1]
    bar = progress.add_task(f"Fetching the pose model (mediapipe {version})", total=_WHEEL_BYTES)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--dest", str(work)]
    command += ["--only-binary=:all:", "--python-version", "3.11", f"mediapipe=={version}"]
    # pip writes what it downloads below TMPDIR, where its growth can be seen
    environment = {**os.environ, "TMPDIR": str(work)}
    with (work / "pip.log").open("wb") as log:
        pip = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
        try:
            while pip.poll() is None:
                _show_growth(work, progress, bar)
                time.sleep(0.2)
        finally:
            pip.kill()
            pip.wait()
    wheel = next(iter(work.glob("mediapipe-*.whl")), None)
    if pip.returncode != 0 or wheel is None:
        raise ModelUnavailableError(
            f"the pose model cannot be fetched: connect to the network and run `kiosk model fetch`, or put the file "
            f"{name} from the package index into {cache}"
        )
    progress.update(bar, completed=wheel.stat().st_size, total=wheel.stat().st_size)
    return wheel


def _show_growth(work: Path, progress: Progress, bar: TaskID) -> None:
    sizes = [0]
    for file in work.rglob("*.whl"):
        try:
            sizes.append(file.stat().st_size)
        except FileNotFoundError:  # pip moved it meanwhile
            continue
    progress.update(bar, completed=max(sizes))
