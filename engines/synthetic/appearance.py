"""Pictures of synthetic people: skin, eyes, hair, clothes and light, drawn wildly enough to fool a pose estimator."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.synthetic.body import (
    FOOT,
    FOREARM,
    HAND,
    RIGHT,
    SHIN,
    THIGH,
    TORSO,
    UPPER_ARM,
    BodyModel,
    PosedBody,
)
from engines.synthetic.camera import Camera
from engines.synthetic.dressing import Dressed, DressedTop
from engines.synthetic.extras import (
    ARM,
    EYES,
    HAIR,
    LOWER,
    SKIN,
    TOP,
    Extras,
    extra_pieces,
    plain_piece,
    random_extras,
)
from engines.synthetic.raster import Hits, rasterise, vertex_normals

F64 = NDArray[np.float64]
IDX = NDArray[np.int64]
RGB = NDArray[np.uint8]
SKIN_TONES = np.array(
    [
        (246, 229, 217), (240, 213, 190), (228, 190, 160), (214, 172, 138), (196, 150, 114),
        (166, 122, 88), (134, 94, 66), (104, 70, 50), (76, 52, 40), (54, 40, 34),
    ],
    float,
)  # fmt: skip
"""Ten skin tones from light to dark, sRGB."""
HAIR_COLOURS = np.array(
    [(28, 22, 20), (60, 42, 30), (110, 76, 48), (190, 150, 96), (150, 148, 146), (120, 50, 30)], float
)


@dataclass(frozen=True)
class Look:
    """What one person looks like: colours are sRGB 0..255; tone is the place in `SKIN_TONES`."""

    tone: float
    skin: F64
    hair: F64
    hair_end: float
    """Lowest point of the hair as a share of the hair mesh's height, 0 (shaved) to 1."""
    bare_legs: float
    """Trousers reach down to this share of hip to foot."""
    trousers: F64
    trouser_ease: float
    cloth: RGB
    """Texture (256, 256, 3) of the worn top."""
    extras: Extras = field(default_factory=Extras)


def _colour(rng: np.random.Generator) -> F64:
    return rng.uniform(15, 245, 3)


