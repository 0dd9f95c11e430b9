"""Data sets on disk: shards of samples, each made from its own seed, so that a run can be cut off and go on."""

from __future__ import annotations

import math
import multiprocessing as mp
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count as count_up
from itertools import takewhile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.errors import TwinMirrorError
from engines.synthetic.body import BodyModel
from engines.synthetic.scene import Estimator, Family, Sample, Studio

PEOPLE_PER_SHARD = 36
USUAL_SHARD = 200.0
"""Samples in a shard, about: some views fail as the estimator finds nobody."""


def _encode(picture: NDArray[np.uint8], suffix: str) -> NDArray[np.uint8]:
    options = [cv2.IMWRITE_JPEG_QUALITY, 92] if suffix == ".jpg" else []
    done, data = cv2.imencode(suffix, picture, options)
    if not done:
        msg = f"cannot encode a picture as {suffix}"
        raise RuntimeError(msg)
    return data.ravel()


def _columns(samples: list[Sample]) -> dict[str, Any]:
    """One array a field; pictures as one row of bytes with their ends."""
    columns: dict[str, Any] = {
        "points": np.stack([s.body.points for s in samples]),
        "world": np.stack([s.body.world for s in samples]),
        "frame": np.array([s.body.frame for s in samples], np.float32),
        "silhouette": np.stack([s.body.silhouette for s in samples]),
        "code": np.stack([s.code for s in samples]),
        "about": np.stack([s.about for s in samples]),
        "kind": np.array([s.kind for s in samples], np.uint8),
    }
    for name in ("alpha", "uv", "uv_known", "front", "order", "order_known", "normal", "skin_normal"):
        columns[name] = np.stack([getattr(s.fields, name) for s in samples])
    for name, suffix in (("picture", ".jpg"), ("plate", ".jpg"), ("parts", ".png")):
        files = [_encode(getattr(s, name), suffix) for s in samples]
        columns[name] = np.concatenate(files)
        columns[name + "_end"] = np.cumsum([len(file) for file in files])
    return columns


def write_shard(path: Path, samples: list[Sample]) -> None:
    """Write one shard whole or not at all."""
    staged = path.with_suffix(".part")
    with staged.open("wb") as file:
        np.savez_compressed(file, **_columns(samples))
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)


@dataclass(frozen=True)
class _Job:
    folder: Path
    seed: int
    shard: int
    family: Family = "tops"

    @property
    def path(self) -> Path:
        return self.folder / f"shard-{self.seed:04d}-{self.shard:05d}.npz"


_FACTORY: list[Callable[[], Estimator]] = []
_STUDIO: list[Studio] = []


def _start(make_estimator: Callable[[], Estimator]) -> None:
    cv2.setNumThreads(1)
    _FACTORY.append(make_estimator)


def _studio() -> Studio:
    """This process's studio, made with its first job, so that an error on the way reaches whoever waits for the job."""
    if not _STUDIO:
        _STUDIO.append(Studio(BodyModel(), _FACTORY[0]()))
    return _STUDIO[0]


def shard_size(path: Path) -> int:
    """Samples in a shard."""
    with np.load(path) as shard:
        return len(shard["code"])


def _run(job: _Job) -> int:
    if job.path.exists():
        return shard_size(job.path)
    samples: list[Sample] = []
    for person in range(PEOPLE_PER_SHARD):
        rng = np.random.default_rng([job.seed, job.shard, person])
        samples.extend(_studio().person(rng, job.family))
    write_shard(job.path, samples)
    return len(samples)


@contextmanager
def _workers(count: int, make_estimator: Callable[[], Estimator]) -> Iterator[ProcessPoolExecutor]:
    """Processes that run jobs; ended at once, whatever they are at, when the block is left."""
    others = set(mp.active_children())
    pool = ProcessPoolExecutor(count, mp.get_context("spawn"), _start, (make_estimator,))
    try:
        yield pool
    finally:
        for process in set(mp.active_children()) - others:
            process.terminate()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started in this block never see Ctrl-C, which is their owner's to handle."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _shards_for(samples: int, sizes: list[int]) -> int:
    """How many shards it takes to hold so many samples, judged by those that are there."""
    usual = max(1.0, sum(sizes) / len(sizes)) if sizes else USUAL_SHARD
    return math.ceil(samples / usual)


def finished(folder: Path, seed: int) -> list[int]:
    """Sizes of the shards that are there without a gap, from the first."""
    paths = (_Job(folder, seed, shard).path for shard in count_up())
    return [shard_size(path) for path in takewhile(Path.exists, paths)]


def make(
    folder: Path, count: int, seed: int, workers: int, make_estimator: Callable[[], Estimator], family: Family = "tops"
) -> Generator[int, None, None]:
    """Make shards until `count` samples exist; yields how many each shard added. Shards that exist are kept.

    Raises TwinMirrorError where a process dies. Left early, it ends its processes; whole shards stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sizes = finished(folder, seed)
    yield from sizes
    if sum(sizes) >= count:
        return
    jobs = (_Job(folder, seed, shard, family) for shard in count_up(len(sizes)))
    pending: deque[Future[int]] = deque()
    try:
        with _workers(workers, make_estimator) as pool:
            while (missing := count - sum(sizes)) > 0:
                with _interrupts_ignored():
                    while len(pending) < min(workers, _shards_for(missing, sizes)) or not pending:
                        pending.append(pool.submit(_run, next(jobs)))
                sizes.append(pending.popleft().result())
                yield sizes[-1]
    except BrokenProcessPool:
        raise TwinMirrorError(
            "a process was killed, likely for want of memory: call again with fewer workers"
        ) from None
    finally:
        for torn in folder.glob(f"shard-{seed:04d}-*.part"):
            torn.unlink(missing_ok=True)
