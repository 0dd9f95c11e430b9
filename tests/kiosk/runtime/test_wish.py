"""Wishes through the pipe: the last one counts, none is cut in two, a full pipe holds nobody up."""

from __future__ import annotations

import os

import pytest

from kiosk.runtime.pulse import Pulse, create_board
from kiosk.runtime.wish import Wish, create_pipe, newest_told, tell


@pytest.fixture
def pipe():
    ends = create_pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_the_last_wish_counts(pipe):
    assert newest_told(pipe[0]) is None
    for ends in range(5):
        tell(pipe[1], Wish(ends=ends, mirror=True, wear=("tank", "hoodie")))
    assert newest_told(pipe[0]) == Wish(ends=4, mirror=True, wear=("tank", "hoodie"))
    assert newest_told(pipe[0]) is None


def test_a_full_pipe_holds_nobody_up_and_what_is_no_wish_is_passed_over(pipe):
    tell(pipe[1], Wish(ends=7))
    os.write(pipe[1], b'{"ends": -2}')
    for _ in range(100):
        tell(pipe[1], Wish(ends=8))
    assert newest_told(pipe[0]) == Wish(ends=8)


def test_a_pulse_is_felt_by_another_opening_of_the_board():
    board = create_board()
    here, there, neighbour = Pulse(board, 1), Pulse(board, 1), Pulse(board, 0)
    assert there.last is None
    here.beat()
    assert there.last > 0
    assert neighbour.last is None
    there.clear()
    assert here.last is None
    os.close(board)
