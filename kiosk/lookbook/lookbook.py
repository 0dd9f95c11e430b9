"""`kiosk lookbook`: plan, make what is missing, sign, record, write; then the shop's pages and the contact sheet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from engines.errors import TwinMirrorError
from engines.runtime.engine import MODELS
from kiosk.collection import Piece
from kiosk.config import Language
from kiosk.errors import LicenceError
from kiosk.imaging import staged_output
from kiosk.labels.export import release
from kiosk.labels.keys import SigningKeys
from kiosk.labels.provenance import Ingredient, Provenance
from kiosk.lookbook import cluster
from kiosk.lookbook.errors import LookbookError
from kiosk.lookbook.making import Made, Task
from kiosk.lookbook.plan import Inputs, Job, plan
from kiosk.lookbook.report import Figures
from kiosk.lookbook.setfile import SetFile
from kiosk.lookbook.shelf import Finished, Shelf
from kiosk.lookbook.source import cast_of, collection_of, digest_of_piece, digest_of_twin, photo_of, require_all
from kiosk.rights.gate import Gate
from kiosk.twins.licence import Use
from kiosk.twins.record import RECORD, Twin, hash_of


@dataclass(frozen=True)
class Order:
    """What was asked for. set_file is the set's own file, an ingredient of each picture."""

    collection: Path
    cast: Path
    wanted: SetFile
    set_file: Path
    out: Path
    language: Language
    web: bool


@dataclass(frozen=True)
class Studio:
    """All that a run works with."""

    order: Order
    pieces: dict[str, Piece]
    twins: dict[str, Twin]
    jobs: list[Job]
    gate: Gate
    keys: SigningKeys
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def uses(self) -> tuple[Use, ...]:
        """What the twins are used for."""
        return (Use.LOOKBOOK, Use.WEB) if self.order.web else (Use.LOOKBOOK,)

    def task(self, job: Job) -> Task:
        """A job with all that it needs."""
        pieces, twin = tuple(self.pieces[name] for name in job.garments), self.twins[job.twin]
        origin = self._provenance(job, pieces, twin)
        return Task(job, self.order.wanted, twin, pieces, origin, self.order.language, self.order.web)

    def _provenance(self, job: Job, pieces: tuple[Piece, ...], twin: Twin) -> Provenance:
        licence = twin.record.licence
        garments = [_image(piece) for piece in pieces]
        texts = {f"licence of {job.twin}": twin.folder / RECORD, f"set {self.order.wanted.title}": self.order.set_file}
        named = [Ingredient(title, path, "application/toml", "inputTo") for title, path in texts.items()]
        credit = f"{licence.credit}; set: {self.order.wanted.credit}"
        rights = f"Shown under a licence of {licence.name}, {licence.valid_from} to {licence.valid_to}"
        return Provenance(job.spoken(), (*garments, *named), model_hashes(), credit, rights)


def model_hashes() -> dict[str, str]:
    """SHA-256 of the networks that pictures depend on, by name."""
    return {name: hash_of(MODELS / f"{name}.onnx") for name in ("drape", "parts")}


def opened(order: Order, gate: Gate, keys: SigningKeys) -> Studio:
    """Read and check all that an order names, and plan it.

    Garments that cannot be read are refused by name, and the others are made. Raises `CollectionError`, `CastError`
    (also where a licence does not allow it) and `LookbookError`.
    """
    pieces = collection_of(order.collection)
    twins = cast_of(order.cast, order.wanted)
    studio = Studio(order, pieces, twins, [], gate, keys)
    require_all(gate, twins, studio.uses)
    digests: dict[str, str] = {}
    for name, piece in pieces.items():
        try:
            digests[name] = digest_of_piece(piece)
        except LookbookError as error:
            studio.refused[name] = str(error)
    hashes = {name: digest_of_twin(twin) for name, twin in twins.items()}
    jobs = plan(order.wanted, Inputs(digests, hashes, model_hashes(), order.language))
    return Studio(order, pieces, twins, jobs, gate, keys, studio.refused)


def make_lookbook(studio: Studio, scheduler: str | None, workers: int | None, price: float) -> Figures:
    """Make what is missing and write it; gives the run's figures, which are also written as `report.json`.

    Raises `LookbookError` where the scheduler is lost, `OutputError` on a full disk, `LedgerError`, `LabelError`;
    everything finished before is kept.
    """
    shelf, figures = Shelf(studio.order.out), Figures(price)
    figures.failed.update(studio.refused)
    open_jobs = [job for job in studio.jobs if shelf.finished(job, web=studio.order.web) is None]
    figures.kept = len(studio.jobs) - len(open_jobs)
    start = perf_counter()
    try:
        if open_jobs:
            with cluster.opened(scheduler, workers) as client:
                figures.cores = max(1, cluster.cores(client))
                tasks = [studio.task(job) for job in open_jobs]
                with closing(cluster.run(client, tasks)) as results:
                    _take_in(studio, shelf, figures, results, len(tasks))
    finally:
        figures.seconds = perf_counter() - start
    with staged_output(studio.order.out / "report.json") as stage:
        stage.write_text(json.dumps(figures.as_dict(), indent=2) + "\n", encoding="utf-8")
    return figures


def _take_in(studio: Studio, shelf: Shelf, figures: Figures, results: Iterator[cluster.Done], count: int) -> None:
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), *times) as progress:
        bar = progress.add_task("making pictures", total=count)
        for done in results:
            try:
                if done.made is None:
                    figures.failed[done.task.job.spoken()] = done.reason
                else:
                    figures.made.append(_published(studio, shelf, done.task, done.made))
            except LicenceError as error:  # revoked since the run began
                figures.failed[done.task.job.spoken()] = str(error)
            progress.advance(bar)


def _published(studio: Studio, shelf: Shelf, task: Task, made: Made) -> Finished:
    """Put the use on record, then sign and write the job's files, then its record."""
    licence = task.twin.record.licence
    for use in studio.uses:
        studio.gate.record(task.job.twin, licence, use, f"{use.value}-{task.job.key[:40]}", task.job.spoken())
    for place, data in made.files.items():
        release(shelf.folder / place, data, task.provenance, studio.keys)
    finished = Finished(
        key=made.key, files=list(made.files), height=made.size[0], width=made.size[1], web_widths=made.widths,
        cpu_s=made.cpu_s, wall_s=made.wall_s, peak_mb=made.peak_mb,
    )  # fmt: skip
    shelf.write(finished)
    return finished


def _image(piece: Piece) -> Ingredient:
    path = photo_of(piece)
    kinds = {".png": "image/png", ".webp": "image/webp"}
    return Ingredient(f"garment {piece.name}", path, kinds.get(path.suffix.lower(), "image/jpeg"), "componentOf")


def failures(figures: Figures) -> TwinMirrorError | None:
    """What to say at the end where not all could be made."""
    if not figures.failed:
        return None
    first = next(iter(figures.failed.items()))
    more = f"; {len(figures.failed) - 1} more are in report.json" if len(figures.failed) > 1 else ""
    return LookbookError(f"{first[0]} could not be made ({first[1]}){more}; all else is finished")