def random_texture(rng: np.random.Generator) -> RGB:
    """Plain, striped, checked or printed cloth (256, 256, 3)."""
    picture = np.full((256, 256, 3), _colour(rng), np.float64)
    kind = rng.random()
    if kind < 0.2:
        step = int(rng.integers(6, 30))
        picture[(np.arange(256) // step) % 2 == 0] = _colour(rng)
    elif kind < 0.3:
        step = int(rng.integers(8, 30))
        y, x = np.mgrid[:256, :256]
        picture[((y // step) + (x // step)) % 2 == 0] = _colour(rng)
    elif kind < 0.6:
        for _ in range(int(rng.integers(1, 12))):
            centre = tuple(int(v) for v in rng.integers(40, 216, 2))
            cv2.circle(picture, centre, int(rng.integers(5, 50)), tuple(_colour(rng)), -1, cv2.LINE_AA)
    return np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


def _like(colour: F64, rng: np.random.Generator) -> RGB:
    """Plain cloth that is hard to tell from a colour."""
    picture = np.broadcast_to(colour * rng.uniform(0.85, 1.1, 3), (256, 256, 3))
    return np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


def random_look(rng: np.random.Generator) -> Look:
    """A random person's colours, hair, lower clothes and what hangs about them."""
    tone = rng.uniform(0, len(SKIN_TONES) - 1)
    low = int(tone)
    skin = SKIN_TONES[low] + (tone - low) * (SKIN_TONES[min(low + 1, len(SKIN_TONES) - 1)] - SKIN_TONES[low])
    skin = skin * rng.uniform(0.93, 1.05, 3)
    hair = HAIR_COLOURS[rng.integers(len(HAIR_COLOURS))] * rng.uniform(0.7, 1.2, 3)
    hard = rng.random()
    return Look(
        tone=float(tone),
        skin=skin,
        hair=hair,
        hair_end=float(rng.choice([0.0, rng.uniform(0.3, 0.45), rng.uniform(0.5, 1.0)], p=[0.15, 0.4, 0.45])),
        bare_legs=float(rng.choice([1.0, rng.uniform(0.3, 0.6)], p=[0.8, 0.2])),
        trousers=_colour(rng) * rng.choice([0.5, 1.0]),
        trouser_ease=float(rng.uniform(0.004, 0.03)),
        cloth=_like(hair, rng) if hard < 0.1 else _like(skin, rng) if hard < 0.17 else random_texture(rng),
        extras=random_extras(rng),
    )


def random_background(rng: np.random.Generator, size: tuple[int, int]) -> RGB:
    """A shop-like blur of planes and boxes (H, W, 3)."""
    height, width = size
    top, bottom = _colour(rng), _colour(rng)
    if rng.random() < 0.5:
        top, bottom = 180 + top * 0.3, 170 + bottom * 0.3
    ramp = np.linspace(0, 1, height)[:, None, None]
    picture = np.broadcast_to(top * (1 - ramp) + bottom * ramp, (height, width, 3)).copy()
    for _ in range(int(rng.integers(0, 9))):
        x, y = int(rng.integers(-40, width)), int(rng.integers(-40, height))
        corner = (x + int(rng.integers(10, width // 2)), y + int(rng.integers(10, height // 2)))
        cv2.rectangle(picture, (x, y), corner, tuple(_colour(rng)), -1)
    return np.asarray(np.clip(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.6, 4))), 0, 255), np.uint8)


@dataclass(frozen=True)
class Mesh:
    """Everything that is drawn: per face an albedo from `colours` or, where `textured`, from the cloth by `uv`."""

    vertices: F64
    normals: F64
    faces: IDX
    colours: F64
    uv: F64
    kind: IDX
    textured: NDArray[np.bool_]


def hair_faces(model: BodyModel, body: PosedBody, look: Look) -> IDX:
    """The hair cap's faces above where this person's hair ends, with the face left free."""
    faces = model.hair_faces
    if look.hair_end <= 0:
        return faces[:0]
    middle = body.rest[faces].mean(1)
    height = body.rest[faces][..., 1]
    top, bottom = height.max(), height.min()
    eyes = body.rest[model.eye_faces].mean((0, 1))
    before_face = (middle[:, 2] > eyes[2] - 0.045) & (middle[:, 1] < eyes[1] + 0.04) & (abs(middle[:, 0]) < 0.075)
    return np.asarray(faces[(height.min(1) > top - look.hair_end * (top - bottom)) & ~before_face], np.int64)


def _body_colours(model: BodyModel, body: PosedBody, look: Look) -> tuple[F64, IDX]:
    faces = model.body_faces
    kind = np.full(len(faces), SKIN)
    colours = np.tile(look.skin, (len(faces), 1))
    rest = body.rest[faces].mean(1)
    parts = model.parts[faces[:, 0]]
    hip, foot = body.rest_joints["upperleg01.L"][1] + 0.09, body.rest_joints["foot.L"][1]
    legs = np.isin(parts, [THIGH, SHIN, FOOT, THIGH + RIGHT, SHIN + RIGHT, FOOT + RIGHT, TORSO])
    dressed = legs & (rest[:, 1] < hip) & (rest[:, 1] > hip + look.bare_legs * (foot - hip))
    colours[dressed], kind[dressed] = look.trousers, LOWER
    arms = [part + side for part in (UPPER_ARM, FOREARM, HAND) for side in (0, RIGHT)]
    kind[np.isin(parts, arms)] = ARM
    return colours, kind


def eye_colours(body: PosedBody, faces: IDX) -> F64:
    """White with a dark iris at the front of each eyeball."""
    colours = np.full((len(faces), 3), 225.0)
    half = len(faces) // 2
    for eye in (slice(0, half), slice(half, None)):
        middle = body.rest[faces[eye]].mean(1)
        front = middle[:, 2] > middle[:, 2].max() - 0.004
        colours[eye][front] = (45, 32, 26)
    return colours


def build_mesh(model: BodyModel, body: PosedBody, top: DressedTop, look: Look, below: Dressed | None = None) -> Mesh:
    """The person in their own clothes; `below` is cut cloth below the waist, else the skin's shape does for it."""
    hair = hair_faces(model, body, look)
    body_colours, body_kind = _body_colours(model, body, look if below is None else replace(look, bare_legs=0.0))
    vertices = body.vertices.copy()
    trousers = np.unique(model.body_faces[body_kind == LOWER])
    skin_faces = np.concatenate([model.body_faces, model.eye_faces, hair])
    normals = vertex_normals(vertices, skin_faces)
    # Trousers widen below where tops end; under a top they keep out of its way.
    depth = body.rest_joints["upperleg01.L"][1] - 0.1 - body.rest[trousers, 1]
    ease = -0.012 + (look.trouser_ease + 0.012) * np.clip(depth / 0.15, 0, 1)
    vertices[trousers] += normals[trousers] * ease[:, None]
    eyes = eye_colours(body, model.eye_faces)
    pieces = extra_pieces(model, body, top, look.extras, look.cloth.reshape(-1, 3).mean(0))
    if below is not None:
        pieces.append(plain_piece(below.vertices, below.faces, look.trousers, LOWER))
    starts = len(vertices) + np.cumsum([0] + [len(piece.vertices) for piece in pieces])
    count = len(skin_faces)
    return Mesh(
        vertices=np.concatenate([vertices, *(piece.vertices for piece in pieces)]),
        normals=np.concatenate([normals, *(vertex_normals(piece.vertices, piece.faces) for piece in pieces)]),
        faces=np.concatenate([skin_faces, *(p.faces + start for p, start in zip(pieces, starts, strict=False))]),
        colours=np.concatenate(
            [body_colours, eyes, np.tile(look.hair, (len(hair), 1)), *(piece.colours for piece in pieces)]
        ),
        uv=np.concatenate([np.zeros((count, 3, 2)), *(piece.uv for piece in pieces)]),
        kind=np.concatenate(
            [body_kind, np.full(len(eyes), EYES), np.full(len(hair), HAIR)]
            + [np.full(len(piece.faces), piece.kind) for piece in pieces]
        ),
        textured=np.concatenate(
            [np.zeros(count, np.bool_), *(np.full(len(piece.faces), piece.textured) for piece in pieces)]
        ),
    )


@dataclass(frozen=True)
class Light:
    """A lamp's direction (camera axes, towards it), its strength and the ambient light."""

    direction: F64
    lamp: float
    ambient: float
    tint: F64


def random_light(rng: np.random.Generator) -> Light:
    """Light as shops have it, mostly from above."""
    direction = np.array([rng.uniform(-0.8, 0.8), rng.uniform(0.1, 0.9), rng.uniform(0.4, 1.0)])
    return Light(
        direction / np.linalg.norm(direction), rng.uniform(0.3, 0.8), rng.uniform(0.35, 0.6), rng.uniform(0.92, 1.06, 3)
    )


def _albedo(mesh: Mesh, hits: Hits, look: Look) -> F64:
    mask = hits.mask
    face = hits.face[mask]
    albedo = mesh.colours[face]
    top = mesh.textured[face]
    uv = hits.interpolate(mesh.uv)[mask][top]
    size = look.cloth.shape[0]
    texel = (np.stack([uv[:, 0] * 0.4 + 0.5, uv[:, 1]], 1) * size).astype(int) % size
    albedo[top] = look.cloth[texel[:, 1], texel[:, 0]]
    return albedo


def draw(
    mesh: Mesh, look: Look, camera: Camera, light: Light, background: RGB, rng: np.random.Generator
) -> tuple[RGB, NDArray[np.uint8]]:
    """A noisy picture (H, W, 3) uint8 sRGB of the person and the map (H, W) of what each pixel shows."""
    height, width = background.shape[:2]
    hits = rasterise(camera.project(mesh.vertices), mesh.faces, height, width)
    mask = hits.mask
    normals = camera.turn(hits.interpolate(mesh.normals[mesh.faces])[mask])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    kind = mesh.kind[hits.face[mask]]
    inside = (normals[:, 2] < 0) & (kind == TOP)
    lit = light.ambient * (0.8 + 0.2 * normals[:, 1]) + light.lamp * np.clip(normals @ light.direction, 0, 1)
    lit = np.where(inside, lit * 0.5, lit)
    picture = background.astype(np.float32)
    picture[mask] = _albedo(mesh, hits, look) * (lit[:, None] * light.tint * 1.15)
    picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.5, 1.1)))
    picture += rng.normal(0, rng.uniform(0.5, 5), picture.shape)
    parts = np.zeros((height, width), np.uint8)
    parts[mask] = kind
    return np.clip(picture, 0, 255).astype(np.uint8), parts
