"""Whether an engine can be made of a graph, told by published tables before any compiler is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from engines.compile.graph import Graph, Node
from engines.compile.operators import (
    CARRIES,
    CONSTANT_INPUTS,
    OUTSIDE_INT8,
    RESIZE_COORDINATES,
    RESIZE_MODES,
    RESIZE_NEAREST,
    TABLES,
    Table,
)

OPSET: Final = 17
"""What our networks are exported in: the newest that all versions of interest take."""
_QUANTISERS: Final = {"QuantizeLinear", "DequantizeLinear"}


@dataclass(frozen=True)
class Finding:
    """One reason why a graph cannot be compiled; `versions` are those of TensorRT that it holds for."""

    where: str
    what: str
    versions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.where}: {self.what} (TensorRT {', '.join(self.versions)})"


@dataclass(frozen=True)
class Outside:
    """Operators of one kind that stay outside INT8, and why; `reason` is empty where nobody has given one."""

    op: str
    count: int
    reason: str


def check(graph: Graph, tables: tuple[Table, ...] = TABLES) -> list[Finding]:
    """Everything that the tables have against a graph; empty where all of these versions take it."""
    everywhere = tuple(table.version for table in tables)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for where, what in _of_graph(graph):
        found[where, what] = everywhere
    for table in tables:
        for where, what in _of_table(graph, table):
            found[where, what] = (*found.get((where, what), ()), table.version)
    return [Finding(where, what, versions) for (where, what), versions in found.items()]


def outside_int8(graph: Graph) -> list[Outside]:
    """What would stay outside INT8 in an engine of this graph, by kind of operator, the reasons with it."""
    counts: dict[str, int] = {}
    for node in graph.nodes:
        if node.op not in CARRIES | _QUANTISERS:
            counts[node.op] = counts.get(node.op, 0) + 1
    return [Outside(op, count, OUTSIDE_INT8.get(op, "")) for op, count in sorted(counts.items())]


def _of_graph(graph: Graph) -> Iterator[tuple[str, str]]:
    """What no version takes, or we do not want of any."""
    if graph.opset != OPSET:
        yield graph.name, f"is of opset {graph.opset}: export it in opset {OPSET}"
    for tensor in (*graph.inputs, *(name for node in graph.nodes for name in node.outputs if name)):
        if tensor not in graph.shapes:
            yield tensor, "has no static shape: export the network with fixed shapes"
    for node in graph.nodes:
        yield from _of_inputs(graph, node)
        if node.op == "Resize":
            yield from _of_resize(node)
        if node.op in _QUANTISERS:
            yield from _of_quantiser(graph, node)
        if node.op == "MaxPool" and len(node.outputs) > 1:
            yield node.name, "MaxPool gives no indices"


def _of_table(graph: Graph, table: Table) -> Iterator[tuple[str, str]]:
    if graph.opset > table.newest_opset:
        yield graph.name, f"is of opset {graph.opset}, newer than the parser takes"
    for node in graph.nodes:
        operator = f"{node.domain}.{node.op}" if node.domain not in {"", "ai.onnx"} else node.op
        types = table.types.get(operator)
        if types is None:
            yield node.name, f"operator {operator} is not supported"
            continue
        worked = {graph.types[name] for name in (*node.inputs[:1], *node.outputs[:1]) if name in graph.types}
        for wrong in sorted(worked - types) if node.op not in _QUANTISERS else ():
            yield node.name, f"operator {operator} does not take {wrong}"


def _of_inputs(graph: Graph, node: Node) -> Iterator[tuple[str, str]]:
    for position in CONSTANT_INPUTS.get(node.op, ()):
        if position < len(node.inputs) and (name := node.inputs[position]) and name not in graph.constants:
            yield node.name, f"input {position + 1} of {node.op} must be constant"


def _of_resize(node: Node) -> Iterator[tuple[str, str]]:
    offered = (
        ("coordinate_transformation_mode", RESIZE_COORDINATES, "half_pixel"),
        ("mode", RESIZE_MODES, "nearest"),
        ("nearest_mode", RESIZE_NEAREST, "round_prefer_floor"),
    )
    for attribute, allowed, default in offered:
        value = _text(node.attributes.get(attribute, default))
        if value not in allowed:
            yield node.name, f"Resize does not offer {attribute} {value}"
    if node.attributes.get("antialias"):
        yield node.name, "Resize does not offer antialias"


def _of_quantiser(graph: Graph, node: Node) -> Iterator[tuple[str, str]]:
    zero = graph.constants.get(node.inputs[2]) if len(node.inputs) > 2 else None
    if zero is not None and zero.any():
        yield node.name, f"the zero point of {node.op} must be 0"


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
