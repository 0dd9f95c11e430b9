"""Run an iterator one item ahead of its consumer, on a thread."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The items, in order; the next is made while the last is used. What making them raises is raised here.

    An item is begun only when the one before has been taken: for live pictures, one that waits is one that ages.
    When the consumer stops early the thread has ended before this iterator is closed.
    """
    made: SimpleQueue[T | BaseException] = SimpleQueue()
    wanted, stop = threading.Semaphore(1), threading.Event()
    thread = threading.Thread(target=_make, args=(items, made, wanted, stop), name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            item = made.get()
            if isinstance(item, StopIteration):
                return
            if isinstance(item, BaseException):
                raise item
            wanted.release()
            yield item
    finally:
        stop.set()
        wanted.release()
        thread.join()


def _make(
    items: Iterator[T], made: SimpleQueue[T | BaseException], wanted: threading.Semaphore, stop: threading.Event
) -> None:
    while True:
        wanted.acquire()
        if stop.is_set():
            return
        try:
            made.put(next(items))
        except BaseException as error:  # noqa: BLE001 - raised again by the consumer
            made.put(error)
            return
