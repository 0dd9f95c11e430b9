"""The tables take our networks and refuse what no engine can be made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from engines.compile.check import check, outside_int8
from engines.compile.graph import load_graph, read_graph
from engines.compile.operators import TABLES
from engines.runtime.engine import MODELS

SHIPPED = sorted(MODELS.glob("*.onnx"))
ALL = tuple(table.version for table in TABLES)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_version_takes_our_networks(path: Path) -> None:
    assert check(load_graph(path)) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_whatever_stays_outside_int8_has_a_reason(path: Path) -> None:
    assert [each.op for each in outside_int8(load_graph(path)) if not each.reason] == []


def test_an_operator_is_refused_by_the_versions_that_lack_it(small) -> None:
    scale = {"s": np.ones(8, np.float32)}
    nodes = [helper.make_node("LayerNormalization", ["x", "s"], ["y"])]
    (finding,) = check(read_graph(small(nodes, weights=scale), "small", ""))
    assert "LayerNormalization is not supported" in finding.what
    assert finding.versions == ("8.5", "10.3")


def test_no_version_takes_det(small) -> None:
    (finding,) = check(read_graph(small([helper.make_node("Det", ["x"], ["y"])], out=["n", "c"]), "small", ""))
    assert finding.versions == ALL
    assert str(finding).endswith("operator Det is not supported (TensorRT 8.5, 10.3, 10.15)")


def test_an_operator_without_a_reason_is_told(small) -> None:
    graph = read_graph(small([helper.make_node("Softmax", ["x"], ["y"])]), "small", "")
    assert [(each.op, each.reason) for each in outside_int8(graph)] == [("Softmax", "")]


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ({"mode": "cubic"}, "mode cubic"),
        ({"mode": "linear", "coordinate_transformation_mode": "tf_crop_and_resize"}, "tf_crop_and_resize"),
    ],
)
def test_resizing_that_is_not_offered_is_refused(small, attributes, word) -> None:
    roi = {"r": np.zeros(8, np.float32), "s": np.array([1, 1, 2, 2], np.float32)}
    nodes = [helper.make_node("Resize", ["x", "r", "s"], ["y"], **attributes)]
    findings = check(read_graph(small(nodes, weights=roi), "small", ""))
    assert any(word in finding.what and finding.versions == ALL for finding in findings)


def test_free_lengths_and_other_opsets_are_refused(small) -> None:
    free = read_graph(small([helper.make_node("Relu", ["x"], ["y"])], ["batch", 3, 8, 8]), "small", "")
    assert {finding.where for finding in check(free)} == {"x", "y"}
    old = read_graph(small([helper.make_node("Relu", ["x"], ["y"])], opset=13), "small", "")
    assert "opset 13" in check(old)[0].what


def test_a_zero_point_that_is_not_zero_is_refused(small) -> None:
    weights = {"s": np.array(0.1, np.float32), "z": np.array(3, np.int8)}
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"]),
    ]
    assert len(check(read_graph(small(nodes, weights=weights), "small", ""))) == 2


def test_what_must_be_known_beforehand_must_be_constant(small) -> None:
    nodes = [helper.make_node("Clip", ["x", "low"], ["y"]), helper.make_node("ReduceMin", ["x"], ["low"], keepdims=0)]
    findings = check(read_graph(small(nodes[::-1]), "small", ""))
    assert [finding.what for finding in findings] == ["input 2 of Clip must be constant"]
