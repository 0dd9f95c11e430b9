"""Light on a shot and on its backdrop, in linear light: key, fill, rims and gobos as a set asks for.

The person is relit by the quotient of the new light and the old one over the normals (ratio images; Shashua and
Riklin-Raviv, "The Quotient Image", 2001, section 3), which keeps all detail of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.lookbook.setfile import Gobo, Key, SetFile
from kiosk.lookbook.shot import Shot
from kiosk.tryon.pixels import soft

F32 = NDArray[np.float32]
STEP = 4
"""Light is computed on a picture so many times smaller: it is smooth but for gobos, which are soft enough."""
KEPT = 0.75
"""Share of the old light that is taken out: its estimate is not perfect, and too much looks inside out."""
MOST_GAIN = 3.5


@dataclass(frozen=True)
class Lit:
    """Light of a set on a shot's pixels, each (H, W, 3) float32, linear.

    gain: multiplies the person. edge: is added to the person. wall: multiplies the backdrop's own colour.
    """

    gain: F32
    edge: F32
    wall: F32


def lit(shot: Shot, wanted: SetFile) -> Lit:
    """The light of a set on a shot."""
    height, width = shot.person.shape
    size = (width // STEP, height // STEP)
    normal = np.asarray(cv2.resize(shot.normal, size, interpolation=cv2.INTER_AREA))
    person = np.asarray(cv2.resize(shot.person, size, interpolation=cv2.INTER_AREA))
    pattern = gobo_pattern(wanted.gobo, person.shape) if wanted.gobo else np.ones(person.shape, np.float32)
    key, fill = white(wanted.key.kelvin) * wanted.key.strength, white(wanted.fill.kelvin) * wanted.fill.strength
    facing = _facing(normal, wanted.key) * _bent(pattern, normal)
    new = facing[..., None] * key + _sky(normal)[..., None] * fill
    gain = np.clip(new / _old(normal, shot)[..., None], 0.0, MOST_GAIN)
    edge = np.zeros_like(gain)
    for rim in wanted.rim:
        edge += _rim(normal, person, rim.azimuth)[..., None] * linear(rim.colour) * np.float32(rim.strength)
    open_ = 1.0 - _shadow(person, wanted, shot.torso / STEP)
    wall = (open_ * pattern * max(0.15, np.cos(np.radians(wanted.key.azimuth))))[..., None] * key + fill
    wall = wall * _pool(person.shape, wanted)[..., None]
    return Lit(*(_raised(np.asarray(part, np.float32), width, height) for part in (gain, edge, wall)))


def _raised(part: F32, width: int, height: int) -> F32:
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def white(kelvin: float) -> F32:
    """Linear sRGB (3,) of a black body as seen by a camera balanced to 5500 K, of brightness 1.

    Source: Krystek's approximation of the Planckian locus, Color Research and Application 10(1), 1985.
    """
    colour = _planck(kelvin) / _planck(5500.0)
    return np.asarray(colour / (colour @ np.array([0.2126, 0.7152, 0.0722])), np.float32)


def _planck(kelvin: float) -> NDArray[np.float64]:
    t = kelvin
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
    x, y = 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)
    xyz = np.array([x / y, 1.0, (1 - x - y) / y])
    matrix = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    return np.asarray(np.clip(matrix @ xyz, 0.02, None), np.float64)


def linear(colour: str) -> F32:
    """Linear (3,) of an sRGB colour written #rrggbb."""
    return to_linear(np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], np.uint8))


def to_linear(picture: NDArray[np.uint8]) -> F32:
    """From sRGB uint8 to linear float32 (IEC 61966-2-1)."""
    levels = np.arange(256) / 255.0
    table = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(table[picture], np.float32)


