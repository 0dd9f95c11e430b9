"""What each calibration step recovers of the truth, over random rendered set-ups, and that its gate refuses the rest.

`python -m benchmarks.calibration [--setups 100] [--step camera ...]` prints one table row a figure.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from calibration import colour, floor, intrinsics, screen
from calibration.board import PAPERS, find, screen_board
from calibration.camera import Camera
from calibration.capture import fault
from calibration.chart import find_chart
from calibration.errors import CalibrationError
from calibration.latency import measure, rhythm
from calibration.rendered.boards import A3, floor_setup, held_poses, on_floor, sheet_of, shot
from calibration.rendered.charts import chart_shot, held_chart, random_colour_sensor
from calibration.rendered.mirrors import PITCH, SCREEN, held_mirror, mirrored_shot, random_screen, screen_sheet
from calibration.rendered.optics import Lens, gray_of, random_lens, random_sensor
from calibration.rendered.scene import Pose, rotation

Errors = dict[str, float]
VIEWS, MIRRORS, TRIES = 18, 5, 14


def camera_setup(seed: int) -> Errors:
    """A random webcam, and a board moved while the rows are read."""
    rng = np.random.default_rng(seed)
    lens, sensor = random_lens(rng, (800, 450)), random_sensor(rng)
    views, sheet = [], sheet_of(A3, lens)
    for pose in held_poses(rng, lens, A3, VIEWS):
        end = Pose(pose.rotation, pose.translation + rng.uniform(-0.3, 0.3, 3))
        gray = gray_of(shot(lens, sensor, sheet, pose, rng, end))
        try:
            view = find(gray)
        except CalibrationError:
            continue
        views += [] if fault(gray, view) else [view]
    found = intrinsics.calibrate(views)
    passed(found.reasons())
    truth = Camera(lens.size, lens.matrix, lens.distortion)
    ray = truth.rays(np.array([[780.0, 430.0]]))
    return {
        "focal length, %": 100 * abs(found.camera.matrix[0, 0] / lens.matrix[0, 0] - 1),
        "RMS, px": found.rms,
        "a corner of the picture, px": float(np.linalg.norm(found.camera.pixels(ray) - (780.0, 430.0))),
    }


def screen_setup(seed: int) -> Errors:
    """Six poses of a hand mirror; the camera is known to 0.05 %."""
    rng = np.random.default_rng(seed)
    lens, sensor = random_lens(rng), random_sensor(rng)
    board, offset = screen_board(*SCREEN, PITCH)
    pose, sheet, views = random_screen(rng), screen_sheet(), []
    for _ in range(TRIES):
        gray = gray_of(mirrored_shot(lens, sensor, sheet, pose, held_mirror(rng, lens, pose), rng))
        try:
            view = screen.find_mirrored(gray, board)
        except CalibrationError:
            continue
        views += [] if fault(gray, view) else [view]
        if len(views) == MIRRORS:
            break
    found = screen.solve(_nearly(lens, rng), views, offset)
    passed(found.reasons())
    turn = cv2.Rodrigues(found.pose.rotation @ pose.rotation.T)[0]
    return {
        "place, mm": float(np.linalg.norm(found.pose.translation - pose.translation)),
        "direction, degrees": float(np.degrees(np.linalg.norm(turn))),
    }


def floor_setup_errors(seed: int) -> Errors:
    """The A1 board in two places; a person of 1.5 to 2 m stands 2 m away, a rod of 1 m lies there."""
    rng = np.random.default_rng(seed)
    lens, sensor, board = random_lens(rng, (720, 1280)), random_sensor(rng), PAPERS["a1"]
    height, tilt, roll = floor_setup(rng)
    camera, views = _nearly(lens, rng), []
    for place in ((rng.uniform(-200, 200), 1900.0), (rng.uniform(-300, 300), 2400.0)):
        pose = on_floor(height, tilt, roll, place, rng.uniform(-20, 20), board)
        try:
            views.append(find(gray_of(shot(lens, sensor, sheet_of(board, lens), pose, rng))))
        except CalibrationError:
            continue
    found = floor.fit(camera, views)
    passed(found.reasons())
    tall, aside = rng.uniform(1500, 2000), rng.uniform(-300, 300)
    level = np.array(
        [[aside, height, 2000.0], [aside, height - tall, 2000.0], [-500, height, 2000], [500, height, 2000]]
    )
    truth = Camera(lens.size, lens.matrix, lens.distortion)
    feet, head, *rod = truth.pixels(level @ (rotation(z=roll) @ rotation(x=tilt)).T)
    return {
        "height of a person at 2 m, mm": abs(floor.stature(camera, found.floor, feet, head) - tall),
        "rod of 1 m at 2 m, mm": abs(floor.rod_length(camera, found.floor, np.stack(rod)) - 1000),
        "camera above the floor, mm": abs(found.floor.height - height),
    }


def colour_setup(seed: int) -> Errors:
    """A random sensor under uneven light."""
    rng = np.random.default_rng(seed)
    lens, sensor = random_lens(rng, (640, 360)), random_colour_sensor(rng)
    found = colour.fit(find_chart(chart_shot(lens, sensor, held_chart(rng, lens), rng)))
    passed(found.reasons())
    return {"mean ΔE2000": found.mean, "largest ΔE2000": found.largest}


def latency_setup(seed: int) -> Errors:
    """A delay of 40 to 300 ms, frames at 24 to 60 a second with jitter; half a frame is the camera's own."""
    rng = np.random.default_rng(seed)
    delay, fps, edges = rng.uniform(0.04, 0.3), rng.uniform(24, 60), rhythm(100, seed)
    times = np.arange(0, edges[-1] + 1, 1 / fps) + rng.normal(0, 0.001, int(np.ceil((edges[-1] + 1) * fps)))
    shown = np.searchsorted(edges, times - delay, side="right") % 2
    pictures = rng.normal(60, 3, (len(times), 9, 12))
    pictures[:, 3:6, 4:8] += 80 * shown[:, None, None]
    found = measure(edges, times, np.clip(pictures, 0, 255).astype(np.uint8))
    passed(found.reasons())
    return {"delay, ms": abs(found.p50 - 1e3 * (delay + 0.5 / fps))}


