"""A network in the precision that its engine is to have: said in the graph itself, so that no compiler has to guess.

FP16 is written in as the tensors' type. INT8 is written in as pairs of QuantizeLinear and DequantizeLinear about each
convolution, symmetric and with a step a channel of the weights, which all versions of TensorRT take alike, and which
onnxruntime runs on any CPU: what a precision costs in quality is known before a device is at hand.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from engines.compile.boards import Precision
from engines.compile.errors import BuildError
from engines.compile.graph import folded_model
from engines.compile.operators import CARRIES

if TYPE_CHECKING:
    from onnx import ModelProto

F32 = NDArray[np.float32]
KEPT: Final = ((1, 1), (1, 5), (2, 7))
"""How many convolutions, of the first and of the last, stay outside INT8: the first see the maps' full range, the last
make the fields. The least first; what comes after is for networks that lose too much."""


@dataclass(frozen=True)
class Candidate:
    """A network in a precision, as an ONNX file; `note` says what of it stayed in another."""

    onnx: bytes
    note: str


def candidates(
    data: bytes, name: str, precision: Precision, calibrating: Sequence[dict[str, F32]]
) -> Iterator[Candidate]:
    """The network in a precision, its constants folded, in and out float32.

    The fastest comes first, and then, for INT8, mixtures in which ever more of it stays outside.
    calibrating: inputs whose ranges set the steps of INT8. Raises GraphError, BuildError.
    """
    model = folded_model(data, name)
    if precision != "int8":
        converted = _in_fp16(model) if precision == "fp16" else model
        yield Candidate(bytes(converted.SerializeToString()), f"all in {precision}")
        return
    total = sum(node.op_type in CARRIES for node in model.graph.node)
    for first, last in KEPT:
        kept = kept_outside(model, first, last)
        quantised = _in_int8(model, name, calibrating, kept)
        note = f"{total - len(kept)} of {total} convolutions in int8"
        yield Candidate(bytes(quantised.SerializeToString()), note)


def kept_outside(model: ModelProto, first: int, last: int) -> list[str]:
    """Names of the convolutions that stay outside INT8: so many of the first and of the last, in the order they run."""
    carrying = [node.name for node in model.graph.node if node.op_type in CARRIES]
    return [*carrying[:first], *carrying[first:][-last:]]


def _in_fp16(model: ModelProto) -> ModelProto:
    from onnxruntime.transformers.float16 import convert_float_to_float16  # noqa: PLC0415 - only for building
    from onnxruntime.transformers.onnx_model import OnnxModel  # noqa: PLC0415

    converted = OnnxModel(convert_float_to_float16(model, keep_io_types=True))
    converted.topological_sort()  # the casts at the ends are put last
    sorted_model: ModelProto = converted.model
    return sorted_model


class _Reader:
    """What onnxruntime's calibration asks for inputs."""

    def __init__(self, feeds: Sequence[dict[str, F32]]) -> None:
        self._left = list(feeds)

    def get_next(self) -> dict[str, F32] | None:
        return self._left.pop(0) if self._left else None


def _in_int8(model: ModelProto, name: str, calibrating: Sequence[dict[str, F32]], kept: Sequence[str]) -> ModelProto:
    import onnx  # noqa: PLC0415
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static  # noqa: PLC0415

    if not calibrating:
        raise BuildError(f"{name} needs stored inputs to be calibrated with: make them anew")
    options: dict[str, Any] = {
        "ActivationSymmetric": True,
        "WeightSymmetric": True,
        "AddQDQPairToWeight": True,
        "QuantizeBias": False,
        "OpTypesToExcludeOutputQuantization": sorted(CARRIES),
    }
    with _workplace() as folder, _without_advice():
        source, target = folder / "float.onnx", folder / "int8.onnx"
        onnx.save(model, source)
        quantize_static(
            source,
            target,
            _Reader(calibrating),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=sorted(CARRIES),
            nodes_to_exclude=list(kept),
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options=options,
        )
        return onnx.load(target)


@contextmanager
def _workplace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="twinmirror-int8-") as folder:
        yield Path(folder)


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keep back the advice, given by the root logger, to fold constants first: that has been done."""
    root = logging.getLogger()
    root.addFilter(_no_advice)
    try:
        yield
    finally:
        root.removeFilter(_no_advice)


def _no_advice(record: logging.LogRecord) -> bool:
    return "pre-processing before quantization" not in record.getMessage()
