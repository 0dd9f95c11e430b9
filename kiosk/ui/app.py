"""The mirror's screen: it plays films, follows the session, shows the newest picture, and never waits for anybody."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.widget import Widget

from kiosk.collection import with_added
from kiosk.errors import StalePictureError
from kiosk.runtime.phase import Phase
from kiosk.runtime.wish import Wish, tell
from kiosk.ui import theme
from kiosk.ui.rail import Rail
from kiosk.ui.screens import CARDS, CARDS_WIDE, Acts, Page, View, stage_box
from kiosk.ui.session import Session, State
from kiosk.ui.shelf import Shelf
from kiosk.ui.theme import Sizes
from kiosk.ui.widgets import Stage

if TYPE_CHECKING:
    from kiosk.config import Language, Settings
    from kiosk.runtime.pulse import Pulse
    from kiosk.runtime.ring import Ring

_TELL_SECONDS: Final = 0.5


class MirrorApp(App):
    """The Kivy application; `session` is public for whoever drives it."""

    def __init__(self, settings: Settings, ring: Ring, pulse: Pulse, wishes: int) -> None:
        """`wishes` is the writing end of the pipe of wishes."""
        super().__init__()
        self._settings, self._ring, self._pulse, self._wishes = settings, ring, pulse, wishes
        self._sizes = Sizes.of(settings.screen)
        self.session = Session(settings.times, settings.languages, lambda: ring.generation)
        self.shelf, self.rail = Shelf(settings.data), Rail(settings.data)
        self._shown: tuple[str, int] = ("", 0)
        self._captured = 0.0
        self._began = 0.0
        self._view: View | None = None
        self._told: tuple[float, Wish] = (0.0, Wish())
        self._acts = Acts(
            self._on(self.session.begin), self._on(self.session.consent), self._on(self.session.start_over),
            self._on(self.session.stay), self._freeze, self._lower, self._speak, self._wear, self.rail.turn,
        )  # fmt: skip

    def build(self) -> Any:
        """See Kivy's `App.build`."""
        Window.clearcolor = theme.PAPER
        width, height = Window.size  # a full screen is as large as it is, whatever the settings hoped
        self._sizes = Sizes.of(self._settings.screen.model_copy(update={"width": width, "height": height}))
        self.video, self._words, root = Stage(), Widget(), Widget()
        root.add_widget(self.video)
        root.add_widget(self._words)
        root.bind(on_touch_down=self._touched)
        self.shelf.start()
        self.rail.start(CARDS_WIDE if self._sizes.wide else CARDS)
        self._tick(0.0)
        Clock.schedule_interval(self._tick, 1.0 / self._settings.screen.frames_per_second)
        return root

    def on_stop(self) -> None:
        """See Kivy's `App.on_stop`."""
        self.shelf.stop()
        self.rail.stop()
        self.video.wipe()

    def _tick(self, _seconds: float) -> None:
        now = time.monotonic()
        self._pulse.beat()
        before = self.session.state
        self.session.tick(now)
        if self.session.state is not before or (self._view and self._view.state is not self.session.state):
            self._entered()
        self._tell(now)
        self._picture()
        self._draw(now)

    def _entered(self) -> None:
        """A state has begun."""
        self.shelf.play(self.session.state is State.ATTRACT)
        self.rail.hold(held=self.session.state is not State.ATTRACT)
        if self.session.state is State.WIPE:
            self.video.wipe()
        if self.session.state is State.MIRROR and not (self._view and self._view.state is State.WARNING):
            self.rail.turn(0)
            self._captured, self._began = 0.0, time.monotonic()

    def _tell(self, now: float) -> None:
        session, collection = self.session, self.rail.page.collection
        wish = Wish(mirror=session.camera_on, wear=session.worn, ends=session.ends, collection=collection)
        if wish != self._told[1] or now - self._told[0] > _TELL_SECONDS:
            tell(self._wishes, wish)
            self._told = (now, wish)

    def _picture(self) -> None:
        """Show the film's or the camera's newest picture where it is a new one."""
        if self.session.state is State.ATTRACT:
            self.shelf.play(wanted=True)
            film = self.shelf.film
            if film is not None and self._shown != ("film", film.number):
                self.video.show(film.picture, mirrored=False)
                self._shown = ("film", film.number)
        elif self.session.camera_on and not self.session.frozen:
            self._live()

    def _live(self) -> None:
        try:
            if self._shown == ("live", self._ring.newest):
                return
            newest = self._ring.read_latest(self._settings.times.live_ms)
        except StalePictureError:
            return
        self.video.show(newest.picture, mirrored=True)
        self._shown, self._captured = ("live", newest.sequence), newest.captured

    def _trouble(self, now: float) -> str:
        """What is wrong with the picture: a key of the catalogue, or nothing."""
        if not self.session.camera_on or self.session.frozen:
            return ""
        times = self._settings.times
        if self._captured and 1e3 * (now - self._captured) <= times.live_ms:
            return ""
        since = now - (self._captured or self._began)
        return "mirror.lost" if since > times.lost_s and self._ring.phase is Phase.NO_CAMERA else "mirror.moment"

    def _draw(self, now: float) -> None:
        """Draw words and controls anew where they have changed."""
        session = self.session
        film = self.shelf.film.title if self.shelf.film and session.state is State.ATTRACT else ""
        seconds = int(session.warning_left(now) + 0.999) if session.state is State.WARNING else 0
        worn = self.rail.titles(session.worn)
        view = View.of(session, self.rail.page, worn, self._trouble(now), film, seconds)
        if view == self._view:
            return
        self._view = view
        self._words.clear_widgets()
        self.video.place(stage_box(self._sizes, session.lowered))
        Page(self._words, self._sizes, view, self._acts).draw()

    def _touched(self, _root: Any, touch: Any) -> bool:
        """Any touch keeps the session alive; on the film it begins one."""
        self.session.touched(time.monotonic())
        if self.session.state is State.ATTRACT and self.video.collide_point(*touch.pos):
            self.session.begin(time.monotonic())
            return True
        return False

    def _on(self, act: Any) -> Any:
        return lambda: act(time.monotonic())

    def _freeze(self) -> None:
        self.session.frozen = not self.session.frozen

    def _lower(self) -> None:
        self.session.lowered = not self.session.lowered

    def _speak(self, language: Language) -> None:
        self.session.speak(language)

    def _wear(self, name: str) -> None:
        """Put a garment on, or take it off where it is worn."""
        session = self.session
        if name in session.worn:
            session.worn = tuple(worn for worn in session.worn if worn != name)
        else:
            session.worn = with_added(session.worn, name, self.rail.layers)
        session.frozen = False
