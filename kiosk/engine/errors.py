"""What can go wrong in the commands `kiosk engine`."""

from __future__ import annotations

from engines.errors import TwinMirrorError


class EngineCommandError(TwinMirrorError):
    """A network or engine that was asked for is not there, or a check has failed."""
