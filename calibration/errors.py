"""Why a calibration step refuses what it was given."""

from __future__ import annotations

from engines.errors import TwinMirrorError


class CalibrationError(TwinMirrorError):
    """A step cannot be measured from what was seen; the text says what to do instead."""


class GateError(CalibrationError):
    """A step was measured, but not well enough to be used; `reasons` holds one sentence a gate."""

    def __init__(self, step: str, reasons: list[str]) -> None:
        super().__init__(f"{step} is out of gate: {'; '.join(reasons)}")
        self.reasons = reasons
