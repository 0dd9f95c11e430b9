"""Which back end runs a network: the one that the settings name, or the best that works, and why not a better one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engines.errors import TwinMirrorError
from engines.runtime.config import AutoEngine, CpuEngine, CudaEngine, TensorRtEngine
from engines.runtime.engine import Engine
from engines.runtime.guarded import GuardedEngine
from engines.runtime.onnx_engine import OnnxEngine

_log = logging.getLogger(__name__)
Config = AutoEngine | CpuEngine | CudaEngine | TensorRtEngine
Opener = Callable[[Path, int], Engine]


@dataclass(frozen=True)
class Chosen:
    """An engine, and for each better back end that was tried why it does not run."""

    engine: Engine
    passed_over: dict[str, str]


def open_engine(model: Path, threads: int = 1, config: Config | None = None) -> Engine:
    """The engine that runs a network; what was passed over is logged. Raises as `choose` does."""
    chosen = choose(model, threads, config or AutoEngine())
    for name, reason in chosen.passed_over.items():
        _log.info("%s does not run %s: %s", name, model.stem, reason)
    _log.info("%s runs on %s", model.stem, chosen.engine.name)
    return chosen.engine


def choose(model: Path, threads: int, config: Config) -> Chosen:
    """Open the back end that is named, or the best that works.

    Raises ModelUnavailableError where the one that is named does not work, or the model cannot be read.
    """
    if config.type != "auto":
        return Chosen(_OPENERS[config.type](model, threads), {})
    passed_over: dict[str, str] = {}
    for name in ("tensorrt", "onnxruntime-cuda"):
        try:
            return Chosen(_OPENERS[name](model, threads), passed_over)
        except TwinMirrorError as error:
            passed_over[name] = str(error)
        except Exception as error:  # noqa: BLE001 - drivers raise what they like, and the CPU is still there
            passed_over[name] = f"{type(error).__name__}: {error}"
    return Chosen(_cpu(model, threads), passed_over)


def _cpu(model: Path, threads: int) -> Engine:
    return OnnxEngine(model, threads)


def _cuda(model: Path, threads: int) -> Engine:
    return GuardedEngine(lambda: OnnxEngine(model, threads, "CUDA"), _cpu(model, threads))


def _tensorrt(model: Path, threads: int) -> Engine:
    from engines.runtime.cache import fitting_engine  # noqa: PLC0415 - only where TensorRT is wanted
    from engines.runtime.tensorrt_engine import PlanEngine  # noqa: PLC0415

    def start() -> Engine:
        built = fitting_engine(model)
        return PlanEngine(built.plan, built.key.model_sha256)

    return GuardedEngine(start, _cpu(model, threads))


_OPENERS: dict[str, Opener] = {"onnxruntime": _cpu, "onnxruntime-cuda": _cuda, "tensorrt": _tensorrt}
