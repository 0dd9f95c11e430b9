"""Reference masks of skin and hair, drawn by hand on real frames: what the parts network is measured against.

One JSON file a frame in `parts_references/`. Points are in frame pixels, x to the right and y down, with a pixel
covering a whole unit: pixel (column 3, row 5) has its centre at (3.5, 5.5), and the frame's right edge is at its width.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import skimage.data
import skimage.draw
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

Part = Literal["arm", "face", "hair"]
Point = tuple[float, float]
Ring = tuple[Point, ...]

PARTS: tuple[Part, ...] = ("arm", "face", "hair")
FOLDER = Path(__file__).resolve().parent / "parts_references"
CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"


class Polygon(BaseModel):
    """One outline and the rings cut out of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    part: Part | Literal["ignore"]
    points: Ring
    holes: tuple[Ring, ...]


class _File(BaseModel):
    """A reference as it lies on the disk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(pattern="^(clip|person|skimage):[a-z-]+$")
    frame: int = Field(ge=0)
    size: tuple[int, int]
    polygons: tuple[Polygon, ...]


@dataclass(frozen=True)
class PartsReference:
    """What a person saw on one frame.

    `arm` is bare skin of hands, wrists and arms; `face` is skin of face, ears, neck and chest, with eyes, lips, beard
    and glasses; `hair` is head hair, also where it hangs before the shoulders. `source` names a clip, a photo or a
    sample picture ("clip:book"), `frame` counts a clip's decoded frames from 0, `size` is (height, width).
    """

    source: str
    frame: int
    size: tuple[int, int]
    polygons: tuple[Polygon, ...]

    def mask(self, part: Part) -> NDArray[np.bool_]:
        """Where the part is seen, (H, W): pixels whose centre lies inside."""
        return self._drawn(part)

    def ignored(self) -> NDArray[np.bool_]:
        """Where nobody can tell, (H, W), as in fringes of fast hands: the masks there are a guess, not to be scored."""
        return self._drawn("ignore")

    def _drawn(self, part: str) -> NDArray[np.bool_]:
        drawn = np.zeros(self.size, bool)
        for polygon in self.polygons:
            if polygon.part == part:
                inside = _filled(polygon.points, self.size)
                for hole in polygon.holes:
                    inside &= ~_filled(hole, self.size)
                drawn |= inside
        return drawn


def references() -> list[PartsReference]:
    """All references, by file name."""
    return [read(path) for path in sorted(FOLDER.glob("*.json"))]


def read(path: Path) -> PartsReference:
    """The reference in one file; pydantic's ValidationError where the file is not of the form."""
    file = _File.model_validate_json(path.read_bytes())
    return PartsReference(file.source, file.frame, file.size, file.polygons)


def picture(reference: PartsReference) -> NDArray[np.uint8] | None:
    """The frame that the reference was drawn on, RGB (H, W, 3), or None where the real cases are not there."""
    kind, name = reference.source.split(":")
    if kind == "skimage":
        sample: Callable[[], NDArray[np.uint8]] = getattr(skimage.data, name)
        return sample()
    if not CASES.is_dir():
        return None
    if kind == "person":
        with Image.open(CASES / "persons" / f"{name}.webp") as photo:
            return np.asarray(photo.convert("RGB"))
    return _frame(CASES / "clips" / f"{name}.mkv", reference.frame)


def _frame(clip: Path, index: int) -> NDArray[np.uint8]:
    """One frame of a clip, RGB, found by decoding all before it: seeking by number is not exact in every build."""
    capture = cv2.VideoCapture(str(clip))
    try:
        for _ in range(index):
            capture.grab()
        seen, frame = capture.read()
    finally:
        capture.release()
    if not seen:
        raise ValueError(f"{clip.name} has no frame {index}")
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)


def _filled(ring: Ring, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels of a frame whose centre lies inside the ring, (H, W)."""
    points = np.asarray(ring, np.float64) - 0.5
    filled: NDArray[np.bool_] = skimage.draw.polygon2mask(size, points[:, ::-1])
    return filled
