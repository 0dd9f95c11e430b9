"""A shopper's session as a machine of states; it knows no screen, no camera and no clock but the one it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from kiosk.config import Help, Language, Times
from kiosk.twins.shown import Wanted

_LONGEST: Final = 4
"""Each time a shopper asks for more time they get twice as much as before, up to so many times the usual."""
_WIPE_SHOWN_S: Final = 1.5
"""The word that all is deleted stays long enough to be read."""


class State(str, Enum):
    """What is on the screen."""

    ATTRACT = "attract"
    NOTICE = "notice"
    MIRROR = "mirror"
    WARNING = "warning"
    WIPE = "wipe"


@dataclass
class Session:
    """One shopper after the other.

    generation: asks how many camera processes have ended, each followed by a wipe: the proof that a wipe is done.
    worn: names, from the skin outwards. beside: a second look, shown at the left of the first; None for none.
    twin: who stands in the shopper's place, nobody where it is empty. choosing: whether twins are being looked through,
    and `wanted` how. replaying: whether the last seconds are shown again. help: what each session begins with; spoken
    and calm are this shopper's own.
    """

    times: Times
    languages: tuple[Language, ...]
    generation: Callable[[], int]
    state: State = State.ATTRACT
    language: Language = "en"
    worn: tuple[str, ...] = ()
    frozen: bool = False
    lowered: bool = False
    beside: tuple[str, ...] | None = None
    twin: str = ""
    choosing: bool = False
    wanted: Wanted = field(default_factory=Wanted)
    replaying: bool = False
    help: Help = field(default_factory=Help)
    spoken: bool = False
    calm: bool = False
    _touched: float = 0.0
    _since: float = 0.0
    _patience: int = 1
    _before: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        self._forget()

    @property
    def camera_on(self) -> bool:
        """Whether the shopper is, or may be, looked at."""
        return self.state in {State.MIRROR, State.WARNING}

    @property
    def ends(self) -> int:
        """The generation of the camera's process that is to end; -1 for none."""
        return self._before if self.state is State.WIPE else -1

    def touched(self, now: float) -> None:
        """Any touch: somebody is there."""
        self._touched = now

    def begin(self, now: float) -> None:
        """From attract to the notice."""
        if self.state is State.ATTRACT:
            self._enter(State.NOTICE, now)

    def consent(self, now: float) -> None:
        """From the notice to the mirror: the camera goes on."""
        if self.state is State.NOTICE:
            self._enter(State.MIRROR, now)

    def start_over(self, now: float) -> None:
        """Back to the beginning; whoever was seen is wiped."""
        if self.camera_on:
            self._undress()
            self._enter(State.WIPE, now)
        elif self.state is State.NOTICE:
            self._reset(now)

    def stay(self, now: float) -> None:
        """More time."""
        if self.state is State.WARNING:
            self._patience = min(2 * self._patience, _LONGEST)
            self._enter(State.MIRROR, now)

    def speak(self, language: Language) -> None:
        """Change the language."""
        if language in self.languages:
            self.language = language

    def show_twin(self, slug: str) -> None:
        """A twin takes the shopper's place, or, without a name, the shopper takes it again."""
        self.twin, self.frozen, self.replaying = slug, False, False

    def compare(self) -> None:
        """Put the present look aside, to see another one beside it; or, the second time, have one again."""
        self.beside = self.worn if self.beside is None else None
        self.frozen = self.replaying = False

    def warning_left(self, now: float) -> float:
        """Seconds until an unanswered warning ends the session."""
        return max(0.0, self.times.warning_s - (now - self._since))

    def tick(self, now: float) -> None:
        """Time passes."""
        idle = now - max(self._touched, self._since)
        if self.state is State.NOTICE and idle > self.times.idle_s:
            self._reset(now)
        elif self.state is State.MIRROR and idle > self.times.idle_s * self._patience:
            self._enter(State.WARNING, now)
        elif self.state is State.WARNING and self.warning_left(now) <= 0.0:
            self.start_over(now)
        elif self.state is State.WIPE and now - self._since > _WIPE_SHOWN_S and self.generation() > self._before:
            self._reset(now)

    def _enter(self, state: State, now: float) -> None:
        if state is State.WIPE:
            self._before = self.generation()
        self.state, self._since, self._touched = state, now, now

    def _reset(self, now: float) -> None:
        """Nothing that one shopper chose meets the next one."""
        self._forget()
        self._enter(State.ATTRACT, now)

    def _undress(self) -> None:
        self.worn, self.beside, self.twin = (), None, ""
        self.frozen = self.choosing = self.replaying = False

    def _forget(self) -> None:
        self._undress()
        self.lowered, self._patience, self.wanted = False, 1, Wanted()
        self.language = self.languages[0]
        self.spoken, self.calm = self.help.spoken, self.help.calm
