"""Errors of rights; like all of the house they are one line that says what to do."""

from __future__ import annotations

from engines.errors import TwinMirrorError


class LedgerError(TwinMirrorError):
    """The ledger cannot be read or written; nothing may be shown or made meanwhile."""


class LedgerTamperedError(LedgerError):
    """The ledger's chain is broken: an entry was changed, taken out, put in, or cut off."""


class StatementError(TwinMirrorError):
    """No statement can be made of this."""
