"""Makes one job, wherever it runs: pixels, visible label, XMP and encoding. Signing and the ledger stay with the owner.

Nothing here writes a file: what was made goes back as bytes, so the workers of a cluster need the garments and twins,
but neither keys nor a place to write to.
"""

from __future__ import annotations

import resource
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from time import perf_counter, process_time

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.collection import Piece
from kiosk.config import Language
from kiosk.labels.export import encoded
from kiosk.labels.provenance import Provenance
from kiosk.labels.visible import with_label
from kiosk.lookbook.development import developed
from kiosk.lookbook.errors import LookbookError
from kiosk.lookbook.framing import Lens, View, view_of
from kiosk.lookbook.plan import Job
from kiosk.lookbook.setfile import Loop, SetFile
from kiosk.lookbook.shot import Dressing, Take
from kiosk.lookbook.source import garment_of
from kiosk.lookbook.twin import Film, Moment
from kiosk.twins.record import Twin

RGB = NDArray[np.uint8]
WEB_WIDTHS = (480, 960, 1440)
WEB_KINDS = ("avif", "webp", "jpg")


@dataclass(frozen=True)
class Task:
    """A job with all that it needs to be made."""

    job: Job
    wanted: SetFile
    twin: Twin
    pieces: tuple[Piece, ...]
    provenance: Provenance
    language: Language
    web: bool


@dataclass(frozen=True)
class Made:
    """What came of a job.

    files: encoded pictures by their place in the lookbook, to be signed. size: the master's height and width in pixels.
    cpu_s, wall_s: seconds of the processor and of the clock. peak_mb: most memory of the process so far.
    """

    key: str
    files: dict[str, bytes]
    size: tuple[int, int]
    cpu_s: float
    wall_s: float
    peak_mb: float
    widths: list[int] = field(default_factory=list)


def make(task: Task) -> Made:
    """Make a job. Raises `LookbookError`, `TwinError` and others of the house, which name what is wrong."""
    wall, cpu = perf_counter(), process_time()
    cv2.setNumThreads(1)  # one job a core: more of them at once is the better way to use several
    task.provenance.origin()  # an ingredient that cannot be read is found before the work, not after
    if task.job.kind == "loop":
        files, size, widths = _loop(task)
    else:
        files, size, widths = _still(task)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Made(task.job.key, files, size, process_time() - cpu, perf_counter() - wall, peak, widths)


def still_picture(task: Task, height: int) -> RGB:
    """The job's still, (height, 3/4 height, 3) uint8, without a label."""
    film = _film(task.twin)
    moment = film.moment(film.index_at(task.job.at))
    view = view_through(moment, task.wanted, height)
    return _pictured(task, dressing().take(view.size), moment, view)


def view_through(moment: Moment, wanted: SetFile, height: int) -> View:
    """The set's view of a moment."""
    camera = wanted.camera
    return view_of(moment.body, Lens(camera.height, camera.head_room, camera.aside), wanted.size(height))


@lru_cache(maxsize=1)
def dressing() -> Dressing:
    """The networks of this process."""
    return Dressing()


@lru_cache(maxsize=4)
def _film(twin: Twin) -> Film:
    return Film(twin)


def _pictured(task: Task, take: Take, moment: Moment, view: View) -> RGB:
    garments = [garment_of(piece) for piece in task.pieces]
    return developed(dressing().shoot(take, moment, view, garments), task.wanted)


def _still(task: Task) -> tuple[dict[str, bytes], tuple[int, int], list[int]]:
    picture = still_picture(task, task.wanted.height)
    name, size = task.job.name, (picture.shape[0], picture.shape[1])
    files = {f"stills/{name}.jpg": encoded(with_label(picture, task.language), ".jpg", task.provenance)}
    widths = [width for width in WEB_WIDTHS if width <= size[1]] or [size[1]] if task.web else []
    for width in widths:
        small = cv2.resize(picture, (width, round(width * size[0] / size[1])), interpolation=cv2.INTER_AREA)
        labelled = with_label(np.asarray(small, np.uint8), task.language)
        for kind in WEB_KINDS:
            files[f"web/{name}-{width}.{kind}"] = encoded(labelled, f".{kind}", task.provenance)
    return files, size, widths


def _loop(task: Task) -> tuple[dict[str, bytes], tuple[int, int], list[int]]:
    """A clip that ends where it begins: it runs forth and back, each moment dressed once."""
    wanted = task.wanted.loop or Loop()
    film = _film(task.twin)
    fps = film.fps
    count = max(2, round(wanted.seconds * wanted.fps / 2) + 1)
    moments = list(film.moments(film.index_at(task.job.at), count, max(1.0, fps / wanted.fps)))
    if len(moments) < 2:
        raise LookbookError(f"the twin {task.job.twin} has no loop from {task.job.at} on: begin the first pose earlier")
    view = view_through(moments[0], task.wanted, wanted.height)
    take = dressing().take(view.size)
    pictures = [with_label(_pictured(task, take, moment, view), task.language, "clip") for moment in moments]
    data = _clip([*pictures, *pictures[-2:0:-1]], wanted.fps)
    return {f"loops/{task.job.name}.mp4": data}, (pictures[0].shape[0], pictures[0].shape[1]), []


def _clip(pictures: list[RGB], fps: float) -> bytes:
    """An MP4 of VP9, which browsers play and every build of OpenCV writes."""
    height, width = pictures[0].shape[:2]
    with tempfile.TemporaryDirectory(prefix="twinmirror-loop-") as folder:
        path = Path(folder) / "loop.mp4"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"vp09"), fps, (width, height))
        if not writer.isOpened():
            raise LookbookError("a loop cannot be encoded: OpenCV was built without VP9")
        for picture in pictures:
            writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        writer.release()
        return path.read_bytes()
