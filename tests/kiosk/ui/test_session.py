"""The session's machine of states, with a clock that is only told."""

from __future__ import annotations

import pytest

from kiosk.config import LANGUAGES, Times
from kiosk.ui.session import Session, State


class Kiosk:
    def __init__(self) -> None:
        self.generation, self.now = 3, 0.0
        self.session = Session(Times(), LANGUAGES, lambda: self.generation)

    def wait(self, seconds: float) -> State:
        self.now += seconds
        self.session.tick(self.now)
        return self.session.state


@pytest.fixture
def kiosk():
    return Kiosk()


@pytest.fixture
def mirror(kiosk):
    kiosk.session.begin(0.0)
    kiosk.session.consent(0.0)
    return kiosk


def test_the_way_of_a_shopper(kiosk):
    session = kiosk.session
    assert session.state is State.ATTRACT
    assert not session.camera_on
    session.begin(0.0)
    assert session.state is State.NOTICE
    assert not session.camera_on
    session.consent(0.0)
    assert session.state is State.MIRROR
    assert session.camera_on
    session.worn, session.frozen, session.lowered = ("tee",), True, True
    session.speak("ar")
    session.start_over(0.0)
    assert session.state is State.WIPE
    assert not session.camera_on
    assert session.ends == 3
    assert kiosk.wait(100) is State.WIPE  # not before the camera's process has ended and its pictures are gone
    kiosk.generation = 4
    assert kiosk.wait(0) is State.ATTRACT
    assert (session.worn, session.frozen, session.lowered, session.language) == ((), False, False, "en")
    assert session.ends == -1


def test_the_word_that_all_is_deleted_can_be_read(mirror):
    mirror.session.start_over(0.0)
    mirror.generation += 1
    assert mirror.wait(1.0) is State.WIPE
    assert mirror.wait(1.0) is State.ATTRACT


def test_nothing_is_wiped_where_nobody_was_seen(kiosk):
    kiosk.session.begin(0.0)
    kiosk.session.start_over(0.0)
    assert kiosk.session.state is State.ATTRACT


def test_a_notice_that_nobody_answers_goes_away(kiosk):
    kiosk.session.begin(0.0)
    assert kiosk.wait(29) is State.NOTICE
    assert kiosk.wait(2) is State.ATTRACT


def test_an_idle_mirror_warns_then_wipes(mirror):
    assert mirror.wait(29) is State.MIRROR
    assert mirror.wait(2) is State.WARNING
    assert mirror.session.camera_on
    assert mirror.session.warning_left(mirror.now) == 30
    assert mirror.wait(29) is State.WARNING
    assert mirror.wait(2) is State.WIPE


def test_a_touch_keeps_the_mirror(mirror):
    for _ in range(10):
        mirror.wait(25)
        mirror.session.touched(mirror.now)
        assert mirror.session.state is State.MIRROR


def test_more_time_is_twice_as_much_up_to_a_limit(mirror):
    for factor in (1, 2, 4, 4):
        assert mirror.wait(30 * factor - 1) is State.MIRROR
        assert mirror.wait(2) is State.WARNING
        mirror.session.stay(mirror.now)
    assert mirror.session.state is State.MIRROR


def test_what_does_not_fit_the_state_changes_nothing(kiosk):
    session = kiosk.session
    for act in (session.consent, session.stay, session.start_over):
        act(0.0)
        assert session.state is State.ATTRACT


def test_nothing_that_a_shopper_chose_meets_the_next_one(mirror):
    session = mirror.session
    session.worn = ("tee",)
    session.compare()
    assert session.beside == ("tee",)
    session.show_twin("robin")
    session.choosing, session.wanted, session.spoken, session.calm = True, session.wanted.turned("age"), True, True
    session.start_over(0.0)
    assert (session.worn, session.beside, session.twin, session.choosing) == ((), None, "", False)
    mirror.generation = 4
    assert mirror.wait(100) is State.ATTRACT
    assert not session.wanted.age
    assert not session.spoken
    assert not session.calm


def test_one_look_again_and_a_twin_ends_what_is_not_live(mirror):
    session = mirror.session
    session.compare()
    session.compare()
    assert session.beside is None
    session.frozen = session.replaying = True
    session.show_twin("robin")
    assert not session.frozen
    assert not session.replaying
