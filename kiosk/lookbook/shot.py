"""A dressed moment, ready for a set: the picture on its own ground, who is where in it, and which way it faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import Drape, Layer
from engines.garments.garment import Garment
from engines.parts.finder import PartsFinder
from engines.runtime.engine import Engine
from engines.runtime.onnx_engine import OnnxEngine
from kiosk.lookbook.framing import View
from kiosk.lookbook.twin import Moment
from kiosk.tryon.colours import ColourModels, Light
from kiosk.tryon.compositor import Compositor, Layers, Sight
from kiosk.tryon.fields import FieldView
from kiosk.tryon.figure import Box
from kiosk.tryon.pixels import grown, ramp, shrunk, soft
from kiosk.tryon.wearing import DRAPE_MODEL, PARTS_MODEL, Dresser

RGB = NDArray[np.uint8]
F32 = NDArray[np.float32]
_FRINGE = 0.03
"""Torso lengths about hair in which the old scene may be seen through it."""
_SEPARABLE = 60.0
"""Levels by which hair must differ from the scene behind for its gaps to be told from its strands."""


@dataclass(frozen=True)
class Shot:
    """A dressed moment of (H, W) pixels.

    picture: (H, W, 3) uint8 RGB. person: (H, W) float32, all of the dressed person. cloth: (H, W) float32, the new
    garments. skin: (H, W) float32, face, hands and arms. normal: (H, W, 3) float32 unit vectors (x right, y down, z to
    the viewer). light: what lights the picture as it is. torso: length in pixels.
    """

    picture: RGB
    person: F32
    cloth: F32
    skin: F32
    normal: F32
    light: Light
    torso: float


@dataclass(frozen=True)
class Take:
    """One still, or one loop whose moments follow each other: what is learnt from each for the next."""

    compositor: Compositor
    colours: ColourModels


class Dressing:
    """The networks, loaded once a process."""

    def __init__(self) -> None:
        """Raises `ModelUnavailableError` without the networks' files."""
        self.engines: dict[str, Engine] = {
            "drape": OnnxEngine(DRAPE_MODEL, threads=1),
            "parts": OnnxEngine(PARTS_MODEL, threads=1),
        }

    @property
    def models(self) -> dict[str, str]:
        """SHA-256 of each network, by its name."""
        return {name: engine.model_sha256 for name, engine in self.engines.items()}

    def take(self, size: tuple[int, int]) -> Take:
        """A new take for pictures of `size` (height, width)."""
        return Take(Compositor(*size, PartsFinder(self.engines["parts"])), ColourModels())

    def shoot(self, take: Take, moment: Moment, view: View, garments: Sequence[Garment]) -> Shot:
        """Dress a moment, seen through a view."""
        height, width = view.size
        picture, body = view.picture(moment.picture), view.body(moment.body)
        worn = Dresser(garments, height, width, self.engines["drape"]).drape(body).worn
        sight = take.compositor.see(picture, body)
        composite = take.compositor.wear(sight, worn, 1.0, layers=True)
        if composite.layers is None:
            raise RuntimeError("the compositor gives layers when asked for them")
        take.colours.update(sight.crop, sight.figure, np.ascontiguousarray(body.silhouette[sight.box.slices]))
        person = _person(sight, composite.layers, (height, width))
        cloth = composite.layers.garment.astype(np.float32) / np.float32(255)
        bare = np.maximum.reduce([sight.mattes.head, sight.mattes.hands, sight.mattes.arms])
        skin = _whole(bare, sight.box, (height, width))
        head = _whole(np.maximum(sight.mattes.head, sight.mattes.hair), sight.box, (height, width))
        normal = _normals(person, head, [drape for _, drape in worn], cloth, body.torso_length)
        return Shot(composite.picture, person, cloth, skin * person, normal, take.colours.light, body.torso_length)


def _whole(part: F32, box: Box, shape: tuple[int, int]) -> F32:
    """A matte of the crop `box` as one of the picture."""
    out = np.zeros(shape, np.float32)
    out[box.slices] = part
    return out


