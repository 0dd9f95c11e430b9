"""Packs: made, read, checked, and refused where they are not what they say."""

from __future__ import annotations

import io
import shutil
import zipfile
from datetime import date
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from engines.pose.body import Landmark
from kiosk.cli import app
from kiosk.errors import TwinError
from kiosk.twins.bodies import Bodies, load_bodies, save_bodies
from kiosk.twins.making import make_twin
from kiosk.twins.record import RECORD, TwinRecord, check_files, hash_of, read_twin, toml_of
from kiosk.twins.shown import Wanted, like, twins_in
from kiosk.twins.source import twin_frames
from kiosk.twins.studio import licence

RUN = CliRunner()


@pytest.fixture
def copy(twin, tmp_path):
    shutil.copytree(twin.folder, tmp_path / twin.slug)
    return read_twin(tmp_path / twin.slug)


def test_a_twin_is_what_the_estimator_saw(twin):
    check_files(twin)
    bodies = load_bodies(twin.body)
    body = bodies.at(5, 480, 640)
    left, right = body.landmarks[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]]
    assert left[0] > right[0] + 40  # they face the camera
    assert body.silhouette.shape == (480, 640)
    assert body.silhouette[int(left[1]) + 40, int((left[0] + right[0]) / 2)] > 200
    assert body.silhouette[5, 5] < 50
    # No jump where the loop begins anew
    step = np.linalg.norm(np.diff(bodies.landmarks, axis=0), axis=2).mean(1)
    seam = np.linalg.norm(bodies.landmarks[0] - bodies.landmarks[-1], axis=1).mean()
    assert seam <= step.max() * 1.5


def test_frames_go_on_over_the_seam_with_their_bodies(twin):
    count = len(load_bodies(twin.body))
    frames = list(twin_frames(twin, lambda: True, paced=False))
    assert len(frames) == count
    assert [seen.frame.id for seen in frames] == list(range(count))
    assert all(len(seen.people) == 1 and seen.pose_ms == 0.0 for seen in frames)
    paced = list(islice(twin_frames(twin, lambda: True), 3))
    assert [seen.frame.id for seen in paced] == [0, 1, 2]
    assert paced[2].frame.captured > paced[0].frame.captured
    assert list(twin_frames(twin, lambda: False)) == []


def test_what_is_there_is_not_written_over(twin, loop, about):
    with pytest.raises(TwinError, match="there already"):
        make_twin(loop, about, licence(), twin.folder)


def test_a_clip_that_is_no_loop_leaves_nothing(about, tmp_path, pose_bundle):
    from kiosk.demo import PERSON

    with pytest.raises(TwinError, match="6 s or more"):
        make_twin(PERSON, about, licence(), tmp_path / "twins" / "short")
    assert list(tmp_path.rglob("*")) == []


def test_the_record_says_again_what_it_was_told(twin):
    revoked = twin.record.model_copy(
        update={"licence": twin.record.licence.model_copy(update={"revoked": date(2026, 5, 1)}), "name": 'Zoë "Z"'}
    )
    import tomllib

    assert TwinRecord.model_validate(tomllib.loads(toml_of(revoked))) == revoked


@pytest.mark.parametrize("name", ["clip.mp4", "body.npz"])
def test_damaged_files_are_refused(copy, name):
    path = copy.folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    with pytest.raises(TwinError, match="damaged"):
        check_files(copy)
    path.unlink()
    with pytest.raises(TwinError, match="missing"):
        check_files(copy)


@pytest.mark.parametrize(
    "change", [("version = 1", "version = 2"), ("30-44", "17"), ("clip.mp4", "../clip.mp4"), ("[licence]", "[other]")]
)
def test_a_wrong_record_is_left_out(copy, change):
    path = copy.folder / RECORD
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(TwinError):
        read_twin(copy.folder)
    assert twins_in(copy.folder.parent) == []


