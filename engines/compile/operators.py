"""What TensorRT's ONNX parser takes, by version.

Facts of the operator tables that the parser's project publishes with each version (onnx-tensorrt, docs/operators.md,
Apache-2.0). TensorRT 8.5 comes with JetPack 5.1, 10.3 with JetPack 6.1 and 6.2; 10.15 is the newest whose table was
read. For 10.3 counts what both of the others take: nothing has been dropped between them, and so it may refuse what
that version takes already, but not the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FLOATS: Final = frozenset({"float32", "float16"})
_WITH_INT: Final = FLOATS | {"int32", "int64"}
_WITH_INT8: Final = FLOATS | {"int8"}
_MOVED: Final = _WITH_INT | {"int8", "bool"}
_BOOL: Final = frozenset({"bool"})


@dataclass(frozen=True)
class Table:
    """The operators that one version's parser takes, each with numpy's names of the types it may work on."""

    version: str
    newest_opset: int
    types: dict[str, frozenset[str]]


def _of(*groups: tuple[frozenset[str], str]) -> dict[str, frozenset[str]]:
    return {operator: types for types, names in groups for operator in names.split()}


_FLOAT_ONLY: Final = """
Acos Acosh ArgMax ArgMin Asin Asinh Atan Atanh BatchNormalization Ceil Celu ConstantOfShape Cos Cosh CumSum Dropout
Einsum Erf Exp Floor GRU GridSample ImageScaler InstanceNormalization LRN LSTM Log LogSoftmax LpNormalization MatMul
MeanVarianceNormalization NonMaxSuppression NonZero Pow QuantizeLinear RNN RandomNormal RandomNormalLike RandomUniform
RandomUniformLike Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
ReduceSum ReduceSumSquare Resize ReverseSequence RoiAlign Scan Sin Sinh Softmax Sqrt Tan TopK Upsample
"""
_ALSO_INT: Final = """
Abs Add DepthToSpace Div Equal Greater GreaterOrEqual IsNaN Less LessOrEqual Max Mean Min Mod Mul Neg Range Shrink
SpaceToDepth Sub Sum
"""
_ALSO_INT8: Final = """
Clip Conv ConvTranspose Elu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool HardSigmoid HardSwish LeakyRelu LpPool
MaxPool PRelu ParametricSoftplus Relu Round ScaledTanh Selu Sigmoid Softplus Softsign Tanh ThresholdedRelu
"""
_ANYTHING: Final = """
AveragePool Cast Concat Constant Expand EyeLike Flatten Gather GatherElements GatherND Identity If Loop OneHot Pad
Reshape Scatter ScatterElements ScatterND Shape Sign Size Slice Split Squeeze Tile Transpose Trilu Unsqueeze Where
"""
_OLD: Final = _of(
    (FLOATS, _FLOAT_ONLY),
    (_WITH_INT, _ALSO_INT),
    (_WITH_INT8, _ALSO_INT8),
    (_MOVED, _ANYTHING),
    (_BOOL, "And Not Or Xor"),
    (_WITH_INT8, "DequantizeLinear"),
)
_NEW: Final = _OLD | _of(
    (
        FLOATS,
        """
        Attention BlackmanWindow DeformConv Gelu GroupNormalization HammingWindow HannWindow Hardmax IsInf
        LayerNormalization Mish RMSNormalization RotaryEmbedding STFT
        """,
    ),
    (
        _WITH_INT,
        """
        ArgMax ArgMin Pow ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
        ReduceSum ReduceSumSquare Relu ReverseSequence TopK
        """,
    ),
    (_MOVED, "CastLike ConstantOfShape TensorScatter"),
)

TABLES: Final = (
    Table("8.5", 17, _OLD),
    Table("10.3", 20, _OLD),
    Table("10.15", 24, _NEW),
)

RESIZE_COORDINATES: Final = {
    "half_pixel", "pytorch_half_pixel", "tf_half_pixel_for_nn", "asymmetric", "align_corners",
}  # fmt: skip
RESIZE_MODES: Final = {"nearest", "linear"}
RESIZE_NEAREST: Final = {"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"}

CONSTANT_INPUTS: Final = {
    "Slice": (1, 2, 3, 4),
    "ReduceSum": (1,),
    "Squeeze": (1,),
    "Unsqueeze": (1,),
    "TopK": (1,),
    "CumSum": (1,),
    "Resize": (1, 2, 3),
    "Pad": (1, 2),
    "Clip": (1, 2),
    "Reshape": (1,),
    "QuantizeLinear": (1, 2),
    "DequantizeLinear": (1, 2),
}
"""Inputs that have to be known when the engine is built: the parser's own demands, and what static shapes need."""

CARRIES: Final = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
"""Operators that multiply and add: these are what INT8 is for."""

OUTSIDE_INT8: Final = {
    "Add": "sums of two paths would be rounded twice; it rides on the convolution before it, in FP16",
    "Cast": "changes between the precisions",
    "Clip": "a bound before the exponential, which needs the range of FP16",
    "Concat": "moves numbers and counts nothing; joins paths of different steps",
    "DepthToSpace": "moves numbers and counts nothing",
    "Div": "a share of a sum: its smallest values decide between parts, and INT8 would round them to nought",
    "Exp": "spans more than 8 bits can count",
    "Mul": "scales by a plane; it rides on its neighbour, in FP16",
    "Pad": "moves numbers and counts nothing",
    "ReduceSum": "a sum over channels of what spans more than 8 bits can count",
    "Relu": "rides on the convolution before it, whose output is quantised after it",
    "Reshape": "moves numbers and counts nothing",
    "Resize": "linear resizing takes FP32 and FP16 only, in every version's table",
    "Sigmoid": "edges of alpha are made here: 8 bits would make steps of them",
    "Slice": "moves numbers and counts nothing",
    "Transpose": "moves numbers and counts nothing",
}
"""Operators that stay outside INT8 in an INT8 engine, each with its reason."""
