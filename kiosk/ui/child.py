"""Starts the screen's process: of no use by hand."""

from __future__ import annotations

import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

from engines.errors import TwinMirrorError
from engines.pose.bundle import cache_dir
from kiosk import logs
from kiosk.config import Settings
from kiosk.runtime.child import ChildDescriptors, die_with_parent
from kiosk.runtime.pulse import Pulse
from kiosk.runtime.ring import Ring

if TYPE_CHECKING:
    from kiosk.ui.app import MirrorApp


def main(arguments: list[str]) -> int:
    """Arguments: the settings as JSON; then `ChildDescriptors`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to handle
    try:
        make_app(arguments).run()
    except TwinMirrorError as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 - one line for people, no trace
        return 1
    return 0


def make_app(arguments: list[str]) -> MirrorApp:
    """The application, its window set up but not yet running. Raises `OutputError` without its fonts."""
    descriptors = ChildDescriptors.of(arguments)
    die_with_parent(descriptors.parent)
    settings = Settings.model_validate_json(arguments[0])
    set_up_window(settings)
    # Only now: Kivy reads its settings as it is loaded
    from kiosk.ui.app import MirrorApp  # noqa: PLC0415

    pulse = Pulse(descriptors.board, descriptors.index)
    return MirrorApp(settings, Ring(descriptors.ring), pulse, descriptors.wishes_in)


def set_up_window(settings: Settings) -> None:
    """Kivy without its command line, its log files and its home folder; the window as the settings say."""
    home = cache_dir() / "kivy"
    home.mkdir(parents=True, exist_ok=True)
    os.environ |= {"KIVY_HOME": str(home), "KIVY_NO_ARGS": "1", "KIVY_NO_FILELOG": "1", "KIVY_LOG_MODE": "PYTHON"}
    logs.set_up("screen", settings.data)
    from kivy.config import Config  # noqa: PLC0415

    screen = settings.screen
    graphics = {
        "width": screen.width, "height": screen.height, "multisamples": 0, "resizable": 0,
        "fullscreen": "auto" if screen.fullscreen else 0, "borderless": int(screen.fullscreen),
        "show_cursor": int(not screen.fullscreen), "maxfps": screen.frames_per_second,
    }  # fmt: skip
    for key, value in graphics.items():
        Config.set("graphics", key, str(value))
    Config.set("kivy", "log_level", "warning")
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("input", "mouse", "mouse,disable_multitouch")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
