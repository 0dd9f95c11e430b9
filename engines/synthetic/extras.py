"""What makes worn clothes hard to see through: padding, hoods and collars, lanyards, things in the hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.synthetic.body import HAND, NECK, RIGHT, TORSO, BodyModel, PosedBody
from engines.synthetic.dressing import DressedTop
from engines.synthetic.raster import vertex_normals

F64 = NDArray[np.float64]
IDX = NDArray[np.int64]
BACKGROUND, SKIN, HAIR, TOP, LOWER, EYES, ARM, HELD = range(8)
"""Kinds of a mesh's faces, and values of a part map; SKIN is that of face, neck and trunk, ARM of arms and hands."""
_HELD_SIZES = np.array([(0.072, 0.15, 0.01), (0.075, 0.12, 0.075), (0.21, 0.29, 0.01), (0.3, 0.35, 0.1)])
"""Edges in metres of a phone, a cup, a sheet of paper, a bag."""
_BADGE = np.array([0.055, 0.085, 0.004])


@dataclass(frozen=True)
class Held:
    """A box in the hand: edges in metres, sRGB colour, and the side of the hand that holds it (0 left, 1 right)."""

    size: F64
    colour: F64
    side: int


@dataclass(frozen=True)
class Extras:
    """What one person wears beside the draped sheet of their top.

    thickness: how far cloth stands off the sheet (fleece, padding), metres. collar: how far a hood or collar about
    the neck stands off, 0 for none. lanyard: its sRGB colour.
    """

    thickness: float = 0.0
    collar: float = 0.0
    lanyard: F64 | None = None
    held: Held | None = None


@dataclass(frozen=True)
class Piece:
    """A part of the person's mesh: vertices (n, 3), faces (m, 3) of one kind, a colour or chart position a face."""

    vertices: F64
    faces: IDX
    colours: F64
    uv: F64
    textured: bool = False
    kind: int = TOP


def random_extras(rng: np.random.Generator) -> Extras:
    """Extras as people in shops have them; thick clothes more often than not."""
    return Extras(
        thickness=float(rng.uniform(0.002, 0.03) if rng.random() < 0.6 else 0.0),
        collar=float(rng.uniform(0.01, 0.05) if rng.random() < 0.3 else 0.0),
        lanyard=rng.uniform(15, 245, 3) if rng.random() < 0.12 else None,
        held=_random_held(rng) if rng.random() < 0.2 else None,
    )


def _random_held(rng: np.random.Generator) -> Held:
    size = _HELD_SIZES[rng.choice(len(_HELD_SIZES), p=(0.5, 0.25, 0.15, 0.1))] * rng.uniform(0.85, 1.2)
    grey = np.clip(rng.choice([15.0, 40.0, 230.0]) + rng.uniform(-10, 10, 3), 0, 255)
    return Held(size, grey if rng.random() < 0.5 else rng.uniform(15, 245, 3), int(rng.integers(2)))


def extra_pieces(model: BodyModel, body: PosedBody, top: DressedTop, extras: Extras, cloth: F64) -> list[Piece]:
    """The worn top, padded, and all else that a person has about them. `cloth` is the top's mean colour."""
    pieces = [_padded(top, extras.thickness)]
    if extras.collar > 0:
        pieces.append(_collar(model, body, extras.collar, cloth))
    if extras.lanyard is not None:
        pieces.append(_lanyard(body, top, extras.lanyard))
    if extras.held is not None:
        pieces.append(_in_hand(model, body, extras.held))
    return pieces


def plain_piece(vertices: F64, faces: IDX, colour: F64, kind: int = TOP) -> Piece:
    """A piece of one colour (3,)."""
    return Piece(vertices, faces, np.tile(colour, (len(faces), 1)), np.zeros((len(faces), 3, 2)), kind=kind)


def _padded(top: DressedTop, thickness: float) -> Piece:
    """The top with its outer side off the sheet, unevenly, as thick cloth bulges."""
    waves = np.sin(top.vertices @ np.random.default_rng(1).normal(0, 28, (3, 5))).mean(1, keepdims=True)
    vertices = top.vertices + vertex_normals(top.vertices, top.faces) * thickness * (1.0 + 0.8 * waves)
    return Piece(vertices, top.faces, np.zeros((len(top.faces), 3)), top.uv, textured=True)


def _collar(model: BodyModel, body: PosedBody, thickness: float, colour: F64) -> Piece:
    """A hood lying about the neck, or a high collar: the skin around the neck's root, pushed outwards."""
    root, nape = body.rest_joints["neck01"], body.rest_joints["head"]
    reach = 0.55 * float(np.linalg.norm(nape - root)) + 1.6 * thickness
    distance = np.linalg.norm((body.rest - root) * np.array([0.55, 1.0, 0.8]), axis=1)
    faces = model.body_faces[(distance[model.body_faces] < reach).all(1)]
    faces = faces[np.isin(model.parts[faces], [NECK, TORSO]).all(1)]
    used, local = np.unique(faces, return_inverse=True)
    normals = vertex_normals(body.vertices, model.body_faces)[used]
    swell = np.sqrt(np.clip(1.0 - (distance[used] / reach) ** 2, 0.0, 1.0))[:, None]
    return plain_piece(body.vertices[used] + normals * (0.006 + thickness * swell), local.reshape(faces.shape), colour)


def _box(centre: F64, axes: F64, size: F64) -> tuple[F64, IDX]:
    """A box; the rows of `axes` are the directions of its edges."""
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    faces = [[q[0], q[k], q[k + 1]] for q in quads for k in (1, 2)]
    return centre + (corners * size) @ axes, np.array(faces, np.int64)


def _lanyard(body: PosedBody, top: DressedTop, colour: F64) -> Piece:
    """Two bands from the sides of the neck to a badge before the belly."""
    neck, hips = body.joints["neck01"], (body.joints["upperleg01.L"] + body.joints["upperleg01.R"]) / 2
    left = body.joints["upperarm01.L"] - body.joints["upperarm01.R"]
    left /= np.linalg.norm(left)
    down = (hips - neck) / np.linalg.norm(hips - neck)
    ahead = np.cross(left, -down)
    middle = neck + 0.6 * (hips - neck)
    reach = ((top.vertices - middle) @ ahead)[np.linalg.norm(top.vertices - middle, axis=1) < 0.3].max()
    badge = middle + (reach + 0.02) * ahead
    vertices, faces = _box(badge + 0.045 * down, np.stack([left, down, ahead]), _BADGE)
    for sign in (1.0, -1.0):
        start = neck + 0.075 * sign * left + 0.05 * ahead
        band = np.stack([start - 0.007 * left, start + 0.007 * left, badge - 0.007 * left, badge + 0.007 * left])
        faces = np.concatenate([faces, np.array([[0, 1, 3], [0, 3, 2]]) + len(vertices)])
        vertices = np.concatenate([vertices, band])
    return plain_piece(vertices, faces, colour)


def _in_hand(model: BodyModel, body: PosedBody, held: Held) -> Piece:
    """A box before the palm, turned as the forearm is."""
    hand = body.vertices[model.parts == HAND + RIGHT * held.side].mean(0)
    along = hand - body.joints["wrist.R" if held.side else "wrist.L"]
    along /= np.linalg.norm(along) + 1e-9
    ahead = np.array([0.0, 0.0, 1.0]) - along * along[2]
    ahead /= np.linalg.norm(ahead) + 1e-9
    centre = hand + 0.03 * along + (0.02 + held.size[2] / 2) * ahead
    return plain_piece(*_box(centre, np.stack([np.cross(along, ahead), along, ahead]), held.size), held.colour, HELD)
