"""What a twin's skin, eyes and clothes look like before light falls on them: painted by place on the average body.

Skin varies as it does on people: redder where blood is near the surface (lips, cheeks, nose, ears, knuckles, elbows,
knees), darker about the eyes, mottled on several scales; colours are linear light from here on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

from engines.synthetic.appearance import SKIN_TONES

if TYPE_CHECKING:
    from engines.synthetic.body import BodyModel
    from engines.synthetic.twin_people import TwinSpec

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
_EYE_X: Final = 0.0308
_MOUTH: Final = -0.0675
_WORN: Final = (
    *((f"finger{number}-1", 0.016, 0.6) for number in (2, 3, 4)),
    *((f"finger{number}-3", 0.02, 0.6) for number in (2, 3, 4)),
    ("lowerarm01", 0.045, 0.4),
)
"""Joints with redder skin about them: how far in metres, and how much."""


def linear(colour: NDArray[np.floating] | tuple[float, ...]) -> F32:
    """SRGB 0..255 to linear 0..1."""
    value = np.asarray(colour, np.float32) / np.float32(255)
    return np.asarray(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4), np.float32)


def skin_colour(tone: float) -> F32:
    """Linear colour of a place in `SKIN_TONES`."""
    low = int(min(tone, len(SKIN_TONES) - 2))
    return linear(SKIN_TONES[low] + (tone - low) * (SKIN_TONES[low + 1] - SKIN_TONES[low]))


@nb.njit(cache=True, fastmath=True)
def _lattice(x: int, y: int, z: int, seed: int) -> float:
    key = (x * 73856093) ^ (y * 19349663) ^ (z * 83492791) ^ (seed * 2654435761)
    key = ((key ^ (key >> 13)) * 1274126177) & 0x7FFFFFFF
    return ((key ^ (key >> 16)) & 0xFFFF) / 32767.5 - 1.0


@nb.njit(cache=True, fastmath=True)
def _noise(places: F32, size: float, seed: int) -> F32:
    out = np.empty(len(places), np.float32)
    for row in range(len(places)):
        x, y, z = places[row, 0] / size, places[row, 1] / size, places[row, 2] / size
        i, j, k = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
        u, v, w = x - i, y - j, z - k
        u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
        total = 0.0
        for corner in range(8):
            a, b, c = corner & 1, corner >> 1 & 1, corner >> 2
            weight = (u if a else 1 - u) * (v if b else 1 - v) * (w if c else 1 - w)
            total += weight * _lattice(i + a, j + b, k + c, seed)
        out[row] = total
    return out


def noise(places: F32, size: float, seed: int) -> F32:
    """Smooth value noise (n,), -1..1, at places (n, 3) in metres; `size` is that of a blotch."""
    return np.asarray(_noise(np.ascontiguousarray(places, np.float32), size, seed), np.float32)


def _spot(x: F32, y: F32, centre: tuple[float, float], radii: tuple[float, float]) -> F32:
    """1 in the middle of an ellipse, falling softly to 0 at its rim."""
    away = ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2
    return np.asarray(np.clip(1 - away, 0, 1) ** 1.5, np.float32)


def _step(value: F32, low: float, high: float) -> F32:
    share = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def lips(x: F32, y: F32) -> F32:
    """0..1 on the red of the lips; `x` without a sign, both in metres from the eyes' middle."""
    wide = np.clip(1 - (x / 0.0235) ** 2, 0, 1)
    bow = 0.0075 * wide**0.7 - 0.0016 * np.exp(-((x / 0.0035) ** 2))
    low = 0.0128 * wide**0.75
    height = y - _MOUTH
    return _step(bow - height, -0.0008, 0.0014) * _step(height + low, -0.0008, 0.002) * _step(0.0235 - x, 0.0, 0.002)


@dataclass(frozen=True)
class Painted:
    """Of each pixel (n,): albedo (n, 3) linear, gloss 0..1, and how much light goes through it as through skin."""

    albedo: F32
    gloss: F32
    skin: F32


def paint_skin(model: BodyModel, spec: TwinSpec, rest: F32) -> Painted:
    """Skin, and on the head brows, lashes, the beard's shadow and the scalp, by place on the average body (n, 3)."""
    joints = model.neutral.rest_joints
    head = rest[:, 1] > joints["head"][1] - 0.11
    out = Painted(*(np.zeros((len(rest), *shape), np.float32) for shape in ((3,), (), ())))
    for chosen, paint in ((head, _paint_head), (~head, _paint_limbs)):
        if chosen.any():
            part = paint(model, spec, rest[chosen])
            out.albedo[chosen], out.gloss[chosen], out.skin[chosen] = part.albedo, part.gloss, part.skin
    return out


