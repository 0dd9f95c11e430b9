"""`kiosk engine check`: each network against the tables, and against TensorRT's own parser where that is installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from engines.compile.check import check, outside_int8
from engines.compile.graph import Graph, load_graph
from engines.compile.operators import TABLES
from kiosk.engine.errors import EngineCommandError

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_check(models: Sequence[Path]) -> None:
    """Print what stands against each network. Raises `EngineCommandError` where anything does."""
    console = Console(highlight=False, soft_wrap=True)
    failed = [path.stem for path in models if not _passes(console, load_graph(path))]
    if failed:
        raise EngineCommandError(f"no engine can be made of {', '.join(failed)}: export it anew without what is named")


def _passes(console: Console, graph: Graph) -> bool:
    findings = check(graph)
    versions = ", ".join(table.version for table in TABLES)
    verdict = "[red]refused[/red]" if findings else f"[green]taken by TensorRT {versions}[/green]"
    console.print(f"[bold]{graph.name}[/bold]: opset {graph.opset}, {len(graph.nodes)} operators, {verdict}")
    for finding in findings:
        console.print(f"  {finding}", markup=False)
    for outside in outside_int8(graph):
        console.print(f"  outside INT8: {outside.count} {outside.op}: {outside.reason or 'NO REASON'}", markup=False)
    return not findings and all(outside.reason for outside in outside_int8(graph))
