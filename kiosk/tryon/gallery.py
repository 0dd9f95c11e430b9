"""`make gallery`: every clip and photo of the cases in every garment, beside the geometric warp, as contact sheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from engines.drape.baseline import GeometricDraper
from engines.errors import TwinMirrorError
from engines.garments.garment import Garment
from engines.garments.ingest import ingest
from engines.pose.body import Body
from engines.pose.worker import PoseWorker
from engines.runtime.engine import Engine
from engines.runtime.onnx_engine import OnnxEngine
from kiosk.camera.config import open_source, parse_source
from kiosk.garments import wearable
from kiosk.imaging import read_photo, write_picture
from kiosk.pose.tracker import BodyTracker
from kiosk.tryon import live, still
from kiosk.tryon.wearing import DRAPE_MODEL, Dresser

RGB = NDArray[np.uint8]
CELL_HEIGHT = 320
LABEL_WIDTH = 200
FRAMES_SHOWN = 5
_PICTURES = {".png", ".jpg", ".jpeg", ".webp"}
console = Console()


@dataclass(frozen=True)
class _Moment:
    """One frame (H, W, 3), and who is dressed in it; without a body it may be a look at the empty scene."""

    picture: RGB
    body: Body | None
    presence: float
    empty: bool = False


@dataclass(frozen=True)
class _Subject:
    """A clip or a photo; `shown` are the moments that the sheet shows."""

    name: str
    moments: list[_Moment]
    shown: list[int]


def _clip(path: Path) -> _Subject:
    """A clip's frames with the person who is followed through it."""
    tracker, moments = BodyTracker(), []
    with (
        PoseWorker(live=True, max_people=live.MOST_PEOPLE) as worker,
        open_source(parse_source(str(path), paced=False)) as source,
    ):
        for seen in live.seen_frames(source, worker):
            found = tracker.update(seen.people, seen.frame.source_time, seen.frame.picture)
            moments.append(_Moment(seen.frame.picture, found.body, found.presence, not seen.people))
    dressed = [k for k, moment in enumerate(moments) if moment.body is not None and moment.presence >= 1.0]
    if not dressed:
        raise TwinMirrorError("nobody was found in it")
    shown = [dressed[int(k)] for k in np.linspace(0, len(dressed) - 1, FRAMES_SHOWN)]
    return _Subject(path.stem, moments, shown)


def _photo(name: str, picture: RGB) -> _Subject:
    with PoseWorker(live=False, max_people=still.MOST_PEOPLE) as worker:
        body = still.only_person(worker.people(picture))
    return _Subject(name, [_Moment(picture, body, 1.0)], [0])


def _astronaut() -> _Subject:
    """A photo that comes with scikit-image, where that is installed."""
    try:
        from skimage import data  # noqa: PLC0415 - a tool of developers only
    except ImportError:
        raise TwinMirrorError("scikit-image, which it comes with, is not installed") from None
    return _photo("astronaut", np.asarray(data.astronaut(), np.uint8))


def _dressed(subject: _Subject, dresser: Dresser) -> list[RGB]:
    """The shown frames, after the live way over all that come before them."""
    pictures: dict[int, RGB] = {}
    for number, moment in enumerate(subject.moments[: subject.shown[-1] + 1]):
        if moment.body is not None:
            pictures[number] = dresser.dress(moment.picture, moment.body, moment.presence).composite.picture
        elif moment.empty:
            dresser.compositor.observe(moment.picture)
    return [pictures[number] for number in subject.shown]


