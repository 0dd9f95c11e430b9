"""Commands: `python -m engines.parts train|evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from engines.learning.options import Batch, Data, Minutes, Out, Processes, Start, Steps
from engines.learning.progress import show
from engines.parts.evaluation import evaluate as evaluate_shards
from engines.parts.evaluation import fairness, table
from engines.parts.shards import Shards
from engines.runtime.engine import MODELS
from engines.runtime.onnx_engine import OnnxEngine

app = typer.Typer(add_completion=False, no_args_is_help=True)
console = Console()


@app.command()
def train(
    data: Data = Path("build/synthetic"),
    out: Out = Path("build/parts"),
    steps: Steps = 8000,
    minutes: Minutes = 150,
    batch: Batch = 10,
    processes: Processes = 2,
    start: Start = None,
) -> None:
    """Train the parts network; writes parts.pt and parts.onnx."""
    # Evaluation must run without torch.
    from engines.learning.training import planned, train_together  # noqa: PLC0415
    from engines.parts.training import PartsTrainer  # noqa: PLC0415

    files = sorted(data.glob("shard-*.npz"))
    train_together(PartsTrainer, files, out, planned(steps, batch, start), minutes * 60, show, processes)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Folder of held-out shards.")] = Path("build/held-out"),
    model: Annotated[Path, typer.Option(help="The network.")] = MODELS / "parts.onnx",
) -> None:
    """Print the overlap of each part on held-out people, by groups of them, and how equal the groups are."""
    scores = evaluate_shards(Shards(sorted(data.glob("shard-*.npz"))), OnnxEngine(model, threads=2))
    console.print(table(scores), soft_wrap=True)
    console.print(fairness(scores), soft_wrap=True)


if __name__ == "__main__":
    app()
