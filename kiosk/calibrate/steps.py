"""The steps that look at the board and the chart: each takes its pictures, passes its gate, and is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration import colour, floor, intrinsics, light, screen
from calibration.board import PAPERS, Detection, drawn, find, screen_board
from calibration.camera import Camera
from calibration.capture import Capture
from calibration.chart import Patches, find_chart, reference_linear
from calibration.errors import CalibrationError, GateError
from kiosk.calibrate.errors import StepError
from kiosk.calibrate.guide import Guide, drawn_capture, frames, guiding
from kiosk.calibrate.profile import (
    CameraPart,
    ColourPart,
    FloorPart,
    Profile,
    ScreenPart,
    StepName,
    matrix,
    three,
)
from kiosk.calibrate.store import ProfileStore
from kiosk.camera.source import CameraSource
from kiosk.config import Screen

RGB = NDArray[np.uint8]
Find = Callable[[NDArray[np.uint8]], Detection]
_MIRROR_POSES: Final = 6
_FLOOR_PLACES: Final = 3
_CHART_FRAMES: Final = 8
_MOST_VIEWS: Final = 60
_LIGHT_EXPLAINED: Final = 0.5
_HELD: Final = (PAPERS["a4"], PAPERS["a3"])
_FLOOR: Final = (PAPERS["a2"], PAPERS["a1"])


@dataclass(frozen=True)
class Bench:
    """Where a step works: a camera that is not yet connected, and the profile's folder."""

    source: CameraSource
    store: ProfileStore


def camera_step(bench: Bench) -> Profile:
    """Intrinsics from the held board. Raises `CalibrationError`, `GateError` and what the camera raises."""
    with refusals(bench.store, "camera"), guiding("hold the board into the picture") as guide:
        capture = _captured(bench, guide, lambda gray: find(gray, _HELD), Capture.complete)
        guide.say("calculating")
        found = intrinsics.calibrate(capture.views)
        _gate("camera", found.reasons())
    return bench.store.record("camera", _with_light(_camera_part(found), capture))


def screen_step(bench: Bench, settings: Screen) -> Profile:
    """The screen's place by a hand mirror, while the screen shows `pattern`. Raises as `camera_step`."""
    board, offset = screen_board(settings.width, settings.height, settings.pixel_pitch_mm)
    with refusals(bench.store, "screen"), guiding("hold a plain mirror so that the camera sees the screen") as guide:
        camera = _known_camera(bench.store)
        capture = _captured(
            bench,
            guide,
            lambda gray: screen.find_mirrored(gray, board),
            lambda c: len(c.views) >= _MIRROR_POSES,
            pattern(settings),
        )
        camera = camera.sized(capture.views[0].picture_size) if capture.views else camera
        found = screen.solve(camera, capture.views, offset)
        _gate("screen", found.reasons())
    return bench.store.record("screen", _screen_part(found, settings))


def floor_step(bench: Bench) -> Profile:
    """The floor's plane by the board lying on it, in one to three places. Raises as `camera_step`."""
    with refusals(bench.store, "floor"), guiding("lay the large board on the floor, 2 m away") as guide:
        camera = _known_camera(bench.store)
        capture = _captured(bench, guide, lambda gray: find(gray, _FLOOR), lambda c: len(c.views) >= _FLOOR_PLACES)
        camera = camera.sized(capture.views[0].picture_size) if capture.views else camera
        found = floor.fit(camera, capture.views)
        _gate("floor", found.reasons())
    figures = {"rms_px": found.rms, "height_error_mm": found.sd, "places": float(found.views)}
    angles = {"tilt_degrees": found.floor.tilt, "roll_degrees": found.floor.roll}
    part = FloorPart(normal=three(found.floor.normal), height=found.floor.height, figures={**figures, **angles})
    return bench.store.record("floor", part)


def colour_step(bench: Bench, controls: dict[str, int]) -> Profile:
    """The colour correction by the 24-patch chart; `controls` were locked before. Raises as `camera_step`."""
    with refusals(bench.store, "colour"), guiding("hold the 24-patch chart to the camera") as guide:
        found = colour.fit(_mean_patches(bench, guide))
        _gate("colour", found.reasons())
    return bench.store.record("colour", _colour_part(found, controls))


