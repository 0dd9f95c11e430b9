"""The steps that look at the scene itself: its emptiness, its light, the camera's place, and the delay."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration import latency, moved, placement
from calibration.errors import CalibrationError, GateError
from calibration.gates import GATES
from kiosk.calibrate.errors import StepError
from kiosk.calibrate.guide import Guide, frames, guiding
from kiosk.calibrate.profile import LatencyPart, PlacementPart, PlatePart, Profile
from kiosk.calibrate.steps import Bench, refusals
from kiosk.camera.source import CameraSource
from kiosk.errors import CameraStaleError, EndOfClipError
from kiosk.imaging import read_photo, write_picture

RGB = NDArray[np.uint8]
_PLATE_FRAMES: Final = 30
_STIRS: Final = 8.0
"""Levels that a smoothed pixel may change while the empty scene is taken."""
_LIGHT_FRAMES: Final = 30
_SMALL: Final = (64, 36)
_LEAD: Final = 1.0


def plate_step(bench: Bench) -> Profile:
    """The empty scene, of a second in which nothing stirs. Raises as `steps.camera_step`."""
    with refusals(bench.store, "plate"), guiding("leave the scene") as guide:
        picture, stirred = _empty_scene(bench, guide)
        if stirred > _STIRS:
            raise GateError("plate", [f"something moved ({stirred:.0f} levels): leave the scene and run this again"])
    digest = hashlib.sha256(picture.tobytes()).hexdigest()[:16]
    name = f"plate-{digest}.png"
    write_picture(bench.store.folder / name, picture)
    return bench.store.record("plate", PlatePart(picture=name, figures={"stirred_levels": stirred}))


def placement_step(bench: Bench) -> tuple[Profile, list[str]]:
    """What to move by how much; the floor tells of the camera's place, where it is known already."""
    with refusals(bench.store, "placement"), guiding("looking at light and place") as guide:
        grays = _grays(bench, guide)
        state = bench.store.load()
        light = placement.light_of(grays)
        advice = placement.light_advice(light)
        figures = {"level": light.level, "noise": light.noise, "flicker": light.flicker}
        ground = state.floor_known()
        if ground is not None:
            height, width = grays.shape[1:]
            advice += placement.camera_advice(state.camera_for((width, height)), ground)
            figures |= {"height_mm": ground.height, "tilt_degrees": ground.tilt, "roll_degrees": ground.roll}
    part = PlacementPart(advice=tuple(advice), figures=figures)
    return bench.store.record("placement", part), advice


