"""The compositor: one frame, a body and draped garments become the picture on the mirror."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import Drape, Layer, Order
from engines.garments.garment import BottomMeasures, Category, Garment
from engines.parts.finder import FindsParts
from engines.pose.body import Body, Landmark
from kiosk.tryon.below import below, bottom_sheets, kept_sheet, own_top_matte, reaches_below
from kiosk.tryon.colours import ColourModels
from kiosk.tryon.fields import FieldView
from kiosk.tryon.figure import SIDES, Box, Figure, bounding_box, box_around, person_box
from kiosk.tryon.mattes import MatteFinder, Mattes, decontaminated
from kiosk.tryon.neckwear import NeckRing, before_neck, behind_neck, has_neckwear
from kiosk.tryon.person import Steadiness, behind, person_alpha
from kiosk.tryon.pixels import Matte, Picture, blend, grown, luma, soft
from kiosk.tryon.place import ANYWHERE, Place
from kiosk.tryon.plate import CleanPlate
from kiosk.tryon.repaint import (
    Skin,
    arm_sheets,
    head_zone,
    lower_alpha,
    lower_sheet,
    trunk_sheet,
)
from kiosk.tryon.sheets import Kind, Pile, Sheet
from kiosk.tryon.wear import SLEEVE_TO_ELBOW, Wardrobe, arm_order, inside_sheet, sleeve_sheet, torso_sheet

SLEEVES = (Layer.SLEEVE_LEFT, Layer.SLEEVE_RIGHT)
OVER_TORSO = (Order.LEFT_ARM_OVER_TORSO, Order.RIGHT_ARM_OVER_TORSO)

SURE_ORDER = 0.7
"""A probability from which on one layer is taken to lie wholly before another."""

RIM = 0.03
"""Torso lengths beyond the old clothes' outline that are taken from the plate, for their soft rim."""
TRUNK = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP]
LEGS = [Landmark.LEFT_HIP, Landmark.RIGHT_HIP, Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE]
SWING = 0.6
"""Torso lengths that a skirt may reach beside the legs."""
Worn = Sequence[tuple[Garment, Drape]]


@dataclass(frozen=True)
class Layers:
    """What the picture shows where, each (H, W) uint8, 0..255 of alpha.

    garment: new garments. revealed: painted skin and lower body. front: kept from the camera before the garment.
    plate: background shown where the old garment was.
    """

    garment: Picture
    revealed: Picture
    front: Picture
    plate: Picture


@dataclass(frozen=True)
class Composite:
    """The picture (H, W, 3) uint8 RGB; its layers where asked for; milliseconds each stage took."""

    picture: Picture
    layers: Layers | None
    stage_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Sight:
    """What the compositor sees of one frame before any garment.

    The crop `box` of it, the figure, the mattes, and what lies behind the person (h, w, 3).
    """

    frame: Picture
    box: Box
    crop: Picture
    figure: Figure
    mattes: Mattes
    behind: Picture
    stage_ms: dict[str, float]


@dataclass(frozen=True)
class _Scene:
    """All that the layering of one frame needs, on the crop."""

    crop: Picture
    figure: Figure
    mattes: Mattes
    behind: Picture
    views: list[FieldView]
    garments: list[Garment]

    def above(self) -> _Scene:
        """The same without skirts and trousers."""
        kept = [k for k, garment in enumerate(self.garments) if not isinstance(garment.measures, BottomMeasures)]
        return replace(self, views=[self.views[k] for k in kept], garments=[self.garments[k] for k in kept])


@dataclass(frozen=True)
class _Arm:
    """One arm: the bare limb, the sleeves over it, and the forearm that comes before short sleeves."""

    limb: Sheet | None
    sleeves: list[Sheet]
    forearm: Sheet | None


