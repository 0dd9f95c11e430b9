"""Whether the camera still looks where it did: the present picture against that of the empty scene.

Corners of the scene (ORB, Rublee et al., ICCV 2011) are matched; for a camera that only turned, all of them move by one
homography, whose turn is read at the picture's middle.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera
from calibration.errors import CalibrationError

_FEWEST: Final = 25
_RATIO: Final = 0.8


def turned(camera: Camera, before: NDArray[np.uint8], now: NDArray[np.uint8]) -> float:
    """Degrees that the camera turned between two pictures (H, W, 3) RGB of one scene.

    Raises `CalibrationError` where the scene shows too little that can be told again: then nothing is known.
    """
    start, end = _matches(before, now)
    if len(start) < _FEWEST:
        raise CalibrationError("too little of the scene is recognised: clear the view, or take the plate anew")
    rays, seen = camera.rays(start), camera.rays(end)
    turn = _rotation(rays, seen)
    for _ in range(3):  # people and moved things do not turn with the scene
        away = np.linalg.norm(rays @ turn.T - seen, axis=1)
        kept = away < max(3e-3, 2.5 * float(np.median(away)))
        turn = _rotation(rays[kept], seen[kept])
    return float(np.degrees(np.linalg.norm(cv2.Rodrigues(turn)[0])))


def _matches(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    orb = cv2.ORB.create(1500)
    grays = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (before, now)]
    (first, one), (second, two) = (orb.detectAndCompute(gray, None) for gray in grays)
    if one is None or two is None or len(first) < _FEWEST or len(second) < _FEWEST:
        return np.zeros((0, 2)), np.zeros((0, 2))
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(one, two, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance]
    start = np.array([first[m.queryIdx].pt for m in good], np.float64).reshape(-1, 2)
    end = np.array([second[m.trainIdx].pt for m in good], np.float64).reshape(-1, 2)
    if len(start) < _FEWEST:
        return start, end
    kept = cv2.findHomography(start, end, cv2.RANSAC, 3.0)[1]
    inside = np.zeros(len(start), np.bool_) if kept is None else kept.ravel().astype(np.bool_)
    return start[inside], end[inside]


def _rotation(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """The turn that takes rays (n, 3) to others best (Kabsch 1976)."""
    left, _, right = np.linalg.svd(end.T @ start)
    return np.asarray(left @ np.diag([1.0, 1.0, float(np.linalg.det(left @ right))]) @ right)