def check_step(bench: Bench) -> float:
    """Degrees that the camera turned since the plate was taken.

    Raises `GateError` where that is too much: floor and screen are to be done again; `StepError` without a plate.
    """
    state = bench.store.load()
    before = plate_of(bench.store.folder, state)
    if before is None:
        raise StepError("the empty scene was not taken yet: run 'kiosk calibrate plate' first")
    with guiding("comparing with the empty scene") as guide:
        picture = next((frame.picture for frame in frames(bench.source, guide)), None)
    if picture is None:
        raise CalibrationError("the camera gave no picture: check it")
    height, width = picture.shape[:2]
    if before.shape != picture.shape:
        before = np.asarray(cv2.resize(before, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    degrees = moved.turned(state.camera_for((width, height)), before, picture)
    if degrees > GATES.moved_degrees:
        words = f"the camera turned by {degrees:.1f}°: put it back, or do floor, screen and plate again"
        raise GateError("the camera's place", [words])
    return degrees


def plate_of(folder: Path, state: Profile) -> RGB | None:
    """The empty scene (H, W, 3), where it was taken. Raises `BadImageError` where its file is damaged."""
    return read_photo(folder / state.plate.picture) if state.plate else None


class Flasher(Protocol):
    """Something that can turn a patch white or black at once."""

    def flash(self, white: bool) -> None:
        """Returns when the change has been handed to the display."""


class WindowFlasher:
    """A full-screen window: a white square on black."""

    def __init__(self, guide: Guide) -> None:
        """Raises `StepError` where there is no display."""
        if not guide.window:
            raise StepError("no display here: run this at the mirror, where its screen can flash")
        self._guide = guide
        self._black = np.zeros((960, 540, 3), np.uint8)
        self._white = self._black.copy()
        self._white[280:680, 70:470] = 255

    def flash(self, white: bool) -> None:
        """See `Flasher`."""
        self._guide.show(self._white if white else self._black)


def latency_step(bench: Bench, timings: Path | None, flasher: Flasher | None = None) -> tuple[Profile, list[str]]:
    """The loop from screen to camera by a hundred flashes; gives the goals that are missed as well.

    timings: the JSON of `kiosk mirror --report`, whose stages are added as shares.
    """
    stages = _stages(timings)
    with refusals(bench.store, "latency"), guiding("hold a mirror so that the camera sees the screen") as guide:
        found = _flashed(bench.source, guide, flasher or WindowFlasher(guide))
        if found.reasons():
            raise GateError("latency", found.reasons())
    figures = {"p50_ms": found.p50, "p95_ms": found.p95, "flashes": float(len(found.delays))}
    parts = {f"share_{name}_ms": value for name, value in latency.shares(found.p50, stages).items()}
    part = LatencyPart(delays_ms=tuple(float(d) for d in found.delays), figures={**figures, **parts})
    return bench.store.record("latency", part), found.over_goal()


def _empty_scene(bench: Bench, guide: Guide) -> tuple[RGB, float]:
    """The median of a second or so, and how much its smoothed pixels stirred."""
    pictures: list[RGB] = []
    for frame in frames(bench.source, guide):
        pictures.append(frame.picture)
        guide.say(f"leave the scene: {len(pictures)} of {_PLATE_FRAMES}")
        if len(pictures) == _PLATE_FRAMES:
            break
    if len(pictures) < 3:
        raise CalibrationError("the camera gave too few pictures: check it")
    smooth = np.stack([cv2.blur(cv2.resize(p, None, fx=0.25, fy=0.25), (9, 9)) for p in pictures]).astype(np.float32)
    stirred = float(np.percentile(np.ptp(smooth, axis=0), 99.5))
    return np.median(np.stack(pictures[:: max(1, len(pictures) // 9)]), axis=0).astype(np.uint8), stirred


def _grays(bench: Bench, guide: Guide) -> NDArray[np.uint8]:
    grays: list[NDArray[np.uint8]] = []
    for frame in frames(bench.source, guide):
        grays.append(np.asarray(cv2.cvtColor(frame.picture, cv2.COLOR_RGB2GRAY), np.uint8))
        if len(grays) == _LIGHT_FRAMES:
            break
    if len(grays) < 10:
        raise CalibrationError("the camera gave too few pictures: ten are needed for the light")
    return np.stack(grays)


def _flashed(source: CameraSource, guide: Guide, flasher: Flasher) -> latency.LatencyFit:
    """Flash in the rhythm while the camera is read beside it; edges are noted when the display has taken them."""
    plan = latency.rhythm(GATES.latency_flashes, int(time.time()))
    edges = np.zeros(len(plan))
    with source, _recorded(source) as (times, pictures):
        start = time.monotonic() + _LEAD
        flasher.flash(white=False)
        for number, due in enumerate(plan):
            time.sleep(max(0.0, start + due - time.monotonic()))
            edges[number] = time.monotonic()
            flasher.flash(white=number % 2 == 0)
            guide.say(f"flash {number // 2 + 1} of {len(plan) // 2}: hold the mirror still")
            if guide.ended:
                raise CalibrationError("ended before its time: run this again")
        time.sleep(latency.LONGEST)
    if len(times) < len(plan):
        raise CalibrationError("the camera gave too few pictures: check it")
    return latency.measure(edges, np.array(times), np.stack(pictures))


@contextmanager
def _recorded(source: CameraSource) -> Iterator[tuple[list[float], list[NDArray[np.uint8]]]]:
    """Times and small gray frames of a connected source, read in a thread of their own until the block ends."""
    times: list[float] = []
    pictures: list[NDArray[np.uint8]] = []
    ending = threading.Event()

    def read() -> None:
        while not ending.is_set():
            try:
                frame = source.read(0.5)
            except CameraStaleError:
                continue
            except EndOfClipError:
                return
            gray = cv2.cvtColor(cv2.resize(frame.picture, _SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
            pictures.append(np.asarray(gray, np.uint8))
            times.append(frame.captured)

    thread = threading.Thread(target=read, name="latency", daemon=True)
    thread.start()
    try:
        yield times, pictures
    finally:
        ending.set()
        thread.join(timeout=5.0)


def _stages(path: Path | None) -> dict[str, float]:
    """Median ms of the mirror's stages, from the report of a run."""
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(1_000_000))
        return {str(name)[:40]: float(values["p50"]) for name, values in data["latency_ms"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise StepError(f"{path} is no report of a run: write one with 'kiosk mirror --report'") from None
