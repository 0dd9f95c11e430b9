"""Engines on disk: whole or not at all, and never one that was made for something else."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.errors import ModelUnavailableError
from engines.runtime import cache
from engines.runtime.cache import MAGIC, BuiltEngine, EngineKey, activate, engine_path, fitting_engine, read_engine
from engines.runtime.device import Gpu
from engines.runtime.engine import MODELS, read_model
from engines.runtime.tensorrt_api import flags_for

MODEL = MODELS / "garment_landmarks.onnx"
KEY = EngineKey("a" * 64, "tensorrt 10.3.0", "Orin", "8.7", "fp16", ("STRONGLY_TYPED",))
BUILT = BuiltEngine(KEY, "least alpha IoU 0.9990", b"a plan" * 100)


def test_an_engine_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "engines" / "drape.engine"
    activate(BUILT, path)
    assert read_engine(path) == BUILT
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in path.parent.iterdir()] == ["drape.engine"]


def test_a_new_engine_takes_the_old_ones_place_or_the_old_one_stays(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "drape.engine"
    activate(BUILT, path)

    def power_fails(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", power_fails)
    with pytest.raises(KeyboardInterrupt):
        activate(replace(BUILT, plan=b"new"), path)
    monkeypatch.undo()
    assert read_engine(path) == BUILT
    assert [each.name for each in tmp_path.iterdir()] == ["drape.engine"]
    activate(replace(BUILT, plan=b"new"), path)
    assert read_engine(path).plan == b"new"


def test_a_missing_engine_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match="kiosk engine build"):
        read_engine(tmp_path / "drape.engine")


def test_an_engine_that_others_could_write_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "drape.engine"
    activate(BUILT, path)
    path.chmod(0o666)
    with pytest.raises(ModelUnavailableError, match="by others"):
        read_engine(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=120))
def test_whatever_is_no_engine_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "drape.engine"
    for content in (data, MAGIC + data):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(ModelUnavailableError, match="damaged"):
            read_engine(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_changed_plan_is_never_loaded(tmp_path: Path, at: int, flip: int) -> None:
    path = tmp_path / "drape.engine"
    activate(BUILT, path)
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= flip
    path.write_bytes(data)
    try:
        assert read_engine(path).plan == BUILT.plan
    except ModelUnavailableError as error:
        assert "kiosk engine build" in str(error)


class _Trt:
    """The names by which a TensorRT 10.3 is told from others."""

    __name__, __version__ = "tensorrt", "10.3.0"
    NetworkDefinitionCreationFlag = SimpleNamespace(STRONGLY_TYPED=1, EXPLICIT_BATCH=0)
    BuilderFlag = SimpleNamespace(FP16=0, INT8=1)


def _here(monkeypatch, gpu: Gpu = Gpu("Orin", "8.7")) -> None:
    """This machine seen as a device would be seen: only the two questions about it are answered otherwise."""
    monkeypatch.setattr(cache, "find_gpu", lambda: gpu)
    monkeypatch.setattr(cache, "load_tensorrt", _Trt)


def test_an_engine_of_this_device_and_model_fits(tmp_path: Path, monkeypatch) -> None:
    _here(monkeypatch)
    key = replace(KEY, model_sha256=read_model(MODEL)[1])
    activate(replace(BUILT, key=key), engine_path(MODEL, tmp_path))
    assert fitting_engine(MODEL, tmp_path).key == key


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"model_sha256": "b" * 64}, "model_sha256"),
        ({"tensorrt": "tensorrt 8.5.2"}, "tensorrt 8.5.2"),
        ({"gpu": "NVIDIA RTX 4000"}, "gpu NVIDIA RTX 4000"),
        ({"compute_capability": "8.9"}, "compute_capability 8.9"),
        ({"flags": ("FP16",)}, "flags"),
        ({"precision": "int8"}, "flags"),
    ],
)
def test_an_engine_made_for_anything_else_is_never_loaded(tmp_path: Path, monkeypatch, changed, word) -> None:
    _here(monkeypatch)
    key = replace(KEY, model_sha256=read_model(MODEL)[1])
    activate(replace(BUILT, key=replace(key, **changed)), engine_path(MODEL, tmp_path))
    with pytest.raises(ModelUnavailableError, match=word):
        fitting_engine(MODEL, tmp_path)


def test_a_model_that_was_replaced_makes_its_engine_useless(tmp_path: Path, monkeypatch) -> None:
    _here(monkeypatch)
    model = Path(shutil.copy(MODEL, tmp_path / "net.onnx"))
    activate(replace(BUILT, key=replace(KEY, model_sha256=read_model(model)[1])), engine_path(model, tmp_path))
    assert fitting_engine(model, tmp_path)
    shutil.copy(MODELS / "drape.onnx", model)
    with pytest.raises(ModelUnavailableError, match="model_sha256"):
        fitting_engine(model, tmp_path)


def test_each_tensorrt_is_told_what_it_understands() -> None:
    old = SimpleNamespace(
        NetworkDefinitionCreationFlag=SimpleNamespace(EXPLICIT_BATCH=0), BuilderFlag=SimpleNamespace(FP16=0, INT8=1)
    )
    new = SimpleNamespace(
        NetworkDefinitionCreationFlag=SimpleNamespace(STRONGLY_TYPED=0), BuilderFlag=SimpleNamespace()
    )
    assert [flags_for(old, each) for each in ("fp32", "fp16", "int8")] == [
        ("EXPLICIT_BATCH",), ("EXPLICIT_BATCH", "FP16"), ("EXPLICIT_BATCH", "FP16", "INT8"),
    ]  # fmt: skip
    assert {flags_for(new, each) for each in ("fp32", "fp16", "int8")} == {("STRONGLY_TYPED",)}
    assert flags_for(_Trt, "fp16") == ("STRONGLY_TYPED",)
    assert flags_for(_Trt, "int8") == ("EXPLICIT_BATCH", "FP16", "INT8")
