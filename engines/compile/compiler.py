"""TensorRT's builder: an ONNX file in, a plan out, or the parser's reason why not."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from engines.compile.boards import Precision
from engines.compile.errors import BuildError
from engines.runtime.tensorrt_api import flags_for, logger_of

if TYPE_CHECKING:
    from types import FrameType

Progress = Callable[[str, float], None]
"""Called with the phase's name and the share of it that is done, 0..1."""
_WORKSPACE: Final = 512 * 1024 * 1024
"""Bytes that the kernels may use beside the network; an Orin shares its memory with the screen."""


def build_plan(trt: Any, model: bytes, name: str, precision: Precision, progress: Progress) -> bytes:
    """Compile an ONNX file for the GPU of this machine, or, without one, for none in particular.

    Raises BuildError with the parser's or builder's reason; KeyboardInterrupt, soon, on Ctrl-C.
    """
    errors: list[str] = []
    logger = logger_of(trt, errors)
    builder = trt.Builder(logger)
    flags = flags_for(trt, precision)
    creation = trt.NetworkDefinitionCreationFlag
    network = builder.create_network(
        sum(1 << int(getattr(creation, flag)) for flag in flags if hasattr(creation, flag))
    )
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(model):
        raise BuildError(
            f"{name} is refused by {trt.__name__}: {_parser_reason(parser, errors)}: export it without this"
        )
    config = _config(trt, builder, flags)
    with _interruptible() as interrupted:
        if hasattr(trt, "IProgressMonitor"):
            config.progress_monitor = _monitor(trt, progress, interrupted)
        plan = builder.build_serialized_network(network, config)
    if interrupted.is_set():
        raise KeyboardInterrupt
    if plan is None:
        raise BuildError(f"{name} cannot be built by {trt.__name__}: {errors[-1] if errors else 'no reason is given'}")
    return bytes(plan)


def _config(trt: Any, builder: Any, flags: tuple[str, ...]) -> Any:
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, _WORKSPACE)
    for flag in flags:
        if hasattr(trt.BuilderFlag, flag):
            config.set_flag(getattr(trt.BuilderFlag, flag))
    # TF32 has 10 bits where the network and onnxruntime have 23: fp32 is to mean fp32
    config.clear_flag(trt.BuilderFlag.TF32)
    return config


def _parser_reason(parser: Any, errors: list[str]) -> str:
    said = [_parser_error(parser.get_error(index)) for index in range(parser.num_errors)]
    return "; ".join(said[:3]) or (errors[-1] if errors else "no reason is given")


def _parser_error(error: Any) -> str:
    """What the parser says of one node; older parsers name neither operator nor node."""
    code = str(error.code()).rpartition(".")[2].lower().replace("_", " ")
    where = f"node {error.node()}"
    if hasattr(error, "node_operator"):
        where = f"operator {error.node_operator()} at node {error.node_name() or error.node()}"
    return " ".join(f"{where}: {code} ({error.func()}: {error.desc()})".split())


def _monitor(trt: Any, progress: Progress, interrupted: threading.Event) -> Any:
    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._steps: dict[str, int] = {}

        def phase_start(self, phase_name: str, _parent_phase: str | None, num_steps: int) -> None:
            self._steps[phase_name] = num_steps
            progress(phase_name, 0.0)

        def step_complete(self, phase_name: str, step: int) -> bool:
            progress(phase_name, (step + 1) / max(self._steps.get(phase_name, 1), 1))
            return not interrupted.is_set()

        def phase_finish(self, phase_name: str) -> None:
            progress(phase_name, 1.0)

    return Monitor()


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets: an exception would have to cross the compiler's C++, which it may not survive."""
    interrupted = threading.Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        interrupted.set()

    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
