"""Draws a twin: the frames of a loop in which a made-up person stands before a plain shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numba as nb
import numpy as np
from numpy.typing import NDArray

from engines.synthetic.camera import Camera
from engines.synthetic.raster import rasterise
from engines.synthetic.twin_figure import Figure, Stuff, figure_of
from engines.synthetic.twin_hair import Strands, draw_hair, grow
from engines.synthetic.twin_light import Lit, developed, dot, shade, unit
from engines.synthetic.twin_motion import DIFFERENT, FRAMES
from engines.synthetic.twin_paint import (
    Painted,
    noise,
    paint_eyes,
    paint_shoe,
    paint_skin,
    paint_top,
    paint_trousers,
    trousered,
)
from engines.synthetic.twin_scene import shop

if TYPE_CHECKING:
    from collections.abc import Generator

    from engines.synthetic.body import BodyModel
    from engines.synthetic.twin_people import TwinSpec

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
F64 = NDArray[np.float64]
RGB = NDArray[np.uint8]
SIZE: Final = (960, 864)
"""Height and width in pixels; drawn twice as large and averaged."""
_FINER: Final = 2
_METRES_HIGH: Final = 2.2
_DISTANCE: Final = 4.2
_MARGIN: Final = 0.16


def camera(finer: int = _FINER) -> Camera:
    """The camera before which every twin stands, for pictures `finer` times `SIZE`."""
    height, width = SIZE[0] * finer, SIZE[1] * finer
    focal = height / _METRES_HIGH * _DISTANCE
    return Camera(np.eye(3), np.array([0.0, 0.96, 0.0]), _DISTANCE, focal, (width / 2, height * 0.503))


@nb.njit(cache=True, fastmath=True)
def _gather(ids: I32, bary: F32, faces: I32, values: F32) -> tuple[F32, I32, I32]:
    """Of each hit pixel: values (n, c) interpolated from vertices, its face (n,) and its flat place (n,)."""
    height, width = ids.shape
    count = 0
    for y in range(height):
        for x in range(width):
            count += ids[y, x] >= 0
    out, face, place = (
        np.empty((count, values.shape[1]), np.float32), np.empty(count, np.int32), np.empty(count, np.int32),
    )  # fmt: skip
    row = 0
    for y in range(height):
        for x in range(width):
            f = ids[y, x]
            if f < 0:
                continue
            u, v = bary[y, x, 0], bary[y, x, 1]
            w = 1.0 - u - v
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            for k in range(values.shape[1]):
                out[row, k] = u * values[a, k] + v * values[b, k] + w * values[c, k]
            face[row] = f
            place[row] = y * width + x
            row += 1
    return out, face, place


@dataclass(frozen=True)
class Portrait:
    """All that stays the same from frame to frame: the figure, its hair, and the shop behind (H, W, 3) linear."""

    figure: Figure
    hair: Strands
    scene: F32

    @classmethod
    def of(cls, model: BodyModel, spec: TwinSpec) -> Portrait:
        """Dress and comb a twin."""
        figure = figure_of(model, spec)
        return cls(figure, grow(figure), shop(SIZE, camera(1), figure))

    def draw(self, time: float) -> RGB:
        """The picture (H, W, 3) uint8 sRGB at `time` in periods."""
        vertices, normals, body = self.figure.at(time)
        view = camera()
        left, right = self._span(view, vertices)
        points = view.project(vertices)
        points[:, 0] -= left
        hits = rasterise(points, self.figure.faces, SIZE[0] * _FINER, right - left)
        pixels, face, place = _gather(
            hits.face, hits.bary, np.ascontiguousarray(self.figure.faces, np.int32), self._attributes(vertices, normals)
        )
        picture = np.zeros((*hits.face.shape, 3), np.float32)
        picture.reshape(-1, 3)[place] = self._shaded(pixels, self.figure.stuff[face], view)
        depth = np.where(hits.mask, hits.inverse_depth, 0.0).astype(np.float32)
        head = body.bone_transforms[self.figure.model.bones.index("head")]
        draw_hair(self.hair, head, view, picture, depth, (left, 0))
        covered = depth > 0
        picture[covered] = np.minimum(developed(picture[covered]), 255)
        return self._composed(picture, covered.astype(np.float32), left // _FINER)

    def _span(self, view: Camera, vertices: F64) -> tuple[int, int]:
        """Left and right edge of the part that is drawn, whole in the picture's own pixels."""
        scale = view.focal / view.distance
        middle = view.centre[0]
        reach = float(np.abs(vertices[np.unique(self.figure.faces), 0]).max()) + _MARGIN
        half = int(reach * scale) // _FINER * _FINER
        return int(max(0, middle - half)), int(min(SIZE[1] * _FINER, middle + half))

    def _attributes(self, vertices: F64, normals: F64) -> F32:
        """(vertices, 11): place, normal, place on the average body, sky, key."""
        figure = self.figure
        columns = [vertices, normals, figure.rest, figure.open_sky[:, None], figure.key[:, None]]
        return np.ascontiguousarray(np.concatenate(columns, 1), np.float32)

    def _shaded(self, pixels: F32, stuff: NDArray[np.integer], view: Camera) -> F32:
        eye = (view.target + np.array([0.0, 0.0, view.distance])).astype(np.float32) - pixels[:, :3]
        eye, normal = unit(eye), unit(pixels[:, 3:6])
        inside = dot(normal, eye) < 0
        out = np.zeros((len(pixels), 3), np.float32)
        stuff = stuff.astype(np.int8)
        stuff[(stuff == Stuff.SKIN) & (trousered(self.figure.model, pixels[:, 6:9]) > 0.5)] = Stuff.LEGS
        for kind in Stuff:
            chosen = stuff == kind
            if not chosen.any():
                continue
            paint = self._painted(kind, pixels[chosen])
            turned = _bumped(kind, normal[chosen], pixels[chosen, 6:9])
            sky = pixels[chosen, 9] * np.where(inside[chosen] & (kind == Stuff.TOP), 0.35, 1.0)
            sky = sky * 0.62 if kind == Stuff.EYE else sky  # in the lids' shade
            out[chosen] = shade(paint, Lit(turned, eye[chosen], sky.astype(np.float32), pixels[chosen, 10]))
        return out

    def _painted(self, kind: Stuff, pixels: F32) -> Painted:
        figure, rest = self.figure, pixels[:, 6:9]
        if kind is Stuff.EYE:
            return paint_eyes(figure.model, figure.spec, rest)
        if kind is Stuff.TOP:
            return paint_top(figure.spec, rest)
        if kind is Stuff.SHOE:
            return paint_shoe(figure.spec, rest)
        if kind is Stuff.LEGS:
            return paint_trousers(figure.model, figure.spec, rest)
        return paint_skin(figure.model, figure.spec, rest)

    def _composed(self, picture: F32, cover: F32, left: int) -> RGB:
        """The drawn part before the shop, brought to the picture's own size."""
        size = (picture.shape[1] // _FINER, SIZE[0])
        colour = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        share = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)[..., None]
        out = self.scene.copy()
        part = out[:, left : left + size[0]]
        part *= 1 - share
        part += colour
        return np.asarray(np.clip(out + 0.5, 0, 255), np.uint8)


