"""Batches: mirroring undoes itself, augmentation keeps shapes, targets are named as the losses expect."""

from __future__ import annotations

import numpy as np
import pytest

from engines.drape.batches import Shards, assemble, augment, mirror
from engines.drape.drape import Layer
from engines.errors import TwinMirrorError


def sample(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)

    def signed(*shape: int) -> np.ndarray:
        return rng.integers(-127, 128, shape).astype(np.int8)

    return {
        "points": (rng.integers(0, 2048, (33, 2)) / 8).astype(np.float32),
        "world": rng.normal(0, 0.3, (33, 3)).astype(np.float32),
        "frame": np.array([10.0, 5.0, 240.0, 280.0], np.float32),
        "silhouette": rng.integers(0, 256, (288, 256), dtype=np.uint8),
        "code": rng.normal(0, 1, 12).astype(np.float32),
        "kind": np.uint8(0),
        "alpha": rng.integers(0, 128, (288, 256), dtype=np.uint8),
        "uv": rng.normal(0, 1, (6, 72, 64)).astype(np.float16),
        "uv_known": rng.random((3, 72, 64)) > 0.5,
        "front": rng.random((72, 64)).astype(np.float16),
        "order": (rng.integers(0, 17, (3, 72, 64)) / 16).astype(np.float16),
        "order_known": rng.random((3, 72, 64)) > 0.5,
        "normal": signed(3, 72, 64),
        "skin_normal": signed(3, 72, 64),
    }


@pytest.mark.parametrize("seed", range(4))
def test_mirrored_twice_is_the_sample_itself(seed):
    one = sample(seed)
    back = mirror(mirror(one))
    assert {name: np.array_equal(back[name], one[name]) for name in one} == dict.fromkeys(one, True)


def test_a_mirror_swaps_the_sides():
    one = sample(0)
    other = mirror(one)
    assert np.array_equal(
        (other["alpha"] >> Layer.SLEEVE_LEFT) & 1, ((one["alpha"] >> Layer.SLEEVE_RIGHT) & 1)[:, ::-1]
    )
    assert other["points"][11, 0] == 256 - one["points"][12, 0]
    assert np.array_equal(other["uv"][2], one["uv"][4][:, ::-1])
    assert np.array_equal(other["uv"][0], -one["uv"][0][:, ::-1])


def test_augmented_samples_make_finite_batches():
    rng = np.random.default_rng(1)
    batch = assemble([augment(sample(k), rng) for k in range(12)])
    assert batch.inputs.shape == (12, 57, 72, 64)
    assert batch.alpha.shape == (12, 7, 288, 256)
    assert batch.normals.shape == (12, 6, 72, 64)
    assert batch.weight.shape == (12, 1, 288, 256)
    for name, value in vars(batch).items():
        assert value.dtype == np.float32, name
        assert np.isfinite(value).all(), name


def test_augmenting_leaves_the_sample_as_it_was():
    one, kept = sample(2), sample(2)
    for seed in range(8):
        augment(one, np.random.default_rng(seed))
    assert all(np.array_equal(one[name], kept[name]) for name in one)


def test_no_shards_is_one_line():
    with pytest.raises(TwinMirrorError, match="make some"):
        Shards([])
