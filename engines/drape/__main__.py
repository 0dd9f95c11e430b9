"""Commands: `python -m engines.drape train|evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from engines.drape.batches import Shards
from engines.drape.evaluation import evaluate as evaluate_shards
from engines.drape.evaluation import table
from engines.learning.options import Batch, Data, Minutes, Out, Processes, Start, Steps
from engines.learning.progress import show
from engines.runtime.engine import MODELS
from engines.runtime.onnx_engine import OnnxEngine

app = typer.Typer(add_completion=False, no_args_is_help=True)
console = Console()


@app.command()
def train(
    data: Data = Path("build/synthetic"),
    out: Out = Path("build/drape"),
    steps: Steps = 8000,
    minutes: Minutes = 150,
    batch: Batch = 10,
    processes: Processes = 2,
    start: Start = None,
    long: Annotated[bool, typer.Option("--long", help="The network of dresses, skirts and trousers.")] = False,
) -> None:
    """Train a draping network; writes drape.pt and drape.onnx, or drape_long.pt and drape_long.onnx."""
    # Evaluation must run without torch.
    from engines.drape.training import DrapeTrainer, LongTrainer  # noqa: PLC0415
    from engines.learning.training import planned, train_together  # noqa: PLC0415

    files = sorted(data.glob("shard-*.npz"))
    kind = LongTrainer if long else DrapeTrainer
    train_together(kind, files, out, planned(steps, batch, start), minutes * 60, show, processes)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Folder of held-out shards.")] = Path("build/held-out"),
    model: Annotated[Path, typer.Option(help="The network.")] = MODELS / "drape.onnx",
) -> None:
    """Print the table of figures on held-out people, beside the plain geometric warp's."""
    console.print(table(evaluate_shards(Shards(sorted(data.glob("shard-*.npz"))), OnnxEngine(model, threads=2))))


if __name__ == "__main__":
    app()
