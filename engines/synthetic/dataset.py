"""Data sets on disk: shards of samples, each made from its own seed, so that a run can be cut off and go on."""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.synthetic.body import BodyModel
from engines.synthetic.scene import Estimator, Sample, Studio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PEOPLE_PER_SHARD = 36
"""About 200 samples: some views fail as the estimator finds nobody."""


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
    }
    for name in ("alpha", "uv", "uv_known", "front", "order", "order_known", "normal", "skin_normal"):
        columns[name] = np.stack([getattr(s.fields, name) for s in samples])
    for name, suffix in (("picture", ".jpg"), ("parts", ".png")):
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

    @property
    def path(self) -> Path:
        return self.folder / f"shard-{self.seed:04d}-{self.shard:05d}.npz"


_STUDIO: list[Studio] = []


def _start(make_estimator: Callable[[], Estimator]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    _STUDIO.append(Studio(BodyModel(), make_estimator()))


def _run(job: _Job) -> int:
    if job.path.exists():
        with np.load(job.path) as shard:
            return len(shard["code"])
    samples: list[Sample] = []
    for person in range(PEOPLE_PER_SHARD):
        rng = np.random.default_rng([job.seed, job.shard, person])
        samples.extend(_STUDIO[0].person(rng))
    write_shard(job.path, samples)
    return len(samples)


def make(folder: Path, count: int, seed: int, workers: int, make_estimator: Callable[[], Estimator]) -> Iterator[int]:
    """Make shards until `count` samples exist; yields how many each shard added. Shards that exist are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    context = mp.get_context("spawn")
    with context.Pool(workers, _start, (make_estimator,)) as pool:
        total = 0
        jobs = (_Job(folder, seed, shard) for shard in range(1_000_000))
        pending = [pool.apply_async(_run, (next(jobs),)) for _ in range(workers)]
        while total < count:
            added = pending.pop(0).get()
            pending.append(pool.apply_async(_run, (next(jobs),)))
            total += added
            yield added
        pool.terminate()
