"""Checks of a calibration in use: a rod of known length on the floor, and the patch that tells of drifting colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration import colour, floor
from calibration.errors import CalibrationError, GateError
from calibration.gates import GATES
from kiosk.calibrate.errors import StepError
from kiosk.calibrate.guide import frames, guiding
from kiosk.calibrate.profile import Watched, three
from kiosk.calibrate.steps import Bench
from kiosk.calibrate.store import ProfileStore

_FRAMES = 5


def rod_check(store: ProfileStore, length: float, ends: tuple[float, float, float, float]) -> float:
    """Error in mm of a rod of `length` mm on the floor whose ends are at pixels x, y, x, y; noted with the floor.

    Raises `GateError` where it is too large, `StepError` where the floor is not known.
    """
    state = store.load()
    ground = state.floor_known()
    if ground is None or state.camera is None or state.floor is None:
        raise StepError("the floor is not known yet: run 'kiosk calibrate floor' first")
    measured = floor.rod_length(state.camera.camera(), ground, np.array(ends).reshape(2, 2))
    if not np.isfinite(measured):
        raise CalibrationError("an end of the rod is above the horizon: give pixels on the floor")
    error = measured - length
    if abs(error) > GATES.rod_mm:
        raise GateError("the rod", [f"it measures {measured:.0f} mm: lay the board anew, larger or flatter"])
    figures = {**state.floor.figures, "rod_mm": length, "rod_error_mm": error}
    store.record("floor", state.floor.model_copy(update={"figures": figures}))
    return error


def drift_check(bench: Bench, place: tuple[int, int, int, int] | None) -> float | None:
    """CIEDE2000 that the watched patch has drifted since the colours were measured; None where it is seen first.

    place: x, y, width, height in pixels, given once after the colours were measured. Raises `GateError` where the
    drift is too large: that is the alarm.
    """
    state = bench.store.load()
    if state.colour is None:
        raise StepError("colours are not measured yet: run 'kiosk calibrate colour' first")
    known = state.colour.watched
    if place is not None:
        watched = Watched(place=place, levels=three(_levels(bench, place)))
        bench.store.record("colour", state.colour.model_copy(update={"watched": watched}))
        return None
    if known is None:
        raise StepError("no patch is watched yet: give its place once with --patch x,y,width,height")
    levels = _levels(bench, known.place)
    drift = colour.drifted(state.colour.correction(), np.array(known.levels), levels)
    if drift > GATES.drift:
        raise GateError("colour", [f"it drifted by {drift:.1f}: check lamps and camera, then measure colours anew"])
    return drift


def _levels(bench: Bench, place: tuple[int, int, int, int]) -> NDArray[np.float64]:
    """Mean levels (3,) of the patch over a few frames."""
    x, y, width, height = place
    seen: list[NDArray[np.float64]] = []
    with guiding("looking at the patch") as guide:
        for frame in frames(bench.source, guide):
            part = frame.picture[max(0, y) : y + height, max(0, x) : x + width]
            if part.size == 0 or width < 4 or height < 4:
                raise CalibrationError("the patch lies outside of the picture, or is below 4 pixels a side")
            seen.append(part.reshape(-1, 3).mean(0))
            if len(seen) == _FRAMES:
                break
    if not seen:
        raise CalibrationError("the camera gave no picture: check it")
    return np.asarray(np.mean(seen, axis=0), np.float64)


def parse_numbers(text: str) -> tuple[float, float, float, float]:
    """Four numbers, comma between. Raises `StepError`."""
    try:
        a, b, c, d = (float(part) for part in text.split(","))
    except ValueError:
        raise StepError(f"{text!r} is not four numbers: write them as 10,20,30,40") from None
    if not np.isfinite([a, b, c, d]).all() or max(abs(a), abs(b), abs(c), abs(d)) > 10_000:
        raise StepError(f"{text!r} lies outside of any picture: give pixels")
    return a, b, c, d
