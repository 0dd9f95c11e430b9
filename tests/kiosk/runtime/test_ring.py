"""The ring of pictures: newest wins, never torn, wiped, and gone with its last owner, also after kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kiosk.errors import RingBusyError, StalePictureError
from kiosk.runtime import ring as ring_module
from kiosk.runtime.phase import Phase
from kiosk.runtime.ring import Ring, create_ring, reopened

ROOT = str(Path(__file__).resolve().parents[3])
WIDTH, HEIGHT = 320, 240

_WRITER = """
import sys, time
import numpy as np
from kiosk.runtime.ring import Ring
ring, ending = Ring(int(sys.argv[1])), time.monotonic() + 30
value = 0
while time.monotonic() < ending:
    value = value % 250 + 1
    ring.publish(np.full((240, 320, 3), value, np.uint8), time.monotonic(), dressed=value % 2 == 0)
    if value == 1:
        print("writing", flush=True)
"""


@pytest.fixture
def descriptor():
    made = create_ring(WIDTH * HEIGHT)
    yield made
    os.close(made)


@pytest.fixture
def ring(descriptor):
    opened = Ring(reopened(descriptor))
    yield opened
    opened.close()


def picture(value: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), value, np.uint8)


def writer(descriptor: int) -> subprocess.Popen:
    own = reopened(descriptor)
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(own)],
        pass_fds=[own],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": ROOT},
    )
    os.close(own)
    assert process.stdout.readline() == b"writing\n"
    return process


def test_the_newest_picture_wins(ring):
    for value in range(1, 8):
        assert ring.publish(picture(value), time.monotonic(), dressed=value == 7)
    read = ring.read_latest(200.0)
    assert read.sequence == 7
    assert read.dressed
    assert (read.picture == 7).all()
    assert ring.read_latest(200.0).sequence == 7  # nothing is used up


def test_an_old_picture_is_an_error_that_says_how_old(ring):
    ring.publish(picture(1), time.monotonic() - 0.5, dressed=False)
    with pytest.raises(StalePictureError) as error:
        ring.read_latest(200.0)
    assert 500 <= error.value.age_ms < 1500
    assert ring.read_latest(5000.0).sequence == 1


def test_an_empty_ring_is_an_error(ring):
    with pytest.raises(StalePictureError) as error:
        ring.read_latest(200.0)
    assert error.value.age_ms == float("inf")


def test_a_picture_that_does_not_fit_is_refused(ring):
    with pytest.raises(ValueError, match="do not fit"):
        ring.publish(np.zeros((HEIGHT + 20, WIDTH, 3), np.uint8), 0.0, dressed=False)


def test_a_slot_being_read_is_passed_over(descriptor, ring):
    reader = Ring(reopened(descriptor))
    ring.publish(picture(1), time.monotonic(), dressed=False)
    with reader._locked(0, ring_module.fcntl.F_RDLCK) as held:
        assert held
        for value in range(2, 12):
            assert ring.publish(picture(value), time.monotonic(), dressed=False)
        assert (reader._pixels(0, HEIGHT, WIDTH) == 1).all()
    reader.release()


def test_no_picture_is_ever_torn_and_none_goes_back(descriptor, ring):
    process = writer(descriptor)
    try:
        last, read = 0, 0
        while read < 400:
            seen = ring.read_latest(5000.0)
            assert (seen.picture == seen.picture[0, 0, 0]).all()
            assert seen.sequence >= last
            last, read = seen.sequence, read + 1
        assert last > 10
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_killed_writer_leaves_the_ring_usable_and_nothing_behind(descriptor, ring):
    before = set(Path("/dev/shm").iterdir())
    for _ in range(5):
        process = writer(descriptor)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        seen = ring.read_latest(5000.0)
        assert (seen.picture == seen.picture[0, 0, 0]).all()
        ring.end_generation()
        assert ring.is_blank()
    assert ring.generation == 5
    assert set(Path("/dev/shm").iterdir()) == before


def test_the_memory_ends_with_its_last_owner(descriptor, ring):
    holders = subprocess.run(
        [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"],
        pass_fds=[descriptor],
        check=False,
    )
    assert holders.returncode == -signal.SIGKILL
    inode = os.fstat(descriptor).st_ino
    owners = [fd for fd in Path("/proc").glob("[0-9]*/fd/*") if _inode(fd) == inode]
    assert {owner.parts[2] for owner in owners} == {str(os.getpid())}


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino if "twinmirror-ring" in str(path.readlink()) else None
    except OSError:
        return None


def test_wiping_overwrites_every_slot(ring):
    for value in range(1, 4):
        ring.publish(picture(value), time.monotonic(), dressed=False)
    assert not ring.is_blank()
    ring.wipe()
    assert ring.is_blank()
    with pytest.raises(StalePictureError):
        ring.read_latest(1e9)


def test_a_slot_that_nobody_lets_go_of_is_told(descriptor, ring, monkeypatch):
    monkeypatch.setattr(ring_module, "_WIPE_SECONDS", 0.05)
    other = Ring(reopened(descriptor))
    with other._locked(1, ring_module.fcntl.F_RDLCK), pytest.raises(RingBusyError):
        ring.wipe()
    other.release()


def test_closing_wipes(descriptor):
    first, second = Ring(reopened(descriptor)), Ring(reopened(descriptor))
    first.publish(picture(9), time.monotonic(), dressed=False)
    first.phase = Phase.LIVE
    assert second.phase is Phase.LIVE
    first.close()
    first.close()
    assert second.is_blank()
    second.release()
