"""The back end that the settings name, or the best that works; and the CPU, within a second, when a device fails."""

from __future__ import annotations

import gc
import threading
import time

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from engines.errors import EngineFaultError, ModelUnavailableError
from engines.runtime.choice import choose, open_engine
from engines.runtime.config import AutoEngine, CpuEngine, CudaEngine, EngineConfig, TensorRtEngine
from engines.runtime.engine import MODELS
from engines.runtime.guarded import GuardedEngine
from engines.runtime.onnx_engine import OnnxEngine

MODEL = MODELS / "garment_landmarks.onnx"
FEED = {"picture": np.full((1, 3, 128, 128), 0.5, np.float32)}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def _has_gpu() -> bool:
    import onnxruntime as ort

    return "CUDAExecutionProvider" in ort.get_available_providers()


def test_settings_find_a_back_end_by_its_type() -> None:
    adapter: TypeAdapter[object] = TypeAdapter(EngineConfig)
    for config in (AutoEngine(), CpuEngine(), CudaEngine(), TensorRtEngine()):
        assert adapter.validate_python({"type": config.type}) == config
    for wrong in ({"type": "tensorrt", "precision": "fp16"}, {"type": "tpu"}, {}):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


def test_auto_takes_what_works_and_says_why_not_better() -> None:
    if _has_gpu():
        pytest.skip("onnxruntime here is built for CUDA")
    chosen = choose(MODEL, 1, AutoEngine())
    assert chosen.engine.name == "onnxruntime (CPU)"
    assert list(chosen.passed_over) == ["tensorrt", "onnxruntime-cuda"]
    assert "kiosk engine build" in chosen.passed_over["tensorrt"]
    assert "CUDAExecutionProvider" in chosen.passed_over["onnxruntime-cuda"]


def test_a_back_end_that_is_named_and_does_not_work_is_an_error() -> None:
    with pytest.raises(ModelUnavailableError, match="no engine has been built"):
        choose(MODEL, 1, TensorRtEngine())
    if not _has_gpu():
        with pytest.raises(ModelUnavailableError, match="CUDA"):
            choose(MODEL, 1, CudaEngine())


def test_the_cpu_moves_nothing() -> None:
    engine = open_engine(MODEL, config=CpuEngine())
    assert engine.infer(FEED)["heat"].shape == (1, 19, 64, 64)
    assert engine.bytes_moved == 0


def test_without_a_model_nothing_is_opened(tmp_path) -> None:
    for config in (AutoEngine(), CpuEngine()):
        with pytest.raises(ModelUnavailableError):
            choose(tmp_path / "none.onnx", 1, config)


class FailingEngine(OnnxEngine):
    """The network on the CPU as if it were a device, which fails when told to."""

    def __init__(self) -> None:
        super().__init__(MODEL)
        self.fails = threading.Event()
        self.hangs = threading.Event()
        self.released = threading.Event()
        self.thread = threading.get_ident()
        self.closed = False

    @property
    def name(self) -> str:
        return "device"

    def infer(self, inputs):
        assert threading.get_ident() == self.thread
        if self.fails.is_set():
            raise EngineFaultError("the GPU failed (CUDA error 700)")
        if self.hangs.is_set():
            self.released.wait(10)
        return super().infer(inputs)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def device():
    made = []

    def start() -> FailingEngine:
        made.append(FailingEngine())
        return made[0]

    guarded = GuardedEngine(start, OnnxEngine(MODEL))
    yield guarded, made[0]
    made[0].released.set()
    guarded.close()


def test_a_device_is_used_from_one_thread_only(device) -> None:
    guarded, fast = device
    np.testing.assert_allclose(guarded.infer(FEED)["heat"], OnnxEngine(MODEL).infer(FEED)["heat"])
    assert guarded.name == "device"
    assert fast.thread != threading.get_ident()
    guarded.close()
    assert fast.closed


def test_a_fault_hands_the_frame_to_the_cpu_and_stays_there(device, caplog) -> None:
    guarded, fast = device
    fast.fails.set()
    assert guarded.infer(FEED)["heat"].shape == (1, 19, 64, 64)
    assert guarded.name == "onnxruntime (CPU)"
    assert guarded.fault == "the GPU failed (CUDA error 700)"
    assert "runs on the CPU from now on" in caplog.text
    fast.fails.clear()
    guarded.infer(FEED)
    assert guarded.name == "onnxruntime (CPU)"


def test_a_device_that_does_not_answer_costs_less_than_a_second(device) -> None:
    guarded, fast = device
    fast.hangs.set()
    start = time.monotonic()
    outputs = guarded.infer(FEED)
    waited = time.monotonic() - start
    assert outputs["heat"].shape == (1, 19, 64, 64)
    assert "not answered" in str(guarded.fault)
    assert not fast.released.is_set()
    assert waited < 10  # it did not wait for the device; the limit itself is ANSWER_SECONDS


def test_a_device_that_cannot_start_is_an_error_at_once() -> None:
    def start() -> OnnxEngine:
        raise ModelUnavailableError("no GPU can be used")

    with pytest.raises(ModelUnavailableError, match="no GPU"):
        GuardedEngine(start, OnnxEngine(MODEL))


def test_a_device_that_nobody_closes_is_given_back_all_the_same() -> None:
    made = []

    def start() -> FailingEngine:
        made.append(FailingEngine())
        return made[0]

    guarded = GuardedEngine(start, OnnxEngine(MODEL))
    guarded.infer(FEED)
    del guarded
    gc.collect()
    assert made[0].closed
