"""The few widgets that the screens are made of. They are placed by hand, in pixels, left to right or mirrored."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from kivy.core.image import Image as CoreImage
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Ellipse, Line, Rectangle, RoundedRectangle
from kivy.graphics.texture import Texture
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.widget import Widget
from numpy.typing import NDArray

from kiosk.config import Language
from kiosk.ui import theme
from kiosk.ui.fonts import faces
from kiosk.ui.theme import Colour
from kiosk.ui.words import lines

_LEADING = 1.32
Box = tuple[float, float, float, float]
"""Left, bottom, width, height, in pixels."""


class Text(Widget):
    """Lines of text in a box; `role` is "text", "strong" or "heading", `align` -1 for the script's start, 0 centred."""

    def __init__(
        self,
        text: str,
        language: Language,
        box: Box,
        size: float,
        role: str = "text",
        colour: Colour = theme.INK,
        align: int = -1,
        top: bool = True,
    ) -> None:
        """Drawn from the box's top, or in the middle of its height; `height_used` says how much of it was needed."""
        super().__init__(size_hint=(None, None), pos=box[:2], size=box[2:])
        font = getattr(faces(language), role)
        size, drawn = self._fitting(text, language, box, size, font)
        step = size * _LEADING
        self.height_used = step * len(drawn)
        y = box[1] + box[3] if top else box[1] + (box[3] + self.height_used) / 2
        for line in drawn:
            y -= step
            self._draw(line, font, size, (box, y, step), colour, 0 if align == 0 else (1 if language == "ar" else -1))

    @staticmethod
    def _fitting(text: str, language: Language, box: Box, size: float, font: str) -> tuple[float, list[str]]:
        """The size, or the largest below it at which all fits the box, and the lines at that size."""
        drawn: list[str] = []
        for _ in range(12):
            measure = partial(_width, font=font, size=size)
            drawn = lines(text, language, box[2], measure)
            if max(map(measure, drawn)) <= box[2] and len(drawn) * size * _LEADING <= box[3] + 1:
                break
            size *= 0.93
        return size, drawn

    def _draw(
        self, line: str, font: str, size: float, where: tuple[Box, float, float], colour: Colour, side: int
    ) -> None:
        (left, _, width, _), y, step = where
        free = width - _width(line, font, size)
        x = left + (free / 2 if side == 0 else free if side > 0 else 0)
        for run, face in _runs(line, font):
            label = CoreLabel(text=run, font_name=face, font_size=size, color=(1, 1, 1, 1))
            label.refresh()
            texture = label.texture
            with self.canvas:
                Color(*colour)
                Rectangle(texture=texture, pos=(round(x), round(y + (step - texture.height) / 2)), size=texture.size)
            x += texture.width


def _runs(line: str, font: str) -> list[tuple[str, str]]:
    """A line cut where its script changes, each part with its font: Noto's Arabic fonts hold no Latin letters."""
    latin = faces("en").strong if "Bold" in font else faces("en").text
    if "Arabic" not in font:
        return [(line, font)]
    parts = re.split(r"([A-Za-z0-9][A-Za-z0-9 ,.&'-]*[A-Za-z0-9]|[A-Za-z0-9])", line)
    return [(part, latin if index % 2 else font) for index, part in enumerate(parts) if part]


def _width(line: str, font: str, size: float) -> float:
    """Pixels that a drawn line is wide."""
    return float(sum(CoreLabel(font_name=f, font_size=size).get_extents(run)[0] for run, f in _runs(line, font)))


class Plate(Widget):
    """A filled rectangle with round corners."""

    def __init__(self, box: Box, colour: Colour, radius: float = 0.0, line: Colour | None = None) -> None:
        super().__init__(size_hint=(None, None), pos=box[:2], size=box[2:])
        with self.canvas:
            Color(*colour)
            RoundedRectangle(pos=box[:2], size=box[2:], radius=[radius])
            if line is not None:
                Color(*line)
                Line(rounded_rectangle=(*box, radius or 0.1), width=1.2)