class Compositor:
    """Keeps what must live from frame to frame: plate, colours, steadiness. One for each camera."""

    def __init__(self, height: int, width: int, parts: FindsParts, place: Place = ANYWHERE) -> None:
        """For frames of height x width pixels, taken at `place`."""
        self._shape = (height, width)
        self._plate = CleanPlate(height, width)
        self._light = place.light
        scene = place.scene_for(height, width)
        if scene is not None:
            self._plate.begin(scene)
        self._wardrobe = Wardrobe()
        self._parts = parts
        self.wide_below = False
        """Whether something may be worn that swings out beside the legs: the crop then makes room for it."""
        self.forget()

    def forget(self) -> None:
        """Drop all that was learnt about a person; the empty scene's plate stays."""
        self._colours = ColourModels(self._light)
        self._steadiness = Steadiness()
        self._finder = MatteFinder(self._parts, self._colours, self._steadiness)

    def observe(self, frame: Picture) -> None:
        """Learn the scene from a frame (H, W, 3) without anybody in it."""
        self._plate.update(frame, np.zeros(self._shape, np.uint8))

    def compose(
        self,
        frame: Picture,
        body: Body,
        worn: Worn,
        presence: float,
        layers: bool = False,
        sight: Sight | None = None,
    ) -> Composite:
        """Dress a body in garments, first to last from the skin outwards.

        frame: (H, W, 3) uint8 RGB. presence: 0..1, how far the garment is faded in. sight: what `see` gave for this
        frame, where it has been called already. Outside the garment and what it reveals the picture equals the frame
        to the bit; without garments or at presence 0 it is the frame.
        """
        if not worn or presence <= 0.0:
            if sight is None:
                self._plate.update(frame, body.silhouette)
            return Composite(frame.copy(), _no_layers(self._shape) if layers else None)
        return self.wear(sight or self.see(frame, body), worn, presence, layers)

    def see(self, frame: Picture, body: Body) -> Sight:
        """The half of `compose` that needs no garment: it may run while they are draped."""
        clock = _Clock()
        self._plate.update(frame, body.silhouette)
        clock.lap("plate")
        box = self._box(body)
        crop, silhouette = np.ascontiguousarray(frame[box.slices]), np.ascontiguousarray(body.silhouette[box.slices])
        figure = Figure.of(body, box)
        self._steadiness.look(luma(crop), box)
        plate = self._plate.shown()
        near = plate.part(box.slices)
        person = self._steadiness.steady("person", person_alpha(crop, silhouette, near, figure.scale))
        clock.lap("person")
        self._colours.update(crop, figure, silhouette)
        clock.lap("colours")
        parts = self._finder.parts(frame, plate, body, box)
        clock.lap("parts")
        mattes = self._finder.find(crop, parts, figure, box, person)
        self._colours.learn_arms(crop, np.maximum(mattes.hands, mattes.arms), figure)
        clock.lap("mattes")
        return Sight(frame, box, crop, figure, mattes, behind(crop, person, near, figure.scale), clock.laps)

    def wear(self, sight: Sight, worn: Worn, presence: float, layers: bool = False) -> Composite:
        """The other half of `compose`; `worn` is not empty."""
        clock, box = _Clock(), sight.box
        views, garments = [FieldView(drape, box) for _, drape in worn], [garment for garment, _ in worn]
        scene = _Scene(sight.crop, sight.figure, sight.mattes, sight.behind, views, garments)
        pile = Pile(scene.crop, layers)
        front = self._layer(pile, scene, clock)
        share = np.full(box.shape, np.float32(min(presence, 1.0)))
        picture = sight.frame.copy()
        picture[box.slices] = pile.picture if presence >= 1.0 else blend(scene.crop, pile.picture, share)
        shown = _full_layers(pile, front, box, self._shape, presence) if layers else None
        clock.lap("finish")
        return Composite(picture, shown, sight.stage_ms | clock.laps)

    def _box(self, body: Body) -> Box:
        """The part of the frame that can change: the person, and room for a wide garment about the trunk."""
        person = person_box(body)
        trunk = box_around(body.landmarks[TRUNK], 0.4 * body.torso_length, self._shape)
        boxes = [person, trunk]
        if self.wide_below:
            boxes.append(box_around(body.landmarks[LEGS], SWING * body.torso_length, self._shape))
        corners = np.array([[(b.x0, b.y0), (b.x1, b.y1)] for b in boxes], np.float32).reshape(-1, 2)
        return _on_grid(box_around(corners, 0.0, self._shape), self._shape)

    def _layer(self, pile: Pile, scene: _Scene, clock: _Clock) -> Matte:
        """Lay everything, back to front; returns the matte of what is kept in front."""
        skin = Skin.of(scene.crop, scene.mattes, self._colours, scene.figure.scale)
        upper = [garment for garment in scene.garments if not isinstance(garment.measures, BottomMeasures)]
        long = [k for k, garment in enumerate(scene.garments) if reaches_below(garment)]
        lower, old = lower_alpha(scene.mattes, scene.figure, scene.views[0])
        if upper:
            pile.lay(_plate_sheet(scene, lower))
        if long:
            self._lay_below(pile, scene, skin, long, own_top=not upper)
        else:
            trousers = lower_sheet(skin, scene.figure, scene.views[0], lower, old)
            if trousers is not None:
                pile.lay(trousers)
        clock.lap("background")
        if not upper:
            return _lay_front(pile, scene, [])
        scene = scene.above()
        neck = _neckwear(scene)
        self._lay_neckwear(pile, scene, neck, behind=True)
        trunk = trunk_sheet(skin, scene.figure, scene.views[0], lower)
        if trunk is not None:
            pile.lay(trunk)
        arms = [self._arm(side, skin, scene) for side in SIDES]
        clock.lap("skin")
        self._lay_garments(pile, scene, arms, neck)
        clock.lap("garment")
        front = _lay_front(pile, scene, arms)
        clock.lap("front")
        return front

    def _lay_below(self, pile: Pile, scene: _Scene, skin: Skin, long: list[int], *, own_top: bool) -> None:
        """Everything below the waist but for a dress's own cloth; an own top that stays comes over a waistband."""
        kept = own_top_matte(scene.mattes, scene.figure) if own_top else None
        for sheet in below(skin, scene.figure, scene.views[long[0]], scene.behind, kept).sheets():
            pile.lay(sheet)
        for k in long:
            if scene.garments[k].category is not Category.DRESS:
                for sheet in bottom_sheets(scene.garments[k], scene.views[k], self._wardrobe, self._colours.light):
                    pile.lay(sheet)
        if kept is not None:
            top = kept_sheet(scene.crop, kept)
            if top is not None:
                pile.lay(top)

    def _arm(self, side: int, skin: Skin, scene: _Scene) -> _Arm:
        """An arm's sheets."""
        painted = arm_sheets(side, skin, scene.figure, scene.views[0])
        sleeves = [
            sleeve_sheet(garment, SLEEVES[side], view, self._wardrobe, self._colours.light, scene.mattes.person)
            for garment, view in zip(scene.garments, scene.views, strict=True)
        ]
        short = all(garment.top.sleeve_length < SLEEVE_TO_ELBOW for garment in scene.garments)
        limb, forearm = painted or (None, None)
        return _Arm(limb, [sleeve for sleeve in sleeves if sleeve is not None], forearm if short else None)

    def _lay_garments(self, pile: Pile, scene: _Scene, arms: list[_Arm], neck: NeckRing | None) -> None:
        """Arms behind, torsos, arms in front; the farther arm first."""
        view = scene.views[0]
        first = self._farther_arm(view)
        for side in (first, 1 - first):
            if _order_range(view, side)[0] < SURE_ORDER:
                _lay_arm(pile, arms[side], scene.figure.scale)
        for garment, each in zip(scene.garments, scene.views, strict=True):
            for sheet in (inside_sheet(garment, each), torso_sheet(garment, each, self._wardrobe, self._colours.light)):
                if sheet is not None:
                    pile.lay(sheet)
        self._lay_neckwear(pile, scene, neck, behind=False)
        pile.trunk_done()
        for side in (first, 1 - first):
            least, most = _order_range(view, side)
            if least >= SURE_ORDER:
                _lay_arm(pile, arms[side], scene.figure.scale)
            elif most > 1.0 - SURE_ORDER:
                whole = Box(0, 0, scene.crop.shape[1], scene.crop.shape[0])
                with pile.together(arm_order(view, OVER_TORSO[side], whole)):
                    _lay_arm(pile, arms[side], scene.figure.scale)

    def _lay_neckwear(self, pile: Pile, scene: _Scene, ring: NeckRing | None, *, behind: bool) -> None:
        """The outermost garment's hood or collar: what lies behind the neck, or what lies on the torso."""
        if ring is None:
            return
        garment, light, shape = scene.garments[-1], self._colours.light, (scene.crop.shape[0], scene.crop.shape[1])
        if behind:
            back = behind_neck(garment, ring, light, shape)
            sheets = [] if back is None else [back]
        else:
            sheets = before_neck(garment, ring, light, shape)
        for sheet in sheets:
            pile.cast(sheet.patch, sheet.alpha, 0.02 * scene.figure.scale, 0.35)
            pile.lay(sheet)

    def _farther_arm(self, view: FieldView) -> int:
        """The arm that lies behind the other where both are."""
        alpha = view.drape.alpha
        both = np.minimum(alpha[Layer.ARM_LEFT], alpha[Layer.ARM_RIGHT])[2::4, 2::4] > 0.5
        if not bool(both.any()):
            return 0
        return int(float(view.drape.order[Order.LEFT_ARM_OVER_RIGHT][both].mean()) > 0.5)


