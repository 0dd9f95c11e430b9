"""`kiosk engine profile`: the networks' costs as tables or JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from engines.compile.boards import (
    BANDWIDTH_EFFICIENCY,
    BOARDS,
    COMPUTE_EFFICIENCY,
    LAUNCH_SECONDS,
    PRECISIONS,
)
from engines.compile.graph import load_graph
from engines.compile.profile import Profile, profile

if TYPE_CHECKING:
    from collections.abc import Sequence

ASSUMPTIONS = (
    f"PREDICTION by the roofline model, measured on no board: {COMPUTE_EFFICIENCY:.0%} of the arithmetic and "
    f"{BANDWIDTH_EFFICIENCY:.0%} of the memory's published peak assumed, {LAUNCH_SECONDS * 1e6:.0f} us a launch."
)


def run_profile(models: Sequence[Path], *, layers: bool, as_json: bool) -> None:
    """Print what each network costs. Raises GraphError, ModelUnavailableError."""
    profiles = [profile(load_graph(path)) for path in models]
    console = Console(highlight=False)
    if as_json:
        console.out(json.dumps({"prediction": ASSUMPTIONS, "networks": [_dict(each) for each in profiles]}, indent=2))
        return
    if layers:
        for each in profiles:
            console.print(_layers(each))
    console.print(_sums(profiles))
    for board in BOARDS:
        console.print(f"  {board.name}: {board.source}", soft_wrap=True)
    console.print(ASSUMPTIONS, soft_wrap=True)


def _sums(profiles: Sequence[Profile]) -> Table:
    table = Table(title="A frame's cost, and its predicted time in ms (fp32 / fp16 / int8)")
    names = ("network", "parameters", "MMACs", "layers", "MB moved (fp16)", "KB in, out")
    for name in (*names, *(board.name for board in BOARDS)):
        table.add_column(name, justify="left" if name == "network" else "right")
    for each in profiles:
        table.add_row(
            each.name,
            f"{each.parameters:,}",
            f"{each.macs / 1e6:,.0f}",
            str(len(each.layers)),
            f"{each.bytes_moved('fp16') / 1e6:.1f}",
            f"{each.bytes_in / 1e3:,.0f}, {each.bytes_out / 1e3:,.0f}",
            *(" / ".join(f"{1e3 * each.seconds(board, kind):.2f}" for kind in PRECISIONS) for board in BOARDS),
        )
    return table


def _layers(each: Profile) -> Table:
    table = Table(title=f"{each.name}: us predicted on {BOARDS[0].name} (fp32 / fp16 / int8)")
    for name in ("layer", "operators", "parameters", "MMACs", "KB moved (fp16)", "us"):
        table.add_column(name, justify="left" if name in {"layer", "operators"} else "right")
    for layer in each.layers:
        table.add_row(
            layer.name,
            " ".join(layer.ops),
            f"{layer.parameters:,}",
            f"{layer.macs / 1e6:.1f}",
            f"{layer.bytes_moved('fp16') / 1e3:,.0f}",
            " / ".join(f"{1e6 * layer.seconds(BOARDS[0], kind):.0f}" for kind in PRECISIONS),
        )
    return table


def _dict(each: Profile) -> dict[str, Any]:
    return {
        "name": each.name,
        "parameters": each.parameters,
        "macs": each.macs,
        "bytes_in": each.bytes_in,
        "bytes_out": each.bytes_out,
        "predicted_ms": {
            board.name: {kind: round(1e3 * each.seconds(board, kind), 4) for kind in PRECISIONS} for board in BOARDS
        },
        "layers": [
            {
                "name": layer.name,
                "operators": layer.ops,
                "parameters": layer.parameters,
                "macs": layer.macs,
                "bytes": {kind: layer.bytes_moved(kind) for kind in PRECISIONS},
                "predicted_us": {
                    board.name: {kind: round(1e6 * layer.seconds(board, kind), 2) for kind in PRECISIONS}
                    for board in BOARDS
                },
            }
            for layer in each.layers
        ],
    }
