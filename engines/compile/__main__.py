"""Commands for those who train: `python -m engines.compile batch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engines.compile.batch import batch_path, save_batch
from engines.compile.sources import SOURCES
from engines.errors import TwinMirrorError
from engines.runtime.engine import MODELS

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """What the device needs beside a network to build its engine."""


@app.command()
def batch(
    model: Annotated[str, typer.Argument(help=f"One of {', '.join(SOURCES)}.")],
    data: Annotated[Path, typer.Option(help="Folder of shards that the network was not trained on.")] = Path(
        "build/held-out"
    ),
    count: Annotated[int, typer.Option(min=9, max=64)] = 16,
    seed: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Store a network's inputs, made by the synthetic generator, for calibration and verification."""
    try:
        if model not in SOURCES:
            raise TwinMirrorError(f"{model} has no source of inputs: it is one of {', '.join(SOURCES)}")
        path = batch_path(MODELS / f"{model}.onnx")
        save_batch(path, SOURCES[model](data, count, seed))
    except (TwinMirrorError, OSError) as error:
        typer.echo(f"engines.compile: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{path}: {count} inputs, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    app()
