"""TensorRT for RTX, which needs no GPU to parse and build: the graphs that we ship go through a real compiler."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from onnx import helper

from engines.runtime.engine import MODELS

pytestmark = [
    pytest.mark.rtx,
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64", reason="TensorRT for RTX is had for Linux on x86-64"
    ),
]
VERSION = "1.7.1.116"
ROOT = Path(__file__).resolve().parents[3]
NAMES = [path.stem for path in sorted(MODELS.glob("*.onnx"))]


@pytest.fixture(scope="session")
def rtx() -> Path:
    """The Python of an environment of its own with TensorRT for RTX (0.3 GB on disk), kept under build/."""
    home = ROOT / "build" / f"tensorrt-rtx-{VERSION}-py{sys.version_info[1]}"
    python, stamp = home / "bin" / "python", home / "whole"
    if not stamp.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        install = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", f"tensorrt-rtx-cu13=={VERSION}"]
        done = subprocess.run([python, *install], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        # What the product needs comes from the environment that runs the tests
        packages = next(home.glob("lib/python3*/site-packages"))
        (packages / "product.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n")
        stamp.touch()
    return python


def _kiosk(python: Path, *words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "XDG_CACHE_HOME": str(folder)}
    command = [python, "-m", "kiosk.cli", "engine", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)


def test_every_network_is_parsed_and_compiled_in_every_precision(rtx: Path, tmp_path: Path) -> None:
    done = _kiosk(rtx, "check", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = [line for line in done.stdout.splitlines() if f"compiled by tensorrt_rtx {VERSION}" in line]
    assert len(compiled) == len(NAMES)
    assert all("fp32" in line and "fp16" in line for line in compiled)
    assert sum("int8" in line for line in compiled) >= 3


def test_the_parsers_reason_is_shown(rtx: Path, tmp_path: Path, small) -> None:
    model = tmp_path / "odd.onnx"
    model.write_bytes(small([helper.make_node("Det", ["x"], ["y"], name="odd")], out=["n", "c"]))
    done = _kiosk(rtx, "check", model, folder=tmp_path)
    assert done.returncode == 1
    assert "refused by tensorrt_rtx: operator Det at node odd: unsupported node (checkDet" in done.stdout
    assert "no engine can be made of odd" in done.stderr


def test_without_a_gpu_nothing_is_built_and_the_reason_is_told(rtx: Path, tmp_path: Path) -> None:
    if Path("/dev/nvidia0").exists():
        pytest.skip("this machine has a GPU")
    done = _kiosk(rtx, "build", "garment_landmarks", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("kiosk: no GPU can be used")
    assert not list(tmp_path.rglob("*.engine"))


def test_progress_comes_and_a_wish_to_stop_is_heard(rtx: Path, tmp_path: Path) -> None:
    script = tmp_path / "interrupt.py"
    script.write_text(
        "import os, signal\n"
        "from engines.compile.compiler import build_plan\n"
        "from engines.compile.graph import folded_model\n"
        "from engines.runtime.engine import MODELS\n"
        "from engines.runtime.tensorrt_api import load_tensorrt\n"
        "model = folded_model((MODELS / 'drape.onnx').read_bytes(), 'drape').SerializeToString()\n"
        "phases = []\n"
        "def stop(phase, share):\n"
        "    phases.append(phase)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "try:\n"
        "    build_plan(load_tensorrt(), model, 'drape', 'fp32', stop)\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped after', len(phases), 'reports')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([rtx, script], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.startswith("stopped after"), done.stderr


def _script(rtx: Path, folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([rtx, script], capture_output=True, text=True, check=False, env=environment)


def test_a_plan_that_no_gpu_can_run_is_refused_with_tensorrts_own_reason(rtx: Path, tmp_path: Path) -> None:
    if Path("/dev/nvidia0").exists():
        pytest.skip("this machine has a GPU")
    done = _script(
        rtx,
        tmp_path,
        "from engines.compile.compiler import build_plan\n"
        "from engines.compile.graph import folded_model\n"
        "from engines.errors import ModelUnavailableError\n"
        "from engines.runtime.engine import MODELS\n"
        "from engines.runtime.tensorrt_api import load_tensorrt\n"
        "from engines.runtime.tensorrt_engine import PlanEngine\n"
        "data = (MODELS / 'garment_landmarks.onnx').read_bytes()\n"
        "model = folded_model(data, 'net').SerializeToString()\n"
        "plan = build_plan(load_tensorrt(), model, 'net', 'fp32', lambda phase, share: None)\n"
        "try:\n"
        "    PlanEngine(plan, 'sha')\n"
        "except ModelUnavailableError as error:\n"
        "    print(error)\n",
    )
    assert done.stdout.startswith("the engine cannot be loaded here ("), done.stderr
    assert "cuda" in done.stdout.lower()


def test_what_the_back_end_calls_is_there(rtx: Path, tmp_path: Path) -> None:
    """On a machine without a GPU no engine can be run: at least every name that running one takes is TensorRT's."""
    done = _script(
        rtx,
        tmp_path,
        "import tensorrt_rtx as trt\n"
        "wanted = {\n"
        "    trt.Runtime: ['deserialize_cuda_engine'],\n"
        "    trt.ICudaEngine: ['create_execution_context', 'num_io_tensors', 'get_tensor_name', 'get_tensor_shape',\n"
        "                      'get_tensor_dtype', 'get_tensor_mode'],\n"
        "    trt.IExecutionContext: ['set_tensor_address', 'execute_async_v3'],\n"
        "    trt: ['float32', 'TensorIOMode', 'IProgressMonitor', 'MemoryPoolType'],\n"
        "}\n"
        "print([name for where, names in wanted.items() for name in names if not hasattr(where, name)])\n",
    )
    assert done.stdout == "[]\n", done.stderr
