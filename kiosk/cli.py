"""The command `kiosk`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engines.errors import GarmentPhotoError
from kiosk.calibrate.cli import calibrate_app
from kiosk.catalogue.cli import collection_app
from kiosk.commands import one_line_errors
from kiosk.doctor import doctor_command
from kiosk.engine.cli import engine_app
from kiosk.errors import OutputError
from kiosk.fleet.cli import fleet_app
from kiosk.labels.cli import labels_app, verify
from kiosk.lookbook.cli import lookbook, set_app
from kiosk.rights.cli import rights_app
from kiosk.staff.cli import staff_app
from kiosk.twins.commands import app as twin_app

if TYPE_CHECKING:
    from engines.garments.garment import Garment

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
garment_app = typer.Typer(no_args_is_help=True, help="The garments of this kiosk.")
model_app = typer.Typer(no_args_is_help=True, help="The networks that this kiosk runs.")
app.add_typer(garment_app, name="garment")
app.add_typer(collection_app, name="collection")
app.add_typer(model_app, name="model")
app.add_typer(calibrate_app, name="calibrate")
app.add_typer(engine_app, name="engine")
app.add_typer(fleet_app, name="fleet")
app.add_typer(labels_app, name="labels")
app.add_typer(rights_app, name="rights")
app.add_typer(staff_app, name="staff")
app.add_typer(set_app, name="set")
app.add_typer(twin_app, name="twin")
app.command()(lookbook)
app.command()(verify)
app.command("doctor")(doctor_command)


@app.callback()
def main() -> None:
    """TwinMirror: see yourself in the garments of the shop, live, and nothing of you is kept."""


Garments = Annotated[
    list[Path],
    typer.Option("--garment", help="A product photo or an added garment's folder; repeat it for layers, inner first."),
]
CategoryName = Annotated[str | None, typer.Option("--category", help="What the photos show, where they do not tell.")]
Report = Annotated[Path | None, typer.Option("--report", help="Write figures of the run as JSON.")]


@app.command("try")
@one_line_errors
def try_on(
    person: Annotated[Path, typer.Option("--person", help="A photo of one person.")],
    garment: Garments,
    out: Annotated[Path, typer.Option("--out", help="The picture to write.")],
    layers: Annotated[Path | None, typer.Option("--layers", help="Write each layer as a PNG into this folder.")] = None,
    report: Report = None,
    category: CategoryName = None,
) -> None:
    """Put garments on the person of a photo."""
    garments = _wearable(garment, category)
    from kiosk.tryon.still import run_still

    run_still(person, garments, out, layers=layers, report=report)


@app.command()
@one_line_errors
def mirror(
    garment: Garments = [],  # noqa: B006 - typer copies it
    source: Annotated[str, typer.Option("--source", help="A webcam's number, a clip's file or a stream's URL.")] = "0",
    headless: Annotated[bool, typer.Option("--headless", help="Write a video instead of opening a window.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="The video that --headless writes.")] = None,
    frames: Annotated[int | None, typer.Option("--frames", min=1, help="Stop after so many frames.")] = None,
    report: Report = None,
    category: CategoryName = None,
) -> None:
    """Show the person before a camera, or in a clip, wearing garments, live."""
    if headless != (out is not None) or (report is not None and not headless):
        raise OutputError("--headless, which writes a video and a report, goes with --out VIDEO; a window with neither")
    from kiosk.camera.config import open_source, parse_source

    camera = open_source(parse_source(source, paced=not headless))
    garments = _wearable(garment, category)
    if out is None:
        from kiosk.window import run_window

        run_window(camera, garments, frames)
        return
    from kiosk.tryon.live import run_live

    run_live(camera, garments, out, frames=frames, report=report)


@app.command()
@one_line_errors
def run(
    config: Annotated[Path | None, typer.Option("--config", help="The settings' TOML file.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="In the settings' place: a webcam's number, a clip or a URL.")
    ] = None,
) -> None:
    """Open the mirror for shoppers and keep it running."""
    from kiosk.camera.config import parse_source
    from kiosk.config import load_settings

    settings = load_settings(config)
    if source is not None:
        settings = settings.model_copy(update={"camera": parse_source(source)})
    from kiosk.runtime.run import run_kiosk

    run_kiosk(settings)


@app.command()
@one_line_errors
def demo(
    out: Annotated[Path, typer.Option("--out", help="The video to write.")] = Path("build/demo.mp4"),
) -> None:
    """Put a garment on a demo person, both rendered by this project."""
    demo_module: Any = importlib.import_module("kiosk.tryon.demo")
    demo_module.run_demo(out=out)


@garment_app.command("add")
@one_line_errors
def garment_add(
    photo: Annotated[Path, typer.Argument(help="The product photo, from the front.")],
    category: Annotated[str, typer.Option("--category", help="What the garment is, for example tee.")],
    back: Annotated[Path | None, typer.Option("--back", help="A photo of its back.")] = None,
    garment_id: Annotated[str | None, typer.Option("--id", help="Its name; the photo's by default.")] = None,
    into: Annotated[Path, typer.Option("--into", help="The folder of garments.")] = Path("garments"),
) -> None:
    """Make a garment that can be worn from a product photo."""
    from kiosk.garments import category_named

    kind = category_named(category)
    name = garment_id or photo.stem
    if name.startswith(".") or not name or not all(c.isalnum() or c in "-_." for c in name):
        raise GarmentPhotoError(f"{name!r} is no name for a garment: use --id with letters, digits, - and _")
    from engines.garments import store
    from engines.garments.ingest import ingest

    store.save(ingest(photo, back, kind, name), into / name)
    typer.echo(f"{name}: added to {into / name}")


@model_app.command("fetch")
@one_line_errors
def model_fetch() -> None:
    """Fetch, check and bundle the pose model where this machine does not have it yet."""
    from engines.pose.bundle import ensure_bundle

    typer.echo(ensure_bundle())


def _wearable(paths: list[Path], category: str | None) -> list[Garment]:
    from kiosk.garments import category_named, wearable

    kind = category_named(category) if category else None
    return [wearable(path, kind) for path in paths]


if __name__ == "__main__":
    sys.exit(app())
