"""`kiosk engine build` and `list`: engines for this device, with progress, and what there is."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from engines.compile.boards import Precision
from engines.compile.build import build_engine
from engines.errors import ModelUnavailableError, TwinMirrorError
from engines.runtime.cache import engine_path, engines_folder, fitting_engine, read_engine
from engines.runtime.choice import choose
from engines.runtime.config import AutoEngine

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_build(models: Sequence[Path], precision: Precision, *, missing: bool = False) -> None:
    """Build the engines of these networks, one after another; what fails leaves its old engine working.

    missing: leave out those whose engine fits this device already, in whatever precision it is.
    Raises the first error after all have been tried.
    """
    console = Console(highlight=False, soft_wrap=True)
    failed: list[TwinMirrorError] = []
    for model in models:
        if missing and _fits(model):
            continue
        try:
            with _shown(console, model.stem) as progress:
                task = progress.add_task("", total=1.0)
                built = build_engine(
                    model,
                    precision,
                    lambda phase, share, at=task, bar=progress: bar.update(at, description=phase, completed=share),  # type: ignore[misc]
                )
        except ModelUnavailableError:
            raise
        except TwinMirrorError as error:
            console.print(f"[red]{model.stem}[/red]: {error}")
            failed.append(error)
            continue
        console.print(f"[green]{model.stem}[/green]: {precision}, {built.figures}, for {built.key.gpu}")
    if failed:
        raise failed[0]


def _fits(model: Path) -> bool:
    try:
        fitting_engine(model)
    except ModelUnavailableError:
        return False
    return True


def _shown(console: Console, name: str) -> Progress:
    columns = (TextColumn(f"{name}: {{task.description}}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def run_list(models: Sequence[Path]) -> None:
    """Print what runs each network here, and why nothing faster does."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"engines are kept in {engines_folder()}", markup=False)
    for model in models:
        console.print(f"[bold]{model.stem}[/bold]: {_built(model)}")
        chosen = choose(model, 1, AutoEngine())
        console.print(f"  runs on {chosen.engine.name}", markup=False)
        for name, reason in chosen.passed_over.items():
            console.print(f"  not on {name}: {reason}", markup=False)
        chosen.engine.close()


def _built(model: Path) -> str:
    path = engine_path(model)
    try:
        built = read_engine(path)
    except ModelUnavailableError as error:
        return str(error)
    when = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    said = (
        f"{built.key.precision} for {built.key.gpu} ({built.key.tensorrt}), {built.figures}, {when:%Y-%m-%d %H:%M} UTC"
    )
    try:
        fitting_engine(model)
    except ModelUnavailableError as error:
        return f"{said}; does not fit: {error}"
    return said
