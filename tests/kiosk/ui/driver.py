"""The real screen with a hand that taps it: started by the supervisor in the screen's place, told what to do by tests.

Taps go in where the window's own do, so whatever lies on top gets them.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from kiosk.ui.child import make_app


class Hand:
    """Carries out commands, each on Kivy's own thread."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.frames = 0

    def state(self) -> dict[str, Any]:
        session, view = self.app.session, self.app._view
        return {
            "state": session.state.value,
            "language": session.language,
            "worn": session.worn,
            "frozen": session.frozen,
            "trouble": view.trouble,
            "film": view.film,
            "hint": view.hint,
            "twin": session.twin,
            "beside": session.beside,
            "panes": view.panes,
            "replaying": session.replaying,
            "recorded": view.recorded,
            "offers": [offer.name for offer in view.rail.offers],
            "shown": self.app._shown,
            "age_ms": 1e3 * (time.monotonic() - self.app._captured),
            "frames": self.frames,
        }

    def wished(self) -> tuple[str, tuple[str, ...]]:
        """The twin and the look that the camera's process was last told."""
        wish = self.app._told[1]
        return wish.twin, wish.wear

    def targets(self) -> dict[str, tuple[float, ...]]:
        return {w.name: (*w.pos, *w.size) for w in self.app.root.walk() if hasattr(w, "name")}

    def tap(self, name: str) -> None:
        left, bottom, width, height = self.targets()[name]
        self.tap_at(left + width / 2, bottom + height / 2)

    def tap_at(self, x: float, y: float) -> None:
        from kivy.tests.common import UnitTestTouch

        touch = UnitTestTouch(x, y)
        touch.touch_down()
        touch.touch_up()

    def hold_at(self, x: float, y: float) -> None:
        from kivy.tests.common import UnitTestTouch

        self._finger = UnitTestTouch(x, y)
        self._finger.touch_down()

    def let_go(self) -> None:
        self._finger.touch_up()

    def staff(self) -> dict[str, Any]:
        sheet = self.app.staff.desk.sheet
        rows = [(row.name, row.title, row.note[0], row.plain, row.chosen) for row in sheet.rows]
        keys = ("page", "told", "digits", "busy", "plain")
        return {**{key: getattr(sheet, key) for key in keys}, "rows": rows}

    def stage(self) -> tuple[float, ...]:
        return self.app.staff._hooks.stage()

    def speak(self, language: str) -> None:
        self.app.session.speak(language)

    def known(self, name: str) -> bool:
        """Whether a garment of the collection on show can be worn."""
        from kiosk.catalogue.store import Catalogue

        catalogue = Catalogue(self.app._settings.data)
        try:
            page = catalogue.page(self.app.rail.page.collection, -1, 100)
        finally:
            catalogue.close()
        return name in {piece.name for _, piece in page}

    def put_stick_in(self, folder: str) -> None:
        self.app.staff.desk._sticks = (Path(folder),)

    def pass_time(self, seconds: float) -> None:
        """Let the session believe that so much time has passed without a touch."""
        self.app.session._since -= seconds
        self.app.session._touched -= seconds

    def end(self) -> None:
        self.app.session.start_over(time.monotonic())

    def kept(self) -> list[int]:
        """The brightest level of each picture that is kept to be shown again."""
        return [int(picture.max()) for picture in self.app.replay._pictures if picture is not None]

    def outlined(self) -> bool:
        """Whether an outline is drawn."""
        return bool(self.app._outline._over.points)

    def speaking(self) -> str:
        """What the speech engine was last started with; nothing once it was stopped."""
        process = self.app.voice._speaking
        return "" if process is None else process.args[-1]

    def texture(self) -> bytes:
        texture = self.app.video._texture
        return b"" if texture is None else texture.pixels

    def shot(self, path: str) -> None:
        """Kivy's own screenshots are compressed for half a second each, in which the mirror stands still."""
        import cv2
        import numpy as np
        from kivy.core.window import Window
        from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

        width, height = Window.size
        pixels = np.frombuffer(glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE), np.uint8)
        picture = np.ascontiguousarray(pixels.reshape(height, width, 3)[::-1, :, ::-1])
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(path, picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def serve(connection: Connection, hand: Hand) -> None:
    from kivy.clock import Clock

    while True:
        try:
            name, *arguments = connection.recv()
        except EOFError:
            return
        answers: SimpleQueue[Any] = SimpleQueue()
        Clock.schedule_once(lambda _, n=name, a=arguments, q=answers: q.put(getattr(hand, n)(*a)))
        connection.send(answers.get())


def main() -> None:
    faulthandler.register(signal.SIGUSR1)
    app = make_app(sys.argv[1:])
    hand = Hand(app)

    def listen() -> None:
        Path(os.environ["TWINMIRROR_HAND"]).unlink(missing_ok=True)  # of a screen that was killed
        with Listener(os.environ["TWINMIRROR_HAND"]) as listener:
            while True:
                serve(listener.accept(), hand)

    def begin(_: Any) -> None:
        from kivy.core.window import Window

        Window.bind(on_flip=lambda *_: setattr(hand, "frames", hand.frames + 1))
        threading.Thread(target=listen, daemon=True).start()

    from kivy.clock import Clock

    Clock.schedule_once(begin)
    app.run()


if __name__ == "__main__":
    main()
