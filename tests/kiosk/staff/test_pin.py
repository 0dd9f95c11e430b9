"""PINs: what is taken, what is refused, and for how long."""

from __future__ import annotations

from contextlib import closing

import pytest

from kiosk.catalogue import database
from kiosk.catalogue.store import Catalogue
from kiosk.staff.pin import PinError, lock_seconds, set_pin, try_pin

NOW = 1_000_000.0


@pytest.fixture
def catalogue(tmp_path):
    database.prepare(tmp_path)
    with closing(Catalogue(tmp_path)) as opened:
        yield opened


@pytest.mark.parametrize("pin", ["123", "123456789", "12a4", "1111", "2345", "8765", "", "١٢٣٧"])
def test_a_poor_pin_is_refused(catalogue, pin):
    with pytest.raises(PinError):
        set_pin(catalogue, pin)
    assert catalogue.pin() is None


def test_the_right_one_passes_and_no_pin_is_kept_in_clear(catalogue, tmp_path):
    with pytest.raises(PinError, match="no PIN has been set"):
        try_pin(catalogue, "2580", NOW)
    set_pin(catalogue, "2580")
    try_pin(catalogue, "2580", NOW)
    assert catalogue.pin().failures == 0
    assert not any(b"2580" in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


def test_wrong_ones_lock_for_longer_each_time_also_after_a_restart(catalogue, tmp_path):
    set_pin(catalogue, "2580")
    now, waits = NOW, []
    for _ in range(8):
        with pytest.raises(PinError, match="wrong PIN") as error:
            try_pin(catalogue, "9999", now)
        waits.append(error.value.wait_s)
        now += error.value.wait_s
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240]
    with closing(Catalogue(tmp_path)) as after, pytest.raises(PinError, match="wait"):
        try_pin(after, "2580", now - 1)  # even the right one
    try_pin(catalogue, "2580", now)
    assert catalogue.pin().failures == 0


def test_no_lock_is_longer_than_an_hour_whatever_the_clock_says(catalogue):
    assert lock_seconds(1000) == 3600
    set_pin(catalogue, "2580")
    for _ in range(5):
        with pytest.raises(PinError):
            try_pin(catalogue, "9999", NOW)
    with pytest.raises(PinError) as error:
        try_pin(catalogue, "2580", NOW - 10**6)
    assert error.value.wait_s == 3600


def test_a_new_pin_lifts_the_lock(catalogue):
    set_pin(catalogue, "2580")
    for _ in range(5):
        with pytest.raises(PinError):
            try_pin(catalogue, "9999", NOW)
    set_pin(catalogue, "7413")
    try_pin(catalogue, "7413", NOW)