def _cell(picture: RGB) -> RGB:
    width = round(picture.shape[1] * CELL_HEIGHT / picture.shape[0])
    return np.asarray(cv2.resize(picture, (width, CELL_HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def _row(label: Sequence[str], pictures: Sequence[RGB]) -> RGB:
    """A label and pictures side by side."""
    margin = np.full((CELL_HEIGHT, LABEL_WIDTH, 3), 255, np.uint8)
    for line, text in enumerate(label):
        cv2.putText(margin, text[:24], (8, 30 + 24 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate([margin, *map(_cell, pictures)], 1)


def _rows(subject: _Subject, garment: Garment, engine: Engine) -> list[RGB]:
    """One garment's rows: by the network, by the geometric warp."""
    height, width = subject.moments[0].picture.shape[:2]
    ways = {"network": None, "geometric warp": GeometricDraper()}
    return [
        _row([garment.garment_id, way], _dressed(subject, Dresser([garment], height, width, engine, draper)))
        for way, draper in ways.items()
    ]


def garments_of(folder: Path, wanted: Sequence[str]) -> tuple[list[Garment], dict[str, str]]:
    """The garments of a folder of product photos, each front with its back, and what was refused by reason."""
    garments, refused = [], {}
    for front in sorted(path for path in folder.glob("*") if path.suffix.lower() in _PICTURES):
        if front.stem.endswith("-back") or not _chosen(front.stem, wanted):
            continue
        back = front.with_name(front.name.replace("-front", "-back"))
        try:
            garment = wearable(front, None)
            if back != front and back.is_file():
                garment = ingest(front, back, garment.category, front.stem)
        except TwinMirrorError as error:
            refused[front.name] = str(error)
        else:
            garments.append(garment)
    return garments, refused


def _chosen(name: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(word in name for word in wanted)


def _subjects(cases: Path, wanted: Sequence[str]) -> dict[str, Callable[[], _Subject]]:
    """By name, what reads each clip and photo."""
    clips = sorted((cases / "clips").glob("*.mkv"))
    persons = sorted(path for path in (cases / "persons").glob("*") if path.suffix.lower() in _PICTURES)
    readers = {path.stem: partial(_clip, path) for path in clips}
    readers |= {path.stem: partial(_photo_file, path) for path in persons}
    return {name: reader for name, reader in (readers | {"astronaut": _astronaut}).items() if _chosen(name, wanted)}


def _photo_file(path: Path) -> _Subject:
    return _photo(path.stem, read_photo(path))


def make_gallery(cases: Path, out: Path, engine: Engine, clips: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Write one sheet a clip or photo; gives what was refused, with the reason. Raises OutputError."""
    garments, refused = garments_of(cases / "garments", names)
    readers = _subjects(cases, clips)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("dressing", total=len(readers) * len(garments))
        for number, (name, read) in enumerate(readers.items(), 1):
            progress.update(task, description=name)
            try:
                subject = read()
            except TwinMirrorError as error:
                refused[name] = str(error)
            else:
                rows = [_row([subject.name, "as filmed"], [subject.moments[k].picture for k in subject.shown])]
                for garment in garments:
                    rows += _rows(subject, garment, engine)
                    progress.advance(task)
                write_picture(out / f"{subject.name}.jpg", np.concatenate(rows))
            progress.update(task, completed=number * len(garments))
    return refused


def main(
    cases: Annotated[Path, typer.Option(help="Folder with clips, persons and garments.")] = Path("../shared/cases"),
    out: Annotated[Path, typer.Option(help="Folder of the contact sheets.")] = Path("build/gallery"),
    model: Annotated[Path, typer.Option(help="The draping network.")] = DRAPE_MODEL,
    clip: Annotated[list[str], typer.Option(help="Only clips and photos whose name holds this; may be repeated.")] = [],  # noqa: B006 - typer copies it
    garment: Annotated[list[str], typer.Option(help="Only garments whose name holds this; may be repeated.")] = [],  # noqa: B006
) -> None:
    """Dress every clip and person photo of the cases in every garment that can be worn."""
    try:
        if not cases.is_dir():
            raise TwinMirrorError(f"{cases} is not there: name the folder with clips, persons and garments by --cases")
        refused = make_gallery(cases, out, OnnxEngine(model), clip, garment)
    except TwinMirrorError as error:
        typer.echo(f"gallery: {error}", err=True)
        raise typer.Exit(1) from None
    for name, reason in refused.items():
        console.print(f"left out: {name}: {reason}", markup=False, highlight=False)
    console.print(f"contact sheets in {out}")


if __name__ == "__main__":
    typer.run(main)
