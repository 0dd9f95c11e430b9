"""What is made of the finished pictures: the contact sheet, and the web shop's manifest and pages."""

from __future__ import annotations

from kiosk.lookbook.lookbook import Studio
from kiosk.lookbook.sheet import write_sheet
from kiosk.lookbook.shelf import Shelf
from kiosk.lookbook.web import write_shop


def publish(studio: Studio) -> None:
    """Write the contact sheet and, where the web was asked for, the shop. Raises `OutputError`."""
    order, shelf = studio.order, Shelf(studio.order.out)
    found = [(job, shelf.finished(job, web=order.web)) for job in studio.jobs]
    made = [(job, finished) for job, finished in found if finished is not None]
    if not made:
        return
    credits_ = sorted({studio.twins[job.twin].record.licence.credit for job, _ in made})
    write_sheet(order.out / "contact-sheet.pdf", order.out, order.wanted, made, credits_)
    if order.web:
        titles = {name: piece.title for name, piece in studio.pieces.items()}
        write_shop(order.out, order.wanted, titles, studio.twins, made)
