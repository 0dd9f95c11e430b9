"""Errors of the lookbook; like all of the house they are one line that says what to do."""

from __future__ import annotations

from engines.errors import TwinMirrorError


class SetFileError(TwinMirrorError):
    """A set's file cannot be read, or says what cannot be."""


class CastError(TwinMirrorError):
    """A cast cannot be read, or none of it may be shown."""


class LookbookError(TwinMirrorError):
    """Pictures cannot be made: nothing to make, too much of it failed, or those who make them are lost."""
