"""Costs are counted as by hand, and predictions follow the roofline."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from engines.compile.boards import BOARDS, COMPUTE_EFFICIENCY, LAUNCH_SECONDS
from engines.compile.graph import load_graph, read_graph
from engines.compile.profile import profile
from engines.runtime.engine import MODELS


def test_a_convolution_counts_as_by_hand(conv) -> None:
    (layer,) = profile(read_graph(conv, "conv", "")).layers
    assert layer.ops == ("Conv", "Relu")
    assert layer.parameters == 4 * 3 * 9 + 4
    assert layer.macs == 8 * 8 * 4 * 3 * 9
    assert (layer.read, layer.written) == (3 * 64, 4 * 64)
    assert layer.bytes_moved("int8") == 112 + 192 + 256
    assert layer.bytes_moved("fp16") == 2 * layer.bytes_moved("int8")


def test_a_transposed_convolution_counts_each_input(small) -> None:
    weights = {"w": np.ones((3, 5, 2, 2), np.float32)}
    nodes = [helper.make_node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2])]
    (layer,) = profile(read_graph(small(nodes, weights=weights), "up", "")).layers
    assert layer.macs == 3 * 64 * 5 * 4
    assert layer.written == 5 * 16 * 16


def test_two_users_of_a_tensor_keep_it_in_memory(small) -> None:
    weights = {"w": np.ones((3, 3, 1, 1), np.float32)}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Add", ["a", "b"], ["y"]),
    ]
    layers = profile(read_graph(small(nodes, weights=weights), "two", "")).layers
    assert [layer.ops for layer in layers] == [("Conv",), ("Relu", "Add")]
    assert layers[1].read == 2 * 192


def test_the_networks_are_small_as_the_design_says() -> None:
    drape = profile(load_graph(MODELS / "drape.onnx"))
    assert 1.0e6 < drape.parameters < 2.0e6
    assert 0.5e9 < drape.macs < 1.5e9
    assert drape.bytes_in == 4 * 57 * 72 * 64


def test_the_boards_have_the_peaks_that_are_published() -> None:
    nano, nx, agx = BOARDS
    assert 4 * nano.macs_per_second("int8") == pytest.approx(67e12, rel=0.01)
    assert 4 * nx.macs_per_second("int8") == pytest.approx(60e12, rel=0.01)
    assert 4 * agx.macs_per_second("int8") == pytest.approx(170e12, rel=0.01)
    assert 2 * agx.macs_per_second("fp32") == pytest.approx(5.3e12, rel=0.01)


def test_no_layer_is_faster_than_its_arithmetic() -> None:
    for each in (profile(load_graph(path)) for path in MODELS.glob("*.onnx")):
        for board in BOARDS:
            arithmetic = each.macs / board.macs_per_second("fp16") / COMPUTE_EFFICIENCY
            assert each.seconds(board, "fp16") >= arithmetic + LAUNCH_SECONDS * len(each.layers) * 0.999
            assert each.seconds(board, "fp32") > each.seconds(board, "fp16") > each.seconds(board, "int8")
