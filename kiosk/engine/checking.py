"""`kiosk engine check`: each network against the tables, and against TensorRT's own parser where that is installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from engines.compile.batch import batch_path, load_batch
from engines.compile.boards import PRECISIONS, Precision
from engines.compile.check import check, outside_int8
from engines.compile.compiler import build_plan
from engines.compile.errors import BuildError
from engines.compile.graph import Graph, load_graph
from engines.compile.operators import TABLES
from engines.compile.precision import candidates
from engines.errors import ModelUnavailableError
from engines.runtime.engine import read_model
from engines.runtime.tensorrt_api import load_tensorrt, version_of
from kiosk.engine.errors import EngineCommandError

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_check(models: Sequence[Path]) -> None:
    """Print what stands against each network. Raises `EngineCommandError` where anything does."""
    console = Console(highlight=False, soft_wrap=True)
    trt = _tensorrt(console)
    failed = []
    for path in models:
        passes = _passes(console, load_graph(path))
        if trt is not None:
            passes = _compiles(console, trt, path) and passes
        if not passes:
            failed.append(path.stem)
    if failed:
        raise EngineCommandError(f"no engine can be made of {', '.join(failed)}: export it anew without what is named")


def _tensorrt(console: Console) -> Any:
    try:
        return load_tensorrt()
    except ModelUnavailableError as error:
        console.print(f"checked against the tables only: {error}", markup=False)
        return None


def _passes(console: Console, graph: Graph) -> bool:
    findings = check(graph)
    versions = ", ".join(table.version for table in TABLES)
    verdict = "[red]refused[/red]" if findings else f"[green]taken by the tables of TensorRT {versions}[/green]"
    console.print(f"[bold]{graph.name}[/bold]: opset {graph.opset}, {len(graph.nodes)} operators, {verdict}")
    for finding in findings:
        console.print(f"  {finding}", markup=False)
    outside = outside_int8(graph)
    for each in outside:
        console.print(f"  outside INT8: {each.count} {each.op}: {each.reason or 'NO REASON'}", markup=False)
    return not findings and all(each.reason for each in outside)


def _compiles(console: Console, trt: Any, model: Path) -> bool:
    """Whether the TensorRT of this machine parses and compiles the network; the plans are thrown away."""
    precisions = PRECISIONS if batch_path(model).exists() else PRECISIONS[:2]
    try:
        sizes = [f"{each} {_plan_bytes(trt, model, each) / 1e6:.1f} MB" for each in precisions]
    except BuildError as error:
        console.print(f"  [red]refused[/red]: {error}")
        return False
    console.print(f"  [green]compiled by {version_of(trt)}[/green]: {', '.join(sizes)}")
    return True


def _plan_bytes(trt: Any, model: Path, precision: Precision) -> int:
    data, _ = read_model(model)
    calibrating = load_batch(model).calibrating() if precision == "int8" else []
    candidate = next(candidates(data, model.stem, precision, calibrating))
    return len(build_plan(trt, candidate.onnx, model.stem, precision, lambda _phase, _share: None))
