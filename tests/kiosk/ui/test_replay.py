"""The last seconds: in order, no more than they are, and gone when wiped."""

from __future__ import annotations

import numpy as np

from kiosk.ui.replay import SECONDS, Replay


def picture(level: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    return np.full((*size, 3), level, np.uint8)


def test_the_last_seconds_come_again_in_order():
    replay = Replay()
    assert replay.at(0.0) is None
    for number in range(600):  # twenty seconds at thirty a second
        replay.keep(picture(number * 250 // 600), 100 + number / 30)
    assert SECONDS - 1 < replay.seconds <= SECONDS + 0.5
    levels = [int(replay.at(k / 10)[0, 0, 0]) for k in range(int(replay.seconds * 10))]
    assert levels == sorted(levels)
    assert levels[0] >= 250 * 11 // 20
    assert int(replay.at(replay.seconds - 0.05)[0, 0, 0]) >= 246
    assert replay.at(replay.seconds + 0.1) is None


def test_large_pictures_are_kept_small_and_all_are_overwritten():
    replay = Replay()
    for number in range(40):
        replay.keep(picture(200, (1080, 1920) if number % 2 else (48, 64)), number / 5)
    kept = [each for each in replay._pictures if each is not None]
    assert all(each.shape[0] * each.shape[1] < 430_000 for each in kept)
    replay.wipe()
    assert not any(each.any() for each in kept)
    assert replay.at(0.0) is None
    assert replay.seconds == 0.0
