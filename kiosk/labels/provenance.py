"""What a picture is made of, as its credentials tell it: garments, twin and licence, software, networks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

SOURCE_TYPE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for a picture composed of others with elements from a trained network."""
ORIGIN: Final = "org.twinmirror.origin"
"""Label of the assertion that names software, networks and the hashes of the ingredients."""


@dataclass(frozen=True)
class Ingredient:
    """A file that a picture is made of; `role` is C2PA's relationship (section 10.3: componentOf or inputTo)."""

    title: str
    path: Path
    kind: str
    role: str

    def sha256(self) -> str:
        """The file's content hash, hex. Raises `OSError`."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Provenance:
    """What a picture's credentials say of it.

    models: SHA-256 by the network's name. credit: who is named beside the picture. rights: the licence's short terms.
    """

    title: str
    ingredients: tuple[Ingredient, ...]
    models: dict[str, str] = field(default_factory=dict)
    credit: str = ""
    rights: str = ""

    def origin(self) -> dict[str, Any]:
        """Content of the assertion `ORIGIN`."""
        named = [{"title": each.title, "role": each.role, "sha256": each.sha256()} for each in self.ingredients]
        return {"software": f"TwinMirror {software_version()}", "models": self.models, "ingredients": named}


def software_version() -> str:
    """This software's own version."""
    try:
        return version("twinmirror")
    except PackageNotFoundError:
        return "0"
