"""Which pictures of a board to take: still, sharp and new; and what is still wanted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calibration.board import Detection, Gray, sharpness
from calibration.camera import guessed
from calibration.gates import GATES
from calibration.intrinsics import covered
from calibration.light import white_of

_STILL_PIXELS: Final = 0.6
"""Most that the board moves between two frames, at 1280 pixels."""
_STILL_FRAMES: Final = 3
_BLURRED: Final = 5.0
"""Width in pixels of an edge, at 1280 pixels, above which a picture is refused."""
_FLAT: Final = 0.35
"""Smallest of the board's two scales over its largest: more oblique corners are unsure."""
_FINEST: Final = 14.0
"""Pixels between neighbouring corners, below which a corner's markers disturb it."""
_NEW: Final = 0.12
_WANTED_SPREAD: Final = {"across": 0.6, "down": 0.5, "size": 0.25, "tilt": 45.0}


@dataclass(frozen=True)
class Look:
    """One view in the guide's terms: the board's middle and size as shares of the picture, its lean in degrees."""

    across: float
    down: float
    size: float
    lean: float
    nod: float

    def apart(self, other: Look) -> float:
        """How unlike two views are; 1 is wholly."""
        steps = (self.across - other.across, self.down - other.down, 2 * (self.size - other.size))
        angles = ((self.lean - other.lean) / 60.0, (self.nod - other.nod) / 60.0)
        return float(np.sqrt(sum(step * step for step in steps + angles)))


@dataclass
class Capture:
    """The views taken so far. Feed every frame; it takes what is worth it by itself."""

    views: list[Detection] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    whites: list[float] = field(default_factory=list)
    """The paper's light in each view, see `calibration.light`."""
    _last: Detection | None = None
    _still: int = 0

    def feed(self, gray: Gray, detection: Detection) -> str:
        """Take the view, or say in a few words why not."""
        moved = self._moved(detection)
        self._last = detection
        self._still = self._still + 1 if moved < _STILL_PIXELS * _scale(detection) else 0
        if self._still < _STILL_FRAMES - 1:
            return "hold still"
        look = look_of(detection)
        if self.looks and min(look.apart(other) for other in self.looks) < _NEW:
            return "taken already: move on"
        if fault(gray, detection):
            return fault(gray, detection)
        self.views.append(detection)
        self.looks.append(look)
        self.whites.append(white_of(gray, detection))
        return "taken"

    def bars(self) -> dict[str, float]:
        """How much of the wanted spread each kind of movement has, 0 to 1."""
        if len(self.looks) < 2:
            return dict.fromkeys(_WANTED_SPREAD, 0.0)
        spread = {
            "across": np.ptp([look.across for look in self.looks]),
            "down": np.ptp([look.down for look in self.looks]),
            "size": np.ptp([look.size for look in self.looks]),
            "tilt": min(np.ptp([look.lean for look in self.looks]), np.ptp([look.nod for look in self.looks])),
        }
        return {name: float(min(1.0, spread[name] / wanted)) for name, wanted in _WANTED_SPREAD.items()}

    def cells(self) -> NDArray[np.bool_]:
        """See `intrinsics.covered`."""
        return covered(self.views) if self.views else np.zeros((6, 8), np.bool_)

    def complete(self) -> bool:
        """Whether a calibration is worth its time now."""
        enough = len(self.views) >= GATES.camera_views + 3
        return enough and min(self.bars().values()) >= 1.0 and float(self.cells().mean()) >= GATES.camera_coverage

    def wanted(self) -> str:
        """What to do next, in one sentence."""
        if not self.views:
            return "hold the board into the picture"
        words = {
            "across": "move it left and right, to the picture's rim",
            "down": "move it up and down, to the picture's rim",
            "size": "come nearer, and go farther",
            "tilt": "lean it left, right, forward and back",
        }
        bars = self.bars()
        least = min(bars, key=lambda name: bars[name])
        if bars[least] < 1.0:
            return words[least]
        if float(self.cells().mean()) < GATES.camera_coverage:
            return f"fill the empty cells, most at {_where_empty(self.cells())}"
        return "a few more, each unlike the others"

    def _moved(self, detection: Detection) -> float:
        """Pixels that the shared corners moved since the last frame; infinite where none are shared."""
        if self._last is None or self._last.board != detection.board:
            return float("inf")
        before = {tuple(place): pixel for place, pixel in zip(self._last.object, self._last.image, strict=True)}
        steps = [
            np.linalg.norm(pixel - before[tuple(place)])
            for place, pixel in zip(detection.object, detection.image, strict=True)
            if tuple(place) in before
        ]
        return float(np.median(steps)) if len(steps) >= 4 else float("inf")


def fault(gray: Gray, detection: Detection) -> str:
    """Why a view is not worth taking; empty where it is."""
    if flatness(detection) < _FLAT:
        return "too oblique: turn the board to the camera"
    if spacing(detection) < _FINEST:
        return "too far: come nearer"
    if sharpness(gray, detection) > _BLURRED * _scale(detection):
        return "blurred: focus, more light, a cleaner lens"
    return ""


def _scale(detection: Detection) -> float:
    return max(detection.picture_size) / 1280


def look_of(detection: Detection) -> Look:
    """The view as the guide's bars measure it; a guessed camera is good enough for that."""
    width, height = detection.picture_size
    turn, shift, _ = guessed(detection.picture_size).pose(detection.object, detection.image)
    middle = detection.image.mean(0) / (width, height)
    spread = np.sqrt(np.prod(np.ptp(detection.image, axis=0) / (width, height)) / max(detection.share, 0.2))
    towards = turn[:, 2] * np.sign(turn[:, 2] @ shift)
    lean, nod = np.degrees(np.arctan2(towards[:2], towards[2]))
    return Look(float(middle[0]), float(middle[1]), float(min(spread, 1.5)), float(lean), float(nod))


def flatness(detection: Detection) -> float:
    """The board's smaller scale in the picture over its larger; 1 faces the camera."""
    flat = np.column_stack([detection.object[:, :2], np.ones(len(detection.object))])
    affine = np.linalg.lstsq(flat, detection.image, rcond=None)[0]
    scales = np.linalg.svd(affine[:2], compute_uv=False)
    return float(scales[1] / scales[0])


def spacing(detection: Detection) -> float:
    """Pixels from a corner to its nearest neighbour, the median."""
    apart = np.linalg.norm(detection.image[:, None] - detection.image, axis=2)
    np.fill_diagonal(apart, np.inf)
    return float(np.median(apart.min(1)))


def _where_empty(cells: NDArray[np.bool_]) -> str:
    rows, columns = np.nonzero(~cells)
    down, side = (float(at.mean() + 0.5) / size for at, size in zip((rows, columns), cells.shape, strict=True))
    words = (_third(down, "top", "bottom"), _third(side, "left", "right"))
    return " ".join(word for word in words if word) or "the rim"


def _third(share: float, first: str, last: str) -> str:
    if share < 0.4:
        return first
    return last if share > 0.6 else ""
