"""What the shopper is told, from where a body is in the picture."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from engines.pose.body import Body, Landmark
from kiosk.demo import PERSON
from kiosk.runtime.phase import Hint
from kiosk.runtime.vision_guidance import SteadyHint, hint_for
from kiosk.runtime.vision_lookout import Lookout

LIGHT = np.full((480, 640, 3), 130, np.uint8)


def body(x: float = 320, torso: float = 160, nose: float = 60) -> Body:
    points = np.full((33, 2), (x, 240.0), np.float32)
    for side, sign in (("LEFT", 1), ("RIGHT", -1)):
        points[Landmark[f"{side}_SHOULDER"]] = (x + sign * 0.4 * torso, 240 - torso / 2)
        points[Landmark[f"{side}_HIP"]] = (x + sign * 0.3 * torso, 240 + torso / 2)
    points[Landmark.NOSE] = (x, nose)
    zeros = np.zeros((33, 3), np.float32)
    return Body(points, zeros, np.ones(33, np.float32), np.zeros((480, 640), np.uint8))


@pytest.mark.parametrize(
    ("people", "hint"),
    [
        ([body()], Hint.NONE),
        ([], Hint.NOBODY),
        ([body(torso=330)], Hint.NEAR),
        ([body(torso=50)], Hint.FAR),
        ([body(x=40)], Hint.ASIDE),
        ([body(x=620)], Hint.ASIDE),
        ([body(nose=-5)], Hint.ASIDE),
        ([body(), body(x=500)], Hint.MANY),
    ],
)
def test_the_first_thing_to_mend(people, hint):
    assert hint_for(LIGHT, people) is hint
    assert hint_for(LIGHT // 8, people) is Hint.DARK


def test_others_seen_elsewhere_count():
    assert hint_for(LIGHT, [body()], others=1) is Hint.MANY


def test_a_hint_waits_until_it_lasts():
    steady = SteadyHint()
    assert steady.update(Hint.NEAR, 0.0) is Hint.NONE
    assert steady.update(Hint.NONE, 0.3) is Hint.NONE
    assert steady.update(Hint.NEAR, 0.5) is Hint.NONE
    assert steady.update(Hint.NEAR, 1.2) is Hint.NONE
    assert steady.update(Hint.NEAR, 1.4) is Hint.NEAR
    assert steady.update(Hint.NONE, 1.5) is Hint.NEAR
    assert steady.update(Hint.NONE, 2.4) is Hint.NONE


def test_a_second_person_is_noticed_at_a_glance(pose_bundle):
    capture = cv2.VideoCapture(str(PERSON))
    capture.set(cv2.CAP_PROP_POS_FRAMES, 50)
    alone = cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2RGB)
    capture.release()
    both = np.ascontiguousarray(np.hstack([alone[:, 120:520], alone[:, 120:520]]))
    lookout = Lookout(seconds=0.2)
    try:
        for picture, others in ((both, 1), (alone, 0)):
            end = time.monotonic() + 90
            while time.monotonic() < end and lookout.others != others:
                lookout.look(picture)
                time.sleep(0.05)
            assert lookout.others == others
    finally:
        lookout.close()
    assert lookout._picture is None
