"""`kiosk twin`: list, check and add twins."""
# ruff: noqa: PLC0415 - each command loads only what it needs

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from kiosk.commands import one_line_errors
from kiosk.errors import TwinError

app = typer.Typer(no_args_is_help=True, help="The twins of this kiosk, and their licences.")
Folder = Annotated[Path | None, typer.Option("--twins", help="The folder of twins; the demo twins by default.")]


class Age(str, Enum):
    """See `kiosk.twins.record.AgeGroup`."""

    YOUNG, ADULT, MIDDLE, OLDER = "18-29", "30-44", "45-59", "60+"


class Height(str, Enum):
    """See `kiosk.twins.record.HeightGroup`."""

    SHORT, MEDIUM, TALL = "short", "medium", "tall"


class FigureOf(str, Enum):
    """See `kiosk.twins.record.FigureGroup`."""

    SLIM, MEDIUM, FULL = "slim", "medium", "full"


class Sex(str, Enum):
    """How the twin presents."""

    WOMAN, MAN, NEUTRAL = "woman", "man", "neutral"


@app.command("list")
@one_line_errors
def list_twins(
    twins: Folder = None,
    place: Annotated[str, typer.Option("--place", help="The country, two letters; ZZ where it is not said.")] = "ZZ",
) -> None:
    """Show every twin, and whether its licence lets it be shown in the mirror today."""
    from kiosk.twins.licence import Use
    from kiosk.twins.shown import PACKS, today, twins_in

    for twin in twins_in(twins or PACKS):
        record = twin.record
        shown = "shown" if record.licence.allows(Use.MIRROR, place, today()) else "NOT shown"
        told = f"{record.age}, {record.height}, {record.figure}"
        typer.echo(f"{twin.slug}: {record.name}, {told}; {record.source}, {record.licence.credit}; {shown}")


@app.command("check")
@one_line_errors
def check(
    folder: Annotated[Path, typer.Argument(help="A twin's folder.")],
    place: Annotated[str, typer.Option("--place", help="The country, two letters.")] = "ZZ",
) -> None:
    """Check a twin's files and licence."""
    from kiosk.camera.clip import ClipSource
    from kiosk.twins.bodies import load_bodies
    from kiosk.twins.licence import Use
    from kiosk.twins.record import check_files, read_twin
    from kiosk.twins.shown import today

    twin = read_twin(folder)
    check_files(twin)
    bodies = load_bodies(twin.body)
    with ClipSource(twin.clip, paced=False) as source:
        source.read()
    twin.record.licence.require(Use.MIRROR, place, today())
    typer.echo(f"{twin.slug}: good, {len(bodies)} frames, licensed until {twin.record.licence.valid_to}")


@app.command("add")
@one_line_errors
def add(
    video: Annotated[Path, typer.Argument(help="A loop of 6 s or more in which one person stands alone.")],
    licence: Annotated[Path, typer.Option("--licence", help="The licence's TOML file.")],
    name: Annotated[str, typer.Option("--name", help="A first name.")],
    sex: Annotated[Sex, typer.Option("--sex", help="How the twin presents.")],
    age: Annotated[Age, typer.Option("--age", help="Age group.")],
    height: Annotated[Height, typer.Option("--height", help="Height group.")],
    figure: Annotated[FigureOf, typer.Option("--figure", help="Figure group.")],
    into: Annotated[Path, typer.Option("--into", help="The folder of twins.")] = Path("twins"),
) -> None:
    """Make a twin of a video of a licensed model."""
    from kiosk.twins.licence import read_licence
    from kiosk.twins.making import About, make_twin

    allowed = read_licence(licence)
    slug = "".join(character if character.isalnum() else "-" for character in name.lower()).strip("-")
    if not slug:
        raise TwinError(f"{name!r} is no name for a twin: use letters")
    source = "recorded" if allowed.kind == "model" else "rendered"
    about = About(name, source, sex.value, age.value, height.value, figure.value)  # type: ignore[arg-type]
    twin = make_twin(video, about, allowed, into / slug)
    typer.echo(f"{twin.slug}: added to {twin.folder}")
