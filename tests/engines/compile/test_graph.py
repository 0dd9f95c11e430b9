"""Graphs are read, folded and bounded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from engines.compile.errors import GraphError
from engines.compile.graph import folded_model, load_graph, read_graph
from engines.errors import ModelUnavailableError
from engines.runtime.engine import MODELS

SHIPPED = sorted(MODELS.glob("*.onnx"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shape_of_our_networks_is_static(path: Path) -> None:
    graph = load_graph(path)
    assert [name for node in graph.nodes for name in node.outputs if name not in graph.shapes] == []
    assert graph.inputs
    assert not set(graph.inputs) & set(graph.constants)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_folding_leaves_the_numbers_as_they_are(path: Path) -> None:
    data = path.read_bytes()
    before = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    after = ort.InferenceSession(folded_model(data, path.stem).SerializeToString(), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(3)
    feed = {each.name: rng.random(each.shape, np.float32) for each in before.get_inputs()}
    for one, other in zip(before.run(None, feed), after.run(None, feed), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_shapes_are_worked_out_from_shapes(small) -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Slice", ["s", "zero", "two"], ["head"]),
        helper.make_node("Concat", ["head", "tail"], ["sizes"], axis=0),
        helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="nearest"),
    ]
    weights = {"zero": np.array([0]), "two": np.array([2]), "tail": np.array([16, 24])}
    graph = read_graph(small(nodes, weights=weights), "small", "")
    assert [node.op for node in graph.nodes] == ["Resize"]
    assert graph.shapes["y"] == (1, 3, 16, 24)


def test_a_free_length_stays_unknown(small) -> None:
    graph = read_graph(small([helper.make_node("Relu", ["x"], ["y"])], ["batch", 3, 8, 8]), "small", "")
    assert "y" not in graph.shapes
    with pytest.raises(GraphError, match="not static"):
        graph.elements("y")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match=r"none\.onnx"):
        load_graph(tmp_path / "none.onnx")


@given(data=st.binary(max_size=200))
def test_whatever_is_no_graph_is_refused(data: bytes) -> None:
    with pytest.raises(GraphError):
        read_graph(data, "small", "")


@given(cut=st.integers(0, 400), flip=st.integers(0, 255))
def test_a_damaged_graph_is_refused_or_read(cut: int, flip: int) -> None:
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("Relu", ["x"], ["y"])],
            "small",
            [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 2])],
            [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 2])],
        )
    )
    data = bytearray(model.SerializeToString())
    data[cut % len(data)] ^= flip
    try:
        read_graph(bytes(data), "small", "")
    except GraphError as error:
        assert len(str(error).splitlines()) == 1
