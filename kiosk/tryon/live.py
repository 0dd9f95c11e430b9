"""A garment on whoever stands before a camera: `kiosk mirror`, and its loop without a screen.

Two halves of a frame's way overlap, each on a core of its own. A thread has the estimator look at a frame, in that
one's process, and drapes the garments; meanwhile whoever takes the pictures finds what stays of the person in that same
frame, then lays everything on it while the thread goes on to the next. Nothing is begun that would have to wait.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import cv2
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from engines.errors import EstimatorError, NoPersonError
from engines.pose.worker import PoseWorker
from kiosk.errors import EndOfClipError, OutputError
from kiosk.imaging import staged_output
from kiosk.pose.tracker import BodyTracker, Tracked
from kiosk.tryon.ahead import ahead
from kiosk.tryon.place import ANYWHERE, Place
from kiosk.tryon.report import RunReport
from kiosk.tryon.wearing import Draped, Dresser

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engines.garments.garment import Garment
    from engines.pose.body import Body
    from engines.runtime.choice import Config
    from engines.runtime.engine import Engine
    from kiosk.camera import CameraSource, Frame

MOST_PEOPLE = 1
"""Looking for a second person costs the estimator half its speed, as its detector then runs on every frame."""
ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Seen:
    """A frame with everybody found in it. `arrived` is `perf_counter` at the moment it left the source."""

    frame: Frame
    people: list[Body]
    arrived: float
    pose_ms: float


@dataclass(frozen=True)
class Shown:
    """A finished picture, (H, W, 3) uint8 RGB, and milliseconds by stage with their `total`.

    `captured` is its frame's (see `Frame`).
    """

    picture: NDArray[np.uint8]
    captured: float
    dressed: bool
    stage_ms: dict[str, float]


def seen_frames(source: CameraSource, worker: PoseWorker) -> Iterator[Seen]:
    """The source's frames with their poses.

    A frame is read when it is asked for: one that waits is older when it is shown.

    Raises CameraError, and EstimatorError where the estimator has died too often or hangs.
    """
    while True:
        waiting = _submit_next(source, worker)
        if waiting is None:
            return
        frame, arrived = waiting
        answer = worker.result(ANSWER_SECONDS)
        if answer is None:
            raise EstimatorError("the pose estimator does not answer: start the mirror anew")
        yield Seen(frame, answer.people, arrived, answer.milliseconds)


def _submit_next(source: CameraSource, worker: PoseWorker) -> tuple[Frame, float] | None:
    """The source's next frame, on its way through the estimator, and when it arrived; None at a clip's end."""
    try:
        frame = source.read()
    except EndOfClipError:
        return None
    arrived = perf_counter()
    worker.submit(frame.picture, frame.id, round(frame.source_time * 1e3))
    return frame, arrived


class LiveMirror:
    """Follows one person through the frames of one source and dresses them."""

    def __init__(
        self,
        garments: Sequence[Garment],
        engine: Engine | None = None,
        backend: Config | None = None,
        place: Place = ANYWHERE,
    ) -> None:
        """The garments are worn from the skin outwards; `backend` says where the networks run, `place` where it is."""
        cv2.setNumThreads(1)  # the other cores belong to the draping and the estimator
        self._garments = list(garments)
        self._engine, self._backend = engine, backend
        self.place = place
        self._tracker = BodyTracker()
        self._dresser: Dresser | None = None

    @property
    def engines(self) -> Mapping[str, Engine]:
        """What runs the networks, by their names; known once a frame has been shown."""
        return self._known_dresser().engines

    def _known_dresser(self) -> Dresser:
        if self._dresser is None:
            raise RuntimeError("no frame has been draped yet")
        return self._dresser

    def wear(self, garments: Sequence[Garment]) -> None:
        """Change what is worn, from the next frame on; may be called from any thread."""
        self._garments = list(garments)

    def shown(self, frames: Iterator[Seen]) -> Generator[Shown, None, None]:
        """The pictures for frames, in order: the next is looked at and draped on a thread while one is composited.

        Close it before what the frames come from.
        """
        with closing(ahead(self._steps(frames))) as steps:
            for step in steps:
                yield self._composite(*step)

    def _steps(self, frames: Iterator[Seen]) -> Iterator[tuple[Seen, Tracked, Future[Draped | None]]]:
        """Frames with who is followed in them; their garments are draped once they have been taken."""
        for seen in frames:
            tracked, draped = self._follow(seen), Future[Draped | None]()
            yield seen, tracked, draped
            try:
                draped.set_result(self._drape(tracked))
            except BaseException as error:  # noqa: BLE001 - raised again where the drape is waited for
                draped.set_exception(error)

    def _follow(self, seen: Seen) -> Tracked:
        """Follow the person."""
        picture = seen.frame.picture
        if self._dresser is None:
            height, width = picture.shape[:2]
            self._dresser = Dresser(
                self._garments, height, width, self._engine, backend=self._backend, place=self.place
            )
        return self._tracker.update(seen.people, seen.frame.source_time, picture)

    def _drape(self, tracked: Tracked) -> Draped | None:
        """Drape the person's garments."""
        dresser = self._known_dresser()
        if tracked.body is None:
            dresser.forget_drapes()  # whoever comes next is somebody else
            return None
        dresser.wear(self._garments)
        return dresser.drape(tracked.body)

    def _composite(self, seen: Seen, tracked: Tracked, pending: Future[Draped | None]) -> Shown:
        """The picture for one frame."""
        dresser, picture, stages = self._known_dresser(), seen.frame.picture, {"pose": seen.pose_ms}
        worn = False
        if tracked.body is None:
            dresser.forget_pictures()
            if not seen.people:
                dresser.compositor.observe(picture)
        else:
            sight = dresser.compositor.see(picture, tracked.body) if self._garments else None
            draped = pending.result()
            if draped is not None:
                dressed = dresser.composite(picture, tracked.body, draped, tracked.presence, sight=sight)
                picture, worn = dressed.composite.picture, bool(draped.worn)
                stages |= dressed.stage_ms
        stages["total"] = (perf_counter() - seen.arrived) * 1e3
        return Shown(picture, seen.frame.captured, worn, stages)


