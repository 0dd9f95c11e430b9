"""The rail without its screen: pages by demand, a switch that waits for a session, garments that come and go."""

from __future__ import annotations

import time
from contextlib import closing

import pytest
from PIL import Image

from engines.garments.garment import Category
from kiosk.catalogue import database
from kiosk.catalogue.money import Money
from kiosk.catalogue.records import NewCollection
from kiosk.catalogue.store import Catalogue
from kiosk.collection import Piece, made_of
from kiosk.preparing import thumbnail_of
from kiosk.ui.rail import Offer, Rail


def until(condition):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError("not within 20 s")


def names(rail) -> list[str]:
    return [offer.name for offer in rail.page.offers]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A catalogue with collections of nine and of two garments, all of them ready, and its rail of four."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data = tmp_path / "data"
    database.prepare(data)
    with closing(Catalogue(data)) as catalogue:
        numbers = {}
        for key, count in (("spring", 9), ("summer", 2)):
            pieces = [Piece(f"{key}-{i}", made_of(f"{key}{i}"), data / f"{i}.jpg") for i in range(count)]
            numbers[key] = catalogue.add(NewCollection(key, key, key, data, pieces), time.time())
            for piece in catalogue.first(numbers[key], count):
                thumbnail_of(piece).parent.mkdir(parents=True)
                Image.new("RGBA", (4, 4)).save(thumbnail_of(piece))
                catalogue.made(piece.number, Category.TEE)
        catalogue.activate(numbers["spring"], time.time())
        rail = Rail(data)
        rail.start(4)
        yield rail, catalogue, numbers
        rail.stop()


def test_pages_are_turned_round_and_round(shop):
    rail, *_ = shop
    first = until(lambda: names(rail))
    assert first == ["spring-0", "spring-1", "spring-2", "spring-3"]
    assert rail.page.more
    seen = []
    for step in (1, 1, 1, -1, -1, 0):
        before = names(rail)
        rail.turn(step)
        until(lambda b=before: names(rail) != b)
        seen.append([int(name[-1]) for name in names(rail)])
    assert seen == [[4, 5, 6, 7], [8], [0, 1, 2, 3], [5, 6, 7, 8], [1, 2, 3, 4], [0, 1, 2, 3]]
    assert set(rail.layers) == {f"spring-{i}" for i in range(9)}
    assert rail.titles(["spring-8", "none"]) == ("Spring 8",)


def test_a_switch_waits_for_the_end_of_a_session(shop):
    rail, catalogue, numbers = shop
    until(lambda: names(rail))
    rail.hold(held=True)
    catalogue.activate(numbers["summer"], time.time())
    time.sleep(1.0)
    assert rail.page.collection == numbers["spring"]
    rail.hold(held=False)
    until(lambda: names(rail) == ["summer-0", "summer-1"])
    assert not rail.page.more
    catalogue.undo(time.time())
    until(lambda: rail.page.collection == numbers["spring"])


def test_what_is_sold_out_or_lost_is_not_offered(shop):
    rail, catalogue, numbers = shop
    until(lambda: names(rail))
    first, second = catalogue.first(numbers["spring"], 2)
    catalogue.hide(first.number, hidden=True)
    until(lambda: names(rail)[0] == "spring-1")
    thumbnail_of(second).unlink()
    until(lambda: names(rail)[0] == "spring-2")
    catalogue.hide(first.number, hidden=False)
    rail.turn(0)
    until(lambda: names(rail)[0] == "spring-0")


def test_price_and_sizes_in_a_line(tmp_path):
    offer = Offer("tee", "Tee", tmp_path, 1, Money(2990, "EUR"), ("XS", "S", "M", "L"))
    assert offer.facts("en") == "€29.90 · XS–L"
    assert Offer("tee", "Tee", tmp_path, 1, None, ("S", "M")).facts("en") == "S M"
    assert Offer("tee", "Tee", tmp_path, 1).facts("en") == ""