def small(frames: int = 3) -> Bodies:
    rng = np.random.default_rng(1)
    return Bodies(
        rng.random((frames, 33, 2), np.float32), rng.random((frames, 33, 3), np.float32),
        rng.random((frames, 33), np.float32), rng.integers(0, 255, (frames, 8, 6)).astype(np.uint8),
    )  # fmt: skip


def written(arrays: dict[str, np.ndarray]) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        {"landmarks": np.zeros((3, 32, 2), np.float32)},
        {"landmarks": np.zeros((3, 33, 2), np.float64)},
        {"landmarks": np.full((3, 33, 2), np.nan, np.float32)},
        {"world": np.zeros((4, 33, 3), np.float32)},
        {"silhouette": np.zeros((3, 8, 5000), np.uint8)},
        {"silhouette": np.array([{"a": 1}], object)},
    ],
)
def test_body_data_of_another_shape_are_refused(tmp_path, change):
    path = tmp_path / "body.npz"
    path.write_bytes(written(small().__dict__ | change))
    with pytest.raises(TwinError):
        load_bodies(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "body.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in small().__dict__.items():
            head = io.BytesIO()
            np.save(head, array)
            with archive.open(f"{name}.npy", "w") as file:
                file.write(head.getvalue())
                if name == "silhouette":
                    for _ in range(64):
                        file.write(bytes(2**20))
    with pytest.raises(TwinError, match="too long"):
        load_bodies(path)


@given(st.binary(max_size=300), st.integers(0, 4000))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data, at):
    path = tmp_path_factory.mktemp("body") / "body.npz"
    whole = bytearray(written(small().__dict__))
    whole[at : at + len(data)] = data
    path.write_bytes(whole)
    try:
        bodies = load_bodies(path)
    except TwinError:
        return
    assert len(bodies) == 3


def test_bodies_come_back_as_they_were(tmp_path):
    path = tmp_path / "body.npz"
    save_bodies(small(), path)
    for name, array in load_bodies(path).__dict__.items():
        assert (array == getattr(small(), name)).all()


def test_someone_like_me(twin):
    def other(slug, **changes):
        return type(twin)(twin.folder.parent / slug, twin.record.model_copy(update=changes))

    old, tall = other("old", age="60+"), other("tall", height="tall", figure="full")
    assert like([old, tall, twin], Wanted(age="60+"))[0] is old
    assert like([old, tall, twin], Wanted(height="tall", figure="medium"))[0] is tall
    assert like([tall, old, twin], Wanted()) == [tall, old, twin]
    assert Wanted().turned("figure").turned("figure") == Wanted(figure="medium")
    assert Wanted(figure="full").turned("figure") == Wanted()


def test_the_command_lists_checks_and_adds(twin, loop, copy, tmp_path):
    shown = RUN.invoke(app, ["twin", "list", "--twins", str(copy.folder.parent)])
    assert "robin: Robin, 30-44, medium, slim" in shown.output
    assert "NOT" not in shown.output
    assert "good" in RUN.invoke(app, ["twin", "check", str(copy.folder)]).output
    path = copy.folder / RECORD
    path.write_text(path.read_text().replace("2099-12-31", "2026-01-02"))
    assert "NOT shown" in RUN.invoke(app, ["twin", "list", "--twins", str(copy.folder.parent)]).output
    checked = RUN.invoke(app, ["twin", "check", str(copy.folder)])
    assert checked.exit_code == 1
    assert "valid from 2026-01-01 to 2026-01-02" in checked.output
    terms = tmp_path / "licence.toml"
    terms.write_text(toml_of(twin.record).split("[licence]\n")[1].replace("[licence.pay]", "[pay]"))
    asked = ["--name", "Zoë", "--sex", "woman", "--age", "60+", "--height", "tall", "--figure", "full"]
    added = RUN.invoke(
        app, ["twin", "add", str(loop), "--licence", str(terms), *asked, "--into", str(tmp_path / "mine")]
    )
    assert added.exit_code == 0, added.output
    made = read_twin(tmp_path / "mine" / "zoë")
    assert made.record.licence == twin.record.licence
    assert hash_of(made.clip) == hash_of(loop)
