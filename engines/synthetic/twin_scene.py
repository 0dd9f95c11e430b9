"""The plain, softly lit shop behind every twin, and the shade that they cast on its floor; drawn once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engines.synthetic.camera import Camera
    from engines.synthetic.twin_figure import Figure

F32 = NDArray[np.float32]
_BACK: Final = -1.5
"""Where the wall meets the floor, metres behind the twin."""
_CLOTHES: Final = ((178, 154, 128), (92, 104, 118), (206, 198, 184), (122, 84, 72), (70, 84, 78), (214, 206, 196))


def shop(size: tuple[int, int], camera: Camera, figure: Figure) -> F32:
    """The scene (H, W, 3), sRGB 0..255: wall, floor, a rail with clothes out of focus, and the twin's shade."""
    height, width = size
    corner = camera.project(np.array([[0.0, 0.0, _BACK]]))[0]
    edge = int(corner[1])
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    wall = np.array([214.0, 208.0, 198.0]) * (1.02 - 0.16 * (rows / height))[..., None]
    glow = np.exp(-(((columns - 0.3 * width) / (0.55 * width)) ** 2) - ((rows - 0.2 * height) / (0.6 * height)) ** 2)
    picture = (wall + 26 * glow[..., None] * np.array([1.0, 0.95, 0.86])).astype(np.float32)
    _rail(picture, width, height)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 7.0), np.float32)
    _floor(picture, edge, camera)
    _shade(picture, camera, figure)
    grain = np.random.default_rng(8).normal(0, 0.7, (height, width, 1)).astype(np.float32)
    return np.asarray(picture + grain, np.float32)


def _rail(picture: F32, width: int, height: int) -> None:
    """Clothes that hang at the right edge."""
    rng = np.random.default_rng(4)
    top = int(0.3 * height)
    cv2.line(picture, (int(0.83 * width), top), (width, top), (88, 82, 78), 5)
    x = 0.845 * width
    while x < width:
        wide = int(rng.uniform(0.018, 0.03) * width)
        long = int(height * rng.uniform(0.24, 0.34))
        colour = np.array(_CLOTHES[int(rng.integers(len(_CLOTHES)))], float) * rng.uniform(0.85, 1.05)
        cv2.rectangle(picture, (int(x), top + 12), (int(x) + wide, top + long), tuple(map(float, colour)), -1)
        x += wide + 0.006 * width


def _floor(picture: F32, edge: int, camera: Camera) -> None:
    """Boards that run toward the wall, and its skirting."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[edge:height, :width].astype(np.float32)
    depth = camera.focal * camera.target[1] / np.maximum(rows - camera.centre[1], 1)
    across = (columns - camera.centre[0]) * depth / camera.focal
    board = np.floor(across / 0.16)
    tone = 1 + 0.035 * np.sin(board * 12.9898) + 0.02 * np.sin(board * 78.2 + depth * 9)
    seam = np.abs(across / 0.16 - np.round(across / 0.16)) < 0.03
    light = 1.06 - 0.13 * np.clip((depth - 3.2) / 2.5, 0, 1)
    floor = np.array([176.0, 152.0, 126.0]) * (tone * light * np.where(seam, 0.93, 1.0))[..., None]
    picture[edge:] = cv2.GaussianBlur(floor.astype(np.float32), (0, 0), 1.6)
    picture[edge - 14 : edge] = picture[edge - 14 : edge] * 0.4 + np.array([134.0, 128.0, 122.0], np.float32)
    picture[edge - 20 : edge + 8] = cv2.GaussianBlur(picture[edge - 20 : edge + 8], (0, 0), 2.2)


def _shade(picture: F32, camera: Camera, figure: Figure) -> None:
    """Dark where the shoes stand, and the soft shadow of the key lamp behind the twin."""
    dark = np.zeros(picture.shape[:2], np.float32)
    joints = figure.first.joints
    scale = camera.focal / camera.distance
    for side in (".L", ".R"):
        x, y, _ = camera.project(np.array([joints["foot" + side] * [1, 0, 1] + [0.0, 0.0, 0.06]]))[0]
        cv2.ellipse(dark, (int(x), int(y)), (int(0.085 * scale), int(0.03 * scale)), 0, 0, 360, 0.75, -1)
    soft = np.asarray(cv2.GaussianBlur(dark, (0, 0), 0.022 * scale), np.float32)
    wide = np.zeros_like(dark)
    x, y, _ = camera.project(np.array([[0.16, 0.0, -0.14]]))[0]
    cv2.ellipse(wide, (int(x), int(y)), (int(0.36 * scale), int(0.062 * scale)), 0, 0, 360, 0.5, -1)
    shade = 1 - np.clip(soft + cv2.GaussianBlur(wide, (0, 0), 0.07 * scale), 0, 0.8)
    picture *= shade[..., None] ** np.array([0.9, 0.95, 1.0], np.float32)
