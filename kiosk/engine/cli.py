"""The commands `kiosk engine check|profile|build|list`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engines.compile.boards import PRECISIONS
from engines.runtime.engine import MODELS
from kiosk.commands import one_line_errors
from kiosk.engine.errors import EngineCommandError

engine_app = typer.Typer(no_args_is_help=True, help="The networks, compiled for this device.")

Models = Annotated[
    list[str] | None, typer.Argument(help="Names of networks, or ONNX files; every network of this kiosk by default.")
]


def models_named(names: list[str] | None) -> list[Path]:
    """The files of these networks. Raises `EngineCommandError` where one is not known."""
    known = {path.stem: path for path in sorted(MODELS.glob("*.onnx"))}
    if not names:
        return list(known.values())
    files = [known.get(name, Path(name)) for name in names]
    for name, file in zip(names, files, strict=True):
        if not file.is_file():
            raise EngineCommandError(f"{name} is no network: give an ONNX file, or one of {', '.join(known)}")
    return files


@engine_app.command("check")
@one_line_errors
def engine_check(models: Models = None) -> None:
    """Say whether TensorRT takes the networks: against its published tables, and by its own parser where it is here."""
    from kiosk.engine.checking import run_check  # noqa: PLC0415 - `kiosk --help` must not load onnx

    run_check(models_named(models))


@engine_app.command("profile")
@one_line_errors
def engine_profile(
    models: Models = None,
    layers: Annotated[bool, typer.Option("--layers", help="Every layer, not only the sums.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
) -> None:
    """Say what each network costs, and predict its time on the boards: a prediction, not a measurement."""
    from kiosk.engine.costs import run_profile  # noqa: PLC0415

    run_profile(models_named(models), layers=layers, as_json=as_json)


@engine_app.command("build")
@one_line_errors
def engine_build(
    models: Models = None,
    precision: Annotated[str, typer.Option("--precision", help=f"One of {', '.join(PRECISIONS)}.")] = "fp16",
    missing: Annotated[bool, typer.Option("--missing", help="Only where no engine fits this device yet.")] = False,
) -> None:
    """Build the networks' engines on this device and verify them; they run from the next start on."""
    if precision not in PRECISIONS:
        raise EngineCommandError(f"{precision} is no precision: give one of {', '.join(PRECISIONS)}")
    from kiosk.engine.building import run_build  # noqa: PLC0415

    run_build(models_named(models), precision, missing=missing)


@engine_app.command("list")
@one_line_errors
def engine_list(models: Models = None) -> None:
    """Say which engines there are, what runs each network here, and why nothing faster does."""
    from kiosk.engine.building import run_list  # noqa: PLC0415

    run_list(models_named(models))