class TapButton(ButtonBehavior, Widget):
    """A target with a word on it. `name` is what tests tap by; `kind` is "primary", "plain" or "chosen"."""

    def __init__(
        self,
        name: str,
        text: str,
        language: Language,
        box: Box,
        act: Callable[[], None],
        size: float,
        kind: str = "plain",
    ) -> None:
        super().__init__(size_hint=(None, None), pos=box[:2], size=box[2:])
        self.name = name
        self._act = act
        fill, ink, line = {
            "primary": (theme.ACCENT, theme.ON_ACCENT, None),
            "plain": (theme.CARD, theme.INK, theme.LINE),
            "chosen": (theme.SHADE, theme.ACCENT, None),
        }[kind]
        self.add_widget(Plate(box, fill, min(box[3] / 2, 46.0), line))
        inset = min(0.08 * box[2], 24.0)
        inner = (box[0] + inset, box[1], box[2] - 2 * inset, box[3])
        self.add_widget(Text(text, language, inner, size, "strong", ink, 0, top=False))

    def on_release(self) -> None:
        """Kivy calls this when the finger leaves."""
        self._act()


class Card(ButtonBehavior, Widget):
    """A garment of the rail: its picture, its name, and price and sizes where they are known.

    A worn one is framed and bears a cross that takes it off.
    """

    def __init__(
        self,
        name: str,
        words: tuple[str, str],
        thumbnail: Path,
        box: Box,
        act: Callable[[], None],
        size: float,
        worn: bool,
        language: Language = "en",
    ) -> None:
        """`words` are the name and what is known beside it, the latter in `language`."""
        super().__init__(size_hint=(None, None), pos=box[:2], size=box[2:])
        self.name = name
        self._act = act
        left, bottom, width, height = box
        title, facts = words
        line = size * _LEADING * 1.2
        caption = 2 * line if facts else line
        self.add_widget(Plate(box, theme.CARD, 18.0, theme.LINE))
        self._picture(thumbnail, (left, bottom + caption + 6, width, height - caption - 6))
        below = (left + 8, bottom + 6 + caption - line, width - 16, line)
        self.add_widget(Text(title, "en", below, size, "strong" if worn else "text", theme.INK, 0, top=False))
        if facts:
            below = (left + 8, bottom + 6, width - 16, line)
            self.add_widget(Text(facts, language, below, 0.9 * size, "text", theme.QUIET, 0, top=False))
        if worn:
            self._mark(box)

    def on_release(self) -> None:
        """Kivy calls this when the finger leaves."""
        self._act()

    def _picture(self, thumbnail: Path, box: Box) -> None:
        texture = CoreImage(str(thumbnail), mipmap=True).texture
        scale = min((box[2] - 20) / texture.width, (box[3] - 20) / texture.height)
        width, height = texture.width * scale, texture.height * scale
        with self.canvas:
            Color(1, 1, 1, 1)
            Rectangle(
                texture=texture,
                pos=(box[0] + (box[2] - width) / 2, box[1] + (box[3] - height) / 2),
                size=(width, height),
            )

    def _mark(self, box: Box) -> None:
        radius = 20.0
        x, y = box[0] + box[2] - radius - 10, box[1] + box[3] - radius - 10
        with self.canvas.after:
            Color(*theme.ACCENT)
            Line(rounded_rectangle=(*box, 18.0), width=3)
            Ellipse(pos=(x - radius, y - radius), size=(2 * radius, 2 * radius))
            Color(*theme.ON_ACCENT)
            for slope in (-1, 1):
                Line(points=(x - 8, y - 8 * slope, x + 8, y + 8 * slope), width=2)


