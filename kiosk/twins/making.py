"""Makes a twin of a video: the estimator looks at each frame once, and what it saw is kept beside the clip."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from scipy.ndimage import gaussian_filter1d

from engines.pose.worker import PoseWorker
from kiosk.camera.clip import ClipSource
from kiosk.errors import OutputError, TwinError
from kiosk.tryon.live import seen_frames
from kiosk.twins.bodies import MOST_FRAMES, Bodies, save_bodies
from kiosk.twins.licence import Licence
from kiosk.twins.record import (
    BODY,
    MOST_CLIP_BYTES,
    RECORD,
    AgeGroup,
    FigureGroup,
    HeightGroup,
    Twin,
    TwinRecord,
    check_files,
    hash_of,
    read_twin,
    toml_of,
)

if TYPE_CHECKING:
    from engines.pose.body import Body

SHORTEST_SECONDS: Final = 6.0
_SILHOUETTE_SIDE: Final = 288
_MOST_MISSING: Final = 0.05
_SEAM: Final = 0.12
"""Torso lengths by which the end of the loop may miss its beginning."""
_STEADY_FRAMES: Final = 1.2
_SUFFIXES: Final = (".mp4", ".webm", ".mkv", ".mov")


@dataclass(frozen=True)
class About:
    """What the pack says of the person; see `TwinRecord`."""

    name: str
    source: Literal["rendered", "recorded"]
    sex: Literal["woman", "man", "neutral"]
    age: AgeGroup
    height: HeightGroup
    figure: FigureGroup


def make_twin(video: Path, about: About, licence: Licence, into: Path) -> Twin:
    """Write a pack as the folder `into`, which must not be there yet; whole, or not at all.

    Raises `TwinError` where the video cannot be a twin, `CameraError` where it cannot be read, `EstimatorError`, and
    `OutputError` where the folder cannot be written.
    """
    if into.exists():
        raise TwinError(f"{into} is there already: give the twin another name, or remove that folder first")
    if video.suffix.lower() not in _SUFFIXES:
        raise TwinError(f"{video} is no video that a twin can be made of: use {', '.join(_SUFFIXES)}")
    bodies = looped(_seen(video))
    with _staged_folder(into) as stage:
        clip = stage / f"clip{video.suffix.lower()}"
        _copy(video, clip)
        save_bodies(bodies, stage / BODY)
        record = TwinRecord.model_validate(
            {
                "version": 1, **about.__dict__, "clip": clip.name, "clip_sha256": hash_of(clip),
                "body_sha256": hash_of(stage / BODY), "licence": licence,
            }
        )  # fmt: skip
        (stage / RECORD).write_text(toml_of(record), encoding="utf-8")
        check_files(read_twin(stage))
    return read_twin(into)


def _seen(video: Path) -> list[Body]:
    """One body a frame. Raises `TwinError` where somebody is missing too often, or the clip is too short or long."""
    source = ClipSource(video, paced=False)
    found: list[Body | None] = []
    with PoseWorker(live=True) as worker, source:
        with closing(seen_frames(source, worker)) as frames:  # type: ignore[type-var]
            for seen in track(frames, "looking at the person", None):
                found.append(seen.people[0] if seen.people else None)
                if len(found) > MOST_FRAMES:
                    raise TwinError(f"{video} is longer than {MOST_FRAMES} frames: cut a loop out of it")
        seconds = len(found) / source.fps
    if seconds < SHORTEST_SECONDS - 0.01:
        raise TwinError(f"{video} is {seconds:.1f} s long: a twin's loop takes {SHORTEST_SECONDS:.0f} s or more")
    if found.count(None) > _MOST_MISSING * len(found):
        raise TwinError(f"{video} shows nobody in {found.count(None)} frames: use one with a person throughout")
    return _bridged(found)


def _bridged(found: list[Body | None]) -> list[Body]:
    """Frames without a body get that of the nearest frame that has one."""
    known = [index for index, body in enumerate(found) if body is not None]
    bodies = [found[min(known, key=lambda k: abs(k - index))] for index in range(len(found))]
    return [body for body in bodies if body is not None]


def looped(bodies: list[Body]) -> Bodies:
    """Bodies of a loop, made steady over its seam too. Raises `TwinError` where its end does not meet its beginning."""
    first, last = bodies[0], bodies[-1]
    gap = float(np.linalg.norm(first.landmarks - last.landmarks, axis=1)[:25].mean()) / first.torso_length
    if gap > _SEAM:
        raise TwinError("the clip's end does not meet its beginning: cut it where the person stands alike")
    height, width = first.silhouette.shape
    scale = _SILHOUETTE_SIDE / max(height, width)
    size = (round(width * scale), round(height * scale))
    small = np.stack([cv2.resize(body.silhouette, size, interpolation=cv2.INTER_AREA) for body in bodies])

    def steady(values: NDArray[np.floating]) -> NDArray[np.float32]:
        return np.asarray(gaussian_filter1d(values, _STEADY_FRAMES, axis=0, mode="wrap"), np.float32)

    return Bodies(
        landmarks=steady(np.stack([body.landmarks for body in bodies]) / np.array([width, height])),
        world=steady(np.stack([body.world for body in bodies])),
        visibility=steady(np.stack([body.visibility for body in bodies])),
        # Fewer levels pack better, and the picture's own edge decides in the end
        silhouette=np.asarray((small.astype(np.uint16) + 8) // 17 * 17, np.uint8),
    )


def _copy(video: Path, clip: Path) -> None:
    if video.stat().st_size > MOST_CLIP_BYTES:
        raise TwinError(f"{video} is larger than {MOST_CLIP_BYTES // 2**20} MiB: encode it smaller")
    shutil.copyfile(video, clip)


@contextmanager
def _staged_folder(into: Path) -> Iterator[Path]:
    """A folder beside `into` that takes its name when the block ends well; else nothing is left."""
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".twin-", dir=into.parent) as outer:
            stage = Path(outer) / into.name
            stage.mkdir()
            yield stage
            for path in stage.iterdir():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            stage.rename(into)
    except OSError as error:
        raise OutputError(f"{into} cannot be written ({error.strerror}): choose another place or make room") from None
