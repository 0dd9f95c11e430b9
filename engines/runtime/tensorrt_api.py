"""The one place that imports TensorRT: `tensorrt`, as on a Jetson, or `tensorrt_rtx`, whose interface is the same."""

from __future__ import annotations

import importlib
import logging
from typing import Any

from engines.errors import ModelUnavailableError

_log = logging.getLogger(__name__)
_MODULES = ("tensorrt", "tensorrt_rtx")


def load_tensorrt() -> Any:
    """The TensorRT of this machine. Raises ModelUnavailableError where there is none that can be loaded."""
    reasons = []
    for name in _MODULES:
        try:
            return importlib.import_module(name)
        except (ImportError, OSError, RuntimeError) as error:
            reasons.append(f"{name}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
    raise ModelUnavailableError(f"TensorRT is not installed here ({'; '.join(reasons)}): JetPack brings it on a Jetson")


def version_of(trt: Any) -> str:
    """Which TensorRT, and which version: engines of one do not load in another."""
    return f"{trt.__name__} {trt.__version__}"


def flags_for(trt: Any, precision: str) -> tuple[str, ...]:
    """What the compiler is told for a precision (fp32, fp16 or int8), sorted, as an engine's key holds it.

    Precision stands in the graph; where TensorRT still types weakly it must be allowed to keep to it. INT8 needs that:
    in opset 17 what stays outside INT8 can only be written as FP32, and the flag lets it become FP16.
    """
    creation, builder = trt.NetworkDefinitionCreationFlag, trt.BuilderFlag
    if hasattr(creation, "STRONGLY_TYPED") and not (hasattr(builder, "FP16") and precision == "int8"):
        return ("STRONGLY_TYPED",)
    wanted = {"fp32": [], "fp16": ["FP16"], "int8": ["FP16", "INT8"]}.get(precision, [])
    return tuple(sorted([*wanted, *(["EXPLICIT_BATCH"] if hasattr(creation, "EXPLICIT_BATCH") else [])]))


def logger_of(trt: Any, errors: list[str]) -> Any:
    """A logger that keeps errors for our own texts, and passes warnings to Python's log."""

    class Logger(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, severity: Any, text: str) -> None:
            if severity in {trt.ILogger.ERROR, trt.ILogger.INTERNAL_ERROR}:
                errors.append(text)
            elif severity == trt.ILogger.WARNING:
                _log.debug("TensorRT: %s", text)

    return Logger()
