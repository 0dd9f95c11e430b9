"""All that the screen says, from one catalogue a language, shaped and cut into lines as each script wants it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import arabic_reshaper
from bidi.algorithm import get_display

from kiosk.config import Language

_FOLDER: Final = Path(__file__).parent / "catalogues"
RIGHT_TO_LEFT: Final[frozenset[Language]] = frozenset({"ar"})
OWN_NAMES: Final[dict[Language, str]] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "ar": "العربية",
    "zh": "中文",
}
Measure = Callable[[str], float]
_NO_LINE_START: Final = "，。！？：；、）》”’"


@cache
def catalogue(language: Language) -> dict[str, str]:
    """Every text of a language, by its key."""
    loaded: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return loaded


def say(language: Language, key: str, **values: object) -> str:
    """One text, in logical order; `values` fill its places."""
    return catalogue(language)[key].format(**values)


def lines(text: str, language: Language, width: float, measure: Measure) -> list[str]:
    """The text as it is drawn, line by line, left to right; each is at most `width` wide where its words allow.

    Lines are cut before letters are reordered: the other way round they would come in the wrong order.
    """
    shaped = arabic_reshaper.reshape(text) if language in RIGHT_TO_LEFT else text
    cut = [line for part in shaped.split("\n") for line in _wrapped(part, language, width, measure)]
    return [str(get_display(line, base_dir="R")) for line in cut] if language in RIGHT_TO_LEFT else cut


def _wrapped(text: str, language: Language, width: float, measure: Measure) -> list[str]:
    pieces, glue = (_characters(text), "") if language == "zh" else (text.split(), " ")
    out: list[str] = []
    line = ""
    for piece in pieces:
        longer = f"{line}{glue}{piece}" if line else piece
        if line and measure(longer) > width:
            out.append(line)
            line = piece.lstrip()
        else:
            line = longer
    return [*out, line]


def _characters(text: str) -> list[str]:
    """Chinese breaks anywhere, but not before a closing mark, nor within a Latin word or a number."""
    out: list[str] = []
    for character in text:
        latin = character.isascii() and character.isalnum()
        if out and (character in _NO_LINE_START or (latin and out[-1][-1].isascii() and out[-1][-1].isalnum())):
            out[-1] += character
        else:
            out.append(character)
    return out
