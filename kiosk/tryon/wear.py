"""The garment as sheets: its charts sampled through the drape's coordinates, shaded by its normals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import TORSO_PIXELS, Layer, Order, Panel
from engines.garments.garment import RGBA, Chart, Garment
from kiosk.tryon.colours import Light
from kiosk.tryon.fields import FieldView
from kiosk.tryon.figure import Box
from kiosk.tryon.pixels import Matte, Picture, grown, ramp, shaded
from kiosk.tryon.sheets import Kind, Sheet

MIP_STEP = 2.0**0.5
"""Each picture of a chart's pyramid is smaller than the one before by this much: too little for the eye to notice."""
KEPT_GARMENTS = 8
CLOTH_CONTRAST = 1.3
INSIDE_SHADE = 0.62
"""The inner side of a neck lies in the garment's own shadow."""
SLEEVE_CHARTS = {Layer.SLEEVE_LEFT: Chart.SLEEVE_LEFT, Layer.SLEEVE_RIGHT: Chart.SLEEVE_RIGHT}
SLEEVE_ARMS = {Layer.SLEEVE_LEFT: Layer.ARM_LEFT, Layer.SLEEVE_RIGHT: Layer.ARM_RIGHT}
SLEEVE_TO_ELBOW = 1.7
"""Length of a sleeve, in half chests, that reaches the elbow; a shorter one never covers the forearm."""
BESIDE = 0.06
"""Torso lengths that a long sleeve may be widened by."""
SLEEVE_PANELS = {Layer.SLEEVE_LEFT: Panel.SLEEVE_LEFT, Layer.SLEEVE_RIGHT: Panel.SLEEVE_RIGHT}


class Wardrobe:
    """Pyramids of the charts of the garments worn last."""

    def __init__(self) -> None:
        """Empty."""
        self._pyramids: dict[int, tuple[Garment, dict[Chart, list[RGBA]]]] = {}

    def chart(self, garment: Garment, chart: Chart, density: float) -> RGBA:
        """The chart's picture, prefiltered for `density` texels a pixel of the screen."""
        levels = self._of(garment).setdefault(chart, [garment.atlas[chart]])
        wanted = max(0, round(np.log(max(density, 1e-3) / 1.1) / np.log(MIP_STEP)))
        while len(levels) <= wanted and min(levels[-1].shape[:2]) > 8:
            levels.append(_smaller(levels[0], MIP_STEP ** len(levels)))
        return np.asarray(levels[min(wanted, len(levels) - 1)], np.uint8)

    def _of(self, garment: Garment) -> dict[Chart, list[RGBA]]:
        """A garment's pyramids; the garment is held with them, so that its id stays its own."""
        if id(garment) not in self._pyramids:
            while len(self._pyramids) >= KEPT_GARMENTS:
                self._pyramids.pop(next(iter(self._pyramids)))
            self._pyramids[id(garment)] = (garment, {})
        return self._pyramids[id(garment)][1]


@dataclass(frozen=True)
class _Cut:
    """One panel to be sampled on a patch."""

    panel: Panel
    layer: Layer
    patch: Box


def torso_sheet(garment: Garment, view: FieldView, wardrobe: Wardrobe, light: Light) -> Sheet | None:
    """The outer side of the torso, front and back panel mixed where the drape turns over."""
    patch = view.patch(Layer.TORSO)
    if patch is None:
        return None
    cut = _Cut(Panel.TORSO, Layer.TORSO, patch)
    facing = view.drape.front[view.drape.alpha[Layer.TORSO][2::4, 2::4] > 0.5]
    if facing.size == 0 or float(facing.min()) > 0.65:
        return _dressed(_sample(garment, Chart.TORSO_FRONT, cut, view, wardrobe), cut, view, light)
    back = _sample(garment, Chart.TORSO_BACK, cut, view, wardrobe)
    if float(facing.max()) < 0.35:
        return _dressed(back, cut, view, light)
    fore = _sample(garment, Chart.TORSO_FRONT, cut, view, wardrobe)
    front = ramp(view.smooth(view.drape.front, patch), 0.35, 0.65)
    return _dressed(np.asarray(cv2.blendLinear(fore, back, front, 1.0 - front), np.uint8), cut, view, light)


