"""Training: the loss falls, a checkpoint goes on where it was, what is exported is what was trained."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytestmark = [pytest.mark.training, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def batch(painted):
    from engines.learning.training import tensors
    from engines.parts.batches import assemble, augment

    rng = np.random.default_rng(0)
    return tensors(assemble([augment(painted(), rng) for _ in range(2)]))


def test_the_losses_fall_on_one_batch_and_a_checkpoint_goes_on(batch, tmp_path):
    from engines.learning.training import Plan
    from engines.parts.training import PartsTrainer

    torch.set_num_threads(1)
    trainer = PartsTrainer(Plan(steps=200, batch=2, rate=1e-2), tmp_path)
    trainer.network.train()
    first = trainer.train_step(batch)
    for _ in range(19):
        last = trainer.train_step(batch)
    assert sum(last.values()) < 0.8 * sum(first.values())
    trainer.save()
    again = PartsTrainer(Plan(steps=200, batch=2, rate=1e-2), tmp_path)
    assert again.step == 20
    for name, value in trainer.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name])


def test_what_no_camera_sees_costs_nothing(batch):
    from engines.parts.losses import parts_loss

    logits = torch.randn(2, 7, 288, 256, generator=torch.Generator().manual_seed(0))
    batch["weight"][:, :, :40] = 0
    before, _ = parts_loss(logits, batch)
    batch["label"][:, :, :40] = 5
    logits[:, :, :, :40] = 9
    after, _ = parts_loss(logits, batch)
    assert float(before) == pytest.approx(float(after), rel=1e-6)


def test_the_exported_network_says_what_the_trained_one_does(tmp_path):
    pytest.importorskip("onnx", reason="the extra `train` is not installed")
    from engines.learning.training import Plan
    from engines.parts.training import PartsTrainer
    from engines.runtime.onnx_engine import OnnxEngine

    trainer = PartsTrainer(Plan(steps=10), tmp_path)
    path = trainer.export()
    maps = np.random.default_rng(0).normal(0, 1, (1, 128, 72, 64)).astype(np.float32)
    out = OnnxEngine(path).infer({"maps": maps})["parts"]
    with torch.no_grad():
        logits = trainer.average.module.eval()(torch.from_numpy(maps))
    assert out.shape == (1, 7, 288, 256)
    assert np.allclose(out, torch.softmax(logits, 1).numpy(), atol=1e-4)
    assert path.stat().st_size < 5_000_000


def test_the_network_is_small():
    from engines.learning.layers import parameter_count
    from engines.parts.network import PartsNet

    assert parameter_count(PartsNet()) < 1_000_000


def test_the_command_trains_in_two_processes(write_shards, tmp_path):
    pytest.importorskip("onnx", reason="the extra `train` is not installed")
    pytest.importorskip("numba", reason="the synthetic data needs numba")
    command = [sys.executable, "-m", "engines.parts", "train", "--data", str(write_shards(2)), "--out",
               str(tmp_path / "run"), "--steps", "2", "--batch", "1", "--processes", "2"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert {file.name for file in (tmp_path / "run").iterdir()} == {"parts.pt", "parts.onnx"}
