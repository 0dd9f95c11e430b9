"""The whole mirror, supervised, in a real GL window without a display."""

from __future__ import annotations

import os
import shutil
import threading
import time
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from kiosk.collection import pieces_of
from kiosk.demo import PERSON
from kiosk.preparing import _make_garment, film_of, thumbnail_of
from kiosk.runtime.run import keep_running
from kiosk.twins.shown import PACKS, twins_in

SCREENS = Path(__file__).resolve().parents[3] / "build" / "screens"
DRIVER = Path(__file__).with_name("driver.py")


class Mirror:
    """A running mirror and the hand that taps it."""

    def __init__(self, settings, folder: Path) -> None:
        self.hand = folder / "hand"
        self._ending = threading.Event()
        self._thread = threading.Thread(target=keep_running, args=(settings, self._ending, (str(DRIVER),)))
        self._thread.start()
        self.connection = self.wait(40, self._connect)

    def _connect(self):
        try:
            return Client(str(self.hand))
        except (FileNotFoundError, ConnectionRefusedError):
            return None

    def reconnect(self) -> None:
        """To the hand of a screen that was started again."""
        self.connection.close()
        self.connection = self.wait(60, self._connect)

    def ask(self, name: str, *arguments):
        self.connection.send((name, *arguments))
        assert self.connection.poll(30), f"no answer to {name}"
        return self.connection.recv()

    @property
    def state(self) -> dict:
        return self.ask("state")

    def tap(self, name: str) -> None:
        self.ask("tap", name)

    def shot(self, name: str) -> None:
        self.ask("state")  # a frame later
        time.sleep(0.1)
        self.ask("shot", str(SCREENS / f"{name}.png"))

    def wait(self, seconds: float, condition):
        """The condition's first true value; it may take so many seconds, or a few more on a busy machine."""
        end = time.monotonic() + seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        while time.monotonic() < end:
            if value := condition():
                return value
            time.sleep(0.03)
        raise AssertionError(f"not within {seconds} s: {self.state if hasattr(self, 'connection') else 'no window'}")

    def until(self, seconds: float = 10, **wanted) -> dict:
        def reached() -> dict | None:
            state = self.state
            return state if wanted.items() <= state.items() else None

        return self.wait(seconds, reached)

    def live(self) -> dict:
        """Wait for a picture of the camera."""
        return self.wait(20, lambda: s if (s := self.state)["shown"][0] == "live" else None)

    def begin(self) -> None:
        """From the film into the mirror."""
        self.until(15, state="attract")
        self.tap("begin")
        self.until(state="notice")
        self.tap("consent")
        self.until(state="mirror")

    def process(self, entry: str) -> int:
        """The process of this entry that this process has started."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line, status = (folder / "cmdline").read_bytes(), (folder / "stat").read_text()
            except OSError:
                continue
            if entry.encode() in line and int(status.rsplit(")", 1)[1].split()[1]) == os.getpid():
                return int(folder.name)
        raise AssertionError(f"no process {entry}")

    def close(self) -> None:
        self.connection.close()
        self._ending.set()
        self._thread.join()
        assert not list(Path("/dev/shm").glob("*twinmirror*"))


@pytest.fixture(scope="session")
def cache(tmp_path_factory, pose_bundle, collection, loop) -> Path:
    """A cache in which all is prepared; the films are the rendered person as they are, to save minutes."""
    folder = tmp_path_factory.mktemp("cache")
    (folder / "twinmirror").mkdir()
    shutil.copy(pose_bundle, folder / "twinmirror")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        for piece in pieces_of(collection):
            _make_garment(piece)
            if twins_in(PACKS):
                film = film_of(piece)
                film.parent.mkdir(exist_ok=True)
                shutil.copy(loop, film)
            assert thumbnail_of(piece).is_file()
    return folder


def started(settings, cache: Path, folder: Path, patch: pytest.MonkeyPatch) -> Mirror:
    patch.setenv("XDG_CACHE_HOME", str(cache))
    patch.setenv("SDL_VIDEODRIVER", "offscreen")
    patch.setenv("TWINMIRROR_HAND", str(folder / "hand"))
    return Mirror(settings, folder)


@pytest.fixture
def mirror(settings, cache, tmp_path, monkeypatch):
    """Starts a mirror of its own, with changed settings."""
    made = []

    def start(**changes) -> Mirror:
        made.append(started(settings.model_copy(update=changes), cache, tmp_path, monkeypatch))
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def camera(tmp_path_factory) -> Path:
    """A clip that can be taken away and brought back: the shared mirror's camera."""
    clip = tmp_path_factory.mktemp("camera") / "camera.mp4"
    shutil.copy(PERSON, clip)
    return clip


@pytest.fixture(scope="module")
def shared_mirror(settings, cache, camera, twin, tmp_path_factory):
    """One mirror for a module's tests."""
    changed = settings.model_copy(
        update={
            "camera": settings.camera.model_copy(update={"path": camera}),
            "twins": twin.folder.parent,
            "times": settings.times.model_copy(update={"lost_s": 1.0}),
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        running = started(changed, cache, tmp_path_factory.mktemp("mirror"), patch)
        yield running
        running.close()


@pytest.fixture
def running(shared_mirror):
    """The shared mirror, at the film."""
    if shared_mirror.state["state"] != "attract":
        shared_mirror.ask("end")
    shared_mirror.until(20, state="attract")
    return shared_mirror
