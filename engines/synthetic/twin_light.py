"""Light on a twin: a warm key lamp, a cool fill, two rims from behind, sky and floor; linear, then a film's curve.

Skin lets light in and out again: red light further than green and blue, so its terminator is wide and warm (wrapped
diffuse, as in d'Eon and Luebke, GPU Gems 3, chapter 14, in spirit). Hair shines in two bands along its strands
(Kajiya and Kay, SIGGRAPH 1989; Marschner et al. 2003 for the second, coloured one).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engines.synthetic.twin_figure import KEY
from engines.synthetic.twin_paint import Painted

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


def _unit(x: float, y: float, z: float) -> F32:
    vector = np.array([x, y, z], np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


_KEY_COLOUR: Final = np.array([1.0, 0.92, 0.82], np.float32) * np.float32(2.6)
_FILL: Final = _unit(0.75, 0.15, 0.65)
_FILL_COLOUR: Final = np.array([0.9, 0.93, 1.0], np.float32) * np.float32(0.42)
_RIMS: Final = (
    (_unit(0.85, 0.45, -0.55), np.array([0.95, 0.97, 1.0], np.float32) * np.float32(1.3)),
    (_unit(-0.9, 0.25, -0.6), np.array([1.0, 0.95, 0.9], np.float32) * np.float32(0.6)),
)
_SKY: Final = np.array([0.95, 0.95, 1.0], np.float32) * np.float32(0.8)
_FLOOR: Final = np.array([1.0, 0.82, 0.68], np.float32) * np.float32(0.42)
_EXPOSURE: Final = 0.92
_BLEED: Final = np.array([0.42, 0.16, 0.08], np.float32)
"""How far light of each colour wraps about skin."""


def dot(one: F32, other: F32) -> F32:
    """Products (n,) of directions (n, 3) with each other, or with one (3,); numpy's own are slow for so few columns."""
    if other.ndim == 1:
        return np.asarray(one[:, 0] * other[0] + one[:, 1] * other[1] + one[:, 2] * other[2], np.float32)
    return np.asarray(one[:, 0] * other[:, 0] + one[:, 1] * other[:, 1] + one[:, 2] * other[:, 2], np.float32)


def unit(vectors: F32) -> F32:
    """Vectors (n, 3) at length 1."""
    return np.asarray(vectors / np.sqrt(dot(vectors, vectors) + 1e-12)[:, None], np.float32)


@dataclass(frozen=True)
class Lit:
    """What light needs to know of each pixel: normals and directions to the eye (n, 3), sky and key seen (n,)."""

    normal: F32
    eye: F32
    sky: F32
    key: F32


def shade(paint: Painted, lit: Lit) -> F32:
    """Linear light (n, 3) that comes from painted pixels."""
    normal = lit.normal
    bleed = paint.skin[:, None] * _BLEED
    ao = lit.sky[:, None] ** (1 - paint.skin[:, None] * np.array([0.42, 0.19, 0.13], np.float32))
    up = (0.5 + 0.5 * normal[:, 1:2]).astype(np.float32)
    light = ao * (_SKY * up + _FLOOR * (1 - up))
    shadow = lit.key[:, None] ** (1 - 0.8 * bleed)
    facing = dot(normal, KEY.astype(np.float32))[:, None]
    light += _KEY_COLOUR * shadow * np.clip((facing + bleed) / (1 + bleed) ** 2, 0, None)
    light += _FILL_COLOUR * ao * np.clip(dot(normal, _FILL)[:, None] + bleed, 0, None) / (1 + bleed)
    out = paint.albedo * light / np.float32(np.pi) * np.float32(2.0)
    return np.asarray(out + _gleam(paint, lit) + _edges(paint, lit), np.float32)


