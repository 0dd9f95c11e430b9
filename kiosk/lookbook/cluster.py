"""Runs tasks on Dask: an embedded cluster of this machine's cores, or a real one by its scheduler's address.

The one place that knows Dask. Few tasks are under way at a time, so that neither the scheduler nor this process ever
holds more pictures than it can sign and write.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import dask
from distributed import Client, LocalCluster, wait
from distributed.client import Future, FuturesCancelledError

from engines.errors import TwinMirrorError
from kiosk.lookbook.errors import LookbookError
from kiosk.lookbook.making import Made, Task, make

AHEAD: Final = 2
"""Tasks for each core that are under way: one is made, one waits."""
_START_SECONDS: Final = 60
_LOOK_SECONDS: Final = 2.0
_PATIENCE: Final = 15
"""Looks at a scheduler that does not answer before it counts as lost."""
_TRIES: Final = 3
"""Workers that may die over a task before the task is given up."""
_LOST: Final = (
    FuturesCancelledError, asyncio.CancelledError, concurrent.futures.CancelledError, asyncio.TimeoutError, OSError,
)  # fmt: skip
"""What Dask raises, here or there, once its scheduler is gone."""


@dataclass(frozen=True)
class Done:
    """What became of a task: what was made, or why it was not."""

    task: Task
    made: Made | None
    reason: str = ""


@contextmanager
def opened(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    """A client of the scheduler at an address, or of a cluster that lives as long as this block.

    Raises `LookbookError` where nobody answers at the address.
    """
    dask.config.set({"distributed.scheduler.allowed-failures": _TRIES, "distributed.comm.timeouts.connect": "10s"})
    for name in ("distributed", "distributed.client", "distributed.worker", "distributed.nanny"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said by us, in one line
    cluster: LocalCluster | None = None
    try:
        if scheduler is None:
            count = workers or os.cpu_count() or 1
            cluster = LocalCluster(
                n_workers=count, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", memory_limit=0,
                silence_logs=logging.CRITICAL,
            )  # fmt: skip
        client = Client(cluster or scheduler, timeout=_START_SECONDS if cluster else 10)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        if cluster is not None:
            cluster.close()
        where = scheduler or "this machine"
        raise LookbookError(f"no scheduler answers at {where} ({error}): start it, or check the address") from None
    try:
        yield client
    finally:
        with suppress(Exception):  # there is nothing to be said to a scheduler that is lost
            client.close(timeout=5)
        if cluster is not None:
            cluster.close(timeout=10)


def run(client: Client, tasks: list[Task]) -> Generator[Done, None, None]:
    """What becomes of each task, as it is done, in any order.

    A worker that dies costs what it was at: the task goes to another. Raises `LookbookError` where the scheduler is
    lost, or has no worker at all for too long.
    """
    try:
        yield from _run(client, tasks)
    except _LOST as error:
        raise _lost() from error


def _run(client: Client, tasks: list[Task]) -> Generator[Done, None, None]:
    waiting = list(reversed(tasks))
    under_way: dict[Future, Task] = {}
    silent = 0
    while waiting or under_way:
        room = AHEAD * max(1, cores(client)) - len(under_way)
        for _ in range(min(room, len(waiting))):
            task = waiting.pop()
            under_way[client.submit(make, task, pure=False)] = task
        finished = _finished(client, list(under_way))
        silent = 0 if finished or _alive(client) else silent + 1
        if silent >= _PATIENCE or client.status in {"closed", "closing"}:
            raise _lost()
        for future in finished:
            yield _done(under_way.pop(future), future)


def _finished(client: Client, futures: list[Future]) -> list[Future]:
    with suppress(asyncio.TimeoutError, TimeoutError):
        wait(futures, timeout=_LOOK_SECONDS, return_when="FIRST_COMPLETED")
    if any(future.status == "lost" for future in futures) or client.status != "running":
        return []
    return [future for future in futures if future.status in {"finished", "error", "cancelled"}]


def _done(task: Task, future: Future) -> Done:
    try:
        made: Made = future.result(timeout=60)
    except TwinMirrorError as error:
        return Done(task, None, str(error))
    except _LOST:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a worker raised belongs to that one picture
        return Done(task, None, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
    finally:
        future.release()
    return Done(task, made)


def _lost() -> LookbookError:
    return LookbookError("the scheduler or its last worker is lost: what is finished is kept; start both again")


def cores(client: Client) -> int:
    """Cores of the cluster as far as this process has heard; never asks over the network."""
    info: dict[str, Any] = client.scheduler_info().get("workers", {})
    return sum(int(worker.get("nthreads", 1)) for worker in info.values())


def _alive(client: Client) -> bool:
    return client.status == "running" and cores(client) > 0
