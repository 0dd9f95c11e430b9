"""The screens: what stands where in each state. Each is drawn anew when something on it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kivy.uix.widget import Widget

from kiosk.config import Language
from kiosk.ui import theme
from kiosk.ui.rail import Offer, RailPage
from kiosk.ui.session import Session, State
from kiosk.ui.theme import Sizes
from kiosk.ui.widgets import Box, Card, Plate, TapButton, Text
from kiosk.ui.words import OWN_NAMES, RIGHT_TO_LEFT, say

CARDS: Final = 4
CARDS_WIDE: Final = 2


@dataclass(frozen=True)
class Acts:
    """What the buttons do."""

    begin: Callable[[], None]
    consent: Callable[[], None]
    start_over: Callable[[], None]
    stay: Callable[[], None]
    freeze: Callable[[], None]
    lower: Callable[[], None]
    speak: Callable[[Language], None]
    wear: Callable[[str], None]
    turn: Callable[[int], None]


@dataclass(frozen=True)
class View:
    """All that a screen shows, so that two equal views need no new drawing.

    rail: its page. wearing: what is worn, by title. trouble: the key of what is wrong with the picture, or "". film:
    the name of what the film shows. seconds: left to answer the warning.
    """

    state: State
    language: Language
    languages: tuple[Language, ...]
    worn: tuple[str, ...]
    frozen: bool
    lowered: bool
    rail: RailPage
    wearing: tuple[str, ...]
    trouble: str
    film: str
    seconds: int

    @classmethod
    def of(
        cls, session: Session, rail: RailPage, wearing: tuple[str, ...], trouble: str, film: str, seconds: int
    ) -> View:
        """The view of a session."""
        return cls(
            session.state, session.language, session.languages, session.worn, session.frozen, session.lowered,
            rail, wearing, trouble, film, seconds,
        )  # fmt: skip


def stage_box(sizes: Sizes, lowered: bool) -> Box:
    """Where the picture is: beside the controls in landscape, above them in portrait."""
    if sizes.wide:
        return 0.0, 0.0, sizes.width - sizes.panel[0], float(sizes.height)
    bottom = (sizes.lowered if lowered else sizes.raised) + sizes.panel[1]
    return 0.0, bottom, float(sizes.width), sizes.height - bottom


class Page:
    """Draws one view's words and controls into a widget."""

    def __init__(self, root: Widget, sizes: Sizes, view: View, acts: Acts) -> None:
        self._root, self._sizes, self._view, self._acts = root, sizes, view, acts
        self._u = sizes.unit
        self._stage = stage_box(sizes, view.lowered)
        bottom = sizes.lowered if view.lowered else sizes.raised
        self._panel: Box = (sizes.width - sizes.panel[0], bottom, *sizes.panel)
        self._margin = (32 if sizes.wide else 48) * self._u
        self._gap = 16 * self._u

    def draw(self) -> None:
        """Everything of the view but the picture itself."""
        column = (self._panel[0], 0.0, self._panel[2], self._sizes.height if self._sizes.wide else self._stage[1])
        self._root.add_widget(Plate(column, theme.PAPER))
        {
            State.ATTRACT: self._attract,
            State.NOTICE: self._notice,
            State.MIRROR: self._mirror,
            State.WARNING: self._warning,
            State.WIPE: self._wipe,
        }[self._view.state]()
        self._languages()

    def _attract(self) -> None:
        self._label("mirror.label")
        if self._view.film:
            self._caption(self._say("attract.wearing", name=self._view.film))
        self._words("attract.title", self._say("attract.text"))
        self._row([("begin", "attract.start", self._acts.begin, "primary"), self._lowering()])

    def _notice(self) -> None:
        left, bottom, width, height = self._stage
        u = self._u
        self._root.add_widget(Plate(self._stage, theme.PAPER))
        inner = (left + 1.5 * self._margin, bottom + 40 * u, width - 3 * self._margin, height - 130 * u)
        title = self._text(self._say("notice.title"), (*inner[:2], inner[2], inner[3]), 78 * u, "heading")
        y = inner[1] + inner[3] - title.height_used - 60 * u
        step = min(170 * u, (y - inner[1]) / 4)
        for number, key in enumerate(("camera", "nothing", "here", "wipe")):
            box = (inner[0], y - step * (number + 1), inner[2], step)
            self._root.add_widget(Plate((inner[0], box[1] + step - 2, inner[2], 1.5), theme.LINE))
            self._text(self._say(f"notice.{key}"), box, 42 * u, middle=True)
        self._row([("consent", "notice.start", self._acts.consent, "primary"), self._over(), self._lowering()])

    def _mirror(self) -> None:
        self._label("mirror.label")
        self._trouble()
        freeze = "mirror.live" if self._view.frozen else "mirror.freeze"
        kind = "primary" if self._view.frozen else "plain"
        self._row([("freeze", freeze, self._acts.freeze, kind), self._over(), self._lowering()])
        self._rail()

    def _warning(self) -> None:
        self._label("mirror.label")
        self._trouble()
        self._words("warning.title", self._say("warning.text", seconds=self._view.seconds))
        self._row([("stay", "warning.stay", self._acts.stay, "primary"), self._over(), self._lowering()])

    def _wipe(self) -> None:
        left, bottom, width, height = self._stage
        u = self._u
        self._root.add_widget(Plate(self._stage, theme.PAPER))
        middle = bottom + height / 2
        inner = left + self._margin, width - 2 * self._margin
        self._text(self._say("wipe.title"), (inner[0], middle, inner[1], 120 * u), 84 * u, "heading", align=0)
        self._text(self._say("wipe.text"), (inner[0], middle - 90 * u, inner[1], 60 * u), 40 * u, align=0, quiet=True)

    def _say(self, key: str, **values: object) -> str:
        return say(self._view.language, key, **values)

    def _text(
        self,
        text: str,
        box: Box,
        size: float,
        role: str = "text",
        align: int = -1,
        middle: bool = False,
        quiet: bool = False,
    ) -> Text:
        colour = theme.QUIET if quiet else theme.INK
        drawn = Text(text, self._view.language, box, size, role, colour, align, top=not middle)
        self._root.add_widget(drawn)
        return drawn

    def _mirrored(self, box: Box) -> Box:
        """A box within the panel, where it lies in the language's own direction."""
        if self._view.language not in RIGHT_TO_LEFT:
            return box
        left, _, width, _ = self._panel
        return 2 * left + width - box[0] - box[2], *box[1:]

    @property
    def _rows(self) -> tuple[float, float, float]:
        """Lower edges of the languages, of the actions, and of what stands above them."""
        first = self._panel[1] + 20 * self._u
        second = first + self._sizes.target + self._gap
        return first, second, second + self._sizes.target + 1.5 * self._gap

    def _columns(self, count: int) -> list[tuple[float, float]]:
        """Left edges and widths of `count` equal columns of the panel."""
        gap = self._gap * (0.5 if count > CARDS else 1.0)
        width = (self._panel[2] - 2 * self._margin - gap * (count - 1)) / count
        return [(self._panel[0] + self._margin + i * (width + gap), width) for i in range(count)]

    def _row(self, buttons: list[tuple[str, str, Callable[[], None], str]]) -> None:
        """The row of actions; the first is as wide as all places that the others leave."""
        columns = self._columns(3)
        free = 3 - len(buttons)
        first = (columns[0][0], columns[free][0] + columns[free][1] - columns[0][0])
        for (name, key, act, kind), (x, width) in zip(buttons, [first, *columns[free + 1 :]], strict=True):
            box = self._mirrored((x, self._rows[1], width, self._sizes.target))
            size = (34 if kind == "primary" else 28) * self._u
            self._root.add_widget(TapButton(name, self._say(key), self._view.language, box, act, size, kind))

    def _languages(self) -> None:
        names = self._view.languages
        for language, (x, width) in zip(names, self._columns(max(3, len(names))), strict=False):
            box = self._mirrored((x, self._rows[0], width, self._sizes.target))
            kind = "chosen" if language == self._view.language else "plain"
            act = _with(self._acts.speak, language)
            size = 25 * self._u
            self._root.add_widget(TapButton(f"speak-{language}", OWN_NAMES[language], language, box, act, size, kind))

    def _over(self) -> tuple[str, str, Callable[[], None], str]:
        return "over", "over", self._acts.start_over, "plain"

    def _lowering(self) -> tuple[str, str, Callable[[], None], str]:
        return "lower", "raise" if self._view.lowered else "lower", self._acts.lower, "plain"

    def _words(self, title: str, text: str) -> None:
        """A heading and a line in the panel."""
        left, width = self._panel[0] + self._margin, self._panel[2] - 2 * self._margin
        bottom = self._rows[2] + 10 * self._u
        height = self._panel[1] + self._panel[3] - 44 * self._u - bottom
        drawn = self._text(
            self._say(title), (left, bottom + 0.42 * height, width, 0.58 * height), 86 * self._u, "heading"
        )
        below = bottom + height - drawn.height_used - 12 * self._u
        self._text(text, (left, bottom, width, below - bottom), 38 * self._u, quiet=True)

    def _label(self, key: str) -> None:
        """The pill on the picture; a frozen picture says that it is one."""
        words = self._say(key)
        if self._view.frozen and self._view.state is State.MIRROR:
            words = f"{words} · {self._say('mirror.frozen')}"
        self._pill(words, self._stage[1] + self._stage[3] - 96 * self._u)

    def _caption(self, words: str) -> None:
        self._pill(words, self._stage[1] + 32 * self._u)

    def _pill(self, words: str, y: float) -> None:
        u = self._u
        width = (24 * max(len(words), 8) * 0.62 + 56) * u * (1.7 if self._view.language == "zh" else 1.0)
        left = self._stage[0] + 32 * u
        if self._view.language in RIGHT_TO_LEFT:
            left = self._stage[0] + self._stage[2] - 32 * u - width
        box = (left, y, width, 60 * u)
        self._root.add_widget(Plate(box, theme.CARD, 30 * u))
        inner = (left + 16 * u, y, width - 32 * u, 60 * u)
        self._text(words, inner, 26 * u, "strong", align=0, middle=True)

    def _trouble(self) -> None:
        """A veil over a picture that is not live, and why."""
        if not self._view.trouble or self._view.frozen:
            return
        left, bottom, width, height = self._stage
        u = self._u
        self._root.add_widget(Plate(self._stage, theme.PAPER))
        self._label("mirror.label")
        box = (left + 1.5 * self._margin, bottom, width - 3 * self._margin, height)
        self._text(self._say(self._view.trouble), box, 60 * u, "heading", align=0, middle=True)

    def _rail(self) -> None:
        """The garments, a page at a time, between two arrows where there is more than one page."""
        view, u = self._view, self._u
        left, width = self._panel[0] + self._margin, self._panel[2] - 2 * self._margin
        top = self._panel[1] + self._panel[3] - 20 * u
        hint = self._say("mirror.choose" if view.rail.offers else "mirror.preparing")
        if view.wearing:
            hint = f"{self._say('mirror.wearing')}: {', '.join(view.wearing)}"
        self._text(hint, (left, top - 42 * u, width, 42 * u), 28 * u, quiet=True, middle=True)
        count = CARDS_WIDE if self._sizes.wide else CARDS
        turner = self._sizes.target if view.rail.more else 0.0
        bottom, height = self._rows[2], top - 52 * u - self._rows[2]
        self._cards(view.rail.offers, count, (left, bottom, width, height), turner)
        if turner:
            signs = "›‹" if view.language in RIGHT_TO_LEFT else "‹›"
            for name, sign, x, step in (("back", signs[0], left, -1), ("on", signs[1], left + width - turner, 1)):
                box = self._mirrored((x, bottom, turner, height))
                self._root.add_widget(TapButton(name, sign, "en", box, _with(self._acts.turn, step), 60 * u))

    def _cards(self, offers: tuple[Offer, ...], count: int, box: Box, turner: float) -> None:
        left, bottom, width, height = box
        inset = turner + self._gap if turner else 0.0
        each = (width - 2 * inset - self._gap * (count - 1)) / count
        for place, offer in enumerate(offers):
            x = left + inset + place * (each + self._gap)
            where = self._mirrored((x, bottom, each, height))
            worn = offer.name in self._view.worn
            act = _with(self._acts.wear, offer.name)
            facts = offer.facts(self._view.language)
            self._root.add_widget(
                Card(f"wear-{offer.name}", (offer.title, facts), offer.thumbnail, where, act, 23 * self._u, worn)
            )


def _with(act: Callable[..., None], value: object) -> Callable[[], None]:
    return lambda: act(value)
