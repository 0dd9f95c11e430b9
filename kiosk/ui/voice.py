"""Prompts read aloud by espeak-ng, Debian's offline speech engine; a new prompt cuts the one before short."""

from __future__ import annotations

import logging
import shutil
import subprocess
from typing import Final

from kiosk.config import Language

_log = logging.getLogger(__name__)
_VOICES: Final[dict[Language, str]] = {"en": "en-gb", "de": "de", "fr": "fr-fr", "es": "es", "ar": "ar", "zh": "cmn"}
_WORDS_A_MINUTE: Final = "150"


class Voice:
    """Speaks when it is switched on and the engine is there; never waits for it."""

    def __init__(self) -> None:
        self._engine = shutil.which("espeak-ng")
        self._speaking: subprocess.Popen[bytes] | None = None
        self._last = ("", "")

    def say(self, text: str, language: Language) -> None:
        """Read a prompt aloud, unless it is the one that was read last."""
        if self._engine is None or self._last == (language, text):
            return
        self.stop()
        self._last = (language, text)
        try:
            self._speaking = subprocess.Popen(
                [self._engine, "-v", _VOICES[language], "-s", _WORDS_A_MINUTE, "--", text],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            _log.warning("prompts cannot be spoken: %s", error)
            self._engine = None

    def stop(self) -> None:
        """Be silent."""
        self._last = ("", "")
        if self._speaking is not None:
            self._speaking.terminate()
            self._speaking.wait()
            self._speaking = None
