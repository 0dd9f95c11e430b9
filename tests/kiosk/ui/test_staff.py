"""The staff's screens in the real mirror: the held corner, wrong and right PINs, switch, undo, photos, status."""

from __future__ import annotations

import shutil
import time
from contextlib import closing
from pathlib import Path

import pytest

from engines.garments.garment import Category
from kiosk.catalogue.importing import import_collection
from kiosk.catalogue.opening import open_at_start
from kiosk.catalogue.store import Catalogue
from kiosk.config import LANGUAGES, Screen
from kiosk.demo import COLLECTION
from kiosk.preparing import _make_garment
from kiosk.staff.pin import set_pin
from kiosk.ui.theme import Sizes

PIN = "2580"
MANIFEST = """
id = "spring"
title = "Spring"
currency = "EUR"
[[garment]]
name = "moss-tee"
title = "Moss tee"
category = "tee"
front = "moss-tee.jpg"
price = "19.90"
sizes = ["S", "M", "L"]
"""


@pytest.fixture
def spring(settings, cache, tmp_path, monkeypatch):
    """A PIN, and a second collection whose one garment is ready."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    data = tmp_path / "data"
    source = tmp_path / "spring"
    source.mkdir()
    shutil.copy(COLLECTION / "sage-tee.jpg", source / "moss-tee.jpg")
    (source / "collection.toml").write_text(MANIFEST)
    open_at_start(data, settings.collection)
    with closing(Catalogue(data)) as catalogue:
        set_pin(catalogue, PIN)
        number = import_collection(source, data, catalogue).number
        piece = catalogue.garment(number, "moss-tee")
        _make_garment(piece)
        catalogue.made(piece.number, Category.TEE)
    return data, number


def typed(running, pin: str) -> None:
    for digit in pin:
        running.tap(f"staff-digit-{digit}")
    running.wait(10, lambda: running.ask("staff")["digits"] == len(pin))
    running.tap("staff-enter")


def sheet(running, page: str) -> dict:
    return running.wait(30, lambda: s if (s := running.ask("staff"))["page"] == page and not s["busy"] else None)


def test_staff_switch_undo_add_and_see_how_it_fares(mirror, spring, settings, tmp_path):
    data, number = spring
    running = mirror(data=data)
    running.until(20, state="attract")
    left, bottom, *_ = running.ask("stage")
    running.ask("hold_at", left + 30, bottom + 30)
    time.sleep(1.0)
    running.ask("let_go")  # too short
    assert running.ask("staff")["page"] == "closed"
    running.ask("end")
    running.until(20, state="attract")
    running.ask("hold_at", left + 30, bottom + 30)
    sheet(running, "pin")
    running.ask("let_go")
    running.shot("staff-pin")
    typed(running, "1111")
    running.wait(20, lambda: running.ask("staff")["told"][0] == "staff.wrong")
    running.shot("staff-wrong")
    typed(running, PIN)
    rows = sheet(running, "collections")["rows"]
    assert [row[1] for row in rows] == ["Spring", settings.collection.name]
    assert rows[1][4]  # what is on show is chosen
    running.tap(f"staff-pick:{number}")
    running.wait(10, lambda: running.ask("staff")["rows"][0][4])
    running.tap("staff-show")
    running.wait(20, lambda: running.ask("staff")["told"][0] == "staff.shown")
    running.wait(20, lambda: running.state["offers"] == ["moss-tee"])
    for language in LANGUAGES:
        running.ask("speak", language)
        running.shot(f"staff-collections-{language}")
    running.ask("speak", "en")
    running.tap("staff-undo")
    running.wait(20, lambda: "coral-tee" in running.state["offers"])
    running.tap("staff-garments")
    garments = sheet(running, "garments")["rows"]
    running.tap(f"staff-{garments[0][0]}")
    running.wait(20, lambda: running.ask("staff")["rows"][0][2] == "staff.hidden")
    running.wait(20, lambda: garments[0][1] == "Coral tee" and "coral-tee" not in running.state["offers"])
    running.shot("staff-garments")
    stick = tmp_path / "stick"
    stick.mkdir()
    shutil.copy(COLLECTION / "sage-tee.jpg", stick / "sage-tee.jpg")
    (stick / "broken.jpg").write_bytes(b"no picture")
    running.ask("put_stick_in", str(stick))
    running.tap("staff-photos")
    assert [row[1] for row in sheet(running, "photos")["rows"]] == ["broken.jpg", "sage-tee.jpg"]
    for place, (note, words) in enumerate((("staff.refused", "not a picture"), ("staff.added", ""))):
        running.wait(10, lambda p=place: f"staff-pick:{p}" in running.ask("targets"))
        running.tap(f"staff-pick:{place}")
        running.wait(60, lambda p=place: running.ask("staff")["rows"][p][2] != "staff.photo")
        assert sheet(running, "photos")["rows"][place][2] == note
        assert words in running.ask("staff")["rows"][place][3]
    running.shot("staff-photos")
    running.tap("staff-status")
    assert len(sheet(running, "status")["rows"]) == 5
    running.shot("staff-status")
    within_reach(running)
    running.wait(60, lambda: running.ask("known", "sage-tee"))
    running.tap("staff-outoforder")
    assert sheet(running, "order")["plain"] == "E0"
    running.shot("out-of-order")
    running.ask("tap_at", 540, 1700)
    assert running.state["state"] == "attract"  # no shopper gets in
    opened(running, left + 30, bottom + 30)
    running.tap("staff-status")
    sheet(running, "status")
    running.wait(10, lambda: "staff-inorder" in running.ask("targets"))
    running.tap("staff-inorder")
    sheet(running, "closed")
    screen = running.process("driver.py")
    opened(running, left + 30, bottom + 30)
    running.tap("staff-status")
    sheet(running, "status")
    running.wait(10, lambda: "staff-restart" in running.ask("targets"))
    running.tap("staff-restart")
    running.wait(30, lambda: not Path(f"/proc/{screen}").exists())
    running.reconnect()
    running.until(30, state="attract")


def opened(running, x: float, y: float) -> None:
    """The corner held and the PIN typed."""
    running.ask("hold_at", x, y)
    sheet(running, "pin")
    running.ask("let_go")
    running.wait(10, lambda: "staff-enter" in running.ask("targets"))
    typed(running, PIN)
    sheet(running, "collections")


def within_reach(running) -> None:
    sizes = Sizes.of(Screen())
    for name, (_, bottom, width, height) in running.ask("targets").items():
        if name.startswith("staff-"):
            assert min(width, height) >= sizes.target - 1e-3
            assert bottom >= sizes.reach[0]
            assert bottom + height <= sizes.reach[1]
