"""Means of trained landmark networks: ``python -m engines.garments.training.blend --out FILE A.onnx 0.5 B.onnx 0.5``.

A network that learnt more kinds of garment, averaged with the one it began with, keeps what that one knew (Wortsman et
al., Robust fine-tuning of zero-shot models, section 3).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, numpy_helper


def _weights(model: ModelProto) -> list[TensorProto]:
    """Every convolution's tensors in the order in which they run."""
    named = {each.name: each for each in model.graph.initializer}
    return [named[name] for node in model.graph.node if node.op_type == "Conv" for name in node.input[1:]]


def blend(parts: list[tuple[Path, float]]) -> ModelProto:
    """The weighted mean of models of one shape; shares should sum to 1."""
    models = [onnx.load(str(path)) for path, _ in parts]
    for tensors in zip(*(_weights(model) for model in models), strict=True):
        mean = np.sum([share * numpy_helper.to_array(t) for t, (_, share) in zip(tensors, parts, strict=True)], axis=0)
        tensors[0].CopyFrom(numpy_helper.from_array(mean.astype(np.float32), tensors[0].name))
    return models[0]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("parts", nargs="+", help="a model and its share, a model and its share...")
    arguments = parser.parse_args()
    parts = [(Path(path), float(share)) for path, share in zip(*[iter(arguments.parts)] * 2, strict=True)]
    onnx.save(blend(parts), str(arguments.out))


if __name__ == "__main__":
    main()
