"""A short film of a rendered person before a fixed camera: what the product's demo dresses.

The scene is empty at first, so that the mirror can learn it; then the person steps in and moves the arms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.synthetic.appearance import Light, Look, Mesh, build_mesh
from engines.synthetic.camera import Camera
from engines.synthetic.dressing import Wardrobe
from engines.synthetic.extras import TOP
from engines.synthetic.pattern import TopSpec
from engines.synthetic.people import rotation, turn_arm
from engines.synthetic.raster import rasterise

if TYPE_CHECKING:
    from collections.abc import Generator

    from engines.synthetic.body import BodyModel

F64 = NDArray[np.float64]
RGB = NDArray[np.uint8]
SIZE = (480, 640)
"""Height and width in pixels; drawn twice as large and averaged."""
EMPTY_FRAMES, ENTER_FRAMES = 12, 18
PHENOTYPE = {"gender": 0.9, "age": 0.68, "muscle": 0.5, "weight": 0.55, "height": 0.5, "cupsize": 0.5, "african": 0.8}
_TOP = np.array([118.0, 128.0, 96.0])
_WORN = TopSpec(
    ease=0.1, length=0.06, flare=0.0, waist=0.0, neck_width=0.082, neck_depth=0.07, v_neck=False, drop=0.02,
    sleeve=1.0, sleeve_ease=0.18, cuff=0.3,
)  # fmt: skip
_LIGHT = Light(np.array([-0.35, 0.55, 0.76]), 0.62, 0.42, np.ones(3))
_LOOK = Look(
    tone=4.6,
    skin=np.array([150.0, 104.0, 76.0]),
    hair=np.array([38.0, 27.0, 24.0]),
    hair_end=0.55,
    bare_legs=1.0,
    trousers=np.array([52.0, 60.0, 84.0]),
    trouser_ease=0.004,
    cloth=np.zeros((1, 1, 3), np.uint8),
)
# Directions of upper arm and forearm of the left arm at each key frame (x away from the body, y up, z forward).
_KEYS: tuple[tuple[tuple[float, float, float], tuple[float, float, float]], ...] = (
    ((0.22, -1.0, 0.0), (0.12, -1.0, 0.15)),
    ((0.9, -1.0, -0.15), (-0.85, -0.55, 0.3)),
    ((0.22, -1.0, 0.0), (0.12, -1.0, 0.15)),
    ((0.25, -1.0, 0.3), (-0.75, 0.05, 0.75)),
    ((0.22, -1.0, 0.0), (0.12, -1.0, 0.15)),
)
KEY_FRAMES = 22
LENGTH = EMPTY_FRAMES + ENTER_FRAMES + KEY_FRAMES * (len(_KEYS) - 1)
"""Frames of the film."""
FPS = 30.0


def _unit(direction: tuple[float, float, float]) -> F64:
    return np.asarray(np.array(direction) / np.linalg.norm(direction), np.float64)


def _pose(model: BodyModel, time: float) -> dict[str, F64]:
    """The pose at a time counted in key frames."""
    index = min(int(time), len(_KEYS) - 2)
    share = np.clip(time - index, 0.0, 1.0)
    share = share * share * (3 - 2 * share)
    upper, fore = ((1 - share) * _unit(_KEYS[index][k]) + share * _unit(_KEYS[index + 1][k]) for k in (0, 1))
    sway = 7.0 * np.sin(2 * np.pi * time / 3)
    pose = {"spine03": rotation((0, 1, 0), sway), "neck01": rotation((0, 1, 0), -0.6 * sway)}
    for side, sign in ((".L", 1.0), (".R", -1.0)):
        mirror = np.array([sign, 1.0, 1.0])
        # The right arm passes a little lower and nearer, as crossing arms do.
        lean = np.array([0.0, -0.12, 0.1]) if sign < 0 else np.zeros(3)
        pose |= turn_arm(model, side, upper * mirror, (fore + lean) * mirror, np.eye(3))
        pose["upperleg01" + side] = rotation((0, 0, 1), sign * 3)
    return pose


def _scene(size: tuple[int, int]) -> RGB:
    """A plain shop: wall, floor, a rail of clothes and a lamp's glow."""
    height, width = size
    picture = np.full((height, width, 3), (206.0, 202.0, 194.0))
    picture *= (1.05 - 0.22 * np.linspace(0, 1, height))[:, None, None]
    glow = np.hypot(*(grid - centre for grid, centre in zip(np.mgrid[:height, :width], (0, width * 0.3), strict=True)))
    picture += 22 * np.exp(-((glow / (0.5 * width)) ** 2))[..., None]
    rng = np.random.default_rng(4)
    rail = int(0.2 * height)
    cv2.line(picture, (int(0.74 * width), rail), (width, rail), (96, 92, 90), max(1, height // 160))
    for x in range(int(0.76 * width), width, int(0.035 * width)):
        colour = tuple(rng.uniform(60, 190, 3))
        cv2.rectangle(
            picture, (x, rail), (x + int(0.026 * width), int(rail + height * rng.uniform(0.3, 0.42))), colour, -1
        )
    cv2.rectangle(picture, (0, int(0.9 * height)), (width, height), (150, 132, 112), -1)
    return np.asarray(np.clip(cv2.GaussianBlur(picture, (0, 0), height / 400), 0, 255), np.uint8)


def _draw(mesh: Mesh, camera: Camera, scene: RGB) -> RGB:
    normals = camera.turn(mesh.normals)
    hits = rasterise(camera.project(mesh.vertices), mesh.faces, *scene.shape[:2])
    mask = hits.mask
    normal = hits.interpolate(normals[mesh.faces])[mask]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    inside = normal[:, 2] < 0
    rim = 0.12 * (1 - np.clip(normal[:, 2], 0, 1)) ** 2
    light = _LIGHT.ambient * (0.8 + 0.2 * normal[:, 1]) + _LIGHT.lamp * np.clip(normal @ _LIGHT.direction, 0, 1) + rim
    face = hits.face[mask]
    albedo = np.where((mesh.kind[face] == TOP)[:, None], _TOP, mesh.colours[face])
    picture = scene.astype(np.float32)
    picture[mask] = albedo * (np.where(inside, 0.5, 1.0) * light)[:, None] * 1.12
    small = cv2.resize(np.clip(picture, 0, 255), (SIZE[1], SIZE[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def frames(model: BodyModel) -> Generator[RGB, None, None]:
    """The film's frames (480, 640, 3) uint8 sRGB."""
    rng = np.random.default_rng(11)
    large = (2 * SIZE[0], 2 * SIZE[1])
    scene = _scene(large)
    wardrobe = Wardrobe(model)
    for number in range(LENGTH):
        moving = max(0.0, (number - EMPTY_FRAMES - ENTER_FRAMES) / KEY_FRAMES)
        entered = np.clip((number - EMPTY_FRAMES) / ENTER_FRAMES, 0.0, 1.0)
        aside = 1.6 * (1 - entered * (2 - entered))
        body = model.pose(PHENOTYPE, _pose(model, moving))
        camera = Camera(np.eye(3), np.array([aside, 0.22, 0.0]), 2.4, 1.7 * large[0], (large[1] / 2, large[0] / 2))
        mesh = build_mesh(model, body, wardrobe.dress(body, _WORN), _LOOK)
        picture = _draw(mesh, camera, scene).astype(np.float32)
        yield np.clip(picture + rng.normal(0, 1.2, picture.shape), 0, 255).astype(np.uint8)
