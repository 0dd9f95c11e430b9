"""Paints the trousers and skirts of product photos: what is sewn on them, and how they lie."""

from __future__ import annotations

import numpy as np

from engines.garments.outline import F64
from engines.garments.training import bottom_cut as cuts
from engines.garments.training.bottom_cut import LegCut, SkirtCut
from engines.garments.training.easel import F32, Design, Easel, Extent, disc, light, seam, woven
from engines.garments.training.pattern import curve_through

_COPPER = (176.0, 122.0, 84.0)
_MIRROR = np.array([-1.0, 1.0])


def trousers_extent(cut: LegCut) -> Extent:
    """What a photo of trousers must hold."""
    return Extent(cuts.RISEN, cut.length + 0.05, float(cuts.outseam(cut)[:, 0].max()))


def skirt_extent(cut: SkirtCut) -> Extent:
    """What a photo of a skirt must hold."""
    return Extent(cuts.RISEN, cut.length, cut.hem)


def paint_trousers(easel: Easel, design: Design, cut: LegCut, rng: np.random.Generator) -> None:
    """Both legs, slightly apart, with waistband, fly, pockets and hems."""
    _inner_back(easel, design, cut.waist, cut.band)
    right = cuts.right_leg(cut)
    body = np.maximum(easel.mask(right), easel.mask(right * _MIRROR))
    body = np.maximum(body, easel.line(np.array([[0.0, cuts.DIP + 0.02], [0.0, cut.rise - 0.02]]), 0.03))
    easel.shade(1 - 0.4 * easel.blurred(body, 0.03) * (1 - body))
    easel.paint(body, woven(design, easel.x, easel.y))
    light(easel, body, _leg_folds(easel, cut, rng))
    _centre(easel, cut, body)
    thread = _Thread(easel, design, body)
    for side in (-1.0, 1.0):
        (_curved_pocket if cut.five_pockets else _slant_pocket)(thread, cut, side)
        _leg_seams(thread, cut, side)
    if cut.five_pockets:
        _coin_pocket(thread, design, cut)
    _fly(cut, thread)
    _waistband(easel, design, cut, body)


class _Thread:
    """Sews seams: in a groove, with stitches of the trim's colour, or of the cloth's where there is no trim."""

    def __init__(self, easel: Easel, design: Design, body: F32) -> None:
        self.easel, self.colour, self.body = easel, design.trim, body

    def single(self, curve: F64) -> None:
        """One row of stitches."""
        self.easel.shade(1 - 0.1 * self.easel.blurred(self.easel.line(curve, 0.02), 0.008) * self.body)
        stitches = self.easel.stitches(curve, 0.034) * self.body
        if self.colour is None:
            self.easel.shade(1 - 0.2 * stitches)
        else:
            self.easel.paint(0.85 * stitches, self.colour, cover=False)

    def double(self, curve: F64, step: tuple[float, float]) -> None:
        """Two rows, the second moved by `step`."""
        for times in (0.0, 1.0):
            self.single(curve + times * np.array(step))


def _leg_folds(easel: Easel, cut: LegCut, rng: np.random.Generator) -> F32:
    """Soft light: drawn lines about the crotch, dents at the knees, and folds down the legs. (H, W) added light."""
    out = np.zeros_like(easel.x)
    across, y = np.abs(easel.x), easel.y
    for side in (-1.0, 1.0):
        own = np.clip(0.5 + side * easel.x / 0.06, 0, 1)
        for k in range(4):
            lean, start = rng.uniform(0.05, 0.5), cut.rise - 0.28 + 0.14 * k + rng.uniform(-0.04, 0.04)
            ridge = (y - start + lean * across) / rng.uniform(0.035, 0.07)
            out += own * rng.uniform(-0.06, 0.05) * np.exp(-(ridge**2)) * np.exp(-(((across - 0.2) / 0.4) ** 2))
        for _ in range(5):
            knee, lean = rng.uniform(0.42, 0.62) * cut.length, rng.uniform(-0.5, 0.5)
            ridge = (y - knee - lean * (across - 0.5)) / rng.uniform(0.05, 0.11)
            reach = np.exp(-(((across - rng.uniform(0.2, 0.8)) / 0.3) ** 2))
            out += own * rng.uniform(-0.05, 0.04) * np.exp(-(ridge**2)) * reach
        for _ in range(5):
            place, start = rng.uniform(0.15, 0.9), rng.uniform(1.4, 2.8)
            rise = np.clip((y - start) / (cut.length - start), 0, 1)
            ridge = (across - place - rng.uniform(-0.1, 0.1) * rise) / rng.uniform(0.05, 0.12)
            out += own * rng.uniform(-0.05, 0.05) * np.exp(-(ridge**2)) * rise
    if not cut.five_pockets:
        out += _creases(easel, cut)
    return easel.blurred(np.asarray(out, np.float32), 0.012)


