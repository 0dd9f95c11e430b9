"""The ledger only grows, outlives power cuts and full disks, and shows every change."""

from __future__ import annotations

import errno
import itertools
import json
import multiprocessing
import os
import signal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rights_support import a_use

from kiosk.rights import ledger as ledger_module
from kiosk.rights.entry import START, Entry
from kiosk.rights.errors import LedgerError, LedgerTamperedError
from kiosk.rights.ledger import Ledger


def test_entries_come_back_as_they_were_told(ledger):
    entries = ledger.entries()
    assert [entry.fact.use_id for entry in entries] == [f"job-{number}" for number in range(5)]
    assert {entry.fact.amount for entry in entries} == {1250}
    assert [entry.number for entry in entries] == [0, 1, 2, 3, 4]
    assert entries[0].previous == START
    assert all(after.previous == before.hash for before, after in itertools.pairwise(entries))
    assert oct(ledger.path.stat().st_mode)[-3:] == "600"


def test_a_ledger_that_is_not_there_is_empty(tmp_path):
    assert Ledger(tmp_path / "none.jsonl").entries() == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.0, 0.999))
def test_half_a_line_of_a_power_cut_is_taken_off(tmp_path_factory, share):
    ledger = Ledger(tmp_path_factory.mktemp("cut") / "ledger.jsonl")
    ledger.append(a_use(0), a_use(1))
    torn = Entry.after(ledger.entries()[-1], a_use(2)).line()
    with ledger.path.open("ab") as file:
        file.write(torn[: int(share * len(torn))])
    assert len(ledger.entries()) == 2
    ledger.append(a_use(3))
    assert [entry.fact.use_id for entry in ledger.entries()] == ["job-0", "job-1", "job-3"]


@pytest.mark.parametrize("lines", [1, 2])
def test_lines_whose_head_was_not_written_any_more_stay(tmp_path, lines):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append(a_use(0))
    head = ledger.path.with_name("ledger.jsonl.head")
    before = head.read_bytes()
    ledger.append(*(a_use(number) for number in range(1, 1 + lines)))
    head.write_bytes(before)
    ledger.append(a_use(9))
    assert len(ledger.entries()) == 2 + lines


def _changed(data: bytes) -> bytes:
    return data.replace(b'"amount":1250', b'"amount":1', 1)


def _without_second(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:1] + lines[2:])


def _swapped(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join([lines[0], lines[2], lines[1], *lines[3:]])


def _cut_at_the_end(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[:-1])


def _doubled(data: bytes) -> bytes:
    return data + data.splitlines(keepends=True)[-1]


def _other_form(data: bytes) -> bytes:
    return data.replace(b'"amount":1250', b'"amount": 1250', 1)


def _blank(data: bytes) -> bytes:
    return data.replace(b"\n", b"\n\n", 1)


@pytest.mark.parametrize(
    "tamper", [_changed, _without_second, _swapped, _cut_at_the_end, _doubled, _other_form, _blank]
)
def test_tampering_is_found(ledger, tamper):
    ledger.path.write_bytes(tamper(ledger.path.read_bytes()))
    with pytest.raises(LedgerTamperedError) as error:
        ledger.entries()
    assert "\n" not in str(error.value)


def test_a_chain_forged_anew_does_not_fit_its_head(ledger):
    entries = ledger.entries()
    last = None
    forged = []
    for entry in entries:
        last = Entry.after(last, entry.fact.model_copy(update={"amount": 1}))
        forged.append(last.line())
    ledger.path.write_bytes(b"".join(forged))
    with pytest.raises(LedgerTamperedError):
        ledger.entries()
    with pytest.raises(LedgerTamperedError):
        ledger.append(a_use(6))


@pytest.mark.parametrize("content", [None, b"[]", b"nonsense", b'[3, "00"]'])
def test_a_head_that_is_gone_or_damaged_is_found(ledger, content):
    head = ledger.path.with_name("ledger.jsonl.head")
    head.unlink()
    if content is not None:
        head.write_bytes(content)
    with pytest.raises(LedgerTamperedError):
        ledger.entries()
    with pytest.raises(LedgerTamperedError):
        ledger.append(a_use(6)) if content != b'[3, "00"]' else ledger.entries()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 0.9999), bit=st.integers(0, 7))
def test_every_flipped_bit_is_found(ledger, place, bit):
    data = bytearray(ledger.path.read_bytes())
    whole = bytes(data)
    data[int(place * len(data))] ^= 1 << bit
    ledger.path.write_bytes(data)
    try:
        with pytest.raises(LedgerTamperedError):
            ledger.entries()
    finally:
        ledger.path.write_bytes(whole)


def test_a_full_disk_leaves_the_ledger_as_it_was(ledger, monkeypatch):
    before = ledger.path.read_bytes()
    real = os.write

    def full(file, data):
        real(file, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ledger_module.os, "write", full)
    with pytest.raises(LedgerError, match="make room"):
        ledger.append(a_use(7))
    monkeypatch.undo()
    assert ledger.path.read_bytes() == before
    ledger.append(a_use(7))
    assert len(ledger.entries()) == 6


def _append_many(path, start):
    ledger = Ledger(path)
    for number in range(start, start + 10):
        ledger.append(a_use(number))


def test_several_processes_append_in_turn(tmp_path):
    path = tmp_path / "ledger.jsonl"
    context = multiprocessing.get_context("fork")
    others = [context.Process(target=_append_many, args=(path, 100 * k)) for k in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert len(Ledger(path).entries()) == 30


def _append_for_ever(path):
    ledger, number = Ledger(path), 0
    while True:
        ledger.append(a_use(number))
        number += 1


def test_a_killed_writer_leaves_a_ledger_that_goes_on(tmp_path):
    path = tmp_path / "ledger.jsonl"
    context = multiprocessing.get_context("fork")
    for round_ in range(4):
        writer = context.Process(target=_append_for_ever, args=(path,))
        writer.start()
        while not path.exists() or path.stat().st_size < 2000 * (round_ + 1):
            assert writer.is_alive()
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        before = len(Ledger(path).entries())
        Ledger(path).append(a_use(1))
        assert len(Ledger(path).entries()) == before + 1


@given(st.binary(max_size=300))
def test_any_content_is_refused_in_one_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "ledger.jsonl"
    path.write_bytes(content)
    path.with_name("ledger.jsonl.head").write_text(json.dumps([0, "00" * 32]))
    with pytest.raises(LedgerTamperedError):
        Ledger(path).entries()
