"""Small networks, made with onnx itself, that show one thing each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

Make = Callable[..., bytes]


def make_model(
    nodes: list[Any],
    shape: list[Any] | None = None,
    weights: dict[str, np.ndarray] | None = None,
    opset: int = 17,
    out: list[Any] | None = None,
) -> bytes:
    """A network from `x` to `y`, float32."""
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape or [1, 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out or ["n", "c", "h", "w"])],
        [numpy_helper.from_array(value, name) for name, value in (weights or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return bytes(onnx.load_model_from_string(model.SerializeToString()).SerializeToString())


@pytest.fixture
def small() -> Make:
    return make_model


@pytest.fixture
def conv() -> bytes:
    """A 3 x 3 convolution from 3 to 4 channels with bias, and what rides on it."""
    rng = np.random.default_rng(1)
    weights = {
        "w": rng.normal(0, 0.3, (4, 3, 3, 3)).astype(np.float32),
        "b": rng.normal(0, 0.3, 4).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["y"]),
    ]
    return make_model(nodes, weights=weights)
