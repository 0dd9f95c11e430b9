"""How a picture and a body become the parts network's input, and what its output means, for training and runtime alike.

Everything lies in field coordinates (`engines.drape.drape`): 288 x 256 pixels about the torso, which is 96 pixels
long. What is finer than the coarse grid (72, 64) comes as space to depth: planes of the field's size as 16 channels
each (`engines.drape.limbs.space_to_depth`), planes of half that size as 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape import limbs
from engines.drape.contract import FieldBody
from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH, FIELD_HEIGHT, FIELD_WIDTH, TORSO_PIXELS
from engines.parts.colours import cloth_tone, colour_features, hair_tone, likeness, skin_tone
from engines.pose.body import Landmark

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


class Part(IntEnum):
    """What a pixel of the camera's picture shows: the output's channels, and the values of a part map."""

    BACKGROUND = 0
    FACE = 1
    """Skin of face, neck, chest and trunk, with the eyes."""
    HAIR = 2
    TOP = 3
    """What is worn above the waist, with hoods and lanyards: it goes."""
    LOWER = 4
    """Trousers and skirts, and bare legs."""
    ARM = 5
    """Bare skin of arms and hands."""
    HELD = 6


PICTURE = slice(0, 48)
"""Red, green, blue, 16 channels each, -1..1."""
LIKENESS = slice(48, 60)
"""Likeness to the face's skin, the trunk's cloth, the hair (`engines.parts.colours`), 4 channels each, 0..1."""
PLATE = slice(60, 76)
"""Difference from the empty scene, 0..1."""
SILHOUETTE = slice(76, 92)
LIMBS = slice(92, 113)
"""Left arm (7), right arm (7), trunk (6), frame (1), as the draping network gets them (`engines.drape.limbs`)."""
HEAD = 113
PLACE = slice(114, 116)
"""Where the pixel lies: x and y, -1..1."""
TURN = slice(116, 118)
"""Planes: the shoulders' span and depth (`engines.drape.limbs.facing`)."""
PLATE_KNOWN = 118
"""Share of the coarse pixel where the empty scene is known."""
FACE_SEEN = 119
LAST_SEEN = 120
LAST = slice(121, 128)
"""The network's last output (`last_of`); 0 where there is none."""
CHANNELS = 128
FINE = slice(0, 76)
"""Channels that the network looks at once more at half resolution."""
_PLACES = np.stack([limbs.GRID_X / (FIELD_WIDTH / 2) - 1, limbs.GRID_Y / (FIELD_HEIGHT / 2) - 1])
_STRONG = 96.0
"""Difference from the empty scene that counts as 1."""

# engines.synthetic.appearance: BACKGROUND, SKIN, HAIR, TOP, LOWER, EYES, ARM, HELD.
_PART_OF_KIND = np.array(
    [Part.BACKGROUND, Part.FACE, Part.HAIR, Part.TOP, Part.LOWER, Part.FACE, Part.ARM, Part.HELD], np.uint8
)
_SKIN = 1


def parts_of(kinds: U8, points: F32) -> U8:
    """A part map (288, 256) of `Part` from a rendered map of `engines.synthetic.appearance`'s kinds.

    points: (33, 2) landmarks in field pixels; skin below the hips is bare legs, which stay as trousers do.
    """
    parts = _PART_OF_KIND[kinds]
    hips = float(points[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP], 1].mean())
    below = max(0, round(min(hips, FIELD_HEIGHT)))
    parts[below:][kinds[below:] == _SKIN] = Part.LOWER
    return np.asarray(parts, np.uint8)


@dataclass(frozen=True)
class FieldView:
    """What the network may know of one frame, in field coordinates.

    picture: (288, 256, 3) uint8 sRGB. plate: the same without the person, or None; known: (288, 256) uint8, 0 where
    the plate says nothing, or None where it is whole. last: (7, 72, 64) float32, the last frame's chances brought
    here, or None.
    """

    body: FieldBody
    picture: U8
    plate: U8 | None = None
    known: U8 | None = None
    last: F32 | None = None


