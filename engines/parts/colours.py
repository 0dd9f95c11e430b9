"""Where a picture looks like the person's own skin, cloth or hair: tones taken at landmarks, likeness to them.

Colours are compared by chroma over luma, which shade and exposure hardly move, and weakly by luma itself.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import FieldBody
from engines.drape.drape import FIELD_HEIGHT, FIELD_WIDTH, TORSO_PIXELS
from engines.drape.limbs import LEFT, RIGHT
from engines.pose.body import Landmark

F32 = NDArray[np.float32]
HALF_HEIGHT, HALF_WIDTH = FIELD_HEIGHT // 2, FIELD_WIDTH // 2
_DARK = 32.0
"""Added to luma, so that the noise of dark pixels makes no colour."""
_SPREAD = np.array([0.6, 0.07, 0.07], np.float32)
"""How far (log luma, red and blue chroma over luma) one cloth or skin differs from itself: shade, noise, white."""
_FEW = 9
"""Pixels below which a tone is not told."""
_NEAR_FOREARM = 0.16 * TORSO_PIXELS
_NEAR = np.array([(x, y) for y in (-1, 0, 1) for x in (-1, 0, 1)])
_TRUNK_CORNERS = [Landmark.LEFT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_SHOULDER, Landmark.RIGHT_HIP]
_TRUNK_WEIGHTS = np.array(
    [
        (u * (1 - v), u * v, (1 - u) * (1 - v), (1 - u) * v)
        for u in np.linspace(0.25, 0.75, 5)
        for v in np.linspace(0.25, 0.75, 6)
    ],
    np.float32,
)
"""Shares of the corners in each of the spots (30, 4) that tell the trunk's cloth."""


def colour_features(picture: NDArray[np.uint8]) -> F32:
    """Log luma, red and blue chroma over luma (3, 144, 128) of a picture in field coordinates (288, 256, 3)."""
    half = cv2.resize(picture, (HALF_WIDTH, HALF_HEIGHT), interpolation=cv2.INTER_AREA)
    luma, red, blue = cv2.split(cv2.cvtColor(half, cv2.COLOR_RGB2YCrCb))
    features = np.empty((3, HALF_HEIGHT, HALF_WIDTH), np.float32)
    bright = np.add(luma, np.float32(_DARK), dtype=np.float32)
    cv2.log(bright, features[0])
    for k, chroma in ((1, red), (2, blue)):
        np.subtract(chroma, np.float32(128), dtype=np.float32, out=features[k])
        features[k] /= bright
    return features


def _tone(features: F32, spots: F32, frame: tuple[float, float, float, float]) -> F32 | None:
    """Median colour of 3 x 3 half pixels about each spot (n, 2; field pixels) within the frame, None where too few."""
    places = (np.floor(np.clip(spots, -1e4, 1e4) / 2)[:, None] + _NEAR).reshape(-1, 2)
    low = max(frame[0] / 2, 0), max(frame[1] / 2, 0)
    high = min(frame[2] / 2, HALF_WIDTH) - 1, min(frame[3] / 2, HALF_HEIGHT) - 1
    x, y = places[((places >= low) & (places <= high)).all(1)].astype(int).T
    if len(x) < _FEW:
        return None
    values, middle = features[:, y, x], len(x) // 2
    values.partition((middle - 1, middle), axis=1)
    return values[:, middle] if len(x) % 2 else (values[:, middle - 1] + values[:, middle]) / np.float32(2)


def _face_axis(points: F32) -> tuple[F32, F32, F32]:
    """Middle of the eyes, middle of the mouth, and the way from this to that: up, about 7 cm long."""
    eyes = points[[Landmark.LEFT_EYE, Landmark.RIGHT_EYE]].mean(0)
    mouth = points[[Landmark.MOUTH_LEFT, Landmark.MOUTH_RIGHT]].mean(0)
    return eyes, mouth, eyes - mouth


def face_turned_here(world: F32) -> bool:
    """Whether the face looks towards the camera at all: the nose lies before the ears."""
    ears = world[[Landmark.LEFT_EAR, Landmark.RIGHT_EAR], 2].mean()
    return bool(world[Landmark.NOSE, 2] < ears - 0.02)


def skin_tone(features: F32, body: FieldBody) -> F32 | None:
    """Tone of the face's skin (3,) at cheeks, nose and lip, or None where no face is seen."""
    points = body.points
    if not face_turned_here(body.world):
        return None
    _, mouth, _ = _face_axis(points)
    cheeks = [
        (points[Landmark.LEFT_EYE] + points[Landmark.MOUTH_LEFT]) / 2,
        (points[Landmark.RIGHT_EYE] + points[Landmark.MOUTH_RIGHT]) / 2,
    ]
    return _tone(features, np.stack([*cheeks, points[Landmark.NOSE], (points[Landmark.NOSE] + mouth) / 2]), body.frame)


def hair_tone(features: F32, body: FieldBody) -> F32 | None:
    """Tone (3,) of what lies on top of the head and above the ears: hair, or the scalp."""
    eyes, _, up = _face_axis(body.points)
    sides = [body.points[ear] + 0.9 * up for ear in (Landmark.LEFT_EAR, Landmark.RIGHT_EAR)]
    return _tone(features, np.stack([eyes + 1.3 * up, *sides]), body.frame)


def _distance(spots: F32, start: F32, end: F32) -> F32:
    along = end - start
    t = np.clip((spots - start) @ along / max(float(along @ along), 1e-3), 0, 1)
    away = spots - start - t[:, None] * along
    return np.asarray(np.sqrt(away[:, 0] ** 2 + away[:, 1] ** 2), np.float32)


def cloth_tone(features: F32, body: FieldBody) -> F32 | None:
    """Tone (3,) of the trunk's cloth, away from forearms and hands."""
    points = body.points
    spots = np.asarray(_TRUNK_WEIGHTS @ points[_TRUNK_CORNERS], np.float32)
    free = np.full(len(spots), True)
    for _, elbow, wrist, index, pinky in (LEFT, RIGHT):
        hand = (points[index] + points[pinky]) / 2
        tip = hand + 0.6 * (hand - points[wrist])
        for start, end in ((points[elbow], points[wrist]), (points[wrist], tip)):
            free &= _distance(spots, start, end) > _NEAR_FOREARM
    return _tone(features, spots[free] if free.sum() > 3 else spots, body.frame)


def likeness(features: F32, tone: F32 | None) -> F32:
    """How like each pixel is to a tone: (144, 128) float32, 1 alike to 0; all 0 where there is no tone."""
    if tone is None:
        return np.zeros((HALF_HEIGHT, HALF_WIDTH), np.float32)
    total = np.zeros((HALF_HEIGHT, HALF_WIDTH), np.float32)
    for plane, middle, spread in zip(features, tone, _SPREAD, strict=True):
        off = plane - middle
        off *= np.float32(np.sqrt(0.5) / spread)
        off *= off
        total -= off
    return np.asarray(cv2.exp(total), np.float32)
