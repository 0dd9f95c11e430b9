"""Whether a collection would do: every garment is made on trial, and nothing is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from engines.errors import TwinMirrorError
from engines.garments.ingest import ingest
from kiosk.catalogue.bundle import Bundle, opened
from kiosk.catalogue.importing import read_manifest
from kiosk.catalogue.limits import LIMITS, Limits


def check(source: Path, limits: Limits = LIMITS) -> Iterator[tuple[int, int, str, str]]:
    """How many of how many garments have been tried, the last one's name, and why it cannot be made, or "".

    Raises `CollectionError` where the collection cannot be imported at all.
    """
    with opened(source, limits) as bundle, tempfile.TemporaryDirectory() as folder:
        manifest = read_manifest(bundle, limits)
        for done, entry in enumerate(manifest.garment, 1):
            reason = ""
            try:
                front = _copied(bundle, entry.front, Path(folder) / "front", limits)
                back = _copied(bundle, entry.back, Path(folder) / "back", limits) if entry.back else None
                ingest(front, back, entry.category, entry.name)
            except TwinMirrorError as error:
                reason = str(error)
            yield done, len(manifest.garment), entry.name, reason


def _copied(bundle: Bundle, path: str, stem: Path, limits: Limits) -> Path:
    target = stem.with_suffix(Path(path).suffix)
    with target.open("wb") as file:
        file.writelines(bundle.chunks(path, limits.photo.max_bytes))
    return target
