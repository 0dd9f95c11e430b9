"""The real mirror: a twin in the shopper's place, two looks, the last seconds again, guidance, help."""

from __future__ import annotations

import time

import cv2

from kiosk.config import LANGUAGES
from kiosk.demo import PERSON
from kiosk.ui.theme import Sizes


def within_reach(running, sizes: Sizes) -> None:
    for name, (left, bottom, width, height) in running.ask("targets").items():
        assert min(width, height) * 0.494 >= 20, name
        assert left >= 0, name
        assert left + width <= sizes.width + 0.5, name
        assert bottom >= sizes.reach[0], name
        assert bottom + height <= sizes.reach[1], name


def test_a_twin_takes_the_shoppers_place_and_gives_it_back(running, settings):
    sizes = Sizes.of(settings.screen)
    running.begin()
    running.live()
    running.tap("wear-coral-tee")
    running.until(worn=("coral-tee",))
    running.tap("someone")
    running.wait(20, lambda: "twin-robin" in running.ask("targets"))
    for language in (*LANGUAGES[1:], LANGUAGES[0]):
        running.tap(f"speak-{language}")
        running.until(language=language)
        within_reach(running, sizes)
        running.shot(f"twins-{language}")
    for group in ("age", "height", "figure"):
        running.tap(f"group-{group}")
    running.shot("twins-wanted")
    running.tap("twin-robin")
    running.until(twin="robin")
    before = running.state["shown"]
    running.wait(30, lambda: (s := running.state)["shown"] != before and not s["trouble"])
    running.tap("done")
    time.sleep(2.0)
    running.shot("twin-worn")
    assert running.state["hint"] == ""
    assert running.state["worn"] == ("coral-tee",)
    running.tap("me")
    running.until(twin="")
    before = running.state["shown"]
    running.wait(30, lambda: (s := running.state)["shown"] != before and not s["trouble"])
    running.tap("off-coral-tee")
    running.until(worn=())
    running.tap("someone")
    running.tap("twin-robin")
    running.tap("over")
    running.until(state="wipe")
    after = running.until(20, state="attract")
    assert (after["twin"], after["worn"], after["beside"]) == ("", (), None)


def test_two_looks_and_the_last_seconds(running, settings):
    running.begin()
    running.live()
    running.tap("wear-coral-tee")
    running.tap("compare")
    running.until(beside=("coral-tee",))
    running.tap("off-coral-tee")
    running.tap("wear-forest-polo")
    running.until(60, panes=2)
    time.sleep(2.0)
    within_reach(running, Sizes.of(settings.screen))
    running.shot("two-looks")
    running.tap("compare")
    running.until(60, panes=1)
    running.until(30, recorded=True)
    running.tap("replay")
    running.until(replaying=True)
    assert running.wait(10, lambda: running.state["shown"][0] == "again")
    running.shot("replay")
    running.until(60, replaying=False)
    running.live()
    assert any(running.ask("kept"))
    running.tap("over")
    running.until(state="wipe")
    assert not any(running.ask("kept"))


def test_prompts_are_read_and_motion_is_calmed(running):
    running.until(15, state="attract")
    running.tap("voice")
    running.tap("calm")
    running.tap("begin")
    running.until(state="notice")
    running.wait(10, lambda: running.ask("speaking"))
    running.shot("notice-help")
    running.tap("voice")
    assert not running.wait(10, lambda: True) or not running.ask("speaking")
    running.tap("over")
    running.until(20, state="attract")


def test_an_outline_shows_where_to_stand(mirror, settings, tmp_path):
    clip, capture = tmp_path / "empty.mp4", cv2.VideoCapture(str(PERSON))
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, (640, 480))
    empty = capture.read()[1]
    for _ in range(90):
        writer.write(empty)
    writer.release()
    capture.release()
    running = mirror(camera=settings.camera.model_copy(update={"path": clip}))
    running.begin()
    running.live()
    running.until(60, hint="hint.nobody")
    running.shot("guidance")
    assert running.ask("outlined")
    running.tap("over")
    running.until(state="wipe")
    assert not running.ask("outlined")
