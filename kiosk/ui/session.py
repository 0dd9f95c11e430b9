"""A shopper's session as a machine of states; it knows no screen, no camera and no clock but the one it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from kiosk.config import Language, Times

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
    worn: names, from the skin outwards.
    """

    times: Times
    languages: tuple[Language, ...]
    generation: Callable[[], int]
    state: State = State.ATTRACT
    language: Language = "en"
    worn: tuple[str, ...] = ()
    frozen: bool = False
    lowered: bool = False
    _touched: float = 0.0
    _since: float = 0.0
    _patience: int = 1
    _before: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        self.language = self.languages[0]

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
            self.frozen = False
            self.worn = ()
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
        self.worn, self.frozen, self.lowered, self._patience = (), False, False, 1
        self.language = self.languages[0]
        self._enter(State.ATTRACT, now)
