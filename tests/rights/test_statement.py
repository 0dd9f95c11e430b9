"""A statement counts each use once, totals what is owed, proves the chain, and can be read by people."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timezone

import pypdfium2
import pytest
from rights_support import a_use
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.rights.entry import START
from kiosk.rights.errors import StatementError
from kiosk.rights.statement import as_csv, statement
from kiosk.rights.statement_pdf import as_pdf


def at(month: int, day: int = 3) -> datetime:
    return datetime(2026, month, day, 9, 30, tzinfo=timezone.utc)


@pytest.fixture
def told(tmp_path):
    from kiosk.rights.ledger import Ledger

    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append(a_use(1, at(10)), a_use(2, at(11)), a_use(2, at(11, 4)), a_use(3, at(11, 30)))
    ledger.append(a_use(4, at(11), name="Bo Field", consent_sha256="b0" * 32))
    ledger.append(a_use(5, at(11), pay={"amount": 700, "currency": "USD", "per": "use"}), a_use(1, at(12)))
    return ledger


def test_each_use_counts_once_and_in_its_month(told):
    entries = told.entries()
    november = statement(entries, "Ada Bright", "2026-11")
    assert [fact.use_id for fact in november.uses] == ["job-2", "job-3", "job-5"]
    assert november.totals == {"EUR": 2500, "USD": 700}
    assert statement(entries, "Ada Bright", "2026-12").uses == ()
    assert statement(entries, "Bo Field", "2026-11").totals == {"EUR": 1250}


def test_months_hang_together(told):
    entries = told.entries()
    proofs = [statement(entries, "Ada Bright", f"2026-{month}").proof for month in (10, 11, 12)]
    assert proofs[0].opening == START
    assert [proof.closing for proof in proofs[:2]] == [proof.opening for proof in proofs[1:]]
    assert proofs[2].closing == entries[-1].hash
    silent = statement(entries, "Ada Bright", "2027-01").proof
    assert silent.opening == silent.closing == entries[-1].hash


def test_the_csv_is_read_by_a_spreadsheet_and_holds_no_formula(told):
    told.append(a_use(8, at(11)).model_copy(update={"what": "=HYPERLINK(1)"}))
    rows = list(csv.reader(io.StringIO(as_csv(statement(told.entries(), "Ada Bright", "2026-11")))))
    assert {len(row) for row in rows} == {8}
    assert rows[0][0] == "time"
    assert [row[5] for row in rows if row[0] == "#total"] == ["37.50", "7.00"]
    assert rows[4][4] == "'=HYPERLINK(1)"


def test_the_pdf_tells_the_same(told):
    months = statement(told.entries(), "Ada Bright", "2026-11")
    document = pypdfium2.PdfDocument(as_pdf(months))
    text = " ".join("".join(page.get_textpage().get_text_range() for page in document).split())
    assert "Statement for Ada Bright" in text
    assert "25.00 EUR, 7.00 USD" in text
    assert months.proof.closing in text.replace(" ", "")


def test_names_beyond_latin_1_are_printed(tmp_path):
    from kiosk.rights.ledger import Ledger

    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append(a_use(1, at(11), name="Łukasz Żółć"))
    document = pypdfium2.PdfDocument(as_pdf(statement(ledger.entries(), "Łukasz Żółć", "2026-11")))
    assert "Łukasz Żółć" in document[0].get_textpage().get_text_range()


def test_the_command_writes_both_and_refuses_a_changed_ledger(told, tmp_path):
    arguments = [
        "rights",
        "statement",
        "--month",
        "2026-11",
        "--ledger",
        str(told.path),
        "--out",
        str(tmp_path / "out"),
    ]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "statement-2026-11-ada-bright.csv", "statement-2026-11-ada-bright.pdf",
        "statement-2026-11-bo-field.csv", "statement-2026-11-bo-field.pdf",
    ]  # fmt: skip
    assert "7 entries is whole" in done.output
    told.path.write_bytes(told.path.read_bytes().replace(b'"amount":1250', b'"amount":9250', 1))
    changed = CliRunner().invoke(app, arguments)
    assert changed.exit_code == 1
    assert "was changed at line 1" in changed.output


@pytest.mark.parametrize(
    ("model", "month", "words"), [("Ada Bright", "11/2026", "no month"), ("Eve", "2026-11", "Eve")]
)
def test_what_cannot_be_stated_is_refused(told, model, month, words):
    with pytest.raises(StatementError, match=words):
        statement(told.entries(), model, month)
