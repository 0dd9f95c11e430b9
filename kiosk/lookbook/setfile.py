"""A set: what a photographer decides before any picture is made, in one `set.toml` that people read and write."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.lookbook.errors import SetFileError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MOST_BYTES: Final = 64 * 1024
SHIPPED: Final = Path(__file__).parent / "sets"
_Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
_Degrees = Annotated[float, Field(ge=-90.0, le=90.0, allow_inf_nan=False)]
_Strength = Annotated[float, Field(ge=0.0, le=4.0, allow_inf_nan=False)]
_Kelvin = Annotated[float, Field(ge=1800.0, le=15000.0, allow_inf_nan=False)]
_Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
_Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Key(_Strict):
    """The main light. azimuth: to the right of the camera, degrees; elevation: above it. softness: 0 sun, 1 a wall."""

    azimuth: Annotated[float, Field(ge=-180.0, le=180.0, allow_inf_nan=False)]
    elevation: _Degrees
    strength: _Strength = 1.0
    softness: _Share = 0.5
    kelvin: _Kelvin = 5500.0


class Fill(_Strict):
    """The light that comes from everywhere."""

    strength: _Strength = 0.4
    kelvin: _Kelvin = 5500.0


class Rim(_Strict):
    """A light from behind that draws an edge; azimuth: negative for the picture's left side."""

    azimuth: Annotated[float, Field(ge=-180.0, le=180.0, allow_inf_nan=False)]
    strength: _Strength
    colour: _Colour = "#ffffff"


class Gobo(_Strict):
    """What stands before the key light and throws its pattern: a window's bars, leaves, or a blind's slats."""

    pattern: Literal["window", "leaves", "blinds"]
    strength: _Share = 0.8
    softness: _Share = 0.3
    seed: Annotated[int, Field(ge=0, le=10**6)] = 1


class Backdrop(_Strict):
    """What is behind the person. distance: torso lengths. pool: how far its lit part reaches, 1 evenly to the edges.

    texture: how strongly plaster shows its relief. second: the colour at the foot, where it is another one.
    """

    kind: Literal["paper", "plaster"] = "paper"
    colour: _Colour
    second: _Colour | None = None
    distance: Annotated[float, Field(ge=0.05, le=8.0, allow_inf_nan=False)] = 1.5
    pool: _Share = 1.0
    texture: _Share = 0.3


class Camera(_Strict):
    """Lens and crop. height: of the picture, in torso lengths (1.6 a bust, 2.2 to the hips, 4.6 the whole figure).

    blur: of the backdrop, as by a wide aperture. aside: how far the person stands right of the middle.
    """

    height: Annotated[float, Field(ge=0.8, le=6.0, allow_inf_nan=False)] = 2.2
    head_room: Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)] = 0.2
    aside: Annotated[float, Field(ge=-0.4, le=0.4, allow_inf_nan=False)] = 0.0
    blur: _Share = 0.0
    vignette: _Share = 0.0
    grain: _Share = 0.0


class Finish(_Strict):
    """Development. exposure: stops. contrast: 0 flat, 0.5 as it is, 1 hard. saturation: 1 as it is."""

    exposure: Annotated[float, Field(ge=-3.0, le=3.0, allow_inf_nan=False)] = 0.0
    contrast: _Share = 0.5
    saturation: Annotated[float, Field(ge=0.0, le=2.0, allow_inf_nan=False)] = 1.0


class Retouch(_Strict):
    """The limits of retouching, which are part of what a model agreed to. A body is never reshaped."""

    reshape_body: Literal[False] = False
    smooth_skin: Annotated[float, Field(ge=0.0, le=0.3, allow_inf_nan=False)] = 0.0
    sharpen: _Share = 0.3


class Pose(_Strict):
    """A moment of the twin's loop, 0 its start and 1 its end; the stillest one close to it is taken."""

    name: _Name
    at: _Share


class Look(_Strict):
    """Garments worn together, innermost first, by name; `*` and `?` stand for any letters."""

    name: _Name
    garments: Annotated[tuple[_Line, ...], Field(min_length=1, max_length=6)]


class Loop(_Strict):
    """A clip beside the stills. height: pixels; its width is three quarters of it."""

    seconds: Annotated[float, Field(gt=0.1, le=20.0, allow_inf_nan=False)] = 3.0
    fps: Annotated[float, Field(ge=5.0, le=60.0, allow_inf_nan=False)] = 15.0
    height: Annotated[int, Field(ge=240, le=2880, multiple_of=8)] = 960


class SetFile(_Strict):
    """The whole set.

    casting: which twins, by name (`*` and `?` stand for any letters). Without looks each garment is one. height: of the
    stills, in pixels; their width is three quarters of it.
    """

    title: _Line
    credit: _Line
    key: Key
    fill: Fill = Fill()
    rim: Annotated[tuple[Rim, ...], Field(max_length=4)] = ()
    gobo: Gobo | None = None
    backdrop: Backdrop
    camera: Camera = Camera()
    finish: Finish = Finish()
    retouch: Retouch = Retouch()
    casting: Annotated[tuple[_Line, ...], Field(min_length=1, max_length=100)] = ("*",)
    pose: Annotated[tuple[Pose, ...], Field(min_length=1, max_length=20)]
    look: Annotated[tuple[Look, ...], Field(max_length=500)] = ()
    loop: Loop | None = None
    height: Annotated[int, Field(ge=240, le=5760, multiple_of=16)] = 2880

    def casts(self, twin: str) -> bool:
        """Whether a twin of this name is wanted."""
        return any(fnmatchcase(twin, wanted) for wanted in self.casting)

    def size(self, height: int) -> tuple[int, int]:
        """Height and width in pixels of a picture three quarters as wide as high."""
        return height, height * 3 // 4


def set_path(path: Path) -> Path:
    """The path, or that of a shipped set where it is one's name alone and no file of that name is here."""
    named = SHIPPED / f"{path}.toml"
    return named if len(path.parts) == 1 and not path.exists() and named.is_file() else path


def read_set(path: Path) -> SetFile:
    """The set of a TOML file. Raises `SetFileError` in one line, which names the field that is wrong or unknown."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        shipped = ", ".join(sorted(each.stem for each in SHIPPED.glob("*.toml")))
        raise SetFileError(f"{path} cannot be read ({error}): name a file, or one of {shipped}") from None
    if len(data) > MOST_BYTES:
        raise SetFileError(f"{path} is too large for a set: check the path")
    return parsed(data, str(path))


def parsed(data: bytes, name: str) -> SetFile:
    """The set of a file's bytes; raises as `read_set`."""
    try:
        return SetFile.model_validate(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SetFileError(f"{name} is no TOML file ({error}): correct it") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "set"
        what = "no set has such a field" if first["type"] == "extra_forbidden" else first["msg"]
        raise SetFileError(f"{name}: {where}: {what}: correct it") from None