def _creases(easel: Easel, cut: LegCut) -> F32:
    """Pressed down the middle of each leg: light on its inner side, shade on its outer one."""
    off = (np.abs(easel.x) - cuts.leg_middle(cut, easel.y)) / 0.03
    shown = np.clip((easel.y - 0.45) / 0.6, 0, 1)
    return np.asarray((0.06 * np.exp(-((off + 0.6) ** 2)) - 0.1 * np.exp(-((off - 0.5) ** 2))) * shown, np.float32)


def _centre(easel: Easel, cut: LegCut, body: F32) -> None:
    """The centre seam down to the crotch: one side lies on the other."""
    line = np.array([[0.0, cut.band], [0.0, cut.rise]])
    easel.shade(1 - 0.4 * easel.line(line, 0.012) * body)
    easel.shade(1 - 0.16 * easel.blurred(easel.line(line, 0.05), 0.025) * body * (easel.x < 0.01))


def _fly(cut: LegCut, thread: _Thread) -> None:
    """The fly's curved stitches at the wearer's left, and the seam's below it."""
    end = 0.72 * cut.rise
    straight = np.array([[0.17, cut.band + cuts.DIP], [0.17, end - 0.2]])
    fly = np.concatenate(
        [straight, curve_through(np.array([[0.17, end - 0.2], [0.17, end - 0.02], [0.0, end + 0.05]]))[1:]]
    )
    if cut.five_pockets:
        thread.double(fly, (-0.035, -0.01))
        thread.double(np.array([[0.03, end + 0.06], [0.03, cut.rise - 0.03]]), (0.03, 0.0))
    else:
        thread.single(fly)


def _mouth(cut: LegCut, side: float, start: float, low: float, full: float) -> F64:
    """A front pocket's opening (n, 2) from the waistband to the outseam."""
    edge = cuts.outseam(cut)
    end = np.array([float(np.interp(low, edge[:, 1], edge[:, 0])) + 0.02, low])
    top = np.array([start, cut.band + 0.03])
    return curve_through(
        np.stack([top, [start + full * (end[0] - start), top[1] + (1 - full) * (low - top[1]) + full * 0.34], end])
    ) * [side, 1.0]


def _pocket(thread: _Thread, mouth: F64, side: float) -> F32:
    """The pocket's inner layer lies deeper than the front that is cut away; gives its cover."""
    easel = thread.easel
    corner = np.array([[side * 1.3, mouth[-1, 1]], [side * 1.3, mouth[0, 1]]])
    layer = np.asarray(easel.mask(np.concatenate([mouth, corner])) * thread.body, np.float32)
    easel.shade(1 - 0.3 * easel.blurred(1 - layer, 0.03) * layer)
    easel.shade(1 - 0.35 * easel.line(mouth, 0.012) * thread.body)
    return layer


def _curved_pocket(thread: _Thread, cut: LegCut, side: float) -> None:
    """A scooped front pocket with its rivets."""
    mouth = _mouth(cut, side, 0.42, 0.6, 0.12)
    _pocket(thread, mouth, side)
    thread.double(mouth + np.array([-0.012 * side, 0.022]), (-0.012 * side, 0.03))
    for place in (mouth[1] + [-0.03 * side, 0.06], mouth[-3] + [-0.03 * side, 0.05]):
        _rivet(thread.easel, place, 0.02)


