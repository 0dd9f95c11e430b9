"""Whether camera and light are where a mirror needs them, and what to move by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera
from calibration.floor import Floor
from calibration.gates import GATES

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Placement:
    """What a mirror wants, as docs/hardware.md has it: mm, degrees, levels of 255.

    stand: where shoppers stand, from below the camera. tallest: whom it must show whole there. down: most that the
    camera may look down.
    """

    stand: float = 1800.0
    tallest: float = 1900.0
    lowest_camera: float = 1350.0
    highest_camera: float = 1500.0
    down: float = 5.0
    roll: float = 2.0
    dark: float = 60.0
    bright: float = 190.0
    noise: float = 4.0


WANTED: Final = Placement()


@dataclass(frozen=True)
class Light:
    """level: median of the picture. noise: levels of a still pixel. flicker: swing of the rows' light, as a share."""

    level: float
    noise: float
    flicker: float


def light_of(frames: NDArray[np.uint8]) -> Light:
    """The light in (n, H, W) gray frames of a scene where little moves, at least ten.

    A lamp that flickers darkens bands of rows, which wander; the camera's rolling exposure shows them (Sheinin et al.,
    "Computational imaging on the electric grid", CVPR 2017). Rows that people cross are told by their spread.
    """
    stack = frames.astype(np.float32)
    usual = np.median(stack, axis=0)
    ratio = np.median((stack + 4.0) / (usual + 4.0), axis=2)  # (n, H): the median leaves movers out
    ratio /= np.median(ratio, axis=0, keepdims=True)
    bands = ratio - ratio.mean(0)
    swing = float(np.sqrt((bands**2).mean()) * np.sqrt(2.0))
    noise = float(np.median(np.abs(np.diff(stack, axis=0)))) / 0.954  # of two samples' difference to one's deviation
    return Light(float(np.median(usual)), noise, swing)


def light_advice(light: Light, wanted: Placement = WANTED) -> list[str]:
    """What to do about the light; empty where it is well."""
    advice = []
    if light.level < wanted.dark:
        times = (wanted.dark / max(light.level, 1.0)) ** 2.2  # levels follow light by the usual tone curve
        advice.append(f"too dark ({light.level:.0f} of 255): about {times:.1f} times the light is needed")
    if light.level > wanted.bright:
        advice.append(f"too bright ({light.level:.0f} of 255): a shorter exposure, or no window before the camera")
    if light.noise > wanted.noise:
        advice.append(f"noisy ({light.noise:.1f} levels): more light and less gain")
    if light.flicker > GATES.flicker:
        advice.append(
            f"the light flickers by {light.flicker:.0%}: set power_line_frequency to the mains' 50 or 60 Hz, "
            "an exposure of 10 or 8.3 ms, or better lamps"
        )
    return advice


def camera_advice(camera: Camera, floor: Floor, wanted: Placement = WANTED) -> list[str]:
    """What to move, by how much; empty where the camera shows everybody whole who stands where they should."""
    advice = []
    if floor.height < wanted.lowest_camera:
        advice.append(f"raise the camera by {wanted.lowest_camera - floor.height:.0f} mm")
    if floor.height > wanted.highest_camera:
        advice.append(f"lower the camera by {floor.height - wanted.highest_camera:.0f} mm")
    if abs(floor.roll) > wanted.roll:
        turn = "left" if floor.roll > 0 else "right"
        advice.append(f"the camera leans: turn it {abs(floor.roll):.1f}° to its {turn}")
    return advice + _tilt_advice(camera, floor, wanted)


def view_angles(camera: Camera, floor: Floor) -> tuple[float, float]:
    """Degrees above the horizon of the picture's upper and lower middle."""
    width, height = camera.size
    rays = camera.rays(np.array([[(width - 1) / 2, 0.0], [(width - 1) / 2, height - 1.0]]))
    top, bottom = np.degrees(np.arcsin(rays @ floor.normal))
    return float(top), float(bottom)


def _tilt_advice(camera: Camera, floor: Floor, wanted: Placement) -> list[str]:
    top, bottom = view_angles(camera, floor)
    head = float(np.degrees(np.arctan2(wanted.tallest - floor.height, wanted.stand)))
    feet = float(np.degrees(np.arctan2(-floor.height, wanted.stand)))
    head_cut, feet_cut = head - top, bottom - feet  # positive: cut off by so many degrees
    if floor.tilt > wanted.down:
        return [f"the camera looks down too far, torsos look short: tilt it up by {floor.tilt - wanted.down:.0f}°"]
    if head_cut <= 0 and feet_cut <= 0:
        return []
    if head_cut + feet_cut > 0:
        farther = _stand_needed(floor.height, wanted.tallest, top - bottom)
        return [f"nobody fits whole: stand at {farther / 1000:.1f} m, or turn the camera upright"]
    if feet_cut > 0:
        return [f"feet are cut off at {wanted.stand / 1000:.1f} m: tilt the camera down by {feet_cut + 0.5:.0f}°"]
    return [f"heads are cut off at {wanted.stand / 1000:.1f} m: tilt the camera up by {head_cut + 0.5:.0f}°"]


def _stand_needed(camera_height: float, tallest: float, field: float) -> float:
    """Distance in mm at which heads and feet are just `field` degrees apart."""
    stands = np.arange(500.0, 6000.0, 50.0)
    apart = np.degrees(np.arctan2(tallest - camera_height, stands) + np.arctan2(camera_height, stands))
    return float(stands[int(np.argmax(apart <= field))]) if (apart <= field).any() else 6000.0