def _gleam(paint: Painted, lit: Lit) -> F32:
    """The lamps mirrored in what is glossy."""
    out = np.zeros((len(lit.normal), 3), np.float32)
    for lamp, colour, seen in ((KEY.astype(np.float32), _KEY_COLOUR, lit.key), (_FILL, _FILL_COLOUR, lit.sky)):
        mirrored = np.clip(dot(lit.normal, unit(lit.eye + lamp)), 0, 1)
        broad = mirrored**14
        bright = paint.gloss * (0.1 * broad + 0.16 * broad * broad * broad)
        wet = paint.gloss > 0.9
        bright[wet] = 3.2 * mirrored[wet] ** 260
        out += (bright * seen * (dot(lit.normal, lamp) > 0))[:, None] * colour
    return out


def _edges(paint: Painted, lit: Lit) -> F32:
    """The lamps behind, seen where a surface turns away; cloth has a soft bloom there too."""
    away = 1 - np.clip(dot(lit.normal, lit.eye), 0, 1)
    out = np.zeros((len(lit.normal), 3), np.float32)
    for lamp, colour in _RIMS:
        wrapped = np.clip(dot(lit.normal, lamp) + 0.25, 0, None) * away * away * lit.sky
        out += wrapped[:, None] * colour * (0.5 * paint.albedo + 0.05)
    bloom = 0.11 * away * away * away * lit.sky * (1 - paint.skin)
    return np.asarray(out + bloom[:, None] * (paint.albedo + 0.04), np.float32)


def shade_hair(colour: F32, tangent: F32, normal: F32, eye: F32, open_: F32) -> F32:
    """Linear light (n, 3) of hair pixels: `colour` (n, 3) linear, unit tangents and the head's normals (n, 3).

    open_: (n,) 0 deep among the strands to 1 on top.
    """
    key = KEY.astype(np.float32)
    up = 0.5 + 0.5 * normal[:, 1:2]
    light = (_SKY * up + _FLOOR * (1 - up)) * open_[:, None]
    front = np.clip(0.25 + 0.75 * dot(normal, key), 0, 1)
    along = dot(tangent, key)
    light = light + _KEY_COLOUR * (front * np.sqrt(np.clip(1 - along**2, 0, 1)) * open_)[:, None] * np.float32(0.62)
    light += _FILL_COLOUR * (np.clip(dot(normal, _FILL), 0, 1) * open_)[:, None]
    out = colour * light / np.float32(np.pi) * np.float32(2.2)
    half = unit(eye + key)
    strongest = colour.max(1, keepdims=True)
    for shift, power, strength, tint in ((0.1, 90, 0.13, 0.3), (-0.12, 26, 0.2, 1.0)):
        bent = unit(tangent + np.float32(shift) * normal)
        shine = np.clip(1 - dot(bent, half) ** 2, 0, 1) ** (power / 2)
        own = tint * colour / (strongest + 1e-3) * 0.8 + (1 - tint)
        out += (strength * shine * front * open_**1.5)[:, None] * own * _KEY_COLOUR * (0.2 + strongest)
    for lamp, lamp_colour in _RIMS:
        back = np.clip(dot(normal, lamp) + 0.3, 0, None) * (1 - np.clip(dot(normal, eye), 0, 1)) ** 1.6
        out += (back * open_)[:, None] * lamp_colour * (0.55 * colour + 0.025)
    return np.asarray(out, np.float32)


def developed(light: F32) -> F32:
    """Linear light to sRGB 0..255 by a filmic curve (Hable's, with the shoulder kept gentle)."""
    exposed = light * np.float32(_EXPOSURE)
    curve = (exposed * (0.22 * exposed + 0.03) + 0.002) / (exposed * (0.22 * exposed + 0.3) + 0.06) - 0.0333
    white = 4.5
    top = (white * (0.22 * white + 0.03) + 0.002) / (white * (0.22 * white + 0.3) + 0.06) - 0.0333
    value = np.clip(curve / top * 1.0, 0, 1)
    return np.asarray(255 * np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055), np.float32)
