"""A garment on a person in a still picture: `kiosk try`."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from engines.drape.draper import sits
from engines.errors import NoPersonError
from engines.pose.body import Body, Landmark
from engines.pose.worker import PoseWorker
from kiosk.imaging import read_photo, write_picture
from kiosk.tryon.report import RunReport
from kiosk.tryon.wearing import SKIRTED, Dresser

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engines.garments.garment import Garment
    from kiosk.tryon.compositor import Layers

MOST_PEOPLE = 3
_SURE = 0.5
_COMPARABLE = 0.5
"""Others less than this share of the largest person's size are passers-by, left as they are."""


def run_still(
    person: Path, garments: Sequence[Garment], out: Path, layers: Path | None = None, report: Path | None = None
) -> None:
    """Dress the person of a photo and write the picture, and where asked for its layers and a report.

    Raises BadImageError, NoPersonError, ModelUnavailableError and OutputError.
    """
    start = perf_counter()
    frame = read_photo(person)
    with PoseWorker(live=False, max_people=MOST_PEOPLE) as worker:
        body = only_person(worker.people(frame))
    found = perf_counter()
    dresser = Dresser(garments, *frame.shape[:2])
    if sits(body) and any(garment.category in SKIRTED for garment in garments):
        raise NoPersonError("a dress or skirt is shown on who stands: use a picture of the person standing")
    dressed = dresser.dress(frame, body, 1.0, layers=layers is not None)
    write_picture(out, dressed.composite.picture)
    if layers is not None and dressed.composite.layers is not None:
        write_layers(layers, dressed.composite.layers)
    if report is not None:
        figures = RunReport(seconds=perf_counter() - start)
        total = {"total": (perf_counter() - start) * 1e3}
        figures.add({"pose": (found - start) * 1e3} | dressed.stage_ms | total)
        figures.write(report, dresser.engines)


def only_person(people: list[Body]) -> Body:
    """The one person to dress. Raises NoPersonError, which says why where there is none or more than one."""
    if not people:
        raise NoPersonError("no person was found: use a picture that shows one person from the head to below the hips")
    largest = people[0]
    others = [body for body in people[1:] if body.torso_length > _COMPARABLE * largest.torso_length]
    if others:
        raise NoPersonError(f"{1 + len(others)} people were found: use a picture of one person alone")
    shoulders = largest.visibility[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]]
    if float(shoulders.min()) < _SURE or not _inside(largest):
        raise NoPersonError("the person is cut off at the shoulders: use a picture from the head to below the hips")
    return largest


def _inside(body: Body) -> bool:
    """Whether both shoulders lie in the picture and some of the torso below them does."""
    height, width = body.silhouette.shape
    shoulders = body.landmarks[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]]
    low = shoulders[:, 1].mean() + 0.4 * body.torso_length
    return bool(((shoulders > 0) & (shoulders < (width, height))).all() and low < height)


def write_layers(folder: Path, layers: Layers) -> None:
    """Write each layer as a PNG of the frame's size, 8 bit alpha."""
    named: dict[str, NDArray[np.uint8]] = {
        "garment": layers.garment, "revealed": layers.revealed, "front": layers.front, "plate": layers.plate,
    }  # fmt: skip
    for name, alpha in named.items():
        write_picture(folder / f"{name}.png", alpha)
