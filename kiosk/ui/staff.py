"""Draws the staff's sheets: all that can be tapped lies in the band that one hand reaches, also from a wheelchair."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kivy.clock import Clock
from kivy.core.image import Image as CoreImage
from kivy.graphics import Color, Rectangle
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.widget import Widget

from kiosk.config import Language, Settings
from kiosk.staff.desk import ROWS, Desk, Row, Said, Sheet
from kiosk.ui import theme
from kiosk.ui.theme import Sizes
from kiosk.ui.widgets import Box, Plate, TapButton, Text
from kiosk.ui.words import RIGHT_TO_LEFT, say

HOLD_SECONDS: Final = 3.0
_IDLE_SECONDS: Final = 120.0
"""Without a touch, after which the PIN is needed anew."""
_RESTART: Final = 3
"""An exit code at which the supervisor starts the screen again."""
_LOOK_SECONDS: Final = 0.05
_PAGES: Final = ("collections", "photos", "status")


@dataclass(frozen=True)
class Hooks:
    """What the staff's screens ask of the mirror's.

    stage: where the picture is. language: spoken now. camera: how the camera is (see `Desk`). opened: called once the
    corner was held, to end what is shown.
    """

    stage: Callable[[], Box]
    language: Callable[[], Language]
    camera: Callable[[], str]
    opened: Callable[[], None]


def in_corner(sizes: Sizes, stage: Box, x: float, y: float) -> bool:
    """Whether a touch lies in a lower corner of the picture, where holding it opens the staff's screens."""
    left, bottom, width, _ = stage
    side = 1.5 * sizes.target
    return bottom <= y <= bottom + side and min(x - left, left + width - x) <= side and left <= x <= left + width


class StaffLayer(Widget):
    """Lies over all else: sees a corner held, and while the staff's screens are open takes every touch."""

    def __init__(self, settings: Settings, sizes: Sizes, hooks: Hooks) -> None:
        super().__init__(size_hint=(None, None))
        self._sizes, self._hooks = sizes, hooks
        self.desk = Desk(settings, hooks.camera)
        self._drawn: tuple[Sheet, str] = (Sheet(), "")
        self._held: tuple[Any, float] | None = None
        self._touched = 0.0
        self.desk.start()
        Clock.schedule_interval(self._look, _LOOK_SECONDS)

    def stop(self) -> None:
        """End the desk's thread."""
        self.desk.stop()

    @property
    def takes_all(self) -> bool:
        """Whether touches are none of the shoppers' screens' business."""
        return self.desk.sheet.page != "closed"

    def on_touch_down(self, touch: Any) -> bool:
        """See Kivy's `Widget.on_touch_down`."""
        self._touched = time.monotonic()
        if not self.desk.sheet.resting:
            super().on_touch_down(touch)
            return True
        if in_corner(self._sizes, self._hooks.stage(), *touch.pos):
            self._held = (touch.uid, self._touched)
        return self.desk.sheet.page == "order"

    def on_touch_up(self, touch: Any) -> bool:
        """See Kivy's `Widget.on_touch_up`."""
        if self._held and self._held[0] == touch.uid:
            self._held = None
        return bool(super().on_touch_up(touch)) or self.desk.sheet.page != "closed"

    def _look(self, _seconds: float) -> None:
        now = time.monotonic()
        if self._held and now - self._held[1] >= HOLD_SECONDS:
            self._held = None
            self._hooks.opened()
            self.desk.open()
        if self.desk.sheet.page == "restart":
            raise SystemExit(_RESTART)
        if not self.desk.sheet.resting and not self.desk.sheet.busy and now - self._touched > _IDLE_SECONDS:
            self.desk.close()
        drawn = (self.desk.sheet, self._hooks.language())
        if drawn != self._drawn:
            self._drawn = drawn
            self.clear_widgets()
            if self.desk.sheet.page != "closed":
                StaffPage(self, self._sizes, self._hooks.language(), self.desk.sheet, self.desk.press).draw()