def _coin_pocket(thread: _Thread, design: Design, cut: LegCut) -> None:
    """A small pocket on the inner layer of the wearer's right one."""
    easel, mouth = thread.easel, _mouth(cut, -1.0, 0.42, 0.6, 0.12)
    corner = np.array([[-1.3, mouth[-1, 1]], [-1.3, mouth[0, 1]]])
    layer = np.asarray(easel.mask(np.concatenate([mouth, corner])) * thread.body, np.float32)
    shape = np.array([[-0.92, 0.36], [-0.6, 0.33], [-0.6, 0.8], [-0.92, 0.8]])
    inside = np.asarray(easel.mask(shape) * layer, np.float32)
    easel.shade(1 - 0.25 * easel.blurred(inside, 0.014) * (1 - inside) * layer)
    own = _Thread(easel, design, inside)
    own.double(shape[:2] + np.array([0.0, 0.025]), (0.0, 0.03))
    own.single(shape[1:3] - np.array([0.025, 0.0]))


def _slant_pocket(thread: _Thread, cut: LegCut, side: float) -> None:
    """A straight slant opening, and a pleat that runs into the crease."""
    easel, body = thread.easel, thread.body
    mouth = _mouth(cut, side, 0.62, 0.8, 0.42)
    _pocket(thread, mouth, side)
    thread.single(mouth + np.array([-0.03 * side, 0.01]))
    end = float(cuts.leg_middle(cut, np.array([0.75]))[0])
    pleat = np.array([[0.5 * cut.waist, cut.band + 0.06], [end, 0.75]]) * [side, 1.0]
    fade = np.clip((0.8 - easel.y) / 0.5, 0, 1)
    easel.shade(1 - 0.3 * easel.line(pleat, 0.012) * body * fade)
    beside = easel.line(pleat + np.array([0.03 * side, 0.0]), 0.05)
    easel.shade(1 - 0.2 * easel.blurred(beside, 0.02) * body * fade)


def _leg_seams(thread: _Thread, cut: LegCut, side: float) -> None:
    """The hem, and on jeans the felled inseam and the upper outseam."""
    flip = np.array([side, 1.0])
    out, inner = cuts.outseam(cut), cuts.inseam(cut)
    middle = np.array([cut.gap + cut.hem / 2, cut.length + 0.045])
    hem = curve_through(np.stack([out[-1] + [0.05, 0.0], middle, inner[-1] - [0.05, 0.0]]))
    thread.single((hem - np.array([0.0, 0.1 if cut.five_pockets else 0.16])) * flip)
    if cut.five_pockets:
        thread.double((inner[2:] + np.array([0.035, 0.0])) * flip, (0.025 * side, 0.0))
        hip = out[(out[:, 1] > 0.64) & (out[:, 1] < cut.rise)]
        thread.single((hip - np.array([0.035, 0.0])) * flip)


def _waistband(easel: Easel, design: Design, cut: LegCut, body: F32) -> None:
    """The band over everything else, its loops and its button."""
    band = _band(easel, cut, body)
    easel.shade(1 - 0.3 * easel.blurred(band, 0.018) * (1 - band) * body)
    easel.paint(band, 0.98 * woven(design, easel.y, easel.x), cover=False)
    light(easel, band, np.zeros_like(easel.x))
    thread = _Thread(easel, design, band)
    for down in (0.025, cut.band - 0.025):
        thread.single(cuts.upper_edge(cut.waist, down))
    overlap = np.array([[-0.1, cuts.DIP], [-0.1, cuts.DIP + cut.band]])
    easel.shade(1 - 0.35 * easel.line(overlap, 0.012) * band)
    _rivet(
        easel,
        np.array([0.0, cuts.DIP + cut.band / 2]),
        0.055 if cut.five_pockets else 0.042,
        None if cut.five_pockets else design.cloth,
    )
    for place in (-0.62, -0.3, 0.3, 0.62) if cut.five_pockets else (-0.44, 0.44):
        _loop(easel, design, cut, place)


def _band(easel: Easel, cut: LegCut | SkirtCut, body: F32) -> F32:
    """Cover of the front's waistband."""
    inner, outer = cuts.upper_edge(cut.waist), cuts.upper_edge(cut.waist, cut.band)
    return np.asarray(easel.mask(np.concatenate([inner, outer[::-1] * [1.2, 1.0]])) * body, np.float32)


