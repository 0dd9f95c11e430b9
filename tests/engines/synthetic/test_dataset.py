"""Shards are written whole or not at all, and a run goes on from those it finds."""

from __future__ import annotations

import numpy as np
import pytest

from engines.drape.batches import Shards
from engines.drape.contract import FieldBody
from engines.synthetic import dataset
from engines.synthetic.fields import Fields
from engines.synthetic.scene import Sample
from engines.synthetic.sheet import contact_sheet

SIZES = {"alpha": (288, 256), "uv": (6, 72, 64), "uv_known": (3, 72, 64), "front": (72, 64), "order": (3, 72, 64),
         "order_known": (3, 72, 64), "normal": (3, 72, 64), "skin_normal": (3, 72, 64)}  # fmt: skip
TYPES = {"alpha": np.uint8, "uv": np.float16, "uv_known": np.bool_, "front": np.float16, "order": np.float16,
         "order_known": np.bool_, "normal": np.int8, "skin_normal": np.int8}  # fmt: skip


def sample(seed: int) -> Sample:
    rng = np.random.default_rng(seed)
    fields = Fields(**{name: rng.integers(0, 2, size).astype(TYPES[name]) for name, size in SIZES.items()})
    body = FieldBody(
        rng.uniform(0, 256, (33, 2)).astype(np.float32), rng.normal(0, 0.3, (33, 3)).astype(np.float32),
        rng.integers(0, 256, (288, 256), dtype=np.uint8), (0.0, 0.0, 256.0, 288.0),
    )  # fmt: skip
    picture = np.full((288, 256, 3), (200, 120, 40), np.uint8)
    about = np.array([3.0, 0.5, 1.8], np.float32)
    code = rng.normal(0, 1, 12).astype(np.float32)
    return Sample(body, code, fields, picture, picture // 2, np.zeros((288, 256), np.uint8), about)


def write(folder, shard: int, samples: int) -> None:
    dataset.write_shard(folder / f"shard-0003-{shard:05d}.npz", [sample(shard * 100 + k) for k in range(samples)])


def forbidden():
    raise AssertionError("no process is needed for what is there already")


def test_a_shard_comes_back_as_it_was(tmp_path):
    write(tmp_path, 0, 3)
    shards = Shards(sorted(tmp_path.glob("shard-*.npz")))
    assert len(shards) == 3
    back, first = shards.sample(0), sample(0)
    assert np.array_equal(back["points"], first.body.points)
    assert all(np.array_equal(back[name], getattr(first.fields, name)) for name in SIZES)
    assert all(back[name].dtype == TYPES[name] for name in SIZES)


def test_a_torn_shard_leaves_nothing_under_its_name(tmp_path):
    with pytest.raises(ValueError, match="array"):
        dataset.write_shard(tmp_path / "shard-0003-00000.npz", [])
    assert list(tmp_path.glob("*.npz")) == []


def test_a_run_goes_on_from_the_shards_it_finds(tmp_path):
    for shard, samples in ((0, 2), (1, 3), (3, 4)):
        write(tmp_path, shard, samples)
    assert dataset.finished(tmp_path, 3) == [2, 3]  # what comes after a gap is found when the gap is closed
    assert dataset.finished(tmp_path, 4) == []
    assert list(dataset.make(tmp_path, 5, 3, 2, forbidden)) == [2, 3]


def test_only_as_many_shards_are_begun_as_are_missing():
    assert dataset._shards_for(150, []) == 1
    assert dataset._shards_for(401, []) == 3
    assert dataset._shards_for(10, [100, 100]) == 1


def test_a_contact_sheet_shows_samples_in_true_colours(tmp_path):
    write(tmp_path, 0, 2)
    write(tmp_path, 1, 2)
    picture = contact_sheet(sorted(tmp_path.glob("*.npz")), 3)
    assert picture.shape == (3 * 288, 6 * 256, 3)
    assert abs(picture[100, 100].astype(int) - (200, 120, 40)).max() < 4


@pytest.mark.training
@pytest.mark.filterwarnings("ignore")
def test_a_person_in_clothes_with_the_truth_about_them(pose_bundle):
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    pytest.importorskip("anny", reason="the extra `train` is not installed")
    from engines.pose.estimator import MediaPipeEstimator
    from engines.synthetic.body import BodyModel
    from engines.synthetic.scene import Studio

    with MediaPipeEstimator(pose_bundle.read_bytes(), live=False) as estimator:
        studio = Studio(BodyModel(), estimator)
        samples = list(studio.person(np.random.default_rng(5)))
        again = next(iter(studio.person(np.random.default_rng(5))))
    assert len(samples) >= 3
    assert np.array_equal(samples[0].fields.alpha, again.fields.alpha)
    for one in samples:
        assert {name: getattr(one.fields, name).shape for name in SIZES} == SIZES
        assert {name: getattr(one.fields, name).dtype for name in SIZES} == TYPES
        assert np.isfinite(one.code).all()
        assert np.isfinite(one.fields.uv.astype(float)).all()
        x0, y0, x1, y1 = (max(0, round(value)) for value in one.body.frame)
        inside = np.zeros((288, 256), bool)
        inside[y0:y1, x0:x1] = True
        skin = (one.fields.alpha & 0b1110000 > 0) & inside
        seen = one.body.silhouette > 127
        assert (skin & seen).sum() > 0.85 * skin.sum()
        torso = one.fields.uv_known[0]
        assert abs(one.fields.uv[:2, torso].astype(float)).max() < 2.0