def _bumped(kind: Stuff, normal: F32, rest: F32) -> F32:
    """Normals with what is finer than the mesh: pores, folds of clothes; `rest` is the place on the average body."""
    if kind in {Stuff.EYE, Stuff.SHOE}:
        return normal
    if kind is Stuff.SKIN:
        return unit(normal + np.float32(0.045) * _tilt(rest, 0.0028, 54))
    along = np.array([1.0, 0.45, 0.8] if kind is Stuff.TOP else [0.35, 1.0, 0.6], np.float32)
    slant = rest * along + np.float32(0.28) * rest[:, [1, 0, 0]]
    if kind is Stuff.TOP:
        return unit(normal + np.float32(0.1) * _tilt(slant, 0.045, 57) + np.float32(0.05) * _tilt(rest, 0.006, 51))
    return unit(normal + np.float32(0.2) * _tilt(slant, 0.045, 61))


def _tilt(places: F32, size: float, seed: int) -> F32:
    return np.stack([noise(places, size, seed + axis) for axis in range(3)], 1)


def frames(model: BodyModel, spec: TwinSpec) -> Generator[RGB, None, None]:
    """The loop's frames, `FRAMES` of (H, W, 3) uint8 sRGB; half of them are drawn, as the way back mirrors it."""
    portrait, drawn = Portrait.of(model, spec), list[RGB]()
    for number in range(FRAMES):
        if number < DIFFERENT:
            drawn.append(portrait.draw(number / FRAMES))
        yield drawn[min(number, FRAMES - number)]
