"""The options that every training command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option(help="Folder of shards.")]
Out = Annotated[Path, typer.Option(help="Folder of the checkpoint; training goes on from it.")]
Steps = Annotated[int, typer.Option(help="Length of the learning rate's fall.")]
Minutes = Annotated[float, typer.Option(help="Stop after this time; call again to go on.")]
Batch = Annotated[int, typer.Option(help="Samples a step and process.")]
Processes = Annotated[int, typer.Option(help="Processes, one core each.")]
Start = Annotated[
    Path | None, typer.Option(help="Another run's checkpoint, or a shipped .onnx, whose weights to begin with.")
]