class StaffPage:
    """Draws one sheet into a widget."""

    def __init__(
        self, root: Widget, sizes: Sizes, language: Language, sheet: Sheet, press: Callable[[str], None]
    ) -> None:
        self._root, self._sizes, self._language, self._sheet, self._press = root, sizes, language, sheet, press
        u = self._u = sizes.unit
        width = min(float(sizes.width), 1080 * u)
        self._left, self._width = (sizes.width - width) / 2 + 48 * u, width - 96 * u
        self._gap = 12 * u
        self._low = sizes.reach[0] + 20 * u

    def draw(self) -> None:
        """The whole sheet."""
        self._root.add_widget(Plate((0.0, 0.0, float(self._sizes.width), float(self._sizes.height)), theme.PAPER))
        if self._sheet.page == "order":
            self._out_of_order()
            return
        if self._sheet.page == "pin":
            self._keys()
        else:
            self._rows()
            self._bars()
        self._heading()

    @property
    def _rows_bottom(self) -> float:
        return self._low + 2 * (self._sizes.target + self._gap) + self._gap

    @property
    def _row_height(self) -> float:
        """All rows lie within reach, with the heading above them."""
        room = self._sizes.reach[1] - self._rows_bottom - ROWS * self._gap
        return min(max(self._sizes.target, 118 * self._u), room / ROWS)

    @property
    def _key_height(self) -> float:
        return max(self._sizes.target, 120 * self._u)

    @property
    def _keys_top(self) -> float:
        return self._low + self._sizes.target + 2 * self._gap + 4 * (self._key_height + self._gap)

    def _heading(self) -> None:
        u = self._u
        bottom = self._rows_bottom + ROWS * (self._row_height + self._gap)
        if self._sheet.page == "pin":
            bottom = self._keys_top + 60 * u
        told = self._told()
        self._text(told, (self._left, bottom, self._width, 96 * u), 32 * u, quiet=True)
        box = (self._left, bottom + 104 * u, self._width, 90 * u)
        self._text(say(self._language, f"staff.title.{self._sheet.page}"), box, 66 * u, "heading")

    def _told(self) -> str:
        sheet = self._sheet
        if sheet.busy:
            return say(self._language, "staff.busy")
        if sheet.page == "pin" and not sheet.told[0]:
            return say(self._language, "staff.askpin")
        return sheet.plain or self._said(sheet.told)

    def _said(self, told: Said) -> str:
        return say(self._language, told[0], **told[1]) if told[0] else ""

    def _text(self, text: str, box: Box, size: float, role: str = "text", quiet: bool = False) -> None:
        colour = theme.QUIET if quiet else theme.INK
        self._root.add_widget(Text(text, self._language, box, size, role, colour))

    def _out_of_order(self) -> None:
        u, middle = self._u, self._sizes.height / 2
        title = Text(
            say(self._language, "order.title"), self._language, (self._left, middle, self._width, 220 * u), 76 * u,
            "heading", theme.INK, 0, top=False,
        )  # fmt: skip
        self._root.add_widget(title)
        words = say(self._language, "order.text", code=self._sheet.plain)
        box = (self._left, middle - 120 * u, self._width, 100 * u)
        self._root.add_widget(Text(words, self._language, box, 40 * u, "text", theme.QUIET, 0))

    def _keys(self) -> None:
        """A keypad; a dot for each digit that was typed."""
        u, height = self._u, self._key_height
        width = min((self._width - 2 * self._gap) / 3, 2.2 * height)
        left = self._left + (self._width - 3 * width - 2 * self._gap) / 2
        names = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "erase", "0", "enter")
        for place, name in enumerate(names):
            column, row = place % 3, 3 - place // 3
            y = self._low + self._sizes.target + 2 * self._gap + row * (height + self._gap)
            box = (left + column * (width + self._gap), y, width, height)
            digit = name.isdigit()
            text = name if digit else say(self._language, f"staff.{name}")
            act = f"digit-{name}" if digit else name
            kind = "primary" if name == "enter" else "plain"
            self._button(act, text, box, (48 if digit else 28) * u, kind, "en" if digit else self._language)
        close = (left, self._low, 3 * width + 2 * self._gap, self._sizes.target)
        self._button("close", say(self._language, "staff.close"), close, 30 * u)
        dots = "●" * self._sheet.digits
        self._root.add_widget(Dots((left, self._keys_top, 3 * width + 2 * self._gap, 50 * u), len(dots), 11 * u))

    def _rows(self) -> None:
        height = self._row_height
        for place, row in enumerate(self._sheet.rows):
            y = self._rows_bottom + (ROWS - 1 - place) * (height + self._gap)
            words = (", " if self._language != "ar" else "، ").join(filter(None, (self._said(row.note), row.plain)))
            box = (self._left, y, self._width, height)
            self._root.add_widget(RowButton(row, words, self._language, box, self._u, self._press))

    def _bars(self) -> None:
        """What can be done with the sheet, and below it the other sheets."""
        sheet, target = self._sheet, self._sizes.target
        actions = [*sheet.actions, *(["more"] if sheet.more else [])]
        self._bar([(name, f"staff.{name}", name == "show") for name in actions], self._low + target + self._gap)
        pages = [(page, f"staff.title.{page}", False) for page in _PAGES]
        self._bar([*pages, ("close", "staff.close", False)], self._low)

    def _bar(self, buttons: list[tuple[str, str, bool]], y: float) -> None:
        if not buttons:
            return
        width = (self._width - self._gap * (len(buttons) - 1)) / len(buttons)
        for place, (name, key, first) in enumerate(buttons):
            box = self._mirrored((self._left + place * (width + self._gap), y, width, self._sizes.target))
            kind = "primary" if first else "chosen" if name == self._sheet.page else "plain"
            self._button(name, say(self._language, key), box, 27 * self._u, kind)

    def _mirrored(self, box: Box) -> Box:
        if self._language not in RIGHT_TO_LEFT:
            return box
        return 2 * self._left + self._width - box[0] - box[2], *box[1:]

    def _button(
        self, name: str, text: str, box: Box, size: float, kind: str = "plain", language: Language | None = None
    ) -> None:
        act = _with(self._press, name)
        self._root.add_widget(TapButton(f"staff-{name}", text, language or self._language, box, act, size, kind))


