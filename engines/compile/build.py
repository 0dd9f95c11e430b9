"""From a network's file to the engine that runs it here: checked, converted, compiled, verified, made active."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.compile.batch import StoredBatch, load_batch
from engines.compile.boards import Precision
from engines.compile.check import check
from engines.compile.compiler import Progress, build_plan
from engines.compile.errors import BuildError, VerificationError
from engines.compile.graph import load_graph
from engines.compile.precision import Candidate, candidates
from engines.compile.verify import Figures, compare, judge
from engines.runtime.cache import BuiltEngine, activate, engine_path, key_here
from engines.runtime.engine import read_model
from engines.runtime.tensorrt_api import load_tensorrt
from engines.runtime.tensorrt_engine import PlanEngine

F32 = NDArray[np.float32]
Outputs = dict[str, F32]


@dataclass(frozen=True)
class Prepared:
    """A network in the precision in which it is to be compiled; figures: what that alone costs, on the CPU."""

    candidate: Candidate
    reference: list[Outputs]
    batch: StoredBatch
    figures: Figures


def prepare(model: Path, precision: Precision) -> Prepared:
    """Convert a network, and see on the CPU that it still says the same: the fastest way that does.

    Raises GraphError, BuildError, and VerificationError with the figures where none does.
    """
    findings = check(load_graph(model))
    if findings:
        raise BuildError(f"no engine can be made of {model.stem}: {findings[0]}: export it anew without this")
    data, _ = read_model(model)
    batch = load_batch(model)
    reference = _outputs(data, batch.verifying())
    refused = VerificationError(f"{model.stem} has no form in {precision}")
    for candidate in candidates(data, model.stem, precision, batch.calibrating()):
        figures = compare(reference, _outputs(candidate.onnx, batch.verifying()))
        try:
            judge(model.stem, precision, figures)
        except VerificationError as error:
            refused = error
            continue
        return Prepared(candidate, reference, batch, figures)
    raise refused


def build_engine(
    model: Path,
    precision: Precision,
    progress: Progress,
    folder: Path | None = None,
) -> BuiltEngine:
    """Build, verify and activate a network's engine on the GPU of this machine; until then the old one stays.

    folder: of engines; this user's by default. Raises ModelUnavailableError without a GPU or TensorRT, BuildError
    where the compiler refuses, VerificationError where the engine does not say what the network says.
    """
    trt, key = load_tensorrt(), key_here(model, precision)
    progress("trying the precision on the CPU", 0.0)
    prepared = prepare(model, precision)
    plan = build_plan(trt, prepared.candidate.onnx, model.stem, precision, progress)
    progress("verifying", 0.0)
    with closing(PlanEngine(plan, key.model_sha256)) as engine:
        figures = compare(prepared.reference, [engine.infer(feed) for feed in prepared.batch.verifying()])
    judge(model.stem, precision, figures)
    built = BuiltEngine(key, f"{figures}; {prepared.candidate.note}", plan)
    activate(built, engine_path(model, folder))
    progress("verifying", 1.0)
    return built


def _outputs(onnx: bytes, feeds: Sequence[dict[str, F32]]) -> list[Outputs]:
    """What a network says to each input, by onnxruntime on the CPU."""
    import onnxruntime as ort  # noqa: PLC0415

    session = ort.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return [dict(zip(names, session.run(None, feed), strict=True)) for feed in feeds]
