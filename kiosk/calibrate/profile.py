"""What calibration knows of this mirror: one versioned record, and what the product asks of it.

Everything has a safe default: `Profile()` is a mirror that was never calibrated, and `lacks` says what that costs.
"""

from __future__ import annotations

from datetime import datetime, timezone
from importlib.metadata import version
from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from calibration.camera import Camera, guessed
from calibration.colour import Correction
from calibration.floor import Floor
from calibration.gates import GATES
from calibration.screen import ScreenPose

F64 = NDArray[np.float64]
_Number = Annotated[float, Field(allow_inf_nan=False)]
_Three = tuple[_Number, _Number, _Number]
_Matrix = tuple[_Three, _Three, _Three]
_Pixels = Annotated[int, Field(ge=16, le=7680)]
FORMAT: Final = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


class Measured(_Strict):
    """What every step notes: when, by which software, and its figures by name."""

    at: str = Field(default_factory=_now, max_length=40)
    software: str = Field(default_factory=lambda: f"twinmirror {version('twinmirror')}", max_length=80)
    figures: dict[str, _Number] = {}


class CameraPart(Measured):
    """Intrinsics; the maps are for the report."""

    size: tuple[_Pixels, _Pixels]
    matrix: _Matrix
    distortion: tuple[_Number, _Number, _Number, _Number, _Number]
    uncertainty: tuple[tuple[_Number, ...], ...] = ()
    cells: tuple[tuple[bool, ...], ...] = ()
    light_from: _Three | None = None
    """Unit vector towards the light, in the camera's frame, where the boards told it."""

    def camera(self) -> Camera:
        """As `calibration` knows it."""
        return Camera(self.size, np.array(self.matrix), np.array(self.distortion))


class ScreenPart(Measured):
    """Where the screen is, seen from the camera; pitch in mm, size in pixels."""

    rotation: _Matrix
    translation: _Three
    pitch: Annotated[float, Field(gt=0.05, lt=5.0)]
    size: tuple[_Pixels, _Pixels]

    def pose(self) -> ScreenPose:
        """As `calibration` knows it."""
        return ScreenPose(np.array(self.rotation), np.array(self.translation))


class FloorPart(Measured):
    """The floor's plane in the camera's frame: its normal, upwards, and the camera's height above it in mm."""

    normal: _Three
    height: Annotated[float, Field(gt=0, lt=10_000)]

    def floor(self) -> Floor:
        """As `calibration` knows it."""
        return Floor(np.array(self.normal), self.height)


class Watched(_Strict):
    """The small patch that tells of drift: its place in pixels, and its mean levels when the colours were measured."""

    place: tuple[int, int, int, int]
    levels: _Three


class ColourPart(Measured):
    """The correction, and the camera's fixed controls by their V4L2 names."""

    matrix: _Matrix
    gamma: Annotated[float, Field(gt=0.5, lt=5.0)]
    black: Annotated[float, Field(ge=-0.1, le=0.5)]
    controls: dict[str, int] = {}
    patches: tuple[tuple[_Three, _Three, _Number], ...] = ()
    """(wanted sRGB, corrected sRGB, ΔE2000) of each patch, for the report."""
    watched: Watched | None = None
    light: _Three = (1.0, 1.0, 1.0)
    """The light's colour in the camera's linear channels, green 1."""

    @field_validator("matrix")
    @classmethod
    def _sees_white(cls, value: _Matrix) -> _Matrix:
        """No camera's: one that cannot be turned round, or that gives nothing of white in some channel."""
        given = np.array(value)
        if abs(np.linalg.det(given)) < 1e-6 or (np.linalg.solve(given, np.ones(3)) <= 0).any():
            raise ValueError("no camera's colours are so")
        return value

    def correction(self) -> Correction:
        """As `calibration` knows it."""
        return Correction(np.array(self.matrix), self.gamma, self.black)


class PlatePart(Measured):
    """The empty scene's picture, a file beside the profile."""

    picture: Annotated[str, Field(pattern=r"^plate-[0-9a-f]{16}\.png$")]


class LatencyPart(Measured):
    """The loop from screen to camera; figures p50_ms, p95_ms and shares."""

    delays_ms: tuple[_Number, ...] = ()


