"""The mirror's screen: it plays films, follows the session, shows the newest picture, and never waits for anybody."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics import PopMatrix, PushMatrix, Translate
from kivy.uix.widget import Widget

from kiosk.collection import with_added
from kiosk.errors import StalePictureError
from kiosk.runtime.counting import Counting
from kiosk.runtime.phase import Hint, Phase
from kiosk.runtime.wish import Wish, tell
from kiosk.ui import theme
from kiosk.ui.people import People, PeoplePage
from kiosk.ui.rail import Rail
from kiosk.ui.replay import Replay
from kiosk.ui.screens import CARDS, CARDS_WIDE, Acts, Page, View, stage_box
from kiosk.ui.session import Session, State
from kiosk.ui.shelf import Shelf
from kiosk.ui.staff import Hooks, StaffLayer
from kiosk.ui.theme import Sizes
from kiosk.ui.voice import Voice
from kiosk.ui.widgets import Box, Outline, Stage, Veil
from kiosk.ui.words import say

if TYPE_CHECKING:
    from kiosk.config import Language, Settings
    from kiosk.runtime.pulse import Pulse
    from kiosk.runtime.ring import Ring

_TELL_SECONDS: Final = 0.5
_CAMERA: Final = {Phase.STARTING: "starting", Phase.READY: "ready", Phase.LIVE: "live", Phase.NO_CAMERA: "none"}
_OUTLINED: Final = frozenset({"hint.nobody", "hint.near", "hint.far", "hint.aside"})
_SHIFT_SECONDS: Final = 60.0
_SHIFTS: Final = (
    (0, 0),
    (1, 0),
    (2, 1),
    (1, 2),
    (0, 1),
    (-1, 2),
    (-2, 1),
    (-1, 0),
    (-2, -1),
    (-1, -2),
    (0, -1),
    (1, -1),
)


class MirrorApp(App):
    """The Kivy application; `session` is public for whoever drives it."""

    def __init__(self, settings: Settings, ring: Ring, pulse: Pulse, wishes: int) -> None:
        """`wishes` is the writing end of the pipe of wishes."""
        super().__init__()
        self._settings, self._ring, self._pulse, self._wishes = settings, ring, pulse, wishes
        self._sizes = Sizes.of(settings.screen)
        self.session = Session(settings.times, settings.languages, lambda: ring.generation, help=settings.help)
        self.shelf, self.rail, self.people = Shelf(settings.data), Rail(settings.data), People(settings)
        self.replay, self.voice, self._counting = Replay(), Voice(), Counting(settings)
        self._again = 0.0
        self._panes = 1
        self._shown: tuple[str, int] = ("", 0)
        self._captured = 0.0
        self._began = 0.0
        self._view: View | None = None
        self._told: tuple[float, Wish] = (0.0, Wish())
        self._acts = Acts(
            self._on(self.session.begin), self._on(self.session.consent), self._on(self.session.start_over),
            self._on(self.session.stay), self._freeze, self._lower, self._speak, self._wear, self._turn,
            self._choose, self._narrow, self.session.show_twin, self.session.compare, self._replay, self._voice,
            self._calm,
        )  # fmt: skip

    def build(self) -> Any:
        """See Kivy's `App.build`."""
        Window.clearcolor = theme.PAPER
        width, height = Window.size  # a full screen is as large as it is, whatever the settings hoped
        self._sizes = Sizes.of(self._settings.screen.model_copy(update={"width": width, "height": height}))
        self.video, self._outline, self._words, self._veil = Stage(), Outline(), Widget(), Veil()
        root = Widget()
        for each in (self.video, self._outline, self._words, self._veil):
            root.add_widget(each)
        self.staff = StaffLayer(self._settings, self._sizes, self._staff_hooks())
        root.add_widget(self.staff)
        with root.canvas.before:
            PushMatrix()
            self._shift = Translate(0, 0)
        with root.canvas.after:
            PopMatrix()
        root.bind(on_touch_down=self._touched)
        self.shelf.start()
        self.people.start()
        self.rail.start(CARDS_WIDE if self._sizes.wide else CARDS)
        self._tick(0.0)
        Clock.schedule_interval(self._tick, 1.0 / self._settings.screen.frames_per_second)
        return root

    def _staff_hooks(self) -> Hooks:
        def stage() -> Box:
            return stage_box(self._sizes, self.session.lowered)

        return Hooks(stage, lambda: self.session.language, lambda: _CAMERA[self._ring.phase],
                     self._on(self.session.start_over))  # fmt: skip

    def on_stop(self) -> None:
        """See Kivy's `App.on_stop`."""
        self.staff.stop()
        self.shelf.stop()
        self.rail.stop()
        self.voice.stop()
        self.replay.wipe()
        self.video.wipe()
        self._counting.stop()

    def _tick(self, _seconds: float) -> None:
        now = time.monotonic()
        self._pulse.beat()
        before = self.session.state
        self.session.tick(now)
        if self.session.state is not before or (self._view and self._view.state is not self.session.state):
            self._entered()
        self._tell(now)
        self._picture(now)
        self._draw(now)
        self._spare(now)

    def _entered(self) -> None:
        """A state has begun."""
        self.shelf.play(self.session.state is State.ATTRACT)
        self.rail.hold(held=self.session.state is not State.ATTRACT)
        if self.session.state is State.WIPE:
            self.video.wipe()
            self.replay.wipe()
        if self.session.state is State.ATTRACT:
            self.people.turn(0)
            self.voice.stop()
        if self.session.state is State.MIRROR and not (self._view and self._view.state is State.WARNING):
            self.rail.turn(0)
            self._captured, self._began = 0.0, time.monotonic()

    def _tell(self, now: float) -> None:
        wish = self._wish()
        counted = self._counting.follow(wish)
        if counted is None:
            wish = self._told[1]  # a twin's look is not shown before its use is on record
        elif not counted:
            self.session.show_twin("")
            wish = self._wish()
        if wish != self._told[1] or now - self._told[0] > _TELL_SECONDS:
            tell(self._wishes, wish)
            self._told = (now, wish)

    def _wish(self) -> Wish:
        session, collection = self.session, self.rail.page.collection
        return Wish(
            mirror=session.camera_on, wear=session.worn, ends=session.ends, collection=collection,
            beside=session.beside, twin=session.twin,
        )  # fmt: skip

    def _picture(self, now: float) -> None:
        """Show the film's or the camera's newest picture where it is a new one."""
        if self.session.state is State.ATTRACT:
            self.shelf.play(wanted=True)
            film = self.shelf.film
            if film is not None and self._shown != ("film", film.number):
                self.video.show(film.picture, mirrored=False)
                self._shown = ("film", film.number)
        elif self.session.camera_on and self.session.replaying:
            self._past(now)
        elif self.session.camera_on and not self.session.frozen:
            self._live(now)

    def _live(self, now: float) -> None:
        try:
            if self._shown == ("live", self._ring.newest):
                return
            newest = self._ring.read_latest(self._settings.times.live_ms)
        except StalePictureError:
            return
        self._panes = newest.panes
        # A twin is somebody else, no reflection: what is printed on them can be read
        self.video.show(newest.picture, mirrored=not self.session.twin, panes=newest.panes)
        if newest.panes == 1:
            self.replay.keep(newest.picture, now)
        self._shown, self._captured = ("live", newest.sequence), newest.captured

    def _past(self, now: float) -> None:
        """Show again what was kept, at the pace it had; after its last picture it is live again."""
        picture = self.replay.at(now - self._again)
        if picture is None:
            self.session.replaying = False
            return
        self._panes = 1
        self.video.show(picture, mirrored=True)
        self._shown = ("again", int(1e3 * (now - self._again)))

    def _trouble(self, now: float) -> str:
        """What is wrong with the picture: a key of the catalogue, or nothing."""
        if not self.session.camera_on or self.session.frozen or self.session.replaying:
            return ""
        times = self._settings.times
        if self._captured and 1e3 * (now - self._captured) <= times.live_ms:
            return ""
        since = now - (self._captured or self._began)
        return "mirror.lost" if since > times.lost_s and self._ring.phase is Phase.NO_CAMERA else "mirror.moment"

    def _hint(self) -> str:
        """What the shopper could do better: a key of the catalogue, or nothing."""
        session, hint = self.session, self._ring.hint
        live = session.state is State.MIRROR and not (session.frozen or session.replaying or session.twin)
        return f"hint.{hint.name.lower()}" if live and hint is not Hint.NONE else ""

    def _seen(self, now: float) -> View:
        """All that is to be seen now."""
        session = self.session
        titles = self.rail.titles(session.worn)
        count = CARDS_WIDE if self._sizes.wide else CARDS
        return View(
            session.state, session.language, session.languages, session.worn, session.frozen, session.lowered,
            session.choosing, session.wanted, session.beside is not None, session.replaying, session.spoken,
            session.calm, self.rail.page,
            self.people.page(session.wanted, count) if session.choosing else PeoplePage(),
            tuple(zip(session.worn, titles, strict=False)), self._trouble(now), self._hint(),
            film=self.shelf.film.title if self.shelf.film and session.state is State.ATTRACT else "",
            seconds=int(session.warning_left(now) + 0.999) if session.state is State.WARNING else 0,
            twin=self.people.named(session.twin) if session.twin else None,
            panes=self._panes if session.camera_on else 1,
            recorded=self.replay.seconds > 1.0,
        )  # fmt: skip

    def _draw(self, now: float) -> None:
        """Draw words and controls anew where they have changed."""
        view, box = self._seen(now), stage_box(self._sizes, self.session.lowered)
        wanted = view.hint in _OUTLINED and not view.trouble
        self._outline.show(box, now, wanted=wanted, calm=view.calm)
        if view == self._view:
            return
        self._view = view
        self._words.clear_widgets()
        self.video.place(box)
        Page(self._words, self._sizes, view, self._acts).draw()
        if view.spoken:
            self._read(view)

    def _read(self, view: View) -> None:
        """Read aloud what the screen asks for."""
        keys = {
            State.NOTICE: ("notice.title", "notice.camera", "notice.nothing", "notice.here", "notice.wipe"),
            State.MIRROR: (view.trouble or view.hint or ("twin.choose" if view.choosing else "mirror.choose"),),
            State.WARNING: ("warning.title",),
            State.WIPE: ("wipe.title",),
        }.get(view.state, ("attract.title",))
        self.voice.say(" ".join(say(view.language, key) for key in keys), view.language)

    def _spare(self, now: float) -> None:
        """Dim the film at night, and move everything by a pixel or two now and then, so that nothing burns in."""
        night = self.session.state is State.ATTRACT and self._settings.night.holds(datetime.now().astimezone().time())
        self._veil.show(Window.size, 1.0 - self._settings.night.brightness if night else 0.0)
        shift = _SHIFTS[int(now / _SHIFT_SECONDS) % len(_SHIFTS)]
        if shift != (self._shift.x, self._shift.y):
            self._shift.x, self._shift.y = shift

    def _touched(self, _root: Any, touch: Any) -> bool:
        """Any touch keeps the session alive; on the film it begins one."""
        if self.staff.takes_all:
            return False
        self.session.touched(time.monotonic())
        if self.session.state is State.ATTRACT and self.video.collide_point(*touch.pos):
            self.session.begin(time.monotonic())
        return False  # a corner that is held is the staff's layer's to see, also on the film

    def _on(self, act: Any) -> Any:
        return lambda: act(time.monotonic())

    def _freeze(self) -> None:
        self.session.frozen = not self.session.frozen
        self.session.replaying = False

    def _replay(self) -> None:
        self.session.replaying = not self.session.replaying
        self.session.frozen, self._again = False, time.monotonic()

    def _choose(self) -> None:
        self.session.choosing = not self.session.choosing
        self.people.turn(0)

    def _narrow(self, group: str) -> None:
        self.session.wanted = self.session.wanted.turned(group)
        self.people.turn(0)

    def _turn(self, step: int) -> None:
        if self.session.choosing:
            self.people.turn(step * (CARDS_WIDE if self._sizes.wide else CARDS))
        else:
            self.rail.turn(step)

    def _voice(self) -> None:
        self.session.spoken = not self.session.spoken
        if not self.session.spoken:
            self.voice.stop()

    def _calm(self) -> None:
        self.session.calm = not self.session.calm

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
        session.frozen = session.replaying = False
