"""The fonts, from Debian's packages of Noto (SIL Open Font License 1.1); they cover every catalogue."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engines.pose.bundle import cache_dir
from kiosk.config import Language
from kiosk.errors import OutputError

_LATIN: Final = Path("/usr/share/fonts/truetype/noto")
_CHINESE: Final = Path("/usr/share/fonts/opentype/noto")
_SIMPLIFIED: Final = 2
"""The face of simplified Chinese within Noto's collections; SDL opens the first one only, which is Japanese."""


@dataclass(frozen=True)
class Faces:
    """Font files for running text, for what stands out, and for headings."""

    text: str
    strong: str
    heading: str


def faces(language: Language) -> Faces:
    """The font files of a language. Raises `OutputError` where a package is missing or the cache cannot be written."""
    if language == "zh":
        return Faces(*(_face(_CHINESE / name) for name in _names("SansCJK", "SerifCJK", "ttc")))
    if language == "ar":
        return Faces(*(_present(_LATIN / name) for name in _names("SansArabic", "NaskhArabic", "ttf")))
    return Faces(*(_present(_LATIN / name) for name in _names("Sans", "SerifDisplay", "ttf")))


def _names(text: str, heading: str, suffix: str) -> tuple[str, str, str]:
    return f"Noto{text}-Regular.{suffix}", f"Noto{text}-Bold.{suffix}", f"Noto{heading}-Regular.{suffix}"


def _present(path: Path) -> str:
    if not path.is_file():
        raise OutputError(f"the font {path} is missing: install fonts-noto-core and fonts-noto-cjk")
    return str(path)


def _face(collection: Path) -> str:
    """The simplified Chinese face of a font collection as a file of its own, kept in the cache."""
    source = Path(_present(collection))
    out = cache_dir() / "fonts" / f"{source.stem}-SC-{source.stat().st_size}.otf"
    if not out.is_file():
        from fontTools.ttLib import TTFont  # noqa: PLC0415 - slow to load, and wanted once in a machine's life

        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            handle, stage = tempfile.mkstemp(dir=out.parent)
            os.close(handle)
            with TTFont(source, fontNumber=_SIMPLIFIED, lazy=True) as font:
                font.save(stage, reorderTables=None)
            Path(stage).replace(out)
        except OSError as error:
            raise OutputError(f"{out} cannot be written ({error.strerror}): make room") from None
    return str(out)
