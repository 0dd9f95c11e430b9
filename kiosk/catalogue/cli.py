"""`kiosk collection`: check, import, list, activate, schedule and undo."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from kiosk.commands import one_line_errors
from kiosk.errors import CatalogueError, CollectionError

if TYPE_CHECKING:
    from kiosk.catalogue.store import Catalogue

collection_app = typer.Typer(no_args_is_help=True, help="The collections of this kiosk.")
Config = Annotated[Path | None, typer.Option("--config", help="The settings' TOML file.")]
Source = Annotated[Path, typer.Argument(help="A folder or zip with collection.toml and photos.")]
Key = Annotated[str, typer.Argument(help="The collection's id.")]


@contextmanager
def _catalogue(config: Path | None) -> Iterator[tuple[Path, Catalogue]]:
    from kiosk.catalogue import database
    from kiosk.catalogue.store import Catalogue
    from kiosk.config import load_settings

    data = load_settings(config).data
    database.prepare(data)
    with closing(Catalogue(data)) as catalogue:
        yield data, catalogue


@collection_app.command("check")
@one_line_errors
def check_command(source: Source) -> None:
    """Make every garment of a collection, on trial, and say which photos will not do; nothing is kept."""
    from kiosk.catalogue.checking import check

    failed = 0
    with Progress(transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("making garments", total=None)
        for done, total, name, reason in check(source):
            progress.update(task, completed=done, total=total)
            if reason:
                failed += 1
                progress.console.print(f"{name}: {reason}", markup=False, highlight=False, soft_wrap=True)
    if failed:
        raise CollectionError(f"{failed} of the garments cannot be made: see above, and mend their photos")
    typer.echo(f"{source}: every garment can be worn")


@collection_app.command("import")
@one_line_errors
def import_command(source: Source, config: Config = None) -> None:
    """Bring a collection into the catalogue, whole or not at all; the mirror then makes its garments."""
    from kiosk.catalogue.importing import import_collection

    with _catalogue(config) as (data, catalogue), Progress(transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("copying photos", total=None)
        imported = import_collection(source, data, catalogue, lambda _: progress.advance(task))
    what = "is here already" if imported.known else "is imported"
    typer.echo(f"{imported.title}: {what}, {imported.garments} garments")


@collection_app.command("list")
@one_line_errors
def list_command(config: Config = None) -> None:
    """Every collection, what of it is ready, and when it is on show."""
    table = Table("id", "title", "imported", "ready", "waiting", "refused", "on show", box=None)
    with _catalogue(config) as (_, catalogue):
        for row in catalogue.collections(time.time()):
            shown = "now" if row.active else "" if row.due is None else f"from {_local(row.due)}"
            counts = (str(count) for count in (row.ready, row.waiting, row.refused))
            table.add_row(row.key, row.title, _local(row.imported), *counts, shown)
    Console(soft_wrap=True).print(table, markup=False)


@collection_app.command()
@one_line_errors
def activate(key: Key, config: Config = None) -> None:
    """Put a collection on show now; a session that runs is served to its end."""
    with _catalogue(config) as (_, catalogue):
        row = catalogue.newest(key, time.time())
        catalogue.activate(row.number, time.time())
    typer.echo(f"{row.title}: on show")


@collection_app.command()
@one_line_errors
def schedule(
    key: Key,
    at: Annotated[str | None, typer.Option("--at", help="Such as 2027-03-01T06:00, in this machine's time.")] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Forget the time that was set.")] = False,
    config: Config = None,
) -> None:
    """Put a collection on show at a time."""
    if cancel == (at is not None):
        raise CatalogueError("say when with --at, or --cancel: one of the two")
    with _catalogue(config) as (_, catalogue):
        row = catalogue.newest(key, time.time())
        if at is None:
            catalogue.cancel(row.number, time.time())
            typer.echo(f"{row.title}: no longer scheduled")
            return
        when = _time(at)
        catalogue.activate(row.number, time.time(), when)
    typer.echo(f"{row.title}: on show from {_local(when)}")


@collection_app.command()
@one_line_errors
def undo(config: Config = None) -> None:
    """Put the collection on show again that was on show before the last change."""
    with _catalogue(config) as (_, catalogue):
        number = catalogue.undo(time.time())
        titles = {row.number: row.title for row in catalogue.collections(time.time())}
    typer.echo(f"{titles[number]}: on show again" if number in titles else "nothing is on show now")


def _time(text: str) -> float:
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError):
        raise CatalogueError(f"{text!r} is no time: write it like 2027-03-01T06:00") from None


def _local(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
