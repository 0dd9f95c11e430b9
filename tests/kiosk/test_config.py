"""The settings' file: defaults, one-line errors, paths that count from the file."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from kiosk.config import LANGUAGES, Night, Settings, load_settings
from kiosk.errors import SettingsError


def test_without_a_file_all_is_default() -> None:
    settings = load_settings(None)
    assert settings == Settings()
    assert settings.languages == LANGUAGES
    assert (settings.screen.width, settings.screen.height) == (1080, 1920)


def test_a_file_sets_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(
        'languages = ["de", "en"]\ncollection = "spring"\n[camera]\ntype = "webcam"\nindex = 2\n'
        "[screen]\nwidth = 2160\nheight = 3840\npixel_pitch_mm = 0.315\n[times]\nidle_s = 45\n"
    )
    settings = load_settings(file)
    assert settings.languages == ("de", "en")
    assert settings.collection == tmp_path / "spring"
    assert settings.camera.type == "webcam"
    assert settings.times.idle_s == 45
    assert settings.times.warning_s == 30
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("times = ", "no TOML"),
        ("[times]\nidle_s = -1", "times.idle_s"),
        ("[times]\nwarning_s = 5", "times.warning_s"),
        ("sizes = 3", "sizes"),
        ('languages = ["xx"]', "languages.0"),
        ("languages = []", "languages"),
        ('[camera]\ntype = "url"\nurl = "ftp://x"', "camera.url"),
        ("#" * 70_000, "too large"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=words) as error:
        load_settings(file)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="check the path"):
        load_settings(tmp_path / "none.toml")


def test_night_goes_over_midnight() -> None:
    night = Night()
    assert all(night.holds(time(hour)) for hour in (23, 0, 5, 6))
    assert not any(night.holds(time(hour)) for hour in (7, 12, 20))
    day = Night(begins=time(9), ends=time(17))
    assert [day.holds(time(hour)) for hour in (8, 9, 16, 17)] == [False, True, True, False]
