"""Catalogues, lines, fonts, contrast and reach: all that the screens rest on, without a screen."""

from __future__ import annotations

import string

import arabic_reshaper
import pytest
from fontTools.ttLib import TTFont

from kiosk.config import LANGUAGES, Screen
from kiosk.ui import theme
from kiosk.ui.fonts import faces
from kiosk.ui.theme import Sizes, contrast
from kiosk.ui.words import OWN_NAMES, catalogue, lines, say

KEYS = set(catalogue("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_the_same_places(language):
    texts = catalogue(language)
    assert set(texts) == KEYS
    for key, text in texts.items():
        assert text.strip() == text != ""
        assert _places(text) == _places(catalogue("en")[key])
    if language != "en":
        assert sum(texts[key] == catalogue("en")[key] for key in KEYS) == 0


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_fonts_have_every_letter(language):
    texts = "".join(catalogue(language).values()) + OWN_NAMES[language]
    drawn = arabic_reshaper.reshape(texts) if language == "ar" else texts
    for file in vars(faces(language)).values():
        with TTFont(file, lazy=True) as font:
            known = font.getBestCmap()
        missing = {letter for letter in drawn if ord(letter) not in known and not letter.isspace()}
        assert not {letter for letter in missing if not letter.isascii() and letter not in "{}"}


def test_arabic_is_cut_before_it_is_reordered():
    text = say("ar", "notice.camera")
    whole = lines(text, "ar", 1e9, len)
    cut = lines(text, "ar", 22, len)
    assert len(whole) == 1
    assert len(cut) > 1
    assert all(len(line) <= 22 for line in cut)
    # Read from the right, the first line holds the first words
    assert whole[0].endswith(cut[0].strip())
    assert whole[0].startswith(cut[-1].strip())


def test_arabic_letters_join():
    drawn = lines(say("ar", "over"), "ar", 1e9, len)[0]
    assert all("\ufe70" <= letter <= "\ufefc" or letter == " " for letter in drawn)


def test_chinese_breaks_anywhere_but_before_a_closing_mark():
    cut = lines(say("zh", "mirror.lost"), "zh", 8, len)
    assert "".join(cut) == say("zh", "mirror.lost")
    assert not any(line[0] in "，。" for line in cut)


def test_latin_keeps_its_words():
    text = say("de", "attract.text")
    cut = lines(text, "de", 20, len)
    assert " ".join(cut) == text
    assert all(len(line) <= 20 for line in cut)


@pytest.mark.parametrize("background", [theme.PAPER, theme.CARD, theme.SHADE])
@pytest.mark.parametrize("text", [theme.INK, theme.QUIET, theme.ACCENT])
def test_text_stands_out(text, background):
    assert contrast(text, background) >= 4.5
    assert contrast(theme.ON_ACCENT, theme.ACCENT) >= 4.5


@pytest.mark.parametrize(
    "screen",
    [
        Screen(),
        Screen(width=2160, height=3840, pixel_pitch_mm=0.315, bottom_mm=100),
        Screen(width=1920, height=1080, pixel_pitch_mm=0.55, bottom_mm=900),
        Screen(width=1080, height=1920, pixel_pitch_mm=0.63, bottom_mm=300, controls_mm=2500),
        Screen(width=600, height=1024, pixel_pitch_mm=0.2, bottom_mm=1000),
    ],
)
def test_controls_lie_within_reach_and_targets_are_large(screen):
    sizes = Sizes.of(screen)
    assert sizes.target * screen.pixel_pitch_mm >= 20
    for bottom in (sizes.raised, sizes.lowered):
        assert bottom >= 0
        assert bottom + sizes.panel[1] <= sizes.reach[1] + 1e-6
    assert sizes.lowered <= sizes.raised
