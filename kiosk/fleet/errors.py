"""Errors of the fleet: publishing, fetching, installing; each is one line that says what to do."""

from __future__ import annotations

from enum import Enum

from engines.errors import TwinMirrorError


class Refusal(str, Enum):
    """Why something that was offered was not taken; the word that a report carries."""

    ROLLBACK = "rollback"
    EXPIRED = "expired"
    UNSIGNED = "unsigned"
    TAMPERED = "tampered"
    ENDLESS = "endless"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    NEEDS = "needs"


class FleetError(TwinMirrorError):
    """Base of the fleet's errors."""


class PublishError(FleetError):
    """A release, a group or a key cannot be published as asked."""


class FleetKeyError(FleetError):
    """A signing key or certificate is missing, damaged, or there are too few of them."""


class RefusedError(FleetError):
    """What the repository offers cannot be trusted or used; nothing was installed."""

    def __init__(self, refusal: Refusal, text: str) -> None:
        super().__init__(text)
        self.refusal = refusal


class UnreachableError(FleetError):
    """The repository cannot be reached or broke off; it is tried again."""


class NoRoomError(FleetError):
    """The disk or the quota has no room for a release."""


class StateError(FleetError):
    """The kiosk's own record cannot be read or written."""