def _complexion(spec: TwinSpec, rest: F32) -> F32:
    mottle = 1 + 0.05 * noise(rest, 0.012, 1) + 0.05 * noise(rest, 0.045, 2) + 0.03 * noise(rest, 0.004, 3)
    return np.asarray(skin_colour(spec.tone) * mottle[:, None], np.float32)


def _paleness(spec: TwinSpec) -> float:
    return float(np.clip(1 - spec.tone / 9, 0, 1))


def _paint_limbs(model: BodyModel, spec: TwinSpec, rest: F32) -> Painted:
    colour = _flushed(_complexion(spec, rest), _worn_skin(model, rest), _paleness(spec))
    return Painted(colour, np.full(len(rest), 0.28, np.float32), np.ones(len(rest), np.float32))


def _paint_head(model: BodyModel, spec: TwinSpec, rest: F32) -> Painted:
    joints = model.neutral.rest_joints
    x, y = np.abs(rest[:, 0]), rest[:, 1] - np.float32(joints["eye.L"][1])
    front = rest[:, 2] > joints["eye.L"][2] - 0.055
    tone, pale = skin_colour(spec.tone), _paleness(spec)
    colour = _flushed(_complexion(spec, rest), _blood(x, y, front), pale)
    mouth = lips(x, y) * front
    lip = tone * np.array([1.0, 0.62 - 0.12 * pale, 0.62 - 0.08 * pale], np.float32) * np.float32(0.8 + 0.1 * pale)
    colour += (0.8 * min(spec.lips, 1.2) * mouth)[:, None] * (lip - colour)
    colour *= (1 - 0.75 * np.exp(-(((y - _MOUTH) / 0.0011) ** 2)) * (x < 0.022) * front)[:, None]
    around = np.hypot((x - _EYE_X) / 0.019, (y + 0.002) / 0.013)
    shadow = (1 - front * 0.22 * np.clip(1.25 - around, 0, 1))[:, None]
    colour *= shadow ** np.array([0.8, 1.0, 1.0], np.float32)
    colour = _aged(colour, spec, x, y, front)
    gloss = 0.32 + 0.2 * _spot(x, y, (0.0, 0.045), (0.05, 0.03)) + 0.25 * _spot(x, y, (0.0, -0.03), (0.013, 0.02))
    gloss = gloss * front + 0.28 * ~front + 0.35 * mouth
    colour, haired = _haired(colour, spec, rest, x, y, front, model)
    return Painted(colour.astype(np.float32), gloss * (1 - 0.7 * haired), 1 - haired)


def _blood(x: F32, y: F32, front: NDArray[np.bool_]) -> F32:
    """0..1, how near the surface blood is in the face and ears."""
    blood = 0.62 * _spot(x, y, (0.041, -0.028), (0.028, 0.024)) * front
    blood = np.maximum(blood, 0.7 * _spot(x, y, (0.0, -0.034), (0.019, 0.017)) * front)
    blood = np.maximum(blood, 0.25 * _spot(x, y, (0.0, -0.095), (0.02, 0.014)) * front)
    return np.asarray(np.maximum(blood, 0.8 * (x > 0.069) * (np.abs(y + 0.02) < 0.03)), np.float32)


def _worn_skin(model: BodyModel, rest: F32) -> F32:
    """0..1 at knuckles, fingertips and elbows, where skin is thin or worn."""
    out = np.zeros(len(rest), np.float32)
    folded = np.concatenate([np.abs(rest[:, :1]), rest[:, 1:]], 1).astype(np.float32)
    for name, radius, share in _WORN:
        offset = folded - model.neutral.rest_joints[name + ".L"].astype(np.float32)
        away = np.sqrt((offset * offset) @ np.ones(3, np.float32))
        out = np.maximum(out, share * np.clip(1 - away / radius, 0, 1))
    return np.asarray(out, np.float32)


def _flushed(colour: F32, blood: F32, pale: float) -> F32:
    red = np.array([1.03, 0.62 + 0.14 * (1 - pale), 0.6 + 0.18 * (1 - pale)], np.float32)
    return np.asarray(colour * (1 + blood[:, None] * (red - 1)), np.float32)


