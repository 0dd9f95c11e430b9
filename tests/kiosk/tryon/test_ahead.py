"""An iterator run ahead: order, errors, and a thread that ends with its consumer."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from kiosk.tryon.ahead import ahead


def _counting(seen: list[int], limit: int) -> Iterator[int]:
    for number in range(limit):
        seen.append(number)
        yield number


def test_keeps_the_order() -> None:
    assert list(ahead(iter(range(50)))) == list(range(50))


def test_runs_no_further_ahead_than_it_may() -> None:
    seen: list[int] = []
    items = ahead(_counting(seen, 100))
    assert next(items) == 0
    items.close()
    assert len(seen) <= 4


def test_raises_what_the_maker_raised_after_the_items_before() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    items = ahead(broken())
    assert next(items) == 1
    with pytest.raises(ValueError, match="no more"):
        next(items)


def test_closing_ends_the_thread() -> None:
    before = threading.active_count()
    items = ahead(iter(range(1000)))
    next(items)
    items.close()
    assert threading.active_count() == before