def direction(azimuth: float, elevation: float) -> F32:
    """Unit vector (x right, y down, z to the viewer) toward a light."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.array([np.sin(a) * np.cos(e), -np.sin(e), np.cos(a) * np.cos(e)], np.float32)


def _facing(normal: F32, key: Key) -> F32:
    """How much of the key light a surface gets: Lambert's cosine, wrapped around the form by a soft light's size."""
    wrap = 0.6 * key.softness
    cosine = normal @ direction(key.azimuth, key.elevation)
    return np.asarray(np.clip((cosine + wrap) / (1.0 + wrap), 0.0, 1.0), np.float32)


def _sky(normal: F32) -> F32:
    """Light from everywhere, a little less from below and at grazing rims, as if surfaces hid each other."""
    return np.asarray((0.82 - 0.18 * normal[..., 1]) * (0.72 + 0.28 * np.clip(normal[..., 2], 0, 1)), np.float32)


def _old(normal: F32, shot: Shot) -> F32:
    """The light that is in the picture already, 1 on a surface that faces the viewer."""
    light = shot.light
    shade = light.ambient + normal @ light.direction
    relative = np.clip(shade / (light.ambient + float(light.direction[2])), 0.45, 1.3)
    return np.asarray(relative**KEPT, np.float32)


def _rim(normal: F32, person: F32, azimuth: float) -> F32:
    """Light from behind on the rim that it reaches."""
    side = np.sign(azimuth) * np.sin(np.radians(min(abs(azimuth), 90.0)))
    grazing = np.clip(1.0 - normal[..., 2], 0.0, 1.0) ** 2.2
    toward = np.clip(normal[..., 0] * side - 0.25 * normal[..., 1] + 0.1, 0.0, 1.0)
    return np.asarray(grazing * toward * person, np.float32)


def _shadow(person: F32, wanted: SetFile, torso: float) -> F32:
    """The person's shadow on the backdrop, 0..1: moved away from the key light, the softer the farther."""
    key, distance = wanted.key, wanted.backdrop.distance * torso
    to = direction(key.azimuth, key.elevation)
    if to[2] <= 0.1:
        return np.zeros_like(person)
    dx, dy = (-distance * float(to[axis] / to[2]) for axis in (0, 1))
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    size = (person.shape[1], person.shape[0])
    thrown = np.asarray(cv2.warpAffine(person, matrix, size, borderMode=cv2.BORDER_REPLICATE))
    blurred = soft(thrown, max(0.6, (0.012 + 0.42 * key.softness) * distance))
    return np.asarray(blurred * np.float32(0.97), np.float32)


def _pool(shape: tuple[int, ...], wanted: SetFile) -> F32:
    """How the backdrop's light falls off about its middle, toward the side of the key."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / np.float32(shape[0])
    middle = 0.375 + 0.12 * np.sin(np.radians(wanted.key.azimuth))
    away = np.sqrt((x - middle) ** 2 + 0.8 * (y - 0.4) ** 2)
    reach = 0.16 + 1.3 * wanted.backdrop.pool**1.5
    return np.asarray(1.0 / (1.0 + (away / reach) ** 2.4), np.float32)


def _bent(pattern: F32, normal: F32) -> F32:
    """A pattern as it lies on the person, bent a little by the form."""
    height, width = pattern.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x + 0.03 * height * normal[..., 0], y + 0.03 * height * normal[..., 1]
    return np.asarray(cv2.remap(pattern, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def gobo_pattern(gobo: Gobo, shape: tuple[int, ...]) -> F32:
    """The light that a gobo lets through, (h, w) in 0..1."""
    height, width = shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32) / np.float32(height)
    lean = x - 0.28 * y
    if gobo.pattern == "leaves":
        random, clouds = np.random.default_rng(gobo.seed), np.zeros((height, width), np.float32)
        for cells, share in ((8, 1.0), (32, 0.7)):
            noise = random.normal(size=(cells, cells * 3 // 4)).astype(np.float32)
            clouds += share * np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC))
        through = (clouds > -0.25).astype(np.float32)
    elif gobo.pattern == "blinds":
        through = ((y + 0.12 * x) * 15 % 1.0 > 0.42).astype(np.float32)
    else:
        column, row = (lean + 0.08) * 3.1, (y + 0.35 * x - 0.18) * 3.0
        bars = (np.abs(column % 1.0 - 0.5) < 0.44) & (np.abs(row % 1.0 - 0.5) < 0.45)
        through = (bars & (column > 0) & (column < 3) & (row > 0) & (row < 3)).astype(np.float32)
    blurred = soft(through, (0.004 + 0.02 * gobo.softness) * height)
    return np.asarray(1.0 - gobo.strength * (1.0 - blurred), np.float32)