def _aged(colour: F32, spec: TwinSpec, x: F32, y: F32, front: NDArray[np.bool_]) -> F32:
    """Lines that come with the years: beside nose and mouth, at the eyes' corners, across the forehead."""
    old = np.clip((spec.years - 34) / 40, 0, 1)
    if old == 0:
        return colour
    fold = np.exp(-(((x - 0.021 - 0.22 * np.clip(-0.034 - y, 0, 0.03)) / 0.0022) ** 2)) * ((y < -0.034) & (y > -0.07))
    crow = np.clip(np.sin((y + 0.3 * (x - 0.05)) * 2200), 0.4, 1) - 0.4
    crow *= _spot(x, y, (0.052, -0.001), (0.009, 0.013))
    brow = (np.clip(np.sin((y - 3 * x * x) * 700), 0.6, 1) - 0.6) * _spot(x, y, (0.0, 0.045), (0.048, 0.022)) * 1.2
    bag = np.exp(-(((y + 0.0155 + 6 * (x - _EYE_X) ** 2) / 0.0016) ** 2)) * (np.abs(x - _EYE_X) < 0.015)
    lines = old * front * (0.32 * fold + 0.5 * crow + 0.55 * brow + 0.22 * bag)
    return np.asarray(colour * (1 - lines[:, None] * np.array([0.8, 1.0, 1.05])), np.float32)


def _haired(
    colour: F32, spec: TwinSpec, rest: F32, x: F32, y: F32, front: NDArray[np.bool_], model: BodyModel
) -> tuple[F32, F32]:
    """Brows, lashes, stubble and the scalp below the hair; gives the colour and how much of it is hair."""
    hair = linear(spec.hair.colour)
    grey = np.float32(0.55 * spec.hair.grey)
    brow_colour = np.minimum(hair * (1 - grey) + grey * linear((120.0, 116.0, 112.0)), 0.25) * np.float32(0.75)
    along = (x - 0.014) / 0.034
    arch = 0.0155 + 0.0078 * np.sin(np.clip(along, 0, 1) * 2.3) - 0.0035 * along**2
    man = spec.phenotype["gender"]
    half = (0.0024 + 0.0014 * man) * np.clip(1.15 - 0.75 * along, 0.25, 1)
    strands = 0.78 + 0.22 * np.sin((x * 0.9 + (y - arch) * 0.7) * 5200 + 3 * noise(rest, 0.003, 9))
    brow = _step(half - np.abs(y - arch), -0.0011, 0.0011) * _step(along, -0.03, 0.1) * _step(1.03 - along, 0.0, 0.2)
    brow = 0.86 * brow * strands * front
    rim = np.hypot((x - _EYE_X) / 0.0127, (y + 0.0008) / 0.0056)
    lash = 0.85 * np.exp(-(((rim - 1.06) / 0.16) ** 2)) * (y > -0.0015) * front
    lash = np.maximum(lash, 0.3 * np.exp(-(((rim - 1.08) / 0.12) ** 2)) * front)
    jaw = (
        _step(-y, 0.04, 0.062)
        * _step(0.135 + y, 0.0, 0.03)
        * (rest[:, 2] > model.neutral.rest_joints["head"][2] - 0.01)
    )
    jaw = np.maximum(jaw, _step(x, 0.055, 0.062) * (y < 0.0) * (y > -0.06) * (x < 0.07) * 0.8)
    jaw *= (
        1 - _spot(x, y, (0.0, _MOUTH - 0.003), (0.034, 0.014)) * 0.9 - 0.35 * _spot(x, y, (0.04, -0.045), (0.02, 0.02))
    )
    beard = np.clip(spec.hair.stubble * jaw * (0.85 + 0.35 * noise(rest, 0.0022, 11)), 0, 0.92)
    crown = scalp(rest, model, spec.hair.recession) * 0.96
    for amount, paint in ((beard * 0.8, hair * 0.9), (crown, hair * 0.55), (brow, brow_colour), (lash, hair * 0.3)):
        colour = colour + amount[:, None] * (paint - colour)
    return np.asarray(colour, np.float32), np.maximum(np.maximum(crown, beard * 0.5), np.maximum(brow, lash))


def scalp(rest: NDArray[np.floating], model: BodyModel, recession: float) -> F32:
    """0..1 where the head bears hair: above a line that runs from the forehead over the ears to the nape."""
    joints = model.neutral.rest_joints
    local = rest - np.array([0.0, joints["eye.L"][1] + 0.018, joints["eye.L"][2] - 0.085])
    length = np.linalg.norm(local, axis=1) + 1e-6
    up = np.degrees(np.arcsin(np.clip(local[:, 1] / length, -1, 1)))
    round_ = np.degrees(np.arctan2(np.abs(local[:, 0]), local[:, 2]))
    line = np.interp(round_, (0, 25, 45, 62, 75, 88, 105, 125, 180), (25, 26, 26, 18, -6, -12, 5, -26, -33))
    back = recession * np.interp(round_, (0, 20, 45, 70, 95), (34, 40, 40, 12, 0))
    ragged = 1.6 * noise(np.asarray(rest, np.float32), 0.006, 21)
    inside = (up > line + back + ragged) & (length < 0.17)
    soft = np.clip((up - line - back - ragged) / 7, 0, 1)
    if recession > 0.5:
        soft = soft * (1 - 0.75 * np.clip((up - 50) / 18, 0, 1))
    return np.asarray(np.where(inside, soft, 0.0), np.float32)


