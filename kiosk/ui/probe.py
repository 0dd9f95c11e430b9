"""Opens the mirror's window for a moment and says what came of it: asked by `kiosk doctor`."""

from __future__ import annotations

import json
import sys

from kiosk.config import Settings
from kiosk.ui.child import set_up_window


def main(settings: str) -> None:
    """Print the window's width, height and renderer as JSON."""
    set_up_window(Settings.model_validate_json(settings))
    from kivy.core.window import Window  # noqa: PLC0415 - Kivy reads its settings as it is loaded
    from kivy.graphics.opengl import GL_RENDERER, glGetString  # noqa: PLC0415

    if Window is None:
        sys.exit(1)
    width, height = Window.size
    print(json.dumps({"width": width, "height": height, "renderer": glGetString(GL_RENDERER).decode()}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
