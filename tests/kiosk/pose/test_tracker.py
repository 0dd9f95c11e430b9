"""Steady on the still, quick on the moving, true to one person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engines.pose.body import Body, Landmark
from engines.pose.worker import PoseWorker
from kiosk.pose.one_euro import OneEuro
from kiosk.pose.tracker import BRIDGE_SECONDS, FADE_SECONDS, BodyTracker

STEP = 1 / 30
SHOULDERS = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]


def person(x: float = 640.0, torso: float = 200.0, size: tuple[int, int] = (720, 1280)) -> Body:
    """An upright figure whose trunk's centre lies at `x`, 360."""
    landmarks = np.full((33, 2), (x, 360.0), np.float32)
    landmarks[Landmark.LEFT_SHOULDER] += (0.4 * torso, -torso / 2)
    landmarks[Landmark.RIGHT_SHOULDER] += (-0.4 * torso, -torso / 2)
    landmarks[Landmark.LEFT_HIP] += (0.3 * torso, torso / 2)
    landmarks[Landmark.RIGHT_HIP] += (-0.3 * torso, torso / 2)
    return Body(landmarks, np.zeros((33, 3), np.float32), np.ones(33, np.float32), np.zeros(size, np.uint8))


def moved(body: Body, shift: np.ndarray) -> Body:
    return replace(body, landmarks=(body.landmarks + shift).astype(np.float32))


def centre(body: Body) -> float:
    return float(body.landmarks[SHOULDERS, 0].mean())


def test_noise_on_a_still_person_is_calmed_below_half_a_pixel() -> None:
    random, tracker, seen = np.random.default_rng(0), BodyTracker(), []
    for frame in range(120):
        tracked = tracker.update([moved(person(), random.normal(0, 1.0, (33, 2)))], frame * STEP)
        seen.append(tracked.body.landmarks[SHOULDERS])
    steps = np.linalg.norm(np.diff(np.array(seen[20:]), axis=0), axis=2)
    assert np.percentile(steps, 99) < 0.5


def test_a_walk_lags_little_and_a_stop_does_not_overshoot() -> None:
    tracker, torso = BodyTracker(), 200.0
    lag = []
    for frame in range(60):
        x = 400 + 1.5 * torso * STEP * min(frame, 40)
        body = tracker.update([person(x)], frame * STEP).body
        lag.append((x - centre(body)) / torso)
    assert max(lag[12:]) < 0.06
    assert min(lag) > -0.001
    assert abs(lag[-1]) < 0.01


@pytest.mark.parametrize("speed", [0.5, 3.0])
def test_a_waving_hand_is_followed(speed: float) -> None:
    """A sine of half a torso's amplitude: its smoothed path stays within a tenth of it."""
    tracker, errors = BodyTracker(), []
    for frame in range(90):
        shift = np.zeros((33, 2), np.float32)
        shift[Landmark.LEFT_WRIST, 0] = 100 * np.sin(speed * frame * STEP)
        given_body = moved(person(), shift)
        body = tracker.update([given_body], frame * STEP).body
        errors.append(abs(body.landmarks[Landmark.LEFT_WRIST, 0] - given_body.landmarks[Landmark.LEFT_WRIST, 0]))
    assert max(errors[15:]) < 20


points = arrays(np.float32, (12, 4, 2), elements=st.floats(-500, 500, width=32))


@settings(max_examples=80, deadline=None)
@given(points)
def test_smoothed_points_stay_within_what_was_seen(signal: np.ndarray) -> None:
    smoother = OneEuro(0.3, 10.0)
    for index, values in enumerate(signal):
        smooth = smoother(values, STEP, 100.0)
        past = signal[: index + 1]
        assert (smooth >= past.min(0) - 1e-2).all()
        assert (smooth <= past.max(0) + 1e-2).all()