def trousered(model: BodyModel, rest: F32) -> F32:
    """0..1 on the trousers: from the hip to below the ankle."""
    joints = model.neutral.rest_joints
    hip, ankle, wrist = joints["upperleg01.L"][1], joints["foot.L"][1], joints["wrist.L"]
    legs = _step(hip + 0.13 - rest[:, 1], 0.0, 0.004) * _step(rest[:, 1] - ankle + 0.012, -0.003, 0.003)
    return np.asarray(legs * (np.abs(rest[:, 0]) < wrist[0] - 0.2), np.float32)


def paint_trousers(model: BodyModel, spec: TwinSpec, rest: F32) -> Painted:
    """Plain cloth with side seams and a hem."""
    joints = model.neutral.rest_joints
    weave = 1 + 0.05 * noise(rest, 0.0025, 31) + 0.05 * noise(rest * np.array([1, 0.25, 1], np.float32), 0.02, 32)
    inseam = np.exp(-(((np.abs(rest[:, 2] - joints["lowerleg01.L"][2])) / 0.002) ** 2)) * (np.abs(rest[:, 0]) > 0.12)
    hem = 1 - 0.25 * np.exp(-(((rest[:, 1] - joints["foot.L"][1] + 0.002) / 0.0025) ** 2))
    cloth = linear(spec.trousers) * (weave * hem * (1 - 0.18 * inseam))[:, None]
    return Painted(np.asarray(cloth, np.float32), np.zeros(len(rest), np.float32), np.zeros(len(rest), np.float32))


def paint_shoe(spec: TwinSpec, places: F32) -> Painted:
    """A plain shoe with a light sole; places (n, 3) as it stands on the floor at y = 0."""
    sole = _step(0.021 - places[:, 1], 0.0, 0.003)
    seam = 1 - 0.3 * np.exp(-(((places[:, 1] - 0.024) / 0.0025) ** 2))
    leather = linear(spec.shoes) * (seam * (1 + 0.03 * noise(places, 0.004, 71)))[:, None]
    albedo = leather * (1 - sole[:, None]) + sole[:, None] * linear((200.0, 196.0, 188.0))
    return Painted(
        np.asarray(albedo, np.float32), np.full(len(places), 0.3, np.float32), np.zeros(len(places), np.float32)
    )


def paint_eyes(model: BodyModel, spec: TwinSpec, rest: F32) -> Painted:
    """White, iris with its dark rim, pupil; the white is a little red toward the corners."""
    joint = model.neutral.rest_joints["eye.L"]
    local = (
        np.abs(rest * np.array([1, 0, 0], np.float32))
        + rest * np.array([0, 1, 1], np.float32)
        - joint.astype(np.float32)
    )
    away = np.degrees(np.arctan2(np.hypot(local[:, 0] - 0.0004, local[:, 1]), local[:, 2]))
    iris = _step(31.0 - away, -1.5, 1.5)
    rays = 1 + 0.35 * np.sin(np.arctan2(local[:, 1], local[:, 0]) * 23) * np.clip((away - 10) / 16, 0, 1)
    shade = np.clip(1.25 - 0.9 * np.clip((away - 19) / 12, 0, 1), 0, 2) * rays
    colour = linear((216.0, 208.0, 200.0)) * (1 - np.clip((away - 40) / 60, 0, 0.3))[:, None]
    colour = colour + iris[:, None] * (linear(spec.iris) * shade[:, None] - colour)
    pupil = _step(12.5 - away, -1.5, 1.5)
    colour = colour * (1 - 0.96 * pupil[:, None])
    return Painted(np.asarray(colour, np.float32), np.full(len(rest), 1.0, np.float32), np.zeros(len(rest), np.float32))


def paint_top(spec: TwinSpec, rest: F32) -> Painted:
    """Plain jersey: a fine knit and faint stains of light."""
    knit = 1 + 0.035 * np.sin(rest[:, 0] * 2600) * np.sin(rest[:, 1] * 2200) + 0.04 * noise(rest, 0.02, 41)
    albedo = linear(spec.top) * knit[:, None]
    return Painted(np.asarray(albedo, np.float32), np.zeros(len(rest), np.float32), np.zeros(len(rest), np.float32))
