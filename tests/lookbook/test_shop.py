"""The demo shop in a real Chromium: each visitor sees the twin they chose, in files that the browser prefers."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import threading
import time
from pathlib import Path

import pytest
from lookbook_support import SMALL_SET, order_of
from playwright.sync_api import Page, sync_playwright

from kiosk.config import LANGUAGES
from kiosk.labels.verify import verify
from kiosk.lookbook import lookbook as lookbook_module
from kiosk.lookbook.cluster import Done
from kiosk.lookbook.lookbook import make_lookbook, opened
from kiosk.lookbook.making import make
from kiosk.lookbook.publishing import publish
from kiosk.rights.gate import Gate

CHROMIUM = "/usr/bin/chromium"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


class _Here:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@pytest.fixture(scope="module")
def shop(tmp_path_factory, shared_cast, collection, keys) -> Path:
    """A web lookbook of two garments on two twins, made in this process."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(shared_cast, folder / "cast")
    text = SMALL_SET[: SMALL_SET.rindex("[[pose]]")]
    order = order_of(collection, folder / "cast", folder, text, web=True)
    studio = opened(order, Gate.at(folder / "cast", folder / "ledger.jsonl", "DE"), keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookbook_module.cluster, "opened", lambda *_: _Here())
        patch.setattr(lookbook_module.cluster, "cores", lambda _: 1)
        patch.setattr(lookbook_module.cluster, "run", lambda _, tasks: (Done(task, make(task)) for task in tasks))
        make_lookbook(studio, None, None, 0.05)
    publish(studio)
    return order.out


@pytest.fixture(scope="module")
def address(shop):
    handler = functools.partial(_Quiet, directory=str(shop))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        opened_ = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened_
        opened_.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    made = context.new_page()
    made.set_default_timeout(60_000)
    made.problems = []
    made.on("console", lambda message: made.problems.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: made.problems.append(str(error)))
    yield made
    context.close()


def wait_for_pictures(page: Page) -> None:
    """Asked from here: the page's own policy forbids what Playwright would run in it to wait."""
    end = time.monotonic() + 60
    while not page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)"):
        assert time.monotonic() < end, "the pictures do not load"
        time.sleep(0.1)


def shown(page: Page) -> list[str]:
    """Where each picture on the page comes from, once all are loaded."""
    page.wait_for_selector("article img")
    wait_for_pictures(page)
    return page.eval_on_selector_all("article img", "all => all.map(i => i.currentSrc.split('/').pop())")


def test_a_visitor_sees_the_twin_they_chose_and_sees_it_again(page, address):
    page.goto(address)
    assert all("--ada--" in name for name in shown(page))
    page.get_by_role("radio", name="Bo").check(force=True)
    page.wait_for_selector("html[data-twin=bo]")
    names = shown(page)
    assert len(names) == 2
    assert all("--bo--" in name for name in names)
    page.reload()
    assert all("--bo--" in name for name in shown(page))
    assert page.problems == []


def test_the_keyboard_chooses_too(page, address):
    page.goto(address)
    shown(page)
    page.get_by_role("radio", name="Ada").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("html[data-twin=bo]")


@pytest.mark.parametrize(("width", "ratio"), [(390, 3), (1280, 1)])
def test_the_browser_takes_avif_and_nothing_overflows(browser, address, width, ratio):
    context = browser.new_context(viewport={"width": width, "height": 844}, device_scale_factor=ratio)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    assert all(name.endswith(".avif") for name in shown(page))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.eval_on_selector_all("#twins label", "all => all.map(l => l.getBoundingClientRect().height)")
    assert min(boxes) >= 44
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_alt_texts_and_a_notice(page, address, language):
    page.goto(f"{address}?lang={language}")
    shown(page)
    assert page.get_attribute("html", "lang") == language
    assert page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
    alts = page.eval_on_selector_all("article img", "all => all.map(i => i.alt)")
    assert len(set(alts)) == 2
    assert all("Ada" in alt for alt in alts)
    assert "Content Credentials" in page.inner_text("footer") or language in {"ar", "zh"}


def test_the_manifest_names_files_that_are_there_and_signed(shop):
    told = json.loads((shop / "manifest.json").read_text())
    assert [twin["id"] for twin in told["twins"]] == ["ada", "bo"]
    entries = [entry for look in told["looks"] for of in look["pictures"].values() for entry in of]
    assert len(entries) == 4
    for entry in entries:
        assert set(entry["alt"]) == set(LANGUAGES)
        names = [entry["file"], entry["fallback"]]
        names += [part.split()[0] for source in entry["sources"] for part in source["srcset"].split(", ")]
        assert [source["type"] for source in entry["sources"]] == ["image/avif", "image/webp", "image/jpeg"]
        for name in names:
            assert verify(shop / name, "").state == "untrusted"


def test_a_browser_without_avif_gets_what_it_knows(shop, browser, address):
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.route("**/*.avif", lambda route: route.abort())
    page.goto(address)
    page.wait_for_selector("article img")
    # what a browser that knows no AVIF does: it leaves that source out
    page.eval_on_selector_all("source[type='image/avif']", "all => all.forEach(s => s.remove())")
    wait_for_pictures(page)
    assert all(name.endswith(".webp") for name in shown(page))
    page.close()
