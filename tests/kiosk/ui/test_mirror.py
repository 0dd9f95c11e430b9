"""The real mirror, driven by touches: every screen in every language, a session, idleness, wipe, death and loss.

Each screen is left as a picture in `build/screens`.
"""

from __future__ import annotations

import os
import shutil
import signal
import time

import cv2
import numpy as np

from kiosk.config import LANGUAGES, Times
from kiosk.demo import PERSON
from kiosk.ui.theme import Sizes

PATTERN = np.random.default_rng(7).integers(0, 2, (30, 40), np.uint8) * 255


def live(mirror) -> dict:
    """Wait for a picture of the camera."""
    return mirror.wait(20, lambda: s if (s := mirror.state)["shown"][0] == "live" else None)


def into_the_mirror(mirror) -> None:
    mirror.until(15, state="attract")
    mirror.tap("begin")
    mirror.until(state="notice")
    mirror.tap("consent")
    mirror.until(state="mirror")


def test_every_screen_in_every_language_and_a_session(mirror, settings):
    running = mirror()
    running.wait(10, lambda: running.state["film"])
    sizes = Sizes.of(settings.screen)
    names = {f"speak-{language}" for language in LANGUAGES}
    every_language(running, "attract", names | {"begin", "lower"}, sizes)
    running.ask("tap_at", 540, 1700)  # anywhere on the film
    running.until(state="notice")
    every_language(running, "notice", names | {"consent", "over", "lower"}, sizes)
    running.tap("consent")
    running.until(state="mirror")
    live(running)
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


def test_an_idle_mirror_warns_waits_and_wipes(mirror):
    running = mirror(times=Times(idle_s=6, warning_s=20, live_ms=4000, lost_s=6))
    into_the_mirror(running)
    running.until(10, state="warning")
    running.shot("warning")
    running.tap("stay")
    running.until(state="mirror")
    running.until(25, state="warning")
    running.until(40, state="wipe")
    running.until(20, state="attract")


def test_a_killed_vision_process_and_an_unplugged_camera(mirror, settings, tmp_path):
    clip = tmp_path / "camera.mp4"
    running = mirror(
        camera=settings.camera.model_copy(update={"path": clip}), times=Times(idle_s=600, live_ms=4000, lost_s=1)
    )
    into_the_mirror(running)
    running.until(20, trouble="mirror.lost")
    running.shot("camera-lost")
    shutil.copy(PERSON, clip)
    before = live(running)["shown"]
    os.kill(running.process("vision_child"), signal.SIGKILL)
    start = time.monotonic()
    running.wait(10, lambda: (s := running.state)["shown"] != before and not s["trouble"])
    assert time.monotonic() - start < 5 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_nothing_of_a_shopper_is_left(mirror, settings, cache, tmp_path, capfd):
    clip = tmp_path / "canary.mp4"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (640, 480))
    canary = cv2.resize(PATTERN, (640, 480), interpolation=cv2.INTER_NEAREST)
    for _ in range(60):
        writer.write(cv2.cvtColor(canary, cv2.COLOR_GRAY2BGR))
    writer.release()
    running = mirror(camera=settings.camera.model_copy(update={"path": clip}))
    into_the_mirror(running)
    live(running)
    assert shows_canary(running.ask("texture"))
    seen = running.process("vision_child")
    running.tap("over")
    running.until(state="wipe")
    assert not shows_canary(running.ask("texture"))
    running.until(20, state="attract")
    assert running.process("vision_child") != seen  # whatever it held went with it
    running.close()
    kept = [file for file in [*tmp_path.rglob("*"), *cache.rglob("*")] if file.is_file() and file != clip]
    line = canary[0].tobytes()
    assert not [file for file in kept if line in file.read_bytes()]
    logs = "".join(capfd.readouterr())
    assert "landmark" not in logs
    assert line not in logs.encode()


def shows_canary(pixels: bytes) -> bool:
    """Whether a texture (RGBA or RGB bytes) looks like the pattern, whichever way it is turned."""
    if not pixels:
        return False
    picture = np.frombuffer(pixels, np.uint8).reshape(480, 640, -1)[..., 0]
    small = cv2.resize(picture, PATTERN.shape[::-1], interpolation=cv2.INTER_AREA)
    return bool((np.abs(small.astype(int) - PATTERN) < 90).mean() > 0.9)
