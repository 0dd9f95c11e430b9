"""Whether an engine says what its network says: its fields against onnxruntime's, in the units that are seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engines.compile.boards import Precision
from engines.compile.errors import VerificationError
from engines.drape.drape import Layer, Panel
from engines.garments.atlas import SLEEVE_SIZE, TORSO_SIZE
from engines.garments.garment import SLEEVE_FRAME, TORSO_FRAME
from engines.garments.landmark_input import read_heat

F32 = NDArray[np.float32]
Outputs = Mapping[str, F32]

_TORSO_PIXELS: Final = (
    TORSO_SIZE[1] / (TORSO_FRAME.u_max - TORSO_FRAME.u_min),
    TORSO_SIZE[0] / (TORSO_FRAME.v_max - TORSO_FRAME.v_min),
)
_SLEEVE_PIXELS: Final = (
    SLEEVE_SIZE[1] / (SLEEVE_FRAME.u_max - SLEEVE_FRAME.u_min),
    SLEEVE_SIZE[0] / (SLEEVE_FRAME.v_max - SLEEVE_FRAME.v_min),
)
"""Pixels of a garment's canonical picture for one of u and one of v."""
_PANELS: Final = (
    (Panel.TORSO, Layer.TORSO, _TORSO_PIXELS),
    (Panel.SLEEVE_LEFT, Layer.SLEEVE_LEFT, _SLEEVE_PIXELS),
    (Panel.SLEEVE_RIGHT, Layer.SLEEVE_RIGHT, _SLEEVE_PIXELS),
)
_LEAST_PIXELS: Final = 500
"""Channels that cover fewer pixels of the whole batch say nothing by their IoU."""
_SEEN_PEAK: Final = 0.3


@dataclass(frozen=True)
class Tolerance:
    """How far an engine may be from its network.

    iou: least intersection over union of any coverage channel at a half, over the batch. uv_p99: 99th percentile of
    the distance in canonical pixels where the panel is. point_p99: the same of a landmark, in pixels of its input.
    """

    iou: float
    uv_p99: float
    point_p99: float


TOLERANCES: Final[dict[Precision, Tolerance]] = {
    "fp32": Tolerance(iou=0.9995, uv_p99=0.2, point_p99=0.05),
    "fp16": Tolerance(iou=0.995, uv_p99=2.0, point_p99=0.2),
    "int8": Tolerance(iou=0.96, uv_p99=12.0, point_p99=1.0),
}


@dataclass(frozen=True)
class Figures:
    """What was found; None where a network has no such output."""

    iou: float | None = None
    uv_p99: float | None = None
    point_p99: float | None = None

    def __str__(self) -> str:
        said = {
            "least alpha IoU": None if self.iou is None else f"{self.iou:.4f}",
            "uv p99": None if self.uv_p99 is None else f"{self.uv_p99:.3f} canonical px",
            "landmark p99": None if self.point_p99 is None else f"{self.point_p99:.3f} px",
        }
        return ", ".join(f"{name} {value}" for name, value in said.items() if value is not None)


def compare(reference: Sequence[Outputs], found: Sequence[Outputs]) -> Figures:
    """Figures of an engine's outputs against the network's, sample by sample, each (1, ...).

    Raises VerificationError where outputs are missing, of another shape, or no numbers.
    """
    for one, other in zip(reference, found, strict=True):
        _comparable(one, other)
    ious = [
        _least_iou([each[name] for each in reference], [each[name] for each in found])
        for name in ("alpha", "parts")
        if name in reference[0]
    ]
    return Figures(
        iou=min(ious) if ious else None,
        uv_p99=_uv_p99(reference, found) if "fields" in reference[0] else None,
        point_p99=_point_p99(reference, found) if "heat" in reference[0] else None,
    )


def judge(name: str, precision: Precision, figures: Figures) -> None:
    """Raises VerificationError, with the figures, where they are beyond the tolerance of the precision."""
    allowed = TOLERANCES[precision]
    beyond = [
        figures.iou is not None and figures.iou < allowed.iou,
        figures.uv_p99 is not None and figures.uv_p99 > allowed.uv_p99,
        figures.point_p99 is not None and figures.point_p99 > allowed.point_p99,
    ]
    if any(beyond) or figures == Figures():
        wanted = Figures(
            None if figures.iou is None else allowed.iou,
            None if figures.uv_p99 is None else allowed.uv_p99,
            None if figures.point_p99 is None else allowed.point_p99,
        )
        raise VerificationError(
            f"{name} in {precision} does not say what the network says ({figures}; allowed: {wanted}): "
            "the old engine stays; choose a higher precision"
        )


def _comparable(one: Outputs, other: Outputs) -> None:
    for name, array in one.items():
        if name not in other or other[name].shape != array.shape:
            raise VerificationError(f"the engine's output {name} is missing or of another shape: the old engine stays")
        if not np.isfinite(other[name]).all():
            raise VerificationError(f"the engine's output {name} has no numbers in places: the old engine stays")


def _least_iou(reference: Sequence[F32], found: Sequence[F32]) -> float:
    one, other = np.concatenate(reference) > 0.5, np.concatenate(found) > 0.5
    both, either = (one & other).sum((0, 2, 3)), (one | other).sum((0, 2, 3))
    counted = either >= _LEAST_PIXELS
    return float((both[counted] / either[counted]).min()) if counted.any() else 1.0


def _uv_p99(reference: Sequence[Outputs], found: Sequence[Outputs]) -> float:
    distances = [
        _uv_distance(one, other, panel, layer, pixels)
        for one, other in zip(reference, found, strict=True)
        for panel, layer, pixels in _PANELS
    ]
    return _p99(np.concatenate(distances))


def _uv_distance(one: Outputs, other: Outputs, panel: Panel, layer: Layer, pixels: tuple[float, float]) -> F32:
    """Distances in canonical pixels at each coarse pixel where the panel is, (n,)."""
    uv = slice(2 * panel, 2 * panel + 2)
    moved = (other["fields"][0, uv] - one["fields"][0, uv]) * np.array(pixels, np.float32)[:, None, None]
    there = one["alpha"][0, layer, 2::4, 2::4] > 0.5
    return np.asarray(np.hypot(moved[0], moved[1])[there], np.float32)


def _point_p99(reference: Sequence[Outputs], found: Sequence[Outputs]) -> float:
    distances = []
    for one, other in zip(reference, found, strict=True):
        points, peaks = read_heat(one["heat"][0])
        others, _ = read_heat(other["heat"][0])
        distances.append(np.linalg.norm(others - points, axis=1)[peaks > _SEEN_PEAK])
    return _p99(np.concatenate(distances))


def _p99(distances: NDArray[np.floating]) -> float:
    return float(np.percentile(distances, 99)) if distances.size else 0.0
