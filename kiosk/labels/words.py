"""What labels say, in each language of the product."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal

from kiosk.config import Language

Key = Literal["label", "clip", "alt"]


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("words.json")
    loaded: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def say(language: Language, key: Key, **values: str) -> str:
    """One text, in logical order; `values` fill its places."""
    return _catalogue()[language][key].format(**values)
