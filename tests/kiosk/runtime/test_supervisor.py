"""The supervisor's logic, with processes and a clock that are only played."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kiosk.errors import RunError
from kiosk.runtime.supervisor import ProcessSpec, Supervisor


@dataclass
class Played:
    """A process that does what the test says."""

    code: int | None = None
    beat: float | None = None
    asked: bool = False
    killed: bool = False
    stubborn: bool = False

    def poll(self):
        return self.code

    def last_beat(self):
        return self.beat

    def terminate(self):
        self.asked = True
        if not self.stubborn:
            self.code = 0

    def kill(self):
        self.killed = self.code is None
        self.code = -9 if self.killed else self.code


class Stage:
    """A clock, and every process that was ever launched."""

    def __init__(self, *table: ProcessSpec) -> None:
        self.time = 0.0
        self.launched: list[tuple[str, Played]] = []
        self.supervisor = Supervisor(table, self._launch, lambda: self.time)

    def _launch(self, spec: ProcessSpec) -> Played:
        self.launched.append((spec.name, Played()))
        return self.launched[-1][1]

    @property
    def newest(self) -> Played:
        return self.launched[-1][1]

    def pass_time(self, seconds: float) -> None:
        self.time += seconds
        self.supervisor.step()


def row(name: str = "vision", **more) -> ProcessSpec:
    return ProcessSpec(name, ["-m", "x"], **more)


def test_all_rows_that_should_run_are_started():
    wanted = {"b": False}
    stage = Stage(row("a"), row("b", should_run=lambda: wanted["b"]))
    stage.pass_time(0)
    assert [name for name, _ in stage.launched] == ["a"]
    wanted["b"] = True
    stage.pass_time(1)
    assert [name for name, _ in stage.launched] == ["a", "b"]


def test_the_first_restart_is_at_once_and_later_ones_wait_ever_longer():
    stage = Stage(row())
    stage.pass_time(0)
    waits = []
    for _ in range(10):
        count = len(stage.launched)
        stage.newest.code = -11
        stage.pass_time(0.01)
        waited = 0.01
        while len(stage.launched) == count:
            stage.pass_time(0.25)
            waited += 0.25
        waits.append(waited)
    assert waits[0] < 0.1
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(30, abs=1)
    assert stage.supervisor.restarts() == {"vision": 10}


def test_a_long_life_clears_the_record():
    stage = Stage(row(most_failures=2, essential=True))
    stage.pass_time(0)
    for _ in range(6):
        stage.newest.beat = stage.time
        stage.time += 61
        stage.newest.beat, stage.newest.code = stage.time, 1
        stage.pass_time(0)
        stage.pass_time(1)
    assert stage.supervisor.restarts() == {"vision": 6}


def test_a_frozen_process_is_replaced():
    stage = Stage(row(silence_s=5, start_s=20))
    stage.pass_time(0)
    frozen = stage.newest
    stage.pass_time(19)
    assert len(stage.launched) == 1  # it may still be starting
    frozen.beat = stage.time
    stage.pass_time(4)
    assert not frozen.killed
    stage.pass_time(2)
    assert frozen.killed
    stage.pass_time(0)
    assert len(stage.launched) == 2


def test_one_that_never_gives_a_sign_of_life_is_replaced():
    stage = Stage(row(start_s=20))
    stage.pass_time(0)
    stage.pass_time(21)
    assert stage.launched[0][1].killed


def test_work_done_is_no_failure_and_is_done_again_while_wanted():
    ended = []
    stage = Stage(row(most_failures=0, essential=True, after_end=lambda: ended.append(1)))
    stage.pass_time(0)
    for round_ in range(3):
        stage.time += 2
        stage.newest.code = 0
        stage.pass_time(0)
        stage.pass_time(0)
        assert len(stage.launched) == round_ + 2
    assert len(ended) == 3


def test_ending_at_once_is_a_failure_whatever_the_code():
    stage = Stage(row("ui", most_failures=0, essential=True, ends_all=True))
    stage.pass_time(0)
    stage.newest.code = 0
    with pytest.raises(RunError, match="ui has failed"):
        stage.pass_time(0.1)


def test_an_inessential_process_stays_down_after_its_last_failure():
    stage = Stage(row("films", most_failures=2))
    stage.pass_time(0)
    for _ in range(20):
        stage.newest.code = 3
        stage.pass_time(10)
    assert len(stage.launched) == 3


def test_the_screen_that_is_closed_ends_all():
    stage = Stage(row("vision"), row("ui", ends_all=True))
    stage.pass_time(0)
    stage.time += 5
    stage.launched[0][1].beat = stage.time
    stage.newest.code = 0
    stage.pass_time(0)
    assert stage.supervisor.finished


def test_stopping_asks_first_and_kills_what_does_not_listen():
    ended = []
    stage = Stage(row("a", after_end=lambda: ended.append("a")), row("b", after_end=lambda: ended.append("b")))
    stage.pass_time(0)
    (_, first), (_, second) = stage.launched
    second.stubborn = True

    def wait(seconds: float) -> None:
        stage.time += seconds

    stage.supervisor.stop(wait, grace_s=1.0)
    assert first.asked
    assert not first.killed
    assert second.killed
    assert ended == ["a", "b"]
