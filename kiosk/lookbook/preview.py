"""`kiosk set preview`: a small picture of a set's poses, made anew whenever the file is saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.errors import TwinMirrorError
from kiosk.labels.export import export_picture
from kiosk.labels.keys import SigningKeys
from kiosk.lookbook.lookbook import Order, Studio, opened
from kiosk.lookbook.making import still_picture
from kiosk.lookbook.plan import Job
from kiosk.lookbook.setfile import SetFile, parsed
from kiosk.rights.gate import Gate

RGB = NDArray[np.uint8]
HEIGHT = 640
MOST_POSES = 6
LOOK_SECONDS = 0.4


def preview(studio: Studio) -> RGB:
    """The first look on the first twin, each pose beside the other: (HEIGHT, n * 3/4 HEIGHT, 3) uint8."""
    return np.concatenate([still_picture(studio.task(job), HEIGHT) for job in first_poses(studio.jobs)], axis=1)


def first_poses(jobs: list[Job]) -> list[Job]:
    """The stills of the first look on the first twin."""
    stills = [job for job in jobs if job.kind == "still"]
    same = [job for job in stills if (job.look, job.twin) == (stills[0].look, stills[0].twin)]
    return same[:MOST_POSES]


def write_preview(studio: Studio, out: Path) -> None:
    """Make the preview and write it, labelled and signed as all that leaves, and recorded without pay.

    Raises what `opened` and `export_picture` raise.
    """
    job = first_poses(studio.jobs)[0]
    task = studio.task(job)
    picture = preview(studio)
    studio.gate.record_preview(job.twin, task.twin.record.licence, f"preview-{job.key[:40]}", job.spoken())
    export_picture(out, picture, task.provenance, studio.keys, studio.order.language)


def versions(path: Path, wait: Callable[[float], None] = time.sleep) -> Iterator[bytes]:
    """The file's bytes now, and each time they change; an editor that replaces the file may leave it away a moment."""
    last: bytes | None = None
    while True:
        try:
            data: bytes | None = path.read_bytes()
        except OSError:
            data = last
        if data is not None and data != last:
            last = data
            yield data
        wait(LOOK_SECONDS)


def watch(
    order: Order, gate: Gate, keys: SigningKeys, out: Path, say: Callable[[str], None], saved: Iterator[bytes]
) -> None:
    """Write the preview for each version of the set's file; what is wrong with one is said, and the next is awaited."""
    for data in saved:
        try:
            wanted: SetFile = parsed(data, str(order.set_file))
            write_preview(opened(replace(order, wanted=wanted), gate, keys), out)
        except TwinMirrorError as error:
            say(str(error))
        else:
            say(f"{wanted.title}: {out}")
