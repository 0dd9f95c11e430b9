"""One synthetic person before several cameras: pictures, what the pose estimator makes of them, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import TOPS, FieldBody, field_from_frame, garment_code, to_field
from engines.drape.drape import FIELD_HEIGHT, FIELD_WIDTH
from engines.drape.long import WINDOW, BottomCut, Kind, bottom_code, dress_code
from engines.synthetic.appearance import build_mesh, draw, random_background, random_light, random_look
from engines.synthetic.camera import ABOVE, WHOLE, Camera, random_camera
from engines.synthetic.dressing import Dressed, Wardrobe, measures_of
from engines.synthetic.fields import FieldPainter, Fields
from engines.synthetic.people import random_body
from engines.synthetic.wardrobe import random_dress, random_skirt, random_top, random_trousers, random_worn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engines.pose.body import Body
    from engines.synthetic.body import BodyModel, PosedBody
    from engines.synthetic.bottoms import BottomSizes

F32 = NDArray[np.float32]
PICTURE_SIZE = (400, 320)
ABOUT = ("skin_tone", "hair_end", "girth")
"""Skin tone 0 (light) to 9 (dark), hair 0 (shaved) to 1 (long), bust girth in torso lengths."""
Family = Literal["tops", "long"]
"""Which network a data set is for: tops, or dresses, skirts and trousers (`engines.drape.long`)."""
LONG_KINDS, LONG_SHARES = (Kind.DRESS, Kind.SKIRT, Kind.TROUSERS), (0.35, 0.25, 0.4)
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
    kind: Kind = Kind.TOP


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


@dataclass(frozen=True)
class _TryOn:
    """A garment as it would hang on somebody, and what the network is told of it."""

    garment: Dressed
    kind: Kind
    code: F32


class Studio:
    """Makes samples; holds what is loaded once a process."""

    def __init__(self, model: BodyModel, estimator: Estimator) -> None:
        self.model, self.estimator = model, estimator
        self.wardrobe, self.painter = Wardrobe(model), FieldPainter(model)

    def person(self, rng: np.random.Generator, family: Family = "tops") -> Iterator[Sample]:
        """Samples of one random person with one garment to try on, from several cameras."""
        body = random_body(self.model, rng)
        tried, look = self._tried(body, family, rng), random_look(rng)
        worn = self.wardrobe.dress(body, random_worn(rng), substeps=100)
        below = self._worn_below(body, rng) if family == "long" else None
        mesh = build_mesh(self.model, body, worn, look, below)
        middle, length = _torso(body)
        girth = worn.girths.at(worn.sizes.level - worn.sizes.armpit) / length
        about = np.array([look.tone, look.hair_end, girth], np.float32)
        window, framing = (TOPS, ABOVE) if family == "tops" else (WINDOW, WHOLE)
        for _ in range(VIEWS):
            camera = random_camera(rng, middle, length, PICTURE_SIZE, framing)
            background = random_background(rng, PICTURE_SIZE)
            picture, parts = draw(mesh, look, camera, random_light(rng), background, rng)
            found = self.estimator.estimate(picture, None)
            if found is None or not _found(found, _true_points(body, camera)):
                continue
            matrix = field_from_frame(found, window)
            yield Sample(
                body=to_field(found, matrix),
                code=tried.code,
                fields=self.painter.paint(body, tried.garment, camera, matrix),
                picture=_crop(picture, matrix, smooth=True),
                plate=_crop(background, matrix, smooth=True),
                parts=_crop(parts, matrix, smooth=False),
                about=about,
                kind=tried.kind,
            )

    def _tried(self, body: PosedBody, family: Family, rng: np.random.Generator) -> _TryOn:
        """A random garment of the family, draped."""
        _, length = _torso(body)
        kind = Kind.TOP if family == "tops" else Kind(int(rng.choice(LONG_KINDS, p=LONG_SHARES)))
        if kind in {Kind.TOP, Kind.DRESS}:
            spec = random_top(rng) if kind == Kind.TOP else random_dress(rng)
            top = self.wardrobe.dress(body, spec)
            code = garment_code(measures_of(top.sizes), spec.ease, top.sizes.half_chest / length)
            return _TryOn(top, kind, code if kind == Kind.TOP else dress_code(code))
        cut = random_skirt(rng) if kind == Kind.SKIRT else random_trousers(rng)
        bottom = self.wardrobe.dress_bottom(body, cut)
        return _TryOn(bottom, kind, bottom_code(_cut_of(bottom.sizes, cut.ease, body)))

    def _worn_below(self, body: PosedBody, rng: np.random.Generator) -> Dressed | None:
        """What somebody comes in below the waist: cut cloth, or the skin's own shape (None)."""
        style = rng.random()
        if style < 0.4:
            return None
        spec = random_trousers(rng) if style < 0.75 else random_skirt(rng)
        return self.wardrobe.dress_bottom(body, spec, substeps=100)


def _cut_of(sizes: BottomSizes, ease: float, body: PosedBody) -> BottomCut:
    """A skirt's or trousers' measures in torso lengths of the rest body."""
    joints = body.rest_joints
    shoulders, hips = float(joints["upperarm01.L"][1]), float(joints["upperleg01.L"][1])
    unit = shoulders - hips
    return BottomCut(
        ease=ease,
        length=sizes.length / unit,
        hem=sizes.half_hem / sizes.half_hip,
        waist=(shoulders - sizes.level) / unit,
        half_waist=sizes.half_waist / unit,
        half_hip=sizes.half_hip / unit,
        rise=sizes.rise / unit,
        leg_width=sizes.leg_width / unit,
        cuff=sizes.leg_hem / sizes.leg_width if sizes.leg_width else 0.0,
    )
