"""Commands: `python -m engines.synthetic make|sheet|film`."""

from __future__ import annotations

import functools
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import cv2
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, track

from engines.errors import TwinMirrorError
from engines.pose.bundle import ensure_bundle
from engines.synthetic import dataset, film
from engines.synthetic.body import BodyModel
from engines.synthetic.estimator import still_estimator
from engines.synthetic.sheet import contact_sheet

P = ParamSpec("P")
R = TypeVar("R")

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()


def one_line_errors(command: Callable[P, R]) -> Callable[P, R]:
    """One line and exit code 1 for errors that the caller can act on; 130 after Ctrl-C."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (TwinMirrorError, OSError) as error:
            typer.echo(f"engines.synthetic: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.echo("stopped: what is finished stays, and the same command goes on from it", err=True)
            raise typer.Exit(130) from None

    return run


@app.command()
@one_line_errors
def make(
    count: Annotated[int, typer.Option(min=1, help="Samples wanted in all; whole shards are made.")] = 15000,
    seed: Annotated[int, typer.Option(min=0, max=9999, help="The same seed makes the same people.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder of the shards; a run goes on from those it finds.")] = Path(
        "build/synthetic"
    ),
    workers: Annotated[int, typer.Option(min=1, help="Processes, one core each.")] = os.cpu_count() or 1,
    long: Annotated[bool, typer.Option("--long", help="Dresses, skirts and trousers instead of tops.")] = False,
) -> None:
    """Make people in clothes, with the truth about them."""
    bundle = ensure_bundle()
    out.mkdir(parents=True, exist_ok=True)
    done = before = sum(dataset.finished(out, seed))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    start = time.monotonic()
    shards = dataset.make(
        out, count, seed, workers, functools.partial(still_estimator, bundle), "long" if long else "tops"
    )
    with closing(shards), Progress(*columns, console=console) as progress:
        task = progress.add_task("samples", total=count, completed=before)
        total = 0
        for added in shards:
            total += added
            done = max(done, total)
            rate = (done - before) / max(time.monotonic() - start, 1e-3)
            progress.update(task, completed=done, description=f"samples, {rate:.1f}/s")
    seconds = time.monotonic() - start
    console.print(f"{done} samples in {out}, {done - before} of them new: {(done - before) / max(seconds, 1e-3):.1f}/s")


@app.command()
@one_line_errors
def sheet(
    data: Annotated[Path, typer.Option(help="Folder of shards.")] = Path("build/synthetic"),
    out: Annotated[Path, typer.Option(help="The PNG to write.")] = Path("build/synthetic.png"),
    rows: Annotated[int, typer.Option(min=1, max=60, help="Samples shown.")] = 12,
) -> None:
    """Draw some samples: picture, silhouette with landmarks, layers, uv, normals of cloth and skin."""
    picture = contact_sheet(sorted(data.glob("shard-*.npz")), rows)
    with staged(out, ".png") as stage:
        cv2.imwrite(str(stage), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    console.print(f"{out}: {picture.shape[0] // 288} samples")


@app.command("film")
@one_line_errors
def write_film(
    out: Annotated[Path, typer.Option(help="The MP4 to write.")] = Path("build/person.mp4"),
) -> None:
    """Render the demo person's film."""
    height, width = film.SIZE
    with staged(out, ".mp4") as stage:
        writer = cv2.VideoWriter(str(stage), cv2.VideoWriter.fourcc(*"mp4v"), film.FPS, (width, height))
        if not writer.isOpened():
            raise TwinMirrorError("this OpenCV writes no MP4: install opencv-contrib-python as locked")
        with closing(film.frames(BodyModel())) as frames:
            for frame in track(frames, "rendering", film.LENGTH, console=console):
                writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        writer.release()
    console.print(str(out))


@contextmanager
def staged(path: Path, suffix: str) -> Iterator[Path]:
    """A path to write to that becomes `path` when the block ends well; else nothing is left."""
    if path.suffix.lower() != suffix:
        raise TwinMirrorError(f"{path} cannot be written: name it {suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as folder:
        stage = Path(folder) / path.name
        yield stage
        if not stage.exists() or stage.stat().st_size == 0:
            raise TwinMirrorError(f"{path} cannot be written: choose another place or make room")
        stage.replace(path)


if __name__ == "__main__":
    app()
