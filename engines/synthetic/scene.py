"""One synthetic person before several cameras: pictures, what the pose estimator makes of them, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import FieldBody, field_from_frame, garment_code, to_field
from engines.drape.drape import FIELD_HEIGHT, FIELD_WIDTH
from engines.synthetic.appearance import build_mesh, draw, random_background, random_light, random_look
from engines.synthetic.camera import Camera, random_camera
from engines.synthetic.dressing import Wardrobe, measures_of
from engines.synthetic.fields import FieldPainter, Fields
from engines.synthetic.people import random_body
from engines.synthetic.wardrobe import random_top, random_worn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engines.pose.body import Body
    from engines.synthetic.body import BodyModel, PosedBody

F32 = NDArray[np.float32]
PICTURE_SIZE = (400, 320)
ABOUT = ("skin_tone", "hair_end", "girth")
"""Skin tone 0 (light) to 9 (dark), hair 0 (shaved) to 1 (long), bust girth in torso lengths."""
VIEWS = 6
"""Cameras that look at one draped person: a drape costs more than a view."""


class Estimator(Protocol):
    """The product's own pose estimator: the network is trained on its errors, not on true joints."""

    def estimate(self, frame_rgb: NDArray[np.uint8], timestamp_ms: int | None) -> Body | None:
        """The person in a picture (H, W, 3), or None."""


@dataclass(frozen=True)
class Sample:
    """One view: what the network sees (`body`, `code`), what it should say (`fields`), and the picture behind it.

    picture: (288, 256, 3) uint8 sRGB, plate: the same without the person, and parts: (288, 256) uint8 (`appearance`),
    all in field coordinates. about: (`ABOUT`,) float32, what a person is like, for figures by group.
    """

    body: FieldBody
    code: F32
    fields: Fields
    picture: NDArray[np.uint8]
    plate: NDArray[np.uint8]
    parts: NDArray[np.uint8]
    about: F32


def _torso(body: PosedBody) -> tuple[NDArray[np.float64], float]:
    """Middle and length of the torso in metres."""
    joints = body.joints
    shoulders = (joints["upperarm01.L"] + joints["upperarm01.R"]) / 2
    hips = (joints["upperleg01.L"] + joints["upperleg01.R"]) / 2
    return (shoulders + hips) / 2, float(np.linalg.norm(shoulders - hips))


def _true_points(body: PosedBody, camera: Camera) -> NDArray[np.float64]:
    """Shoulders, then hips, in the picture."""
    names = ("upperarm01.L", "upperarm01.R", "upperleg01.L", "upperleg01.R")
    return camera.project(np.stack([body.joints[name] for name in names]))[:, :2]


def _found(body: Body | None, truth: NDArray[np.float64]) -> bool:
    """Whether the estimator found this person at all (its honest errors are kept, its hallucinations are not)."""
    if body is None:
        return False
    error = np.linalg.norm(body.landmarks[[11, 12, 23, 24]] - truth, axis=1).mean()
    span = np.linalg.norm(truth[:2].mean(0) - truth[2:].mean(0))
    return bool(error < 0.3 * span)


def _crop(picture: NDArray[np.uint8], matrix: F32, *, smooth: bool) -> NDArray[np.uint8]:
    """Bring a picture into field coordinates."""
    warp = matrix.copy()
    warp[:, 2] += 0.5 * matrix[0, 0] - 0.5
    flags = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
    return np.asarray(cv2.warpAffine(picture, warp, (FIELD_WIDTH, FIELD_HEIGHT), flags=flags), np.uint8)


class Studio:
    """Makes samples; holds what is loaded once a process."""

    def __init__(self, model: BodyModel, estimator: Estimator) -> None:
        self.model, self.estimator = model, estimator
        self.wardrobe, self.painter = Wardrobe(model), FieldPainter(model)

    def person(self, rng: np.random.Generator) -> Iterator[Sample]:
        """Samples of one random person with one top to try on, from several cameras."""
        body = random_body(self.model, rng)
        spec, look = random_top(rng), random_look(rng)
        top = self.wardrobe.dress(body, spec)
        worn = self.wardrobe.dress(body, random_worn(rng), substeps=100)
        mesh = build_mesh(self.model, body, worn, look)
        middle, length = _torso(body)
        girth = worn.girths.at(worn.sizes.level - worn.sizes.armpit) / length
        about = np.array([look.tone, look.hair_end, girth], np.float32)
        code = garment_code(measures_of(top.sizes), spec.ease, top.sizes.half_chest / length)
        for _ in range(VIEWS):
            camera = random_camera(rng, middle, length, PICTURE_SIZE)
            background = random_background(rng, PICTURE_SIZE)
            picture, parts = draw(mesh, look, camera, random_light(rng), background, rng)
            found = self.estimator.estimate(picture, None)
            if found is None or not _found(found, _true_points(body, camera)):
                continue
            matrix = field_from_frame(found)
            yield Sample(
                body=to_field(found, matrix),
                code=code,
                fields=self.painter.paint(body, top, camera, matrix),
                picture=_crop(picture, matrix, smooth=True),
                plate=_crop(background, matrix, smooth=True),
                parts=_crop(parts, matrix, smooth=False),
                about=about,
            )