def _seen(shape: tuple[int, ...], matrix: F32, step: int) -> tuple[slice, slice]:
    """Rows and columns of a frame that the field sees, their lengths multiples of `step` (the frame's end left out)."""
    scale, offset = float(matrix[0, 0]), matrix[:, 2]
    low = np.floor(-offset / scale).astype(int) - 2 * step
    high = np.ceil((np.array([FIELD_WIDTH, FIELD_HEIGHT]) - offset) / scale).astype(int) + 2 * step
    size = np.array(shape[1::-1])
    low = np.clip(low, 0, size - step)
    count = np.maximum((np.minimum(high, size) - low) // step, 1) * step
    return slice(int(low[1]), int(low[1] + count[1])), slice(int(low[0]), int(low[0] + count[0]))


def picture_into_field(picture: U8, matrix: F32) -> U8:
    """A frame's picture (H, W, 3) or mask (H, W), uint8, in field coordinates (288, 256).

    Beyond the frame its edge goes on, which `input_maps` greys out. Only what the field sees is looked at: a frame of
    a large camera costs little more than one of a small.
    """
    scale = float(matrix[0, 0])
    # Averaged first, or thin things alias; by whole steps, which is several times as fast as by others.
    step = int(np.clip(1 / scale, 1, min(picture.shape[:2])))
    rows, columns = _seen(picture.shape, matrix, step)
    source = picture[rows, columns]
    if step > 1:
        small = (source.shape[1] // step, source.shape[0] // step)
        source = cv2.resize(source, small, interpolation=cv2.INTER_AREA)
    # warpAffine counts pixel centres at whole numbers, we at halves.
    offset = matrix[:, 2] + scale * np.array([columns.start, rows.start]) + 0.5 * scale * step - 0.5
    warp = np.column_stack([np.eye(2) * scale * step, offset])
    size = (FIELD_WIDTH, FIELD_HEIGHT)
    seen = cv2.warpAffine(source, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def last_of(chance: F32) -> F32:
    """An output (7, 288, 256) on the coarse grid (7, 72, 64), as the next frame's input."""
    size = (COARSE_WIDTH, COARSE_HEIGHT)
    return np.stack([cv2.resize(channel, size, interpolation=cv2.INTER_AREA) for channel in chance])


def _half_to_depth(plane: F32) -> F32:
    """A plane (144, 128) as 4 channels (4, 72, 64), which a pixel shuffle by 2 undoes."""
    columns = np.stack(cv2.split(plane.reshape(2 * COARSE_HEIGHT, COARSE_WIDTH, 2)))
    blocks = columns.reshape(2, COARSE_HEIGHT, 2, COARSE_WIDTH).transpose(2, 0, 1, 3)
    return np.asarray(blocks.reshape(4, COARSE_HEIGHT, COARSE_WIDTH), np.float32)


def _inside(frame: tuple[float, float, float, float]) -> tuple[slice, slice]:
    """Rows and columns of the field that lie in the frame."""
    x0, x1 = (int(np.clip(round(v), 0, FIELD_WIDTH)) for v in (frame[0], frame[2]))
    y0, y1 = (int(np.clip(round(v), 0, FIELD_HEIGHT)) for v in (frame[1], frame[3]))
    return slice(y0, y1), slice(x0, x1)


def inside_frame(frame: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Which pixels of the field (288, 256) lie in the camera's frame (x0, y0, x1, y1 in field pixels)."""
    inside = np.zeros((FIELD_HEIGHT, FIELD_WIDTH), np.bool_)
    inside[_inside(frame)] = True
    return inside


def background_beyond(chance: F32, inside: NDArray[np.bool_]) -> F32:
    """Chances (7, H, W) of whatever resolution with nothing but background where the frame (H, W) does not reach.

    Nobody has taught the network what to say there, and it would be told so again with the next frame.
    """
    if inside.all():
        return chance
    cleaned = chance * inside
    cleaned[Part.BACKGROUND] += ~inside
    return np.asarray(cleaned, np.float32)


def _framed(picture: U8, frame: tuple[float, float, float, float]) -> U8:
    """The picture (288, 256, 3) with mid grey beyond the frame."""
    rows, columns = _inside(frame)
    if rows == slice(0, FIELD_HEIGHT) and columns == slice(0, FIELD_WIDTH):
        return picture
    framed = np.full_like(picture, 128)
    framed[rows, columns] = picture[rows, columns]
    return framed


def plate_difference(picture: U8, plate: U8, known: U8 | None) -> U8:
    """How much each pixel (288, 256) differs from the empty scene, 0..255; 0 where `known` is."""
    here, empty = (cv2.cvtColor(each, cv2.COLOR_RGB2YCrCb) for each in (picture, plate))
    luma, red, blue = cv2.split(cv2.absdiff(here, empty))
    difference = cv2.addWeighted(luma, 255 / _STRONG, cv2.max(red, blue), 2 * 255 / _STRONG, 0)
    if known is not None:
        difference[known == 0] = 0
    return np.asarray(difference, np.uint8)


def _known_share(view: FieldView) -> F32:
    if view.plate is None:
        return np.zeros((COARSE_HEIGHT, COARSE_WIDTH), np.float32)
    if view.known is None:
        return np.ones((COARSE_HEIGHT, COARSE_WIDTH), np.float32)
    known = cv2.threshold(view.known, 0, 255, cv2.THRESH_BINARY)[1]
    share = np.asarray(cv2.resize(known, (COARSE_WIDTH, COARSE_HEIGHT), interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(share * np.float32(1 / 255), np.float32)


def _limb_maps(body: FieldBody) -> list[F32]:
    span, _ = limbs.facing(body.points, body.world)
    sign = 1.0 if span >= 0 else -1.0
    depth = limbs.depths(body.world)
    left = limbs.arm(body.points, depth, limbs.LEFT, -sign)
    right = limbs.arm(body.points, depth, limbs.RIGHT, sign)
    return [*left.maps, *right.maps, *limbs.trunk_maps(body.points), limbs.valid(body.frame)]


def _head_map(points: F32) -> F32:
    eyes = points[[Landmark.NOSE, Landmark.LEFT_EAR, Landmark.RIGHT_EAR, Landmark.LEFT_EYE, Landmark.RIGHT_EYE]]
    x, y = eyes.mean(0)
    return np.asarray(
        np.exp(-((limbs.GRID_X - x) ** 2 + (limbs.GRID_Y - y) ** 2) / (0.3 * TORSO_PIXELS) ** 2), np.float32
    )


def input_maps(view: FieldView) -> F32:
    """The network's input (128, 72, 64) float32 for one frame; channels as the slices of this module say."""
    maps = np.zeros((CHANNELS, COARSE_HEIGHT, COARSE_WIDTH), np.float32)
    body, picture = view.body, _framed(view.picture, view.body.frame)
    for k, plane in enumerate(cv2.split(picture)):
        maps[16 * k : 16 * k + 16] = limbs.space_to_depth(plane)
    maps[PICTURE] *= np.float32(1 / 128)
    maps[PICTURE] -= np.float32(1)
    features = colour_features(picture)
    inside = inside_frame(body.frame)[::2, ::2].astype(np.float32)
    skin = skin_tone(features, body)
    for k, tone in enumerate((skin, cloth_tone(features, body), hair_tone(features, body))):
        maps[LIKENESS][4 * k : 4 * k + 4] = _half_to_depth(likeness(features, tone) * inside)
    if view.plate is not None:
        difference = plate_difference(picture, _framed(view.plate, body.frame), view.known)
        maps[PLATE] = limbs.space_to_depth(difference)
    maps[SILHOUETTE] = limbs.space_to_depth(body.silhouette)
    maps[PLATE.start : SILHOUETTE.stop] /= np.float32(255)
    maps[LIMBS] = np.stack(_limb_maps(body))
    maps[HEAD] = _head_map(body.points)
    maps[PLACE] = _PLACES
    span, turn = limbs.facing(body.points, body.world)
    maps[TURN.start], maps[TURN.start + 1] = 2 * span, 3 * turn
    maps[PLATE_KNOWN] = _known_share(view)
    maps[FACE_SEEN] = float(skin is not None)
    if view.last is not None:
        maps[LAST_SEEN], maps[LAST] = 1.0, view.last
    return maps
