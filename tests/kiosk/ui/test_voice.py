"""Prompts spoken by the real engine."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from kiosk.config import LANGUAGES
from kiosk.ui.voice import _VOICES, Voice
from kiosk.ui.words import say


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_engine_speaks_every_language(language):
    text = say(language, "hint.near")
    engine = shutil.which("espeak-ng")
    assert engine is not None
    done = subprocess.run([engine, "-v", _VOICES[language], "--stdout", "--", text], capture_output=True, check=True)
    assert done.stdout.startswith(b"RIFF")
    assert len(done.stdout) > 20_000  # half a second of sound and more


def test_a_prompt_is_said_once_and_can_be_cut_short():
    voice = Voice()
    voice.say("One moment, please", "en")
    first = voice._speaking
    assert first is not None
    assert first.args[-1] == "One moment, please"
    voice.say("One moment, please", "en")
    assert voice._speaking is first
    voice.say("Please step back a little", "en")
    assert first.poll() is not None
    voice.stop()
    assert voice._speaking is None
    voice.say("Please step back a little", "en")
    assert voice._speaking is not None
    voice.stop()


def test_without_an_engine_it_is_silent(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    voice = Voice()
    voice.say("One moment, please", "en")
    assert voice._speaking is None