def pattern(settings: Screen) -> RGB:
    """What the screen shows for `screen_step`: (height, width, 3)."""
    board, offset = screen_board(settings.width, settings.height, settings.pixel_pitch_mm)
    left, top = (round(float(side) / settings.pixel_pitch_mm) for side in offset[:2])
    picture = drawn(board, round(board.square / settings.pixel_pitch_mm))
    shown = np.full((settings.height, settings.width), 255, np.uint8)
    shown[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return np.repeat(shown[..., None], 3, 2)


@contextmanager
def refusals(store: ProfileStore, step: StepName) -> Iterator[None]:
    """Write a refusal into the profile before it goes on to the technician."""
    try:
        yield
    except GateError as error:
        store.refuse(step, error.reasons)
        raise
    except CalibrationError as error:
        store.refuse(step, [str(error)])
        raise


def _gate(step: str, reasons: list[str]) -> None:
    if reasons:
        raise GateError(step, reasons)


def _known_camera(store: ProfileStore) -> Camera:
    part = store.load().camera
    if part is None:
        raise StepError("the camera is not calibrated yet: run 'kiosk calibrate camera' first")
    return part.camera()


def _captured(
    bench: Bench, guide: Guide, look: Find, complete: Callable[[Capture], bool], shown: RGB | None = None
) -> Capture:
    """Views taken by themselves until `complete`, the clip's end or Esc; `shown` stays on the screen meanwhile."""
    capture, wanted = Capture(), "hold the board into the picture"
    for frame in frames(bench.source, guide):
        gray = np.asarray(cv2.cvtColor(frame.picture, cv2.COLOR_RGB2GRAY), np.uint8)
        detection = None
        try:
            detection = look(gray)
            words = capture.feed(gray, detection)
            wanted = capture.wanted() if words == "taken" else wanted
        except CalibrationError as error:
            words = str(error)
        guide.say(f"{len(capture.views)} taken; {words}; {wanted}")
        if shown is not None:
            guide.show(shown)
        elif guide.window:
            guide.show(drawn_capture(frame.picture, capture, detection, f"{words}: {wanted}"))
        if complete(capture) or len(capture.views) >= _MOST_VIEWS:
            break
    return capture


def _mean_patches(bench: Bench, guide: Guide) -> Patches:
    """The chart's patches, the mean of a few pictures; the last reason where it was never seen."""
    seen: list[Patches] = []
    reason = CalibrationError("the camera gave no picture: check it")
    for frame in frames(bench.source, guide):
        try:
            seen.append(find_chart(frame.picture))
            guide.say(f"chart seen, {len(seen)} of {_CHART_FRAMES}: hold still")
        except CalibrationError as error:
            reason = error
            guide.say(str(error))
        guide.show(np.ascontiguousarray(frame.picture[:, ::-1]))
        if len(seen) == _CHART_FRAMES:
            break
    if not seen:
        raise reason
    last = seen[-1]
    levels = np.mean([patches.levels for patches in seen], axis=0)
    clipped = np.max([patches.clipped for patches in seen], axis=0)
    return Patches(levels, np.median([p.spread for p in seen], axis=0), last.middles, clipped)


def _camera_part(found: intrinsics.Intrinsics) -> CameraPart:
    k = [float(value) for value in found.camera.distortion]
    return CameraPart(
        size=found.camera.size,
        matrix=matrix(found.camera.matrix),
        distortion=(k[0], k[1], k[2], k[3], k[4]),
        uncertainty=tuple(tuple(float(v) for v in row) for row in found.uncertainty),
        cells=tuple(tuple(bool(v) for v in row) for row in found.cells),
        figures={
            "rms_px": found.rms,
            "held_out_rms_px": found.held_out_rms,
            "coverage": found.coverage,
            "focal_sd": found.focal_sd,
            "views": float(found.views),
            "worst_uncertainty_px": float(found.uncertainty.max()),
        },
    )


def _with_light(part: CameraPart, capture: Capture) -> CameraPart:
    """Where the light comes from, where the boards' paper tells it."""
    camera = part.camera()
    normals = np.stack([-camera.pose(view.object, view.image)[0][:, 2] for view in capture.views])
    found = light.fit(normals, np.array(capture.whites))
    figures = {**part.figures, "light_share": found.share, "light_explained": found.explained}
    known = three(found.direction) if found.explained >= _LIGHT_EXPLAINED else None
    return part.model_copy(update={"light_from": known, "figures": figures})


def _screen_part(found: screen.ScreenFit, settings: Screen) -> ScreenPart:
    return ScreenPart(
        rotation=matrix(found.pose.rotation),
        translation=three(found.pose.translation),
        pitch=settings.pixel_pitch_mm,
        size=(settings.width, settings.height),
        figures={
            "rms_px": found.rms,
            "place_mm": found.mm,
            "direction_degrees": found.degrees,
            "mirror_poses": float(found.mirrors),
        },
    )


def _colour_part(found: colour.ColourFit, controls: dict[str, int]) -> ColourPart:
    wanted, got = colour.to_srgb(reference_linear()), colour.to_srgb(found.corrected)
    patches = tuple((three(a), three(b), float(d)) for a, b, d in zip(wanted, got, found.differences, strict=True))
    correction = found.correction
    return ColourPart(
        matrix=matrix(correction.matrix),
        gamma=correction.gamma,
        black=correction.black,
        controls=controls,
        patches=patches,
        light=three(correction.light()),
        figures={"mean_delta_e": found.mean, "largest_delta_e": found.largest, "gloss": found.gloss},
    )
