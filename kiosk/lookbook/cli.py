"""The commands `kiosk lookbook` and `kiosk set`."""

from __future__ import annotations

import locale
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiosk.commands import one_line_errors

if TYPE_CHECKING:
    from kiosk.lookbook.lookbook import Order
    from kiosk.rights.gate import Gate

set_app = typer.Typer(no_args_is_help=True, help="Sets: what a photographer decides before any picture is made.")

Collection = Annotated[Path | None, typer.Option("--collection", help="A folder of garments; the sample by default.")]
Cast = Annotated[Path | None, typer.Option("--cast", help="A folder of twins; the demo twins by default.")]
Place = Annotated[str | None, typer.Option("--place", help="Country of publication, like DE; by the locale else.")]
Keys = Annotated[Path | None, typer.Option("--keys", help="The keys that sign; $TWINMIRROR_KEYS by default.")]
LedgerFile = Annotated[Path | None, typer.Option("--ledger", help="The ledger of uses; $TWINMIRROR_LEDGER by default.")]
LanguageName = Annotated[str, typer.Option("--language", help="Of the label: en, de, fr, es, ar, zh.")]


@dataclass(frozen=True)
class _Asked:
    """Options that the commands share."""

    collection: Path | None
    cast: Path | None
    place: str | None
    keys: Path | None
    ledger: Path | None
    language: str


@one_line_errors
def lookbook(
    set_file: Annotated[Path, typer.Option("--set", help="A set.toml, or the name of a shipped set.")],
    out: Annotated[Path, typer.Option("--out", help="The folder of the lookbook.")],
    collection: Collection = None,
    cast: Cast = None,
    web: Annotated[bool, typer.Option("--web", help="Also for a web shop: images, manifest, demo shop.")] = False,
    scheduler: Annotated[str | None, typer.Option("--scheduler", help="A Dask scheduler: tcp://host:8786.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Cores to use here; all by default.")] = None,
    core_price: Annotated[float, typer.Option("--core-price", min=0, help="Of a core hour, for the report.")] = 0.05,
    place: Place = None,
    keys: Keys = None,
    ledger: LedgerFile = None,
    language: LanguageName = "en",
) -> None:
    """Make every garment or look of a collection on every twin of a cast, in a set; what is there already is kept."""
    from kiosk.lookbook.lookbook import failures, make_lookbook, opened  # noqa: PLC0415 - `kiosk --help` stays quick
    from kiosk.lookbook.publishing import publish  # noqa: PLC0415

    order, gate, signing = _order(_Asked(collection, cast, place, keys, ledger, language), set_file, out, web=web)
    studio = opened(order, gate, signing)
    figures = make_lookbook(studio, scheduler, workers, core_price)
    publish(studio)
    told = figures.as_dict()
    typer.echo(f"{told['made']} made, {told['kept']} kept, {len(told['failed'])} failed, in {out}; see report.json")
    if "extrapolated" in told:
        far, each = told["extrapolated"], told["stills"]
        typer.echo(f"{each['core_seconds_each']} core seconds a still, {each['an_hour_and_core']} an hour and core")
        typer.echo(f"{far['stills']} stills would take {far['core_hours']} core hours and cost {far['cost']}")
    problem = failures(figures)
    if problem is not None:
        raise problem


@set_app.command("preview")
@one_line_errors
def set_preview(
    set_file: Annotated[Path, typer.Argument(help="A set.toml, or the name of a shipped set.")],
    out: Annotated[Path, typer.Option("--out", help="The picture to write.")] = Path("preview.jpg"),
    once: Annotated[bool, typer.Option("--once", help="Do not wait for the file to be changed.")] = False,
    collection: Collection = None,
    cast: Cast = None,
    place: Place = None,
    keys: Keys = None,
    ledger: LedgerFile = None,
    language: LanguageName = "en",
) -> None:
    """Show a set's poses in a small picture, anew whenever the file is saved; ends with Ctrl-C."""
    from kiosk.lookbook.lookbook import opened  # noqa: PLC0415
    from kiosk.lookbook.preview import versions, watch, write_preview  # noqa: PLC0415

    order, gate, signing = _order(_Asked(collection, cast, place, keys, ledger, language), set_file, out, web=False)
    if once:
        write_preview(opened(order, gate, signing), out)
        typer.echo(out)
    else:
        watch(order, gate, signing, out, typer.echo, versions(order.set_file))


@set_app.command("list")
@one_line_errors
def set_list() -> None:
    """Name the shipped sets, and where their files are."""
    from kiosk.lookbook.setfile import SHIPPED, read_set  # noqa: PLC0415

    for path in sorted(SHIPPED.glob("*.toml")):
        typer.echo(f"{path.stem}: {read_set(path).title} ({path})")


def _order(asked: _Asked, set_file: Path, out: Path, *, web: bool) -> tuple[Order, Gate, Any]:
    """What was asked for, with the door to the twins and the keys; all refused here before any work."""
    from kiosk.config import LANGUAGES  # noqa: PLC0415
    from kiosk.demo import COLLECTION  # noqa: PLC0415
    from kiosk.errors import SettingsError  # noqa: PLC0415
    from kiosk.labels.keys import keys_folder, load  # noqa: PLC0415
    from kiosk.lookbook.lookbook import Order  # noqa: PLC0415
    from kiosk.lookbook.setfile import read_set, set_path  # noqa: PLC0415
    from kiosk.rights.gate import Gate  # noqa: PLC0415
    from kiosk.rights.ledger import ledger_path  # noqa: PLC0415
    from kiosk.twins.shown import PACKS  # noqa: PLC0415

    language = next((each for each in LANGUAGES if each == asked.language), None)
    if language is None:
        raise SettingsError(f"{asked.language} is no language of the labels: use one of {', '.join(LANGUAGES)}")
    signing = load(asked.keys or keys_folder())
    cast = asked.cast or PACKS
    gate = Gate.at(cast, asked.ledger or ledger_path(), asked.place or _country())
    path = set_path(set_file)
    return Order(asked.collection or COLLECTION, cast, read_set(path), path, out, language, web), gate, signing


def _country() -> str:
    """The country of this machine's locale. Raises `SettingsError` where it has none."""
    from kiosk.errors import SettingsError  # noqa: PLC0415

    name = (locale.getlocale()[0] or "").partition("_")[2]
    if len(name) != 2:
        raise SettingsError("the country is not known by the locale: name it with --place, like --place DE")
    return name
