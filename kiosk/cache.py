"""Names for what the kiosk keeps in its cache: made of product photos and fonts, never anything of a shopper."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def key_of(files: Iterable[Path], *words: str) -> str:
    """A name that changes with the content of any of these files. Raises `OSError` where one cannot be read."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:20]
