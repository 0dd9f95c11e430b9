"""A drawn person: landmarks of somebody who stands before the camera, and their silhouette."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.pose.body import Body

# In torso lengths from the middle of the trunk, for the picture's right half (the person's left); y down.
_HALF = {
    5: (0.06, -0.92), 7: (0.14, -0.90), 9: (0.05, -0.78), 11: (0.36, -0.50), 13: (0.46, 0.02), 15: (0.50, 0.48),
    17: (0.52, 0.60), 19: (0.51, 0.64), 21: (0.46, 0.58), 23: (0.19, 0.50), 25: (0.20, 1.30), 27: (0.20, 2.05),
    29: (0.20, 2.12), 31: (0.22, 2.18),
}  # fmt: skip
_EYES = {1: (0.03, -0.93), 2: (0.05, -0.93), 3: (0.07, -0.93)}


def _points() -> np.ndarray:
    points = np.zeros((33, 2))
    points[0] = (0.0, -0.86)
    for k, (x, y) in _EYES.items():
        points[k], points[k + 3] = (x, y), (-x, y)
    points[7], points[8] = (0.14, -0.90), (-0.14, -0.90)
    points[9], points[10] = (0.05, -0.78), (-0.05, -0.78)
    for k, (x, y) in _HALF.items():
        if k >= 11:
            points[k], points[k + 1] = (x, y), (-x, y)
    return points


@pytest.fixture(scope="session")
def standing():
    """Gives a `Body` of some torso length (pixels) about a centre in a picture of (height, width)."""

    def make(
        size: tuple[int, int] = (480, 640), torso: float = 130.0, centre: tuple[float, float] = (320.0, 230.0)
    ) -> Body:
        points = (_points() * torso + np.array(centre)).astype(np.float32)
        mask = np.zeros(size, np.uint8)

        def limb(indices: list[int], width: float) -> None:
            line = np.round(points[indices]).astype(np.int32)
            cv2.polylines(mask, [line], False, 255, max(1, round(width * torso)))

        trunk = np.round(points[[11, 12, 24, 23]]).astype(np.int32)
        cv2.fillConvexPoly(mask, trunk, 255)
        cv2.polylines(mask, [trunk], True, 255, round(0.16 * torso))
        for side in (0, 1):
            limb([11 + side, 13 + side, 15 + side, 19 + side], 0.15)
            limb([23 + side, 25 + side, 27 + side], 0.24)
        cv2.ellipse(
            mask,
            np.round(points[0]).astype(int).tolist(),
            (round(0.16 * torso), round(0.24 * torso)),
            0,
            0,
            360,
            255,
            -1,
        )
        limb([0, 0], 0.1)
        cv2.line(
            mask,
            np.round(points[0]).astype(int).tolist(),
            np.round(points[[11, 12]].mean(0)).astype(int).tolist(),
            255,
            round(0.2 * torso),
        )
        world = np.zeros((33, 3), np.float32)
        world[:, :2] = (_points() - _points()[[23, 24]].mean(0)) * 0.5
        return Body(points, world, np.ones(33, np.float32), mask)

    return make
