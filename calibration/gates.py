"""Every limit that a calibration must keep, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Gates:
    """Pixels are of the camera, lengths millimetres, angles degrees, colour differences CIEDE2000."""

    camera_rms: float = 0.3
    camera_held_out_rms: float = 0.4
    camera_coverage: float = 0.8
    camera_focal_sd: float = 0.002
    camera_views: int = 15
    camera_tilt: float = 20.0
    """At least so far must some boards lean: the focal length is not seen in boards that face the camera."""
    screen_poses: int = 3
    screen_rms: float = 0.4
    screen_mm: float = 5.0
    screen_degrees: float = 0.5
    floor_views: int = 1
    floor_rms: float = 0.4
    floor_sd: float = 10.0
    """Of a height at 2 m, at the 95th percentile."""
    rod_mm: float = 10.0
    colour_mean: float = 3.0
    colour_largest: float = 6.0
    colour_gloss: float = 0.06
    """Spread of the light within one patch, as a share of white."""
    drift: float = 3.0
    moved_degrees: float = 0.3
    latency_p50_ms: float = 100.0
    latency_p95_ms: float = 150.0
    latency_flashes: int = 100
    flicker: float = 0.02


GATES: Final = Gates()