def _person(sight: Sight, layers: Layers, shape: tuple[int, int]) -> F32:
    """The dressed person: who was there, less what gave way to the plate, and all that was put on."""
    before = _whole(_cleared(sight), sight.box, shape)
    plate, garment, revealed, front = (
        layer.astype(np.float32) / np.float32(255)
        for layer in (layers.plate, layers.garment, layers.revealed, layers.front)
    )
    kept = before * (1.0 - plate)
    return np.asarray(np.maximum.reduce([kept, garment, revealed, front * before]), np.float32)


def _cleared(sight: Sight) -> F32:
    """The person's matte on the crop, open where the scene behind is seen between strands of hair and by the hands.

    About hair only where that is unlike the scene: grey hair before a grey wall tells nothing, and is left whole.
    """
    mattes, reach = sight.mattes, max(1, round(_FRINGE * sight.figure.scale))
    unlike = cv2.blur(cv2.absdiff(sight.crop, sight.behind), (3, 3)).max(2).astype(np.float32)
    about, hair = grown(mattes.hands, 2 * reach), mattes.hair > 0.8
    if bool(hair.any()) and float(np.median(unlike[hair])) > _SEPARABLE:
        about = np.maximum(about, grown(np.maximum(mattes.hair, mattes.head), reach))
    bare = np.maximum.reduce([mattes.head, mattes.neck, mattes.hands])
    skin = shrunk(bare * (mattes.hair < 0.5), reach)
    through = about * (1.0 - skin) * (1.0 - ramp(unlike, 16.0, 48.0))
    return np.asarray(mattes.person * (1.0 - through), np.float32)


def _normals(person: F32, head: F32, drapes: list[Drape], cloth: F32, torso: float) -> F32:
    """Where each pixel of the person faces: the drape's normals on cloth, the outline blown up elsewhere."""
    height, width = person.shape
    whole = Box(0, 0, width, height)
    normal = _inflated(person, 0.22 * torso)
    for drape in drapes:
        view = FieldView(drape, whole)
        field = view.smooth(np.ascontiguousarray(np.moveaxis(drape.normal, 0, 2)), whole)
        skin = view.smooth(np.ascontiguousarray(np.moveaxis(drape.skin_normal, 0, 2)), whole)
        bare = view.smooth(np.ascontiguousarray(drape.alpha[Layer.TRUNK][2::4, 2::4]), whole)
        # The bare body's normals know no head, and are a guess just below it
        chin = grown(head, max(1, round(0.12 * torso)))
        normal += (0.5 * ramp(bare, 0.3, 0.9) * (1.0 - chin))[..., None] * (skin - normal)
        normal += (0.85 * cloth * person)[..., None] * (field - normal)
    normal /= np.maximum(np.sqrt(np.einsum("ijk,ijk->ij", normal, normal)), np.float32(1e-3))[..., None]
    return normal


def _inflated(person: F32, radius: float) -> F32:
    """Normals (H, W, 3) of the outline as if blown up: round at the rim, flat farther in than `radius` pixels.

    Done at a quarter of the size: what it bends is broad.
    """
    height, width = person.shape
    size = (max(8, width // 4), max(8, height // 4))
    small = np.asarray(cv2.resize(person, size, interpolation=cv2.INTER_AREA))
    reach = radius / 4
    # Small holes, as between hair and neck, are no edges of the body
    closing = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(0.5 * reach) + 1,) * 2)
    solid = np.asarray(cv2.morphologyEx((small > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, closing), np.uint8)
    depth = np.asarray(cv2.distanceTransform(solid, cv2.DIST_L2, 5), np.float32)
    rim = np.clip(1.0 - depth / reach, 0.0, 1.0)
    relief = soft((reach * np.sqrt(np.clip(1.0 - rim * rim, 0.0, 1.0))).astype(np.float32), 0.05 * reach + 1.0)
    dx = np.asarray(cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8))
    dy = np.asarray(cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8))
    normal = np.dstack([-dx, -dy, np.ones_like(dx)])
    normal = (normal / np.linalg.norm(normal, axis=2, keepdims=True)).astype(np.float32)
    return np.asarray(cv2.resize(normal, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
