"""What each precision costs, by onnxruntime, which runs the very graphs that the device's compiler gets."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest

from engines.compile.batch import CALIBRATING, StoredBatch, batch_path, load_batch, save_batch
from engines.compile.boards import PRECISIONS
from engines.compile.build import prepare
from engines.compile.check import check
from engines.compile.errors import BuildError, VerificationError
from engines.compile.graph import folded_model, read_graph
from engines.compile.operators import CARRIES
from engines.compile.precision import candidates, kept_outside
from engines.compile.verify import Figures, Tolerance, compare, judge
from engines.runtime.engine import MODELS

STORED = [path for path in sorted(MODELS.glob("*.onnx")) if batch_path(path).exists()]


def test_the_shipped_networks_have_stored_inputs() -> None:
    assert {path.stem for path in STORED} >= {"drape", "garment_landmarks", "parts"}


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_fp16_says_what_the_network_says(path: Path) -> None:
    prepared = prepare(path, "fp16")
    assert "FLOAT16" in {
        onnx.TensorProto.DataType.Name(each.data_type)
        for each in onnx.load_model_from_string(prepared.candidate.onnx).graph.initializer
    }
    judge(path.stem, "fp16", prepared.figures)


@pytest.mark.parametrize("name", ["drape", "garment_landmarks"])
def test_int8_is_near_enough_and_leaves_the_ends_alone(name: str) -> None:
    prepared = prepare(MODELS / f"{name}.onnx", "int8")
    model = onnx.load_model_from_string(prepared.candidate.onnx)
    quantised = {name for node in model.graph.node if node.op_type == "DequantizeLinear" for name in node.output}
    outside = [
        node.name for node in model.graph.node if node.op_type in CARRIES and not set(node.input[:2]) <= quantised
    ]
    float_model = folded_model((MODELS / f"{name}.onnx").read_bytes(), name)
    assert sorted(outside) == sorted(kept_outside(float_model, 1, 1))


def test_a_network_that_int8_would_spoil_is_refused_with_the_figures(monkeypatch) -> None:
    monkeypatch.setitem(judge.__globals__["TOLERANCES"], "int8", Tolerance(iou=0.9999, uv_p99=0.01, point_p99=0.0))
    with pytest.raises(VerificationError, match=r"landmark p99 \d.*old engine stays"):
        prepare(MODELS / "garment_landmarks.onnx", "int8")


def test_in_every_precision_the_tables_take_the_graph_and_in_and_out_stay_as_they_are() -> None:
    path = MODELS / "garment_landmarks.onnx"
    calibrating = load_batch(path).calibrating()
    for precision in PRECISIONS:
        candidate = next(candidates(path.read_bytes(), path.stem, precision, calibrating))
        graph = read_graph(candidate.onnx, path.stem, "")
        assert check(graph) == []
        assert {graph.types[name] for name in (*graph.inputs, *graph.outputs)} == {"float32"}
    counts = Counter(node.op for node in graph.nodes)
    assert counts["QuantizeLinear"] == counts["DequantizeLinear"] > 0


def test_stored_inputs_come_back_within_half_a_level(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    maps = (rng.normal(0, 3, (CALIBRATING + 2, 5, 6, 7)) * np.arange(5)[:, None, None]).astype(np.float32)
    save_batch(tmp_path / "net.batch.npz", {"maps": maps})
    batch = load_batch(tmp_path / "net.onnx")
    spread = maps.max((0, 2, 3)) - maps.min((0, 2, 3))
    assert (np.abs(batch.inputs["maps"] - maps).max((0, 2, 3)) <= spread / 255 * 0.51).all()
    assert len(batch.calibrating()) == CALIBRATING
    assert len(batch.verifying()) == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"\x93NUMPY nonsense"])
def test_damaged_inputs_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.batch.npz").write_bytes(content)
    with pytest.raises(BuildError, match="damaged"):
        load_batch(tmp_path / "net.onnx")


def test_missing_inputs_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"engines\.compile batch"):
        load_batch(tmp_path / "net.onnx")


def _drape(alpha: float, shift: float = 0.0) -> dict[str, np.ndarray]:
    fields = np.zeros((1, 16, 72, 64), np.float32)
    fields[0, 0] = shift
    covered = np.zeros((1, 7, 288, 256), np.float32)
    covered[:, :, 100:200, 100:200] = alpha
    return {"alpha": covered, "fields": fields}


def test_figures_are_in_the_units_that_are_seen() -> None:
    figures = compare([_drape(1.0)], [_drape(1.0, shift=0.01)])
    assert figures.iou == 1.0
    assert figures.uv_p99 == pytest.approx(0.01 * 1024 / 2.8, rel=1e-3)


def test_a_field_that_is_not_there_any_more_is_refused() -> None:
    with pytest.raises(VerificationError, match=r"alpha IoU 0\.0000"):
        judge("net", "int8", compare([_drape(1.0)], [_drape(0.2)]))


def test_outputs_that_are_no_numbers_or_missing_are_refused() -> None:
    wrong = _drape(1.0)
    wrong["fields"][0, 0, 0, 0] = np.nan
    with pytest.raises(VerificationError, match="no numbers"):
        compare([_drape(1.0)], [wrong])
    with pytest.raises(VerificationError, match="missing"):
        compare([_drape(1.0)], [{"alpha": wrong["alpha"]}])


def test_a_network_of_which_nothing_is_compared_is_refused() -> None:
    with pytest.raises(VerificationError):
        judge("net", "fp32", Figures())


def test_a_batch_is_handed_out_one_by_one() -> None:
    batch = StoredBatch({"maps": np.arange(20, dtype=np.float32).reshape(10, 2)})
    assert [feed["maps"].shape for feed in batch.feeds()] == [(1, 2)] * 10
