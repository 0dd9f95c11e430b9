"""Structured logs: one JSON object a line, one rotated file a process, and nothing of any person in them.

A record holds text only: what a library hands along beside it, such as an array or a picture, is named by its kind and
never written out, and of an error's way through the program only places in the code are kept, no values.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import datetime, timezone
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

FOLDER: Final = "logs"
_FILE_BYTES: Final = 2 * 1024 * 1024
_KEPT_FILES: Final = 5
_MOST_LETTERS: Final = 2000
_PLAIN: Final = (str, int, float, bool, type(None), Path, BaseException)


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC, ISO 8601), process, level, logger, text, and where it came from."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "process": self._process,
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": _text(record)[:_MOST_LETTERS],
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = type(error).__name__
            line["way"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)][-20:]
        return json.dumps(line, ensure_ascii=False)


def set_up(process: str, data: Path) -> None:
    """Log this process to `process`.jsonl in the folder of logs, and as plain lines to stderr.

    Where the file cannot be written the mirror goes on without it.
    """
    logging.raiseExceptions = False  # a full disk is told by `kiosk doctor`, not by a trace for each line
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {process}: %(message)s")
    folder = data / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / f"{process}.jsonl", maxBytes=_FILE_BYTES, backupCount=_KEPT_FILES, encoding="utf-8", delay=True
        )
    except OSError as error:
        logging.getLogger(__name__).warning("no log is kept (%s): make room or check %s", error.strerror, folder)
        return
    handler.setFormatter(JsonLines(process))
    logging.getLogger().addHandler(handler)


def _text(record: logging.LogRecord) -> str:
    values = record.args
    if isinstance(values, tuple):
        record_args: object = tuple(map(_harmless, values))
    else:
        record_args = {key: _harmless(value) for key, value in values.items()} if values else values
    try:
        return str(record.msg) % record_args if record_args else _harmless_text(record.msg)
    except (TypeError, ValueError):
        return _harmless_text(record.msg)


def _harmless(value: object) -> object:
    return value if isinstance(value, _PLAIN) else f"<{type(value).__name__}>"


def _harmless_text(message: object) -> str:
    return str(_harmless(message))
