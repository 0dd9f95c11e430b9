"""Fonts for printed pages: Noto, whose letters cover the names of people and clothes in Latin, Greek and Cyrillic."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from kiosk.ui.fonts import faces


class PrintFonts(NamedTuple):
    """Names by which a PDF's canvas knows its fonts."""

    text: str
    strong: str


@cache
def print_fonts() -> PrintFonts:
    """The fonts, made known to the PDF library once. Raises `OutputError` where they are not installed."""
    names, files = PrintFonts("Noto", "Noto-Bold"), faces("en")
    for name, file in zip(names, (files.text, files.strong), strict=True):
        pdfmetrics.registerFont(TTFont(name, file))
    return names
