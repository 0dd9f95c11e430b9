"""The contact sheet: every still of a lookbook on A4 pages, with what it shows and who is credited."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from kiosk.imaging import staged_output
from kiosk.labels.print_fonts import print_fonts
from kiosk.lookbook.plan import Job
from kiosk.lookbook.setfile import SetFile
from kiosk.lookbook.shelf import Finished

COLUMNS: Final = 5
ROWS: Final = 4
_MARGIN: Final = 14 * mm
_GAP: Final = 5 * mm
_CAPTION: Final = 9 * mm
_PIXELS: Final = 480
"""Width of a printed still: 300 dots an inch or more."""


def write_sheet(
    path: Path, folder: Path, wanted: SetFile, made: list[tuple[Job, Finished]], credits_: list[str]
) -> None:
    """Write the sheet of the stills in `made`, whose files lie in `folder`. Raises `OutputError`."""
    stills = [(job, finished) for job, finished in made if job.kind == "still"]
    width = (A4[0] - 2 * _MARGIN - (COLUMNS - 1) * _GAP) / COLUMNS
    step = width * 4 / 3 + _CAPTION + _GAP / 2
    with staged_output(path) as stage:
        canvas = Canvas(str(stage), pagesize=A4)
        canvas.setTitle(f"Contact sheet: {wanted.title}")
        for number, (job, finished) in enumerate(stills):
            place = number % (COLUMNS * ROWS)
            if place == 0:
                if number:
                    canvas.showPage()
                _page_head(canvas, wanted, credits_)
            x = _MARGIN + place % COLUMNS * (width + _GAP)
            y = A4[1] - 32 * mm - place // COLUMNS * step - width * 4 / 3
            canvas.drawImage(_small(folder / finished.files[0]), x, y, width, width * 4 / 3)
            canvas.setFont(print_fonts().text, 6.5)
            for line, text in enumerate((job.look, f"{job.twin}, {job.pose}", job.key[:12])):
                canvas.drawString(x, y - 7 - 7.5 * line, text[:30])
        canvas.save()


def _page_head(canvas: Canvas, wanted: SetFile, credits_: list[str]) -> None:
    canvas.setFont(print_fonts().strong, 14)
    canvas.drawString(_MARGIN, A4[1] - 18 * mm, wanted.title)
    canvas.setFont(print_fonts().text, 7.5)
    canvas.drawString(_MARGIN, A4[1] - 23 * mm, f"AI images on digital twins. Set: {wanted.credit}"[:140])
    canvas.drawString(_MARGIN, A4[1] - 27 * mm, f"Twins: {'; '.join(credits_)}"[:150])


def _small(path: Path) -> ImageReader:
    """A still at the size that is printed: a sheet of a thousand of them stays a file that can be mailed."""
    out = io.BytesIO()
    with Image.open(path) as image:
        image.draft("RGB", (_PIXELS, _PIXELS * 4 // 3))
        size = (_PIXELS, _PIXELS * image.height // image.width)
        image.resize(size, Image.Resampling.LANCZOS).save(out, "JPEG", quality=85)
    out.seek(0)
    return ImageReader(out)
