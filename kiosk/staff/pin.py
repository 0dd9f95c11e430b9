"""The staff's PIN: kept as a salted scrypt hash (RFC 7914), tried slowly, locked for longer after each failure."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import replace
from typing import Final

from engines.errors import TwinMirrorError
from kiosk.catalogue.records import PinRecord
from kiosk.catalogue.store import Catalogue

DIGITS: Final = (4, 8)
_FREE_FAILURES: Final = 4
_FIRST_LOCK_S: Final = 30.0
_LONGEST_LOCK_S: Final = 3600.0
_COST, _BLOCK, _LANES = 2**14, 8, 1
"""About 16 MiB and a tenth of a second a try."""


class PinError(TwinMirrorError):
    """A PIN is not taken; `wait_s` says for how long none will be, 0 where another may be tried at once."""

    def __init__(self, text: str, wait_s: float = 0.0) -> None:
        super().__init__(text)
        self.wait_s = wait_s


def set_pin(catalogue: Catalogue, pin: str) -> None:
    """Make this the PIN, and lift any lock. Raises `PinError` for one that is too short, too long or too plain."""
    low, high = DIGITS
    if not re.fullmatch(rf"[0-9]{{{low},{high}}}", pin):
        raise PinError(f"a PIN has {low} to {high} digits: choose another")
    if len(set(pin)) == 1 or pin in "0123456789876543210":
        raise PinError("that PIN is guessed first: choose one that is no row of digits")
    salt = secrets.token_bytes(16)
    catalogue.set_pin(PinRecord(salt, _hashed(pin, salt), 0, 0.0))


def try_pin(catalogue: Catalogue, pin: str, now: float) -> None:
    """Let a right PIN pass; `now` is in POSIX seconds. Raises `PinError` else, and counts the failure.

    The failure is counted before the PIN is looked at: pulling the plug wins no further try.
    """
    record = catalogue.pin()
    if record is None:
        raise PinError("no PIN has been set: run `kiosk staff pin`")
    locked = min(record.locked_until - now, _LONGEST_LOCK_S)  # a clock that was set back must not lock for ever
    if locked > 0:
        raise PinError(f"too many wrong PINs: wait {locked:.0f} s", locked)
    failures = record.failures + 1
    wait = lock_seconds(failures)
    catalogue.set_pin(replace(record, failures=failures, locked_until=now + wait))
    if not hmac.compare_digest(_hashed(pin, record.salt), record.hash):
        raise PinError("wrong PIN", wait)
    catalogue.set_pin(replace(record, failures=0, locked_until=0.0))


def lock_seconds(failures: int) -> float:
    """How long no PIN is taken after so many wrong ones in a row: it doubles, up to an hour."""
    beyond = failures - _FREE_FAILURES
    return 0.0 if beyond <= 0 else min(_LONGEST_LOCK_S, _FIRST_LOCK_S * 2.0 ** min(beyond - 1, 10))


def _hashed(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES)