def run_live(
    source: CameraSource, garments: Sequence[Garment], out: Path, frames: int | None = None, report: Path | None = None
) -> None:
    """Dress whoever is before `source` and write the video; stops after `frames` or at the clip's end.

    Raises CameraError, ModelUnavailableError, NoPersonError where nobody was ever found, and OutputError.
    """
    mirror, figures = LiveMirror(garments), RunReport()
    anybody = False
    with PoseWorker(live=True, max_people=MOST_PEOPLE) as worker, staged_output(out) as stage, _progress() as progress:
        task = progress.add_task("dressing", total=frames)
        writer: cv2.VideoWriter | None = None
        source.connect()
        start = perf_counter()
        try:
            with closing(mirror.shown(seen_frames(source, worker))) as pictures:
                for shown in pictures:
                    anybody |= shown.dressed
                    writer = writer or video_writer(stage, shown.picture, source.fps, out)
                    writer.write(cv2.cvtColor(shown.picture, cv2.COLOR_RGB2BGR))
                    figures.add(shown.stage_ms)
                    progress.advance(task)
                    if frames is not None and figures.frames >= frames:
                        break
        finally:
            source.disconnect()
            if writer is not None:
                writer.release()
        figures.seconds = perf_counter() - start
        if not anybody:
            raise NoPersonError(
                "no person was found in the clip: use one that shows a person from the head to the hips"
            )
    if report is not None:
        figures.write(report, mirror.engines)


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


def video_writer(stage: Path, picture: NDArray[np.uint8], fps: float, out: Path) -> cv2.VideoWriter:
    """A writer into `stage` for pictures like this one. Raises `OutputError` naming `out` where none can be opened."""
    height, width = picture.shape[:2]
    writer = cv2.VideoWriter(str(stage), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
    if not writer.isOpened():
        msg = f"{out} cannot be written as a video: name it .mp4"
        raise OutputError(msg)
    return writer
