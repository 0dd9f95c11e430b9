"""What a network costs, layer by layer, and how long a board would take by the roofline model.

Roofline: a layer takes as long as its arithmetic at the reachable peak, or as long as its bytes at the reachable
bandwidth, whichever is longer (Williams, Waterman and Patterson, CACM 52(4), 2009). A prediction, never a measurement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Final

from engines.compile.boards import (
    BANDWIDTH_EFFICIENCY,
    COMPUTE_EFFICIENCY,
    LAUNCH_SECONDS,
    Board,
    Precision,
)
from engines.compile.graph import Graph, Node
from engines.compile.operators import CARRIES

_BYTES: Final[dict[Precision, int]] = {"fp32": 4, "fp16": 2, "int8": 1}
_OUTSIDE: Final[Precision] = "fp16"
"""What runs outside INT8 in an INT8 engine runs in this."""
_RIDES: Final = {"Relu", "LeakyRelu", "Sigmoid", "Clip", "Add", "Mul", "Exp"}
"""Pointwise operators that a compiler hangs on the layer that makes their input."""


@dataclass(frozen=True)
class Layer:
    """One kernel: an operator and the pointwise ones that ride on it.

    parameters: numbers of weight and bias. macs: multiply-adds. read, written: numbers, not bytes, of activations.
    """

    name: str
    ops: tuple[str, ...]
    parameters: int
    macs: int
    read: int
    written: int

    @property
    def carries(self) -> bool:
        """Whether it multiplies and adds, and so runs in INT8 in an INT8 engine."""
        return self.ops[0] in CARRIES

    def precision(self, wanted: Precision) -> Precision:
        """What it runs in, in an engine of this precision."""
        return _OUTSIDE if wanted == "int8" and not self.carries else wanted

    def bytes_moved(self, wanted: Precision) -> int:
        """Bytes to and from memory, weights with them, in an engine of this precision."""
        return (self.parameters + self.read + self.written) * _BYTES[self.precision(wanted)]

    def seconds(self, board: Board, wanted: Precision) -> float:
        """The predicted time on a board."""
        arithmetic = self.macs / (board.macs_per_second(self.precision(wanted)) * COMPUTE_EFFICIENCY)
        memory = self.bytes_moved(wanted) / (board.bandwidth * BANDWIDTH_EFFICIENCY)
        return max(arithmetic, memory) + LAUNCH_SECONDS


@dataclass(frozen=True)
class Profile:
    """All layers of one network, and the bytes that cross between host and device each frame (float32)."""

    name: str
    layers: tuple[Layer, ...]
    bytes_in: int
    bytes_out: int

    @property
    def parameters(self) -> int:
        """Numbers that were learnt."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-adds a frame."""
        return sum(layer.macs for layer in self.layers)

    def bytes_moved(self, precision: Precision) -> int:
        """Bytes to and from the device's memory a frame."""
        return sum(layer.bytes_moved(precision) for layer in self.layers)

    def seconds(self, board: Board, precision: Precision) -> float:
        """The predicted time a frame, the way between host and device left out: an Orin shares its memory."""
        return sum(layer.seconds(board, precision) for layer in self.layers)


def profile(graph: Graph) -> Profile:
    """What a network costs. Raises GraphError where a shape is not static."""
    return Profile(
        graph.name,
        tuple(_layer(graph, chain) for chain in _chains(graph)),
        4 * sum(graph.elements(name) for name in graph.inputs),
        4 * sum(graph.elements(name) for name in graph.outputs),
    )


def _chains(graph: Graph) -> Iterator[list[Node]]:
    """The graph's nodes in groups that run as one kernel each."""
    users: dict[str, int] = dict.fromkeys(graph.outputs, 1)
    for node in graph.nodes:
        for name in node.inputs:
            users[name] = users.get(name, 0) + 1
    open_chains: dict[str, list[Node]] = {}
    chains: list[list[Node]] = []
    for node in graph.nodes:
        # The chain that was made last: of two that an addition joins, the earlier has already run
        ready = [open_chains[name] for name in node.inputs if name in open_chains and users[name] == 1]
        if node.op in _RIDES and ready:
            chain = max(ready, key=chains.index)
            chain.append(node)
        else:
            chain = [node]
            chains.append(chain)
        open_chains[node.outputs[0]] = chain
    yield from chains


def _layer(graph: Graph, chain: list[Node]) -> Layer:
    made = {name for node in chain for name in node.outputs}
    given = [name for node in chain for name in node.inputs if name and name not in made]
    weights = {name for name in given if name in graph.constants}
    return Layer(
        name=chain[0].name.strip("/"),
        ops=tuple(node.op for node in chain),
        parameters=sum(prod(graph.shapes[name]) for name in weights) if chain[0].op in CARRIES else 0,
        macs=sum(_macs(graph, node) for node in chain),
        read=sum(graph.elements(name) for name in given if name not in weights),
        written=graph.elements(chain[-1].outputs[0]),
    )


def _macs(graph: Graph, node: Node) -> int:
    """Multiply-adds of one operator; nought for those that only move, compare or add."""
    if node.op == "Conv":
        return graph.elements(node.outputs[0]) * prod(graph.shapes[node.inputs[1]][1:])
    if node.op == "ConvTranspose":
        return graph.elements(node.inputs[0]) * prod(graph.shapes[node.inputs[1]][1:])
    if node.op in {"MatMul", "Gemm"}:
        return graph.elements(node.outputs[0]) * graph.shapes[node.inputs[0]][-1]
    return 0
