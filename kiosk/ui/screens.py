"""The screens: what stands where in each state. Each is drawn anew when something on it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kivy.uix.widget import Widget

from kiosk.config import Language
from kiosk.twins.shown import GROUPS, Wanted
from kiosk.ui import theme
from kiosk.ui.people import PeoplePage, Person
from kiosk.ui.rail import RailPage
from kiosk.ui.session import State
from kiosk.ui.theme import Sizes
from kiosk.ui.widgets import Box, Card, Plate, TapButton, Text
from kiosk.ui.words import OWN_NAMES, RIGHT_TO_LEFT, say

CARDS: Final = 4
CARDS_WIDE: Final = 2


@dataclass(frozen=True)
class Acts:
    """What the buttons do. `choose` opens and closes the twins, `narrow` asks for another group of them."""

    begin: Callable[[], None]
    consent: Callable[[], None]
    start_over: Callable[[], None]
    stay: Callable[[], None]
    freeze: Callable[[], None]
    lower: Callable[[], None]
    speak: Callable[[Language], None]
    wear: Callable[[str], None]
    turn: Callable[[int], None]
    choose: Callable[[], None]
    narrow: Callable[[str], None]
    show_twin: Callable[[str], None]
    compare: Callable[[], None]
    replay: Callable[[], None]
    voice: Callable[[], None]
    calm: Callable[[], None]


@dataclass(frozen=True)
class View:
    """All that a screen shows, so that two equal views need no new drawing.

    rail: its page; people: that of the twins. wearing: what is worn, by name and title. trouble: the key of what is
    wrong with the picture, or "". hint: the key of what the shopper could do better, or "". film: the name of what the
    film shows. seconds: left to answer the warning. twin: who stands in the shopper's place. panes: looks in the
    picture that is shown now. recorded: whether there is something to show again.
    """

    state: State
    language: Language
    languages: tuple[Language, ...]
    worn: tuple[str, ...]
    frozen: bool
    lowered: bool
    choosing: bool
    wanted: Wanted
    comparing: bool
    replaying: bool
    spoken: bool
    calm: bool
    rail: RailPage
    people: PeoplePage
    wearing: tuple[tuple[str, str], ...]
    trouble: str
    hint: str
    film: str
    seconds: int
    twin: Person | None
    panes: int
    recorded: bool


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
        self._helps()
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
        self._helps()
        self._row([("consent", "notice.start", self._acts.consent, "primary"), self._over(), self._lowering()])

    def _mirror(self) -> None:
        self._label("mirror.label")
        self._trouble()
        self._said_on_picture()
        if self._view.choosing:
            self._row([("done", "twin.done", self._acts.choose, "primary"), self._over(), self._lowering()])
            self._groups()
            self._people()
            return
        view, acts = self._view, self._acts
        freeze = ("freeze", "mirror.live" if view.frozen else "mirror.freeze", acts.freeze, "plain")
        self._row([freeze if not view.frozen else (*freeze[:3], "primary"), self._over(), self._lowering()])
        back = ("me", "mirror.me", _with(acts.show_twin, ""), "primary")
        someone = back if view.twin else ("someone", "mirror.someone", acts.choose, "plain")
        compare = ("compare", "mirror.one" if view.comparing else "mirror.compare", acts.compare, "plain")
        again = ("replay", "mirror.live" if view.replaying else "mirror.replay", acts.replay, "plain")
        self._row([someone, compare, again] if view.recorded else [someone, compare], upper=True)
        self._rail()

    def _said_on_picture(self) -> None:
        """What is worn, each with a cross that takes it off; who is seen; which look is which; what could be better."""
        view, u = self._view, self._u
        above = max(self._stage[1] + 20 * u, self._sizes.reach[0]) + self._sizes.target + 16 * u
        if view.twin:
            self._pill(f"{view.twin.name} · {view.twin.credit}", above)
        self._worn_now()
        if view.panes > 1:
            half = self._stage[2] / 2
            for number, key in enumerate(("mirror.first", "mirror.second")):
                left = self._stage[0] + number * half + 0.25 * half
                box = (left, above + (76 * u if view.twin else 0.0), 0.5 * half, 60 * u)
                self._root.add_widget(Plate(box, theme.CARD, 30 * u))
                self._text(self._say(key), box, 26 * u, "strong", align=0, middle=True)
        if view.hint and not view.trouble:
            left, _, width, height = self._stage
            box = (left + 0.1 * width, self._stage[1] + 0.5 * height, 0.8 * width, 110 * u)
            self._root.add_widget(Plate(box, theme.CARD, 40 * u))
            inner = (box[0] + 24 * u, box[1], box[2] - 48 * u, box[3])
            self._text(self._say(view.hint), inner, 44 * u, "strong", align=0, middle=True)

    def _worn_now(self) -> None:
        """What is worn, as targets at the picture's lower edge."""
        view, u = self._view, self._u
        if not view.wearing or view.choosing:
            return
        left, bottom, width, _ = self._stage
        gap, count = 12 * u, len(view.wearing)
        each = min(0.3 * width, (width - 2 * self._margin - gap * (count - 1)) / count)
        y = max(bottom + 20 * u, self._sizes.reach[0])
        for number, (name, title) in enumerate(view.wearing):
            box = (left + self._margin + number * (each + gap), y, each, self._sizes.target)
            if view.language in RIGHT_TO_LEFT:
                box = (2 * left + width - box[0] - each, *box[1:])
            act = _with(self._acts.wear, name)
            self._root.add_widget(TapButton(f"off-{name}", f"× {title}", "en", box, act, 26 * u))

    def _helps(self) -> None:
        """Prompts read aloud, and less motion: each switched by a tap."""
        view = self._view
        voice = ("voice", "help.silent" if view.spoken else "help.speak", self._acts.voice)
        calm = ("calm", "help.lively" if view.calm else "help.calm", self._acts.calm)
        for (name, key, act), (x, width) in zip((voice, calm), self._columns(2), strict=True):
            box = self._mirrored((x, self._rows[2], width, self._sizes.target))
            chosen = view.spoken if name == "voice" else view.calm
            kind = "chosen" if chosen else "plain"
            self._root.add_widget(TapButton(name, self._say(key), view.language, box, act, 28 * self._u, kind))

    def _groups(self) -> None:
        """Age group, height and figure: each tap asks for the next group."""
        buttons = []
        for name in GROUPS:
            chosen = getattr(self._view.wanted, name)
            value = self._say(f"twin.{name}.{chosen}" if chosen else "twin.any")
            words = self._say(f"twin.{name}", value=value)
            buttons.append((name, words, _with(self._acts.narrow, name), "chosen" if chosen else "plain"))
        for (name, words, act, kind), (x, width) in zip(buttons, self._columns(3), strict=True):
            box = self._mirrored((x, self._rows[2], width, self._sizes.target))
            self._root.add_widget(TapButton(f"group-{name}", words, self._view.language, box, act, 27 * self._u, kind))

    def _people(self) -> None:
        """The twins, a page at a time."""
        people = self._view.people
        self._shelf("twin.choose" if people.people else "twin.none", people.more)
        for person, where in zip(people.people, self._places(people.more), strict=False):
            seen = self._view.twin is not None and person.slug == self._view.twin.slug
            act = _with(self._acts.show_twin, "" if seen else person.slug)
            words = (person.name, person.facts(self._view.language))
            card = Card(
                f"twin-{person.slug}", words, person.portrait, where, act, 23 * self._u, seen, self._view.language
            )
            self._root.add_widget(card)

    def _warning(self) -> None:
        self._label("mirror.label")
        self._trouble()
        self._words("warning.title", self._say("warning.text", seconds=self._view.seconds))
        self._helps()
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
    def _rows(self) -> tuple[float, float, float, float]:
        """Lower edges of the languages, of the actions, of what else can be done, and of what stands above them."""
        first = self._panel[1] + 20 * self._u
        step = self._sizes.target + self._gap
        return first, first + step, first + 2 * step, first + 3 * step + 0.5 * self._gap

    def _columns(self, count: int) -> list[tuple[float, float]]:
        """Left edges and widths of `count` equal columns of the panel."""
        gap = self._gap * (0.5 if count > CARDS else 1.0)
        width = (self._panel[2] - 2 * self._margin - gap * (count - 1)) / count
        return [(self._panel[0] + self._margin + i * (width + gap), width) for i in range(count)]

    def _row(self, buttons: list[tuple[str, str, Callable[[], None], str]], *, upper: bool = False) -> None:
        """A row of actions, or the one above it; the first is as wide as all places that the others leave."""
        columns = self._columns(3)
        free = 3 - len(buttons)
        first = (columns[0][0], columns[free][0] + columns[free][1] - columns[0][0])
        for (name, key, act, kind), (x, width) in zip(buttons, [first, *columns[free + 1 :]], strict=True):
            box = self._mirrored((x, self._rows[2 if upper else 1], width, self._sizes.target))
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
        bottom = self._rows[3] + 10 * self._u
        height = self._panel[1] + self._panel[3] - 44 * self._u - bottom
        drawn = self._text(
            self._say(title), (left, bottom + 0.42 * height, width, 0.58 * height), 86 * self._u, "heading"
        )
        below = bottom + height - drawn.height_used - 12 * self._u
        self._text(text, (left, bottom, width, below - bottom), 38 * self._u, quiet=True)

    def _label(self, key: str) -> None:
        """The pill on the picture; one that is not of now says so."""
        words, view = self._say(key), self._view
        if view.state is State.MIRROR and (view.frozen or view.replaying):
            words = f"{words} · {self._say('mirror.frozen' if view.frozen else 'mirror.replaying')}"
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
        if not self._view.trouble or self._view.frozen or self._view.replaying:
            return
        left, bottom, width, height = self._stage
        u = self._u
        self._root.add_widget(Plate(self._stage, theme.PAPER))
        self._label("mirror.label")
        box = (left + 1.5 * self._margin, bottom, width - 3 * self._margin, height)
        self._text(self._say(self._view.trouble), box, 60 * u, "heading", align=0, middle=True)

    def _rail(self) -> None:
        """The garments, a page at a time."""
        rail = self._view.rail
        self._shelf("mirror.choose" if rail.offers else "mirror.preparing", rail.more)
        for offer, where in zip(rail.offers, self._places(rail.more), strict=False):
            worn = offer.name in self._view.worn
            act = _with(self._acts.wear, offer.name)
            words = (offer.title, offer.facts(self._view.language))
            self._root.add_widget(Card(f"wear-{offer.name}", words, offer.thumbnail, where, act, 23 * self._u, worn))

    @property
    def _shelf_box(self) -> Box:
        left, width = self._panel[0] + self._margin, self._panel[2] - 2 * self._margin
        top = self._panel[1] + self._panel[3] - 20 * self._u
        return left, self._rows[3], width, top - 48 * self._u - self._rows[3]

    def _shelf(self, key: str, more: bool) -> None:
        """The words above a page of cards, and two arrows where there is more than one page."""
        left, bottom, width, height = self._shelf_box
        u = self._u
        self._text(self._say(key), (left, bottom + height + 8 * u, width, 42 * u), 28 * u, quiet=True, middle=True)
        if not more:
            return
        signs = "›‹" if self._view.language in RIGHT_TO_LEFT else "‹›"
        turner = self._sizes.target
        for name, sign, x, step in (("back", signs[0], left, -1), ("on", signs[1], left + width - turner, 1)):
            box = self._mirrored((x, bottom, turner, height))
            self._root.add_widget(TapButton(name, sign, "en", box, _with(self._acts.turn, step), 60 * u))

    def _places(self, more: bool) -> list[Box]:
        """The boxes of a page's cards."""
        left, bottom, width, height = self._shelf_box
        count = CARDS_WIDE if self._sizes.wide else CARDS
        inset = self._sizes.target + self._gap if more else 0.0
        each = (width - 2 * inset - self._gap * (count - 1)) / count
        return [self._mirrored((left + inset + k * (each + self._gap), bottom, each, height)) for k in range(count)]


def _with(act: Callable[..., None], value: object) -> Callable[[], None]:
    return lambda: act(value)
