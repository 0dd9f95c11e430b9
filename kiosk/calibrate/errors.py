"""Errors of the calibration's files and steps."""

from __future__ import annotations

from engines.errors import TwinMirrorError


class ProfileError(TwinMirrorError):
    """The calibration profile cannot be read, written or undone."""


class StepError(TwinMirrorError):
    """A step cannot be done now: something that it needs is missing."""
