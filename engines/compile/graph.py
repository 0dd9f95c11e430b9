"""A network's graph as a compiler sees it: constants folded, every shape known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from engines.compile.errors import GraphError
from engines.runtime.engine import read_model

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

_MOST_BYTES: Final = 256 * 1024 * 1024
_MOST_NODES: Final = 20_000
_ROUNDS: Final = 4
"""Shapes that were unknown become known as constants are folded, and may make others foldable."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """One operator; `inputs` and `outputs` name tensors, an input that is left out is ''."""

    name: str
    op: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """A network with its constants folded.

    shapes: of every tensor whose shape is known, without names or unknown lengths; types: numpy's name of each
    tensor's element type; constants: initializers and what was folded. `original` are the operators of the file, which
    a compiler's parser has to know; `nodes` those that are left after folding, which run.
    """

    name: str
    sha256: str
    opset: int
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    shapes: Mapping[str, Shape]
    types: Mapping[str, str]
    constants: Mapping[str, NDArray[Any]]

    def elements(self, tensor: str) -> int:
        """How many numbers a tensor holds. Raises GraphError where its shape is not static."""
        if tensor not in self.shapes:
            raise GraphError(f"{self.name}: the shape of {tensor} is not static: export the network with fixed shapes")
        return prod(self.shapes[tensor])


def load_graph(path: Path) -> Graph:
    """Read, check and fold an ONNX file.

    Raises ModelUnavailableError where it cannot be read, GraphError where it is no sound ONNX graph.
    """
    data, sha256 = read_model(path)
    return read_graph(data, path.stem, sha256)


def read_graph(data: bytes, name: str, sha256: str) -> Graph:
    """The same from a file's bytes."""
    model = _parsed(data, name)
    folded = _folded(model, name)
    shapes, types = _known(folded)
    constants = _initializers(folded)
    return Graph(
        name=name,
        sha256=sha256,
        opset=max((entry.version for entry in model.opset_import if entry.domain in {"", "ai.onnx"}), default=0),
        nodes=tuple(_node(proto) for proto in folded.graph.node),
        inputs=tuple(value.name for value in folded.graph.input if value.name not in constants),
        outputs=tuple(value.name for value in folded.graph.output),
        shapes=shapes,
        types=types,
        constants=constants,
    )


def folded_model(data: bytes, name: str) -> ModelProto:
    """The network without what can be worked out beforehand, every shape written in. Raises GraphError."""
    return _folded(_parsed(data, name), name)


def _parsed(data: bytes, name: str) -> ModelProto:
    try:
        import onnx  # noqa: PLC0415 - of no use to a mirror that runs an engine already built
    except ImportError:
        raise GraphError("looking into a network needs onnx: pip install 'twinmirror[jetson]'") from None
    if len(data) > _MOST_BYTES:
        raise GraphError(f"{name} is larger than {_MOST_BYTES >> 20} MB: this is none of our networks")
    try:
        model = onnx.load_model_from_string(data)
        if len(model.graph.node) > _MOST_NODES:
            raise GraphError(f"{name} has {len(model.graph.node)} operators: this is none of our networks")
        onnx.checker.check_model(model)
    except GraphError:
        raise
    except Exception as error:  # noqa: BLE001 - protobuf and onnx raise a dozen unrelated types
        raise GraphError(f"{name} is no sound ONNX file ({_first_line(error)}): export it anew") from None
    return model


def _folded(model: ModelProto, name: str) -> ModelProto:
    import onnx  # noqa: PLC0415

    for _ in range(_ROUNDS):
        try:
            model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        except Exception as error:  # noqa: BLE001 - onnx raises its own unrelated types
            raise GraphError(f"{name}: shapes do not fit ({_first_line(error)}): export it anew") from None
        if not _fold_once(model):
            break
    return model


def _fold_once(model: ModelProto) -> bool:
    """Replace each operator that rests on constants only by its value; whether there were any."""
    from onnx import numpy_helper  # noqa: PLC0415

    constants, (shapes, _) = _initializers(model), _known(model)
    kept: list[NodeProto] = []
    for node in model.graph.node:
        value = _value(node, constants, shapes)
        if value is None:
            kept.append(node)
            continue
        constants[node.output[0]] = value
        model.graph.initializer.append(numpy_helper.from_array(value, node.output[0]))
    changed = len(kept) < len(model.graph.node)
    if changed:
        del model.graph.node[:]
        model.graph.node.extend(kept)
        _forget_unknown(model)
        _drop_unused(model)
    return changed


def _value(node: NodeProto, constants: Mapping[str, NDArray[Any]], shapes: Mapping[str, Shape]) -> NDArray[Any] | None:
    from onnx.reference import ReferenceEvaluator  # noqa: PLC0415

    if node.op_type == "Shape" and node.input[0] in shapes and not node.attribute:
        return np.array(shapes[node.input[0]], np.int64)
    # A weight that is quantised when the engine is built stays a weight and its quantisation
    if len(node.output) != 1 or node.op_type in {"QuantizeLinear", "DequantizeLinear"}:
        return None
    if not all(name in constants for name in node.input if name) or node.op_type.startswith("Random"):
        return None
    feed = {name: constants[name] for name in node.input if name}
    (value,) = ReferenceEvaluator(node).run(None, feed)
    return np.asarray(value)


def _forget_unknown(model: ModelProto) -> None:
    """Names that shape inference gave to unknown lengths would be kept as if they were known."""
    graph = model.graph
    del graph.value_info[:]
    for output in graph.output:
        if any(not dim.HasField("dim_value") for dim in output.type.tensor_type.shape.dim):
            output.type.tensor_type.ClearField("shape")


def _drop_unused(model: ModelProto) -> None:
    used = {name for node in model.graph.node for name in node.input} | {value.name for value in model.graph.output}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def _initializers(model: ModelProto) -> dict[str, NDArray[Any]]:
    from onnx import numpy_helper  # noqa: PLC0415

    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def _known(model: ModelProto) -> tuple[dict[str, Shape], dict[str, str]]:
    from onnx import helper  # noqa: PLC0415

    shapes: dict[str, Shape] = {}
    types: dict[str, str] = {}
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        tensor = value.type.tensor_type
        types[value.name] = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type)).name
        dims = tensor.shape.dim
        if tensor.HasField("shape") and all(dim.HasField("dim_value") and dim.dim_value > 0 for dim in dims):
            shapes[value.name] = tuple(dim.dim_value for dim in dims)
    for tensor in model.graph.initializer:
        shapes[tensor.name] = tuple(tensor.dims)
        types[tensor.name] = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type)).name
    return shapes, types


def _node(proto: NodeProto) -> Node:
    from onnx import helper  # noqa: PLC0415

    attributes = {item.name: helper.get_attribute_value(item) for item in proto.attribute}
    name = proto.name or proto.output[0]
    return Node(name, proto.op_type, proto.domain, tuple(proto.input), tuple(proto.output), attributes)


def _first_line(error: Exception) -> str:
    lines: Sequence[str] = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
