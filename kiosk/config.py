"""All settings of a kiosk: one tree, one TOML file; what is not written has a sensible default."""

from __future__ import annotations

import os
import sys
from datetime import time
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engines.runtime.config import AutoEngine, EngineConfig
from kiosk.camera.config import CameraConfig, WebcamCamera
from kiosk.demo import COLLECTION
from kiosk.errors import SettingsError
from kiosk.fleet.config import FleetConfig
from kiosk.twins.shown import PACKS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Language = Literal["en", "de", "fr", "es", "ar", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "de", "fr", "es", "ar", "zh")
_MOST_BYTES: Final = 64 * 1024
_Millimetres = Annotated[float, Field(ge=0.0, le=3000.0, allow_inf_nan=False)]
_Seconds = Annotated[float, Field(gt=0.0, le=3600.0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Screen(_Strict):
    """The screen and where it hangs; portrait or landscape, as its size says.

    pixel_pitch_mm: from one pixel to the next; 0.494 is a 43 inch screen. bottom_mm: its lower edge above the floor.
    controls_mm: where the controls begin above the floor, until somebody brings them down.
    """

    width: Annotated[int, Field(ge=480, le=7680)] = 1080
    height: Annotated[int, Field(ge=480, le=7680)] = 1920
    fullscreen: bool = True
    pixel_pitch_mm: Annotated[float, Field(ge=0.1, le=3.0, allow_inf_nan=False)] = 0.494
    bottom_mm: _Millimetres = 600.0
    controls_mm: _Millimetres = 700.0
    frames_per_second: Annotated[int, Field(ge=5, le=120)] = 60


class Times(_Strict):
    """How long things last.

    idle_s: without a touch, until the screen asks whether anybody is there. warning_s: how long it then waits; at
    least 20 s, so that a slow hand can answer. live_ms: age up to which a picture counts as live. lost_s: time without
    one after which the screen says so.
    """

    idle_s: _Seconds = 30.0
    warning_s: Annotated[float, Field(ge=20.0, le=3600.0, allow_inf_nan=False)] = 30.0
    live_ms: Annotated[float, Field(ge=50.0, le=5000.0, allow_inf_nan=False)] = 200.0
    lost_s: Annotated[float, Field(ge=0.5, le=60.0, allow_inf_nan=False)] = 2.0


def default_data() -> Path:
    """Where what is to stay is kept, unless the settings name another place: below `XDG_DATA_HOME`."""
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "twinmirror"


class Night(_Strict):
    """When the film is dimmed, by the machine's clock, and to what share of its brightness; never while it is used."""

    begins: time = time(22, 30)
    ends: time = time(6, 30)
    brightness: Annotated[float, Field(ge=0.05, le=1.0, allow_inf_nan=False)] = 0.35

    def holds(self, clock: time) -> bool:
        """Whether it is night at this time of day."""
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


class Help(_Strict):
    """What a session begins with; each shopper can change both. spoken: prompts read aloud. calm: less motion."""

    spoken: bool = False
    calm: bool = False


class Settings(_Strict):
    """The settings of one kiosk.

    engine: where the networks run.
    collection: a folder of product photos, of added garments, or of both, on show until a collection is activated.
    data: the folder of what is to stay: imported collections and their catalogue, logs.
    fleet: how it belongs to a fleet; None is on its own.
    twins: the folder of twins. country: where the mirror stands, two letters, for the twins' licences; ZZ is nowhere.
    """

    camera: CameraConfig = WebcamCamera()
    engine: EngineConfig = AutoEngine()
    screen: Screen = Screen()
    times: Times = Times()
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = LANGUAGES
    collection: Path = COLLECTION
    data: Path = Field(default_factory=default_data)
    fleet: FleetConfig | None = None
    twins: Path = PACKS
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "ZZ"
    night: Night = Night()
    help: Help = Help()


def load_settings(path: Path | None) -> Settings:
    """The settings of a TOML file, or the defaults where `path` is None; its folders count from the file's own place.

    Raises `SettingsError` in one line where the file cannot be read or a value cannot be.
    """
    if path is None:
        return Settings()
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}): check the path") from None
    if len(data) > _MOST_BYTES:
        raise SettingsError(f"{path} is too large for settings: check the path")
    try:
        settings = Settings.model_validate(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML file ({error}): correct it") from None
    except ValidationError as error:
        raise SettingsError(f"{path} cannot be used ({_first(error)}): correct it") from None
    folders = {name: path.parent / getattr(settings, name) for name in ("collection", "data", "twins")}
    fleet = None if settings.fleet is None else settings.fleet.beside(path.parent)
    return settings.model_copy(update={**folders, "fleet": fleet})


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