class Stage(Widget):
    """Pictures that fill a box, the rest cut off evenly; one texture for as long as their size stays.

    A picture of several panes fills the box with them side by side, each cut off evenly by itself.
    """

    def __init__(self) -> None:
        super().__init__(size_hint=(None, None))
        self._texture: Texture | None = None
        self._mirrored = False
        self._panes = 1
        with self.canvas:
            self._colour = Color(*theme.SHADE)
            self._rectangles = [Rectangle() for _ in range(MOST_PANES)]

    def place(self, box: Box) -> None:
        """Fill this box from now on."""
        self.pos, self.size = box[:2], box[2:]
        self._cut()

    def show(self, picture: NDArray[np.uint8], *, mirrored: bool, panes: int = 1) -> None:
        """Show a picture (H, W, 3) uint8 RGB; `mirrored` exchanges left and right within each pane."""
        height, width = picture.shape[:2]
        if self._texture is None or self._texture.size != (width, height):
            self._texture = Texture.create(size=(width, height), colorfmt="rgb")
            for rectangle in self._rectangles:
                rectangle.texture = self._texture
            self._colour.rgba = (1, 1, 1, 1)
        self._texture.blit_buffer(np.ascontiguousarray(picture).reshape(-1), colorfmt="rgb", bufferfmt="ubyte")
        self._mirrored, self._panes = mirrored, min(panes, MOST_PANES)
        self._cut()
        self.canvas.ask_update()

    def wipe(self) -> None:
        """Overwrite the texture."""
        if self._texture is not None:
            width, height = self._texture.size
            self._texture.blit_buffer(np.zeros(width * height * 3, np.uint8), colorfmt="rgb", bufferfmt="ubyte")
            self.canvas.ask_update()

    def _cut(self) -> None:
        """Which part of the texture is seen in each pane: its rows begin at the top, Kivy's at the bottom."""
        wide = self.width / self._panes
        for number, rectangle in enumerate(self._rectangles):
            shown = number < self._panes
            rectangle.pos = (self.x + number * wide, self.y)
            rectangle.size = (wide, self.height) if shown else (0, 0)
            if shown and self._texture is not None and self.height:
                rectangle.tex_coords = self._part(self._texture, number, wide / self.height)

    def _part(self, texture: Texture, number: int, box: float) -> tuple[float, ...]:
        """Texture coordinates of a pane's middle part, as wide for its height as `box` is."""
        picture = texture.width / self._panes / texture.height
        across, down = min(1.0, box / picture), min(1.0, picture / box)
        left, right = ((number + 0.5 + side * across / 2) / self._panes for side in (-1, 1))
        top, bottom = (1 - down) / 2, (1 + down) / 2
        if self._mirrored:
            left, right = right, left
        return (left, bottom, right, bottom, right, top, left, top)


class Outline(Widget):
    """The outline of a person, where the shopper is to stand; it breathes, unless motion is unwanted."""

    def __init__(self) -> None:
        super().__init__(size_hint=(None, None))
        self._drawn: tuple[Box, float] | None = None
        with self.canvas:
            self._dark = Color(*theme.INK[:3], 0.0)
            self._under = Line(width=1)
            self._light = Color(*theme.CARD[:3], 0.0)
            self._over = Line(width=1)

    def show(self, box: Box, seconds: float, *, wanted: bool, calm: bool) -> None:
        """Draw it in the middle of a box, or nothing; `seconds` is the time that its breath follows."""
        breath = 0.0 if calm else round(0.5 + 0.5 * math.sin(3.2 * seconds), 1)
        drawn = (box, breath) if wanted else None
        if drawn == self._drawn:
            return  # to set what is set already would have the whole window drawn anew
        self._drawn = drawn
        self._light.a, self._dark.a = (0.95 - 0.45 * breath, 0.45) if wanted else (0.0, 0.0)
        if not wanted:
            self._under.points = self._over.points = []
            return
        left, bottom, width, height = box
        scale = 0.86 * height * (1.0 + 0.012 * breath)
        points = [
            value for x, y in _FIGURE for value in (left + width / 2 + x * scale, bottom + 0.04 * height + y * scale)
        ]
        self._under.points = self._over.points = points
        self._under.width, self._over.width = 0.0062 * height, 0.0032 * height


def _figure() -> list[tuple[float, float]]:
    """A standing person's outline, x about the middle, y from the floor 0 to the crown 1, closed."""
    head = [(0.062 * math.sin(t), 0.925 - 0.075 * math.cos(t)) for t in np.linspace(0.42, math.pi, 14)]
    right = [
        (0.05, 0.0), (0.085, 0.0), (0.088, 0.03), (0.075, 0.2), (0.092, 0.3), (0.1, 0.47), (0.118, 0.52),
        (0.142, 0.44), (0.158, 0.45), (0.15, 0.6), (0.142, 0.74), (0.12, 0.79), (0.034, 0.83), (0.03, 0.853),
    ]  # fmt: skip
    side = [(0.0, 0.43), (0.012, 0.3), *right, *head]
    return [*side, *[(-x, y) for x, y in reversed(side)]]


_FIGURE = _figure()
MOST_PANES = 2


class Veil(Widget):
    """Darkens the whole window by a share, 0 for not at all."""

    def __init__(self) -> None:
        super().__init__(size_hint=(None, None))
        with self.canvas:
            self._colour = Color(0, 0, 0, 0)
            self._rectangle = Rectangle()

    def show(self, size: tuple[float, float], share: float) -> None:
        """Cover a window of this size."""
        if share == self._colour.a:
            return
        self._rectangle.size, self._colour.a = size if share else (0, 0), share
