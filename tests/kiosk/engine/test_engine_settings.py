"""The settings' back end is the one that runs."""

from __future__ import annotations

import pytest

from engines.runtime.config import AutoEngine, CpuEngine, TensorRtEngine
from kiosk.config import load_settings
from kiosk.errors import SettingsError


def test_the_best_is_the_default_and_another_can_be_named(tmp_path) -> None:
    assert load_settings(None).engine == AutoEngine()
    file = tmp_path / "mirror.toml"
    for word, config in (("onnxruntime", CpuEngine()), ("tensorrt", TensorRtEngine())):
        file.write_text(f'[engine]\ntype = "{word}"\n')
        assert load_settings(file).engine == config


def test_what_is_no_back_end_is_refused(tmp_path) -> None:
    file = tmp_path / "mirror.toml"
    file.write_text('[engine]\ntype = "tensorrt"\nprecision = "fp16"\n')
    with pytest.raises(SettingsError, match="engine"):
        load_settings(file)