def _neckwear(scene: _Scene) -> NeckRing | None:
    """The ring about the neck of the outermost garment, where it has a hood or collar that is seen."""
    return NeckRing.of(scene.garments[-1], scene.views[-1]) if has_neckwear(scene.garments[-1]) else None


def _plate_sheet(scene: _Scene, lower: Matte) -> Sheet:
    """The background, laid where the old clothes are and a little beyond their rim."""
    mattes, scale = scene.mattes, scene.figure.scale
    bare = np.maximum(mattes.arms, mattes.hands)
    kept = np.maximum(grown(np.maximum(np.maximum(mattes.head, mattes.hair), bare), 2), lower)
    worn = mattes.person * (1.0 - kept) * (1.0 - head_zone(mattes, scene.figure))
    gone = soft(grown((worn > 0.25).astype(np.float32), max(2, round(RIM * scale))), 0.8)
    patch = bounding_box(gone, 0) or Box(0, 0, 2, 2)
    return Sheet(patch, np.ascontiguousarray(scene.behind[patch.slices]), gone[patch.slices], Kind.PLATE)


class _Clock:
    """Milliseconds a stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = perf_counter()

    def lap(self, name: str) -> None:
        """End a stage."""
        now = perf_counter()
        self.laps[name] = (now - self._since) * 1e3
        self._since = now


def _lay_front(pile: Pile, scene: _Scene, arms: list[_Arm]) -> Matte:
    """What the camera sees before the garment: bare arms not under a new sleeve, head, hair and hands."""
    mattes, scale = scene.mattes, scene.figure.scale
    bare = mattes.arms.copy()
    for arm in arms:
        for sleeve in arm.sleeves:
            bare[sleeve.patch.slices] *= 1.0 - sleeve.alpha
    near = np.minimum(bare + mattes.hands, 1.0)
    front = np.maximum(np.maximum(near, mattes.head), mattes.hair)
    shown = front * pile.touched
    radius = max(2, round(0.02 * scale))
    by_hands, patch = bounding_box(near, 2 * radius), bounding_box(shown, radius)
    if by_hands is not None:
        pile.cast(by_hands, near[by_hands.slices], 0.03 * scale, 0.3, on_trunk_only=True)
    if patch is not None:
        where = patch.slices
        colour = decontaminated(np.ascontiguousarray(scene.crop[where]), front[where], radius)
        pile.lay(Sheet(patch, colour, shown[where], Kind.KEPT))
    return np.asarray(front, np.float32)


def _lay_arm(pile: Pile, arm: _Arm, scale: float) -> None:
    """Lay an arm with its sleeves and their shadows."""
    for sheet in (arm.limb, *arm.sleeves, arm.forearm):
        if sheet is None:
            continue
        if sheet is not arm.forearm:
            pile.cast(sheet.patch, sheet.alpha, 0.03 * scale, 0.22)
        pile.lay(sheet)


def _order_range(view: FieldView, side: int) -> tuple[float, float]:
    """Smallest and largest probability that an arm with its sleeve lies over the torso."""
    alpha = np.maximum(view.drape.alpha[Layer.ARM_LEFT + side], view.drape.alpha[SLEEVES[side]])[2::4, 2::4]
    order = view.drape.order[OVER_TORSO[side]][alpha > 0.3]
    return (float(order.min()), float(order.max())) if order.size else (1.0, 1.0)


def _on_grid(box: Box, shape: tuple[int, int]) -> Box:
    """A box grown to multiples of 16 pixels, so that a breathing person's crop seldom changes."""
    x1, y1 = min(-(-box.x1 // 16) * 16, shape[1]), min(-(-box.y1 // 16) * 16, shape[0])
    return Box(box.x0 // 16 * 16, box.y0 // 16 * 16, x1, y1)


def _no_layers(shape: tuple[int, int]) -> Layers:
    """Layers of a picture in which nothing was changed."""
    return Layers(*(np.zeros(shape, np.uint8) for _ in range(4)))


def _full_layers(pile: Pile, front: Matte, box: Box, shape: tuple[int, int], presence: float) -> Layers:
    """The pile's layers at the frame's size."""
    counted: NDArray[np.uint8] | None = pile.layers
    full = _no_layers(shape)
    if counted is None:
        return full
    for layer, part in zip((full.garment, full.revealed, full.plate), np.moveaxis(counted, 2, 0), strict=True):
        layer[box.slices] = np.round(part * presence)
    full.front[box.slices] = np.round(front * np.float32(255))
    return full