def _loop(easel: Easel, design: Design, cut: LegCut, place: float) -> None:
    """A belt loop, sewn down above and below."""
    edge = cuts.upper_edge(cut.waist)
    top = float(np.interp(place, edge[:, 0], edge[:, 1]))
    high, low = top - 0.012, top + cut.band + 0.05
    shape = np.array([[place - 0.035, high], [place + 0.035, high], [place + 0.035, low], [place - 0.035, low]])
    mask = easel.mask(shape)
    easel.shade(1 - 0.4 * easel.blurred(mask, 0.016) * (1 - mask) * easel.cover)
    easel.paint(mask, 1.04 * woven(design, easel.x + 0.3, easel.y))
    easel.shade(1 - 0.22 * np.exp(-(((np.abs(easel.x - place) - 0.035) / 0.012) ** 2)) * mask)
    thread = np.array(design.trim or design.cloth, np.float32) * (1.0 if design.trim else 0.75)
    for y in (high + 0.022, low - 0.022):
        tack = easel.line(np.array([[place - 0.022, y], [place + 0.022, y]]), 0.018)
        easel.paint(0.8 * tack, thread, cover=False)


def _rivet(easel: Easel, place: F64, radius: float, colour: tuple[float, float, float] | None = None) -> None:
    """A round of metal, or a button of the given colour."""
    shape = disc(float(place[0]), float(place[1]), radius)
    easel.shade(1 - 0.45 * easel.blurred(easel.mask(shape + np.array([0.006, 0.014])), 0.01))
    mask = easel.mask(shape)
    easel.paint(mask, _COPPER if colour is None else colour, cover=False)
    shine = ((easel.x - place[0]) + 1.6 * (easel.y - place[1])) / radius
    easel.shade(np.asarray(1 - 0.14 * np.clip(shine, -1.5, 1.5) * mask, np.float32))
    if radius > 0.03:
        easel.shade(1 - 0.3 * easel.line(disc(float(place[0]), float(place[1]), 0.68 * radius), 0.008, closed=True))


def _inner_back(easel: Easel, design: Design, waist: float, band: float) -> None:
    """The back's inner side above the front's edge, with its label."""
    mask = easel.mask(cuts.inner_back(waist))
    easel.paint(mask, np.asarray(design.cloth, np.float32) * 0.62)
    label = np.array([[-0.13, 0.0], [0.13, 0.0], [0.13, band], [-0.13, band]])
    easel.paint(easel.mask(label) * mask, (214.0, 206.0, 190.0), cover=False)
    under = easel.line(cuts.upper_edge(waist), 0.05)
    easel.shade(1 - 0.35 * easel.blurred(under, 0.02) * mask)


def paint_skirt(easel: Easel, design: Design, cut: SkirtCut, rng: np.random.Generator) -> None:
    """A pressed pleated skirt on a plain waistband."""
    _inner_back(easel, design, cut.waist, cut.band)
    body = easel.mask(cuts.skirt(cut))
    easel.shade(1 - 0.4 * easel.blurred(body, 0.03) * (1 - body))
    easel.paint(body, woven(design, easel.x, easel.y))
    light(easel, body, _pleats(easel, cut, rng))
    hem = cuts.skirt_hem(cut) - np.array([0.0, 0.09])
    easel.shade(1 - 0.12 * easel.line(hem, 0.008) * body)
    band = _band(easel, cut, body)
    easel.shade(1 - 0.3 * easel.blurred(band, 0.02) * (1 - band) * body)
    easel.paint(band, woven(design, easel.x, easel.y), cover=False)
    light(easel, band, np.zeros_like(easel.x))
    seam(easel, cuts.upper_edge(cut.waist, cut.band - 0.025), band)


def _pleats(easel: Easel, cut: SkirtCut, rng: np.random.Generator) -> F32:
    """Knife pleats that open downwards: each fold catches light, and shades the cloth that it lies on."""
    side = cuts.skirt_side(cut)
    half = np.interp(easel.y, side[:, 1], side[:, 0], right=cut.hem)
    place = (easel.x / half + 1) / 2 * cut.pleats
    own, within = np.clip(np.floor(place), 0, cut.pleats - 1).astype(int), place % 1.0
    deep = 0.35 + 0.65 * np.clip(easel.y / cut.length, 0, 1)
    tone = rng.uniform(-0.03, 0.03, cut.pleats)[own]
    fold = 0.07 * np.exp(-(1 - within) / 0.12) - 0.34 * np.exp(-within / 0.13) - 0.1 * np.exp(-within / 0.5)
    return np.asarray((fold + tone) * deep, np.float32)
