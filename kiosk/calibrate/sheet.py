"""The board as a PDF, true to the millimetre, with a rule to check the printer by."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from calibration.board import PAPER_MM, PAPERS, Board, squares
from kiosk.imaging import staged_output

RULE_MM: Final = 200.0
_TOP_MM: Final = 10.0
_RULE_ABOVE_MM: Final = 13.0
"""Of the rule above the paper's lower edge."""


def board_corner(paper: str) -> tuple[float, float]:
    """Upper left corner of the chessboard on its paper, in mm from the paper's upper left corner."""
    return (PAPER_MM[paper][0] - PAPERS[paper].width) / 2, _TOP_MM


def write_board(path: Path, paper: str) -> None:
    """Write the board for a paper of `calibration.board.PAPERS`. Raises `OutputError` where that cannot be done."""
    with staged_output(path) as stage:
        canvas: Any = Canvas(str(stage), pagesize=tuple(side * mm for side in PAPER_MM[paper]), invariant=1)
        canvas.setTitle(f"TwinMirror calibration board {paper.upper()}")
        _draw_board(canvas, paper)
        _draw_rule(canvas, paper)
        canvas.showPage()
        canvas.save()


def _draw_board(canvas: Any, paper: str) -> None:
    left, top = board_corner(paper)
    height = PAPER_MM[paper][1]
    canvas.setFillGray(0)
    path = canvas.beginPath()  # one path: viewers then leave no hairs between neighbouring bits
    for x, y, w, h in squares(PAPERS[paper]):
        path.rect((left + x) * mm, (height - top - y - h) * mm, w * mm, h * mm)
    canvas.drawPath(path, stroke=0, fill=1)


def _draw_rule(canvas: Any, paper: str) -> None:
    """A rule of `RULE_MM` with a tick each centimetre, and what to do with it."""
    left, base = board_corner(paper)[0], _RULE_ABOVE_MM
    canvas.setLineWidth(0.2 * mm)
    canvas.line(left * mm, base * mm, (left + RULE_MM) * mm, base * mm)
    for centimetre in range(round(RULE_MM / 10) + 1):
        x, tick = (left + 10 * centimetre) * mm, 4.0 if centimetre % 5 == 0 else 2.0
        canvas.line(x, base * mm, x, (base + tick) * mm)
    canvas.setFont("Helvetica", 7)
    canvas.drawString(left * mm, (base - 4) * mm, f"This rule is {RULE_MM:.0f} mm: measure it with a steel rule.")
    canvas.drawString(
        left * mm, (base - 7.5) * mm, "Print at 100 %, without fitting to the page; glue it to something flat."
    )
    canvas.drawRightString((PAPER_MM[paper][0] - left) * mm, (base - 4) * mm, _label(PAPERS[paper]))


def _label(board: Board) -> str:
    return f"TwinMirror {board.name.upper()}: {board.columns} x {board.rows} squares of {board.square:g} mm"