class PlacementPart(Measured):
    """What was advised; empty where all is well."""

    advice: tuple[str, ...] = ()


class Attempt(_Strict):
    """The last try of a step that its gate refused."""

    at: str = Field(default_factory=_now, max_length=40)
    reasons: tuple[str, ...]


StepName = Literal["camera", "screen", "floor", "colour", "plate", "latency", "placement"]
STEPS: Final[tuple[StepName, ...]] = ("camera", "floor", "placement", "screen", "colour", "plate", "latency")
"""In the order in which they are done best: what a step builds on comes before it."""
_COST: Final[dict[StepName, str]] = {
    "camera": "lens unknown: a usual one is assumed, sizes are rough",
    "screen": "screen's place unknown: the true mirror is off",
    "floor": "floor unknown: nobody's size is told, distance is not guided",
    "colour": "colours uncorrected: garments and camera may differ",
    "plate": "empty scene unknown: it is learnt anew at each start",
    "latency": "delay never measured",
    "placement": "camera's place never checked",
}
_NEEDS: Final[dict[StepName, StepName]] = {"screen": "camera", "floor": "camera"}


class Profile(_Strict):
    """One state of the calibration. `number` counts states; `previous` is what undo goes back to."""

    format: Literal[1] = FORMAT
    number: Annotated[int, Field(ge=0)] = 0
    previous: Annotated[int, Field(ge=0)] = 0
    written: str = Field(default="", max_length=40)
    change: str = Field(default="", max_length=80)
    camera: CameraPart | None = None
    screen: ScreenPart | None = None
    floor: FloorPart | None = None
    colour: ColourPart | None = None
    plate: PlatePart | None = None
    latency: LatencyPart | None = None
    placement: PlacementPart | None = None
    attempts: dict[StepName, Attempt] = {}

    def part(self, step: StepName) -> Measured | None:
        """What a step has measured."""
        found: Measured | None = getattr(self, step)
        return found

    def faults(self, step: StepName) -> list[str]:
        """What is measured and in use, and yet not as it should be."""
        if step == "placement" and self.placement:
            return list(self.placement.advice)
        if step == "latency" and self.latency:
            figures = self.latency.figures
            goals = (("p50_ms", GATES.latency_p50_ms), ("p95_ms", GATES.latency_p95_ms))
            return [f"{k} is {figures[k]:.0f}, the goal {g:.0f}" for k, g in goals if figures.get(k, 0.0) > g]
        return []

    def stale(self, step: StepName) -> bool:
        """Whether what a step builds on was measured after it."""
        own, base = self.part(step), _NEEDS.get(step)
        under = self.part(base) if base else None
        return own is not None and under is not None and under.at > own.at

    def lacks(self) -> list[str]:
        """One sentence for each step that was not done, or must be done again."""
        missing = [f"{step}: {_COST[step]}" for step in STEPS if self.part(step) is None]
        stale = [f"{step}: measured before the camera was; do it again" for step in STEPS if self.stale(step)]
        return missing + stale

    def next_step(self) -> StepName | None:
        """What is to be done next; None where nothing is."""
        return next((step for step in STEPS if self.part(step) is None or self.stale(step)), None)

    def camera_for(self, size: tuple[int, int]) -> Camera:
        """The camera at (width, height) pixels; a usual one where it was not calibrated.

        Raises `CalibrationError` where the picture's shape differs from the calibrated one.
        """
        return self.camera.camera().sized(size) if self.camera else guessed(size)

    def floor_known(self) -> Floor | None:
        """The floor, where it may be trusted."""
        return self.floor.floor() if self.floor and self.camera and not self.stale("floor") else None

    def screen_known(self) -> ScreenPose | None:
        """The screen's place, where it may be trusted."""
        return self.screen.pose() if self.screen and self.camera and not self.stale("screen") else None

    def correction_known(self) -> Correction:
        """The colour correction; one that changes nothing where there is none."""
        return self.colour.correction() if self.colour else Correction.none()


def three(values: F64) -> _Three:
    """(3,) for the record."""
    return (float(values[0]), float(values[1]), float(values[2]))


def matrix(values: F64) -> _Matrix:
    """(3, 3) for the record."""
    return (three(values[0]), three(values[1]), three(values[2]))
