"""The demo: the live way on a rendered person and a drawn garment, for machines without camera or display."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.garments.garment import Category
from kiosk.camera.config import open_source, parse_source
from kiosk.demo import GARMENT, PERSON
from kiosk.garments import wearable
from kiosk.tryon.live import run_live

if TYPE_CHECKING:
    from pathlib import Path


def run_demo(out: Path) -> None:
    """Write a video of the demo person in the demo garment. Raises OutputError and ModelUnavailableError."""
    source = open_source(parse_source(str(PERSON), paced=False))
    run_live(source, [wearable(GARMENT, Category.TEE)], out)
