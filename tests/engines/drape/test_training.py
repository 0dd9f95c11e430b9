"""Training: the loss falls, a checkpoint goes on where it was, what is exported is what was trained."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytestmark = [pytest.mark.training, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def batch():
    """One batch of a blob that wears a tee, as tensors."""
    from engines.drape.batches import Batch
    from engines.learning.training import tensors

    rng = np.random.default_rng(0)
    coarse, fine = (2, 72, 64), (2, 288, 256)
    alpha = np.zeros((2, 7, 288, 256), np.float32)
    alpha[:, 0, 90:200, 80:170] = 1
    v, u = np.mgrid[:72, :64].astype(np.float32) / 72
    return tensors(
        Batch(
            inputs=rng.normal(0, 0.5, (2, 57, 72, 64)).astype(np.float32),
            alpha=alpha,
            uv=np.broadcast_to(np.stack([u, v] * 3), (2, 6, 72, 64)).copy(),
            uv_known=np.ones((2, 3, 72, 64), np.float32),
            front=np.ones(coarse, np.float32),
            order=np.zeros((2, 3, 72, 64), np.float32),
            order_known=np.ones((2, 3, 72, 64), np.float32),
            normals=np.ones((2, 6, 72, 64), np.float32) * 0.5,
            weight=np.ones((2, 1, *fine[1:]), np.float32),
            metres=np.full((2, 6, 1, 1), 0.3, np.float32),
        )
    )


def test_the_losses_fall_on_one_batch_and_a_checkpoint_goes_on(batch, tmp_path):
    from engines.drape.training import DrapeTrainer
    from engines.learning.training import Plan

    torch.set_num_threads(1)
    trainer = DrapeTrainer(Plan(steps=200, batch=2, rate=1e-2), tmp_path)
    trainer.network.train()
    first = trainer.train_step(batch)
    for _ in range(14):
        last = trainer.train_step(batch)
    assert sum(last.values()) < 0.8 * sum(first.values())
    trainer.save()
    again = DrapeTrainer(Plan(steps=200, batch=2, rate=1e-2), tmp_path)
    assert again.step == 15
    for name, value in trainer.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name])


def test_a_run_begins_with_the_weights_of_another(batch, tmp_path):
    from engines.drape.training import DrapeTrainer
    from engines.learning.training import Plan

    first = DrapeTrainer(Plan(steps=10, batch=2), tmp_path / "first")
    first.network.train()
    first.train_step(batch)
    first.save()
    second = DrapeTrainer(Plan(steps=10, batch=2, seed=5), tmp_path / "second")
    second.begin_with(first.path, batch["inputs"])
    assert second.step == 0
    for name, value in first.average.module.state_dict().items():
        assert torch.equal(value, second.network.state_dict()[name])


def test_the_exported_network_says_what_the_trained_one_does(tmp_path):
    pytest.importorskip("onnx", reason="the extra `train` is not installed")
    from engines.drape.training import DrapeTrainer
    from engines.learning.training import Plan
    from engines.runtime.onnx_engine import OnnxEngine

    trainer = DrapeTrainer(Plan(steps=10), tmp_path)
    trainer.export()
    maps = np.random.default_rng(0).normal(0, 1, (1, 57, 72, 64)).astype(np.float32)
    out = OnnxEngine(tmp_path / "drape.onnx").infer({"maps": maps})
    with torch.no_grad():
        logits, fields = trainer.average.module.eval()(torch.from_numpy(maps))
    assert np.allclose(out["alpha"], torch.sigmoid(logits).numpy(), atol=1e-4)
    assert np.allclose(out["fields"][:, :6], fields[:, :6].numpy(), atol=1e-3)
    assert np.allclose(out["fields"][:, 6:10], torch.sigmoid(fields[:, 6:10]).numpy(), atol=1e-4)
    assert (tmp_path / "drape.onnx").stat().st_size < 10_000_000


def test_a_run_begins_with_what_an_exported_network_says(batch, tmp_path):
    pytest.importorskip("onnx", reason="the extra `train` is not installed")
    from engines.drape.network import DrapeNet
    from engines.drape.training import DrapeTrainer
    from engines.errors import TwinMirrorError
    from engines.learning.shipped import restore
    from engines.learning.training import Plan
    from engines.runtime.engine import MODELS
    from engines.runtime.onnx_engine import OnnxEngine

    trainer = DrapeTrainer(Plan(steps=10), tmp_path)
    trainer.begin_with(MODELS / "drape.onnx", batch["inputs"])
    shipped = OnnxEngine(MODELS / "drape.onnx").infer({"maps": batch["inputs"][:1].numpy()})
    with torch.no_grad():
        resting, training = (net(batch["inputs"])[0][:1] for net in (trainer.network.eval(), trainer.network.train()))
    assert np.allclose(shipped["alpha"], torch.sigmoid(resting).numpy(), atol=1e-4)
    assert np.allclose(shipped["alpha"], torch.sigmoid(training).numpy(), atol=1e-3)
    with pytest.raises(TwinMirrorError, match="another network"):
        restore(DrapeNet(), MODELS / "parts.onnx", batch["inputs"])


def test_the_network_is_small():
    from engines.drape.network import DrapeNet
    from engines.learning.layers import parameter_count

    assert parameter_count(DrapeNet()) < 2_000_000
