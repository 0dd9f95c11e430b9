"""The real mirror, driven by touches: every screen in every language, a session, idleness, death and loss.

Each screen is left as a picture in `build/screens`.
"""

from __future__ import annotations

import os
import shutil
import signal
import time

from kiosk.config import LANGUAGES
from kiosk.demo import PERSON
from kiosk.ui.theme import Sizes


def test_every_screen_in_every_language_and_a_session(running, settings):
    running.wait(10, lambda: running.state["film"])
    sizes = Sizes.of(settings.screen)
    names = {f"speak-{language}" for language in LANGUAGES}
    every_language(running, "attract", names | {"begin", "lower"}, sizes)
    running.ask("tap_at", 540, 1700)  # anywhere on the film
    running.until(state="notice")
    every_language(running, "notice", names | {"consent", "over", "lower"}, sizes)
    running.tap("consent")
    running.until(state="mirror")
    running.live()
    running.tap("wear-coral-tee")
    running.tap("on")
    running.tap("wear-sand-long-sleeve")  # of the same layer: it takes the tee's place
    running.tap("back")
    running.tap("wear-plum-hoodie")
    assert running.state["worn"] == ("sand-long-sleeve", "plum-hoodie")
    running.tap("wear-plum-hoodie")
    assert running.state["worn"] == ("sand-long-sleeve",)
    every_language(running, "mirror", names | {"freeze", "over", "lower", "wear-coral-tee", "on", "back"}, sizes)
    running.tap("lower")
    within_reach(running, sizes)
    running.shot("mirror-lowered")
    running.tap("freeze")
    shown = running.until(frozen=True)["shown"]
    running.shot("mirror-frozen")
    time.sleep(0.5)
    assert running.state["shown"] == shown
    running.tap("over")
    running.until(state="wipe")
    running.shot("wipe")
    assert not any(running.ask("texture")[::4])
    after = running.until(20, state="attract")
    assert after["worn"] == ()
    assert after["language"] == "en"


def every_language(running, screen: str, targets: set[str], sizes: Sizes) -> None:
    for language in (*LANGUAGES[1:], LANGUAGES[0]):
        running.tap(f"speak-{language}")
        running.until(language=language)
        assert targets <= set(running.ask("targets"))
        within_reach(running, sizes)
        running.shot(f"{screen}-{language}")


def within_reach(running, sizes: Sizes) -> None:
    for left, bottom, width, height in running.ask("targets").values():
        assert min(width, height) >= sizes.target - 1e-3 or min(width, height) * 0.494 >= 20
        assert left >= 0
        assert left + width <= sizes.width
        assert bottom >= sizes.reach[0]
        assert bottom + height <= sizes.reach[1]


def test_an_idle_mirror_warns_waits_and_wipes(running, settings):
    times = settings.times
    running.begin()
    running.ask("pass_time", times.idle_s)
    running.until(state="warning")
    running.shot("warning")
    running.tap("stay")
    running.until(state="mirror")
    running.ask("pass_time", times.idle_s + 1)  # whoever asked for more time gets twice as much
    assert running.state["state"] == "mirror"
    running.ask("pass_time", times.idle_s)
    running.until(state="warning")
    running.ask("pass_time", times.warning_s)
    running.until(state="wipe")
    running.until(20, state="attract")


def test_a_killed_vision_process_and_an_unplugged_camera(running, camera):
    camera.unlink()
    running.begin()
    running.until(20, trouble="mirror.lost")
    running.shot("camera-lost")
    shutil.copy(PERSON, camera)
    before = running.live()["shown"]
    os.kill(running.process("vision_child"), signal.SIGKILL)
    start = time.monotonic()
    running.wait(10, lambda: (s := running.state)["shown"] != before and not s["trouble"])
    assert time.monotonic() - start < 5 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