class Dots(Widget):
    """A dot for each digit of a PIN; which ones they are is nobody's business."""

    def __init__(self, box: Box, count: int, radius: float) -> None:
        super().__init__(size_hint=(None, None), pos=box[:2], size=box[2:])
        left = box[0] + box[2] / 2 - (count - 1) * 2 * radius
        for place in range(count):
            x = left + place * 4 * radius
            round_box = (x - radius, box[1] + box[3] / 2 - radius, 2 * radius, 2 * radius)
            self.add_widget(Plate(round_box, theme.ACCENT, radius))


class RowButton(ButtonBehavior, Widget):
    """A row: a small picture where there is one, a title, and how it is. Rows without a name cannot be tapped."""

    def __init__(
        self, row: Row, words: str, language: Language, box: Box, unit: float, press: Callable[[str], None]
    ) -> None:
        super().__init__(size_hint=(None, None), pos=box[:2], size=box[2:])
        self._act = _with(press, row.name) if row.name else None
        if row.name:
            self.name = f"staff-{row.name}"
        left, bottom, width, height = box
        self.add_widget(Plate(box, theme.SHADE if row.chosen else theme.CARD, 18.0, theme.LINE))
        inset = 24 * unit
        picture = height if row.thumbnail else 0.0
        right_to_left = language in RIGHT_TO_LEFT
        inner = (left + inset + (0 if right_to_left else picture), bottom, width - 2 * inset - picture, height)
        upper = (inner[0], bottom + 0.55 * height, inner[2], 0.38 * height)
        title = say(language, f"staff.part.{row.part}") if row.part else row.title
        self.add_widget(Text(title, language, upper, 30 * unit, "strong", theme.INK, top=False))
        lower = (inner[0], bottom + 0.06 * height, inner[2], 0.48 * height)
        self.add_widget(Text(words, language, lower, 25 * unit, "text", theme.QUIET, top=False))
        if row.thumbnail:
            x = left + width - height - 6 if right_to_left else left + 6
            self._picture(row.thumbnail, (x, bottom + 6, height, height - 12))

    def on_release(self) -> None:
        """Kivy calls this when the finger leaves."""
        if self._act is not None:
            self._act()

    def _picture(self, path: Path, box: Box) -> None:
        texture = CoreImage(str(path), mipmap=True).texture
        scale = min(box[2] / texture.width, box[3] / texture.height)
        width, height = texture.width * scale, texture.height * scale
        at = (box[0] + (box[2] - width) / 2, box[1] + (box[3] - height) / 2)
        with self.canvas:
            Color(1, 1, 1, 1)
            Rectangle(texture=texture, pos=at, size=(width, height))


def _with(press: Callable[[str], None], name: str) -> Callable[[], None]:
    return lambda: press(name)
