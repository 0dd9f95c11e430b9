"""The real estimator in its own process, on a real photo and a real clip."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from engines.errors import EstimatorError
from engines.pose.body import Body, Landmark
from engines.pose.estimator import largest_first, scaled_body, working_size
from engines.pose.worker import PoseWorker


@pytest.fixture(scope="module")
def still_worker(pose_bundle: Path):
    with PoseWorker(live=False, max_people=3, bundle=pose_bundle) as worker:
        yield worker


def test_the_astronaut_is_found_where_she_is(still_worker: PoseWorker) -> None:
    photo = skimage.data.astronaut()
    people = still_worker.people(photo)
    assert len(people) == 1
    body = people[0]
    assert np.hypot(*(body.landmarks[Landmark.NOSE] - (223, 128))) < 15
    assert body.landmarks[Landmark.LEFT_SHOULDER, 0] > body.landmarks[Landmark.RIGHT_SHOULDER, 0] + 100
    assert body.silhouette.shape == photo.shape[:2]
    assert body.silhouette[130, 219] > 200
    assert body.silhouette[60, 60] < 50
    assert body.visibility[Landmark.NOSE] > 0.9


def test_a_small_photo_gives_the_same_person(still_worker: PoseWorker) -> None:
    small = cv2.resize(skimage.data.astronaut(), (160, 160), interpolation=cv2.INTER_AREA)
    body = still_worker.estimate(small)
    assert body is not None
    assert body.silhouette.shape == (160, 160)
    assert np.hypot(*(body.landmarks[Landmark.NOSE] - (69.7, 40))) < 6


def test_two_people_are_both_found(still_worker: PoseWorker) -> None:
    pair = np.concatenate([skimage.data.astronaut()] * 2, axis=1)
    assert len(still_worker.people(pair)) == 2


def test_nobody_in_an_empty_picture(still_worker: PoseWorker) -> None:
    assert still_worker.people(np.zeros((480, 640, 3), np.uint8)) == []


def test_frames_overlap_and_come_back_in_order(pose_bundle: Path) -> None:
    frame = skimage.data.astronaut()
    with PoseWorker(live=True, bundle=pose_bundle) as worker:
        worker.submit(frame, 7, 100)
        worker.submit(np.zeros_like(frame), 8, 100)  # a timestamp that does not rise
        assert not worker.ready
        with pytest.raises(RuntimeError, match="take a result"):
            worker.submit(frame, 9, 102)
        first = worker.result(10)
        second = worker.result(10)
        assert first is not None
        assert second is not None
        assert (first.frame_id, len(first.people)) == (7, 1)
        assert second.frame_id == 8
        assert worker.pending == 0
        worker.submit(frame, 10, 200)
        assert worker.result(0.0) is None


def test_a_crash_is_reported_and_the_process_started_anew(pose_bundle: Path) -> None:
    frame = skimage.data.astronaut()
    with PoseWorker(live=True, bundle=pose_bundle, max_restarts=1) as worker:
        first_process = worker.process_id
        os.kill(first_process, signal.SIGKILL)
        worker.submit(frame, 1, 0)
        result = worker.result(10)
        assert result is not None
        assert (result.frame_id, result.crashed, result.people) == (1, True, [])
        assert worker.process_id != first_process
        assert len(worker.people(frame, 50)) == 1
        os.kill(worker.process_id, signal.SIGKILL)
        worker.submit(frame, 2, 100)
        with pytest.raises(EstimatorError, match="crashed 2 times"):
            worker.result(10)


def test_a_bad_model_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "bad.task").write_bytes(b"no model")
    with pytest.raises(EstimatorError, match="cannot be started"):
        PoseWorker(live=True, bundle=tmp_path / "bad.task")


def test_the_child_ends_with_its_owner(pose_bundle: Path) -> None:
    worker = PoseWorker(live=True, bundle=pose_bundle)
    process = Path(f"/proc/{worker.process_id}")
    worker.close()
    worker.close()
    end = time.monotonic() + 3
    while process.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not process.exists()


def test_every_frame_of_a_real_clip_has_its_person(cases: Path, pose_bundle: Path) -> None:
    clip = cv2.VideoCapture(str(cases / "clips" / "book.mkv"))
    with PoseWorker(live=True, bundle=pose_bundle) as worker:
        found = [
            worker.estimate(cv2.cvtColor(clip.read()[1], cv2.COLOR_BGR2RGB), 33 * index) is not None
            for index in range(20)
        ]
    assert all(found)


def test_working_sizes_stay_within_a_slot() -> None:
    assert working_size(480, 640, live=True) == (480, 640)
    assert working_size(1080, 1920, live=True) == (360, 640)
    assert working_size(8000, 6000, live=False) == (1024, 768)
    assert working_size(300, 200, live=False) == (1024, 683)
    assert working_size(700, 900, live=False) == (700, 900)
    assert working_size(2, 9000, live=False) == (1, 1024)


def test_scaling_and_doubles() -> None:
    landmarks = np.random.default_rng(0).uniform(0, 100, (33, 2)).astype(np.float32)
    body = Body(landmarks, np.zeros((33, 3), np.float32), np.ones(33, np.float32), np.zeros((100, 100), np.uint8))
    doubled = scaled_body(body, 200, 300)
    assert np.allclose(doubled.landmarks, landmarks * (3, 2))
    assert doubled.silhouette.shape == (200, 300)
    assert largest_first([body, scaled_body(body, 101, 101)])[0].silhouette.shape == (101, 101)
    assert len(largest_first([body, scaled_body(body, 101, 101)])) == 1
