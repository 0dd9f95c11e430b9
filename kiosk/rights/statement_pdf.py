"""A model's statement as a PDF of plain pages, fit to be printed and signed."""

from __future__ import annotations

import io
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from kiosk.labels.print_fonts import print_fonts
from kiosk.rights.statement import Statement, money

_WIDTHS: Final = [34 * mm, 26 * mm, 20 * mm, 12 * mm, 60 * mm, 22 * mm]
_HEAD: Final = ("Time (UTC)", "Twin", "Use", "Place", "Shown", "Owed")


def as_pdf(told: Statement) -> bytes:
    """The statement, A4: uses, totals, revocations, and the ledger's proof."""
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=18 * mm, bottomMargin=18 * mm,
        title=f"Statement for {told.model}, {told.month}", author="TwinMirror",
    )  # fmt: skip
    document.build(_content(told))
    return out.getvalue()


def _content(told: Statement) -> list[Flowable]:
    styles, fonts = getSampleStyleSheet(), print_fonts()
    styles["Title"].fontName, styles["BodyText"].fontName = fonts.strong, fonts.text
    small = ParagraphStyle("small", parent=styles["BodyText"], fontSize=7.5, leading=9.5)
    owed = ", ".join(f"{money(amount)} {currency}" for currency, amount in sorted(told.totals.items())) or "nothing"
    parts: list[Flowable] = [
        Paragraph(f"Statement for {escape(told.model)}", styles["Title"]),
        Paragraph(f"{told.month}: {len(told.uses)} uses of the digital twin; owed: {owed}", styles["BodyText"]),
        Spacer(1, 5 * mm),
        _table(told, small),
        Spacer(1, 6 * mm),
    ]
    for fact in told.revocations:
        text = f"Licence of twin {escape(fact.twin)} revoked as of {fact.from_day}: {escape(fact.what)}"
        parts.append(Paragraph(text, styles["BodyText"]))
    return [*parts, *(Paragraph(line, small) for line in _proof_lines(told))]


def _table(told: Statement, small: ParagraphStyle) -> Table:
    rows: list[list[Any]] = [list(_HEAD)]
    for fact in told.uses:
        texts = [f"{fact.at:%Y-%m-%d %H:%M:%S}", fact.twin, fact.use, fact.place, fact.what]
        owed = f"{money(fact.amount)} {fact.currency}" if fact.amount else "in the term"
        rows.append([*(Paragraph(escape(text), small) for text in texts), Paragraph(owed, small)])
    style = [
        ("FONT", (0, 0), (-1, 0), print_fonts().text, 8),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.lightgrey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return Table(rows, colWidths=_WIDTHS, repeatRows=1, style=TableStyle(style))


def _proof_lines(told: Statement) -> list[str]:
    proof = told.proof
    numbers = f"the entries {proof.first} to {proof.last}" if proof.last >= proof.first else "none of them"
    return [
        f"The ledger's chain of {proof.entries} entries was proven from first to last; of this month: {numbers}.",
        f"Opening hash {proof.opening}",
        f"Closing hash {proof.closing}",
        "The opening hash is the closing hash of the statement before. Keep this page: a rewritten ledger differs.",
    ]
