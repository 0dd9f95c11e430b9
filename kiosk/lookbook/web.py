"""For the web shop: a manifest of which picture shows which look on which twin, and a demo shop that reads it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kiosk.config import LANGUAGES
from kiosk.imaging import staged_output
from kiosk.labels.words import say
from kiosk.lookbook.plan import Job
from kiosk.lookbook.setfile import SetFile
from kiosk.lookbook.shelf import Finished
from kiosk.twins.record import Twin

SHOP: Final = Path(__file__).parent / "shop"
MANIFEST: Final = "manifest.json"
_TYPES: Final = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}


def write_shop(
    folder: Path,
    wanted: SetFile,
    titles: Mapping[str, str],
    twins: Mapping[str, Twin],
    made: list[tuple[Job, Finished]],
) -> None:
    """Write manifest and demo shop beside the pictures. titles: of garments, by name. Raises `OutputError`."""
    told = manifest(wanted, titles, twins, made)
    with staged_output(folder / MANIFEST) as stage:
        stage.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for source in sorted(SHOP.iterdir()):
        with staged_output(folder / source.name) as stage:
            shutil.copyfile(source, stage)


def manifest(
    wanted: SetFile, titles: Mapping[str, str], twins: Mapping[str, Twin], made: list[tuple[Job, Finished]]
) -> dict[str, Any]:
    """The manifest: twins to choose from, and for each look its pictures by twin, in the set's order of poses.

    A picture has its size, an alt text a language, its credit, and for each type a `srcset` of relative addresses.
    """
    looks: dict[str, dict[str, Any]] = {}
    for job, finished in made:
        names = " + ".join(titles.get(name, name) for name in job.garments)
        look = looks.setdefault(job.look, {"id": job.look, "title": names, "pictures": {}})
        entry = _picture(job, finished, names, wanted, twins[job.twin])
        look["pictures"].setdefault(job.twin, []).append(entry)
    used = {job.twin for job, _ in made}
    return {
        "version": 1,
        "set": wanted.title,
        "twins": [_twin(name, twin) for name, twin in twins.items() if name in used],
        "looks": list(looks.values()),
    }


def _twin(name: str, twin: Twin) -> dict[str, str]:
    record = twin.record
    return {
        "id": name, "name": record.name, "age": record.age, "height": record.height, "figure": record.figure,
        "source": record.source, "credit": record.licence.credit,
    }  # fmt: skip


def _picture(job: Job, finished: Finished, names: str, wanted: SetFile, twin: Twin) -> dict[str, Any]:
    alt = {language: say(language, "alt", garments=names, twin=twin.record.name) for language in LANGUAGES}
    told: dict[str, Any] = {
        "pose": job.pose, "kind": job.kind, "width": finished.width, "height": finished.height, "alt": alt,
        "credit": f"{twin.record.licence.credit}; {wanted.credit}", "file": finished.files[0],
    }  # fmt: skip
    if job.kind == "still":
        told["sources"] = [{"type": _TYPES[kind], "srcset": _srcset(job, finished, kind)} for kind in _TYPES]
        told["fallback"] = f"web/{job.name}-{finished.web_widths[0]}.jpg"
    return told


def _srcset(job: Job, finished: Finished, kind: str) -> str:
    return ", ".join(f"web/{job.name}-{width}.{kind} {width}w" for width in finished.web_widths)