STEPS: dict[str, tuple[Callable[[int], Errors], dict[str, float]]] = {
    "camera": (camera_setup, {"focal length, %": 0.2, "RMS, px": 0.3}),
    "screen": (screen_setup, {"place, mm": 5.0, "direction, degrees": 0.5}),
    "floor": (floor_setup_errors, {"height of a person at 2 m, mm": 10.0, "rod of 1 m at 2 m, mm": 10.0}),
    "colour": (colour_setup, {"mean ΔE2000": 3.0, "largest ΔE2000": 6.0}),
    "latency": (latency_setup, {}),
}


def passed(reasons: list[str]) -> None:
    """Raise where a gate refuses."""
    if reasons:
        raise CalibrationError("; ".join(reasons))


def _nearly(lens: Lens, rng: np.random.Generator) -> Camera:
    matrix = lens.matrix.copy()
    matrix[[0, 1], [0, 1]] *= 1 + rng.normal(0, 0.0005)
    return Camera(lens.size, matrix, lens.distortion)


def results(step: str, first: int, setups: int) -> tuple[list[Errors], int]:
    """Errors of the set-ups whose gate passed, and how many were refused."""
    kept: list[Errors] = []
    refused = 0
    for seed in range(first, first + setups):
        try:
            kept.append(STEPS[step][0](seed))
        except CalibrationError:
            refused += 1
        except KeyboardInterrupt:  # what is done so far is told
            break
        print(f"\r{step} {seed + 1 - first} of {setups}", end="", file=sys.stderr, flush=True)
    return kept, refused


def rows(step: str, first: int, setups: int) -> Iterator[str]:
    """Lines of the table."""
    kept, refused = results(step, first, setups)
    for name in kept[0] if kept else ():
        values = np.array([errors[name] for errors in kept])
        goal = STEPS[step][1].get(name)
        figures = " | ".join(f"{np.percentile(values, share):.3g}" for share in (50, 95, 100))
        yield f"| {step} | {name} | {figures} | {'' if goal is None else f'{goal:g}'} | {len(kept)} | {refused} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--setups", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="Seed of the first set-up, to share them out.")
    parser.add_argument("--step", action="append", choices=list(STEPS))
    arguments = parser.parse_args()
    print("| step | error of | p50 | p95 | most | goal | passed | refused by the gate |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for step in arguments.step or STEPS:
        for line in rows(step, arguments.first, arguments.setups):
            print(line, flush=True)


if __name__ == "__main__":
    main()
