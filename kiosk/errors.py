"""Errors of the product itself; like all of the house they are one line that says what to do."""

from __future__ import annotations

from engines.errors import TwinMirrorError


class OutputError(TwinMirrorError):
    """A file cannot be written."""


class CameraError(TwinMirrorError):
    """A camera, clip or stream cannot be opened or has gone."""


class CameraStaleError(CameraError):
    """The newest picture of a live camera is too old to be shown as live."""


class EndOfClipError(CameraError):
    """A clip has given its last picture."""
