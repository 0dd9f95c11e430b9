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


class StalePictureError(TwinMirrorError):
    """The newest picture in the ring is too old to be shown as live, or there is none; `age_ms` is infinite then."""

    def __init__(self, age_ms: float) -> None:
        super().__init__(f"the newest picture is {age_ms:.0f} ms old: the camera is looked after")
        self.age_ms = age_ms


class RingBusyError(TwinMirrorError):
    """A slot of the ring cannot be overwritten."""


class SettingsError(TwinMirrorError):
    """The settings' file cannot be read, or says what cannot be."""


class CollectionError(TwinMirrorError):
    """A collection holds nothing that can be worn, or cannot be imported as it is."""


class CatalogueError(TwinMirrorError):
    """The catalogue is damaged, cannot be written, or does not know what it is asked for."""


class RunError(TwinMirrorError):
    """The mirror cannot be kept running."""


class TwinError(TwinMirrorError):
    """A twin's pack is missing, damaged, or not what it says."""


class LicenceError(TwinError):
    """A twin may not be shown: its licence is missing, not valid, or does not cover this use."""
