"""A door, and a ledger of a few uses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the importlib mode of pytest knows no folder of helpers

from rights_support import a_use

from kiosk.rights.gate import Gate
from kiosk.rights.ledger import Ledger
from kiosk.rights.revocations import Revocations


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    made = Ledger(tmp_path / "data" / "ledger.jsonl")
    for number in range(5):
        made.append(a_use(number))
    return made


@pytest.fixture
def gate(tmp_path) -> Gate:
    return Gate(Ledger(tmp_path / "ledger.jsonl"), Revocations(), "DE")