@settings(max_examples=80, deadline=None)
@given(points, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_smoothing_is_the_same_near_and_far(signal: np.ndarray, factor: float) -> None:
    near, far = OneEuro(0.3, 10.0), OneEuro(0.3, 10.0)
    for values in signal:
        assert np.allclose(near(values, STEP, 100.0) * factor, far(values * factor, STEP, 100.0 * factor), atol=0.05)


def test_a_wrong_first_frame_is_not_kept_where_the_picture_rests() -> None:
    random, tracker = np.random.default_rng(0), BodyTracker()
    picture = random.integers(0, 255, (720, 1280, 3), np.uint8)
    for frame in range(45):
        shift = 30.0 if frame == 0 else random.normal(0, 3.0)
        tracked = tracker.update([person(640 + shift)], frame * STEP, picture)
    assert centre(tracked.body) == pytest.approx(640, abs=4)


def test_a_gap_is_bridged_then_faded_never_jumped() -> None:
    tracker = BodyTracker()
    for frame in range(30):
        tracked = tracker.update([person()], frame * STEP)
    assert tracked.presence == 1.0
    assert tracked.body.fresh
    presences = []
    for frame in range(30, 60):
        tracked = tracker.update([], frame * STEP)
        presences.append(tracked.presence)
        assert (tracked.body is None) == (tracked.presence == 0.0)
        assert tracked.body is None or not tracked.body.fresh
    bridged = int(BRIDGE_SECONDS / STEP) - 1
    assert presences[:bridged] == [1.0] * bridged
    assert presences[-1] == 0.0
    assert max(-np.diff([1.0, *presences])) <= STEP / FADE_SECONDS + 1e-6


def test_presence_rises_gently_for_a_new_person() -> None:
    tracker = BodyTracker()
    presences = [tracker.update([person()], frame * STEP).presence for frame in range(12)]
    assert presences[0] == 0.0
    assert max(np.diff(presences)) <= STEP / FADE_SECONDS + 1e-6
    assert presences[-1] == 1.0


def test_one_lost_frame_does_not_show() -> None:
    tracker = BodyTracker()
    for frame in range(20):
        tracker.update([person()], frame * STEP)
    assert tracker.update([], 20 * STEP).presence == 1.0
    assert tracker.update([person()], 21 * STEP).body.fresh


def test_the_central_person_is_met_and_then_kept() -> None:
    tracker = BodyTracker()
    aside, middle = person(x=200), person(x=640)
    assert centre(tracker.update([aside, middle], 0.0).body) == pytest.approx(640)
    walked_off = person(x=700)
    newcomer = person(x=640 - 250, torso=210)
    assert centre(tracker.update([newcomer, walked_off], STEP).body) > 635


def test_another_person_is_not_dressed_in_the_gap() -> None:
    tracker = BodyTracker()
    for frame in range(20):
        tracker.update([person(640)], frame * STEP)
    tracked = tracker.update([person(1100)], 20 * STEP)
    assert centre(tracked.body) == pytest.approx(640)
    assert not tracked.body.fresh
    late = 20 * STEP
    while tracked.body is not None:
        late += STEP
        tracked = tracker.update([person(1100)], late)
    assert centre(tracker.update([person(1100)], late + STEP).body) == pytest.approx(1100)


def test_clocks_that_stand_still_do_no_harm() -> None:
    tracker = BodyTracker()
    for _ in range(5):
        tracked = tracker.update([person()], 3.0)
    assert np.isfinite(tracked.body.landmarks).all()


def shoulder_steps(photo: np.ndarray, bundle: Path) -> np.ndarray:
    """Pixels that the smoothed shoulders move from frame to frame, each frame being `photo` with fresh camera noise."""
    random, tracker, seen = np.random.default_rng(0), BodyTracker(), []
    with PoseWorker(live=True, bundle=bundle) as worker:
        for frame in range(40):
            noisy = np.clip(photo + random.normal(0, 4, photo.shape), 0, 255).astype(np.uint8)
            tracked = tracker.update(worker.people(noisy, int(frame * 1000 * STEP)), frame * STEP, noisy)
            seen.append(tracked.body.landmarks[SHOULDERS])
    return np.linalg.norm(np.diff(np.array(seen[15:]), axis=0), axis=2)


@pytest.mark.parametrize("clip", ["book", "sorry"])
def test_a_real_person_standing_still_is_steady_at_720_lines(cases: Path, pose_bundle: Path, clip: str) -> None:
    picture = cv2.VideoCapture(str(cases / "clips" / f"{clip}.mkv")).read()[1][..., ::-1]
    steps = shoulder_steps(cv2.resize(picture, (960, 720), interpolation=cv2.INTER_CUBIC), pose_bundle)
    assert steps.max() < 0.5


def test_a_cropped_person_is_calmed_though_the_estimator_wavers(pose_bundle: Path) -> None:
    """The astronaut shows no hips: MediaPipe's own shoulders leap by up to 30 pixels at 720 lines."""
    photo = cv2.resize(skimage.data.astronaut(), (720, 720), interpolation=cv2.INTER_CUBIC)
    steps = shoulder_steps(photo, pose_bundle)
    assert steps.max() < 0.5


def test_a_real_clip_lags_no_more_for_knowing_the_picture(cases: Path, pose_bundle: Path) -> None:
    """Hands of the clip move fast: smoothed wrists stay as near to the estimator's as without the picture."""
    clip = cv2.VideoCapture(str(cases / "clips" / "book.mkv"))
    with_picture, without = BodyTracker(), BodyTracker()
    wrists = [Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST]
    lags = []
    with PoseWorker(live=True, bundle=pose_bundle) as worker:
        for frame in range(60):
            picture = np.ascontiguousarray(clip.read()[1][..., ::-1])
            people = worker.people(picture, int(frame * 1000 * STEP))
            seen = people[0].landmarks[wrists]
            lags.append(
                [
                    np.abs(with_picture.update(people, frame * STEP, picture).body.landmarks[wrists] - seen).mean(),
                    np.abs(without.update(people, frame * STEP).body.landmarks[wrists] - seen).mean(),
                ]
            )
    known, unknown = np.percentile(np.array(lags), 95, axis=0)
    assert known < 1.25 * unknown + 0.5
