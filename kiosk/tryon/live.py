"""A garment on whoever stands before a camera: `kiosk mirror`, and its loop without a screen.

The pose of the next frame is found in the estimator's own process while this frame is draped and composited.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import cv2
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from engines.errors import EstimatorError, NoPersonError
from engines.pose.worker import PoseWorker
from kiosk.errors import EndOfClipError, OutputError
from kiosk.imaging import staged_output
from kiosk.pose.tracker import BodyTracker
from kiosk.tryon.report import RunReport
from kiosk.tryon.wearing import Dresser

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engines.garments.garment import Garment
    from engines.pose.body import Body
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
    """A finished picture, (H, W, 3) uint8 RGB, and milliseconds by stage with their `total`."""

    picture: NDArray[np.uint8]
    dressed: bool
    stage_ms: dict[str, float]


def seen_frames(source: CameraSource, worker: PoseWorker) -> Iterator[Seen]:
    """The source's frames with their poses.

    The next frame is handed to the estimator as soon as it has answered, so that it works while whoever takes the
    frames does; no more than that one frame waits, since each that does is older when it is shown.

    Raises CameraError, and EstimatorError where the estimator has died too often or hangs.
    """
    waiting = _submit_next(source, worker)
    while waiting is not None:
        frame, arrived = waiting
        answer = worker.result(ANSWER_SECONDS)
        if answer is None:
            raise EstimatorError("the pose estimator does not answer: start the mirror anew")
        waiting = _submit_next(source, worker)
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

    def __init__(self, garments: Sequence[Garment], engine: Engine | None = None) -> None:
        """The garments are worn from the skin outwards."""
        self._garments = list(garments)
        self._engine = engine
        self._tracker = BodyTracker()
        self._dresser: Dresser | None = None

    @property
    def engine(self) -> Engine:
        """What runs the draping network; known once a frame has been shown."""
        if self._dresser is None:
            msg = "no frame has been shown yet"
            raise RuntimeError(msg)
        return self._dresser.engine

    def show(self, seen: Seen) -> Shown:
        """The picture for one frame."""
        picture = seen.frame.picture
        if self._dresser is None:
            height, width = picture.shape[:2]
            self._dresser = Dresser(self._garments, height, width, self._engine)
        tracked = self._tracker.update(seen.people, seen.frame.source_time, picture)
        stages = {"pose": seen.pose_ms}
        if tracked.body is None:
            self._dresser.forget()  # whoever comes next is somebody else
            if not seen.people:
                self._dresser.compositor.observe(picture)
        else:
            dressed = self._dresser.dress(picture, tracked.body, tracked.presence)
            picture = dressed.composite.picture
            stages |= dressed.stage_ms
        stages["total"] = (perf_counter() - seen.arrived) * 1e3
        return Shown(picture, tracked.body is not None, stages)


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
            for seen in seen_frames(source, worker):
                shown = mirror.show(seen)
                anybody |= shown.dressed
                writer = writer or _writer(stage, shown.picture, source.fps, out)
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
        figures.write(report, mirror.engine)


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


def _writer(stage: Path, picture: NDArray[np.uint8], fps: float, out: Path) -> cv2.VideoWriter:
    height, width = picture.shape[:2]
    writer = cv2.VideoWriter(str(stage), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
    if not writer.isOpened():
        msg = f"{out} cannot be written as a video: name it .mp4"
        raise OutputError(msg)
    return writer