def sleeve_sheet(
    garment: Garment, layer: Layer, view: FieldView, wardrobe: Wardrobe, light: Light, person: Matte
) -> Sheet | None:
    """One sleeve; `person` (h, w) is the person's matte on the crop."""
    if garment.top.sleeveless:
        return None
    sheet = panel_sheet(garment, layer, view, wardrobe, light)
    if sheet is None or garment.top.sleeve_length < SLEEVE_TO_ELBOW:
        return sheet
    return _over_the_arm(sheet, layer, view, person[sheet.patch.slices])


def panel_sheet(garment: Garment, layer: Layer, view: FieldView, wardrobe: Wardrobe, light: Light) -> Sheet | None:
    """A sleeve or a trouser leg as the drape has it."""
    patch = view.patch(layer)
    if patch is None:
        return None
    cut = _Cut(SLEEVE_PANELS[layer], layer, patch)
    return _dressed(_sample(garment, SLEEVE_CHARTS[layer], cut, view, wardrobe), cut, view, light)


def _over_the_arm(sheet: Sheet, layer: Layer, view: FieldView, person: Matte) -> Sheet:
    """A long sleeve that covers its arm's width down to the cuff: no skin looks out beside it."""
    near = grown(sheet.alpha, max(1, round(BESIDE * TORSO_PIXELS / view.scale)))
    along = view.smooth(view.drape.uv[SLEEVE_PANELS[layer]][1], sheet.patch)
    covered = view.alpha(SLEEVE_ARMS[layer], sheet.patch) * near * person * ramp(along, 0.98, 0.92)
    return replace(sheet, alpha=np.maximum(sheet.alpha, covered))


def inside_sheet(garment: Garment, view: FieldView) -> Sheet | None:
    """The inner side that is seen at the back of the neck."""
    patch = view.patch(Layer.INSIDE)
    if patch is None:
        return None
    colour = np.empty((*patch.shape, 3), np.uint8)
    colour[:] = (garment.inside * INSIDE_SHADE).astype(np.uint8)
    return Sheet(patch, colour, view.alpha(Layer.INSIDE, patch), Kind.GARMENT)


def _sample(garment: Garment, chart: Chart, cut: _Cut, view: FieldView, wardrobe: Wardrobe) -> NDArray[np.uint8]:
    """The chart as it lies on the patch (h, w, 4)."""
    frame, full = garment.frame(chart), garment.atlas[chart].shape
    texture = wardrobe.chart(garment, chart, view.density(cut.panel, cut.layer, frame, (full[0], full[1])))
    x, y = view.texels(cut.panel, frame, (texture.shape[0], texture.shape[1]), cut.patch)
    return np.asarray(cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _dressed(sampled: NDArray[np.uint8], cut: _Cut, view: FieldView, light: Light) -> Sheet:
    """Shade a sampled panel and cut it by the drape's alpha and the cloth's own outline."""
    shade = view.shade(view.drape.normal, light, CLOTH_CONTRAST, cut.patch) * np.float32(0.35 + 0.65 * light.white)
    outline = np.asarray(cv2.extractChannel(sampled, 3), np.float32) * np.float32(1 / 255)
    alpha = view.alpha(cut.layer, cut.patch) * ramp(outline, 0.15, 0.85)
    colour: Picture = shaded(np.asarray(cv2.cvtColor(sampled, cv2.COLOR_RGBA2RGB), np.uint8), shade)
    return Sheet(cut.patch, colour, alpha, Kind.GARMENT)


def arm_order(view: FieldView, index: Order, patch: Box) -> Matte:
    """A pairwise order of the drape on the patch, pushed toward a decision."""
    return ramp(view.smooth(view.drape.order[index], patch), 0.3, 0.7)


def _smaller(picture: RGBA, factor: float) -> RGBA:
    """A chart's picture, `factor` times smaller, by area; size is kept in step by the caller's own scaling."""
    height, width = picture.shape[:2]
    size = (max(2, round(width / factor)), max(2, round(height / factor)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
