"""Errors of labelling; like all of the house they are one line that says what to do."""

from __future__ import annotations

from engines.errors import TwinMirrorError


class SigningKeysError(TwinMirrorError):
    """The keys that sign pictures are missing, damaged, expired or open to others."""


class LabelError(TwinMirrorError):
    """A picture or clip cannot be labelled and signed, and therefore does not leave."""


class VerifyError(TwinMirrorError):
    """A file cannot be looked at: it is missing, too large or of a kind that carries no credentials."""
