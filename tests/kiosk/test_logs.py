"""Logs: JSON a line, rotated, and nothing of a person in them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import numpy as np
import pytest

from kiosk import logs


@pytest.fixture
def log(tmp_path, monkeypatch):
    root = logging.getLogger()
    before = list(root.handlers), root.level
    monkeypatch.setattr(logging, "raiseExceptions", True)
    monkeypatch.setattr(logs, "_FILE_BYTES", 10_000)
    logs.set_up("vision", tmp_path)
    yield logging.getLogger("test"), tmp_path / logs.FOLDER / "vision.jsonl"
    for handler in set(root.handlers) - set(before[0]):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(before[1])


def written(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_line_is_a_record(log):
    logger, file = log
    logger.warning("%s cannot be worn: %s", "coral-tee", ValueError("no such file\nat all"))
    (line,) = written(file)
    assert line["process"] == "vision"
    assert line["level"] == "warning"
    assert line["text"] == "coral-tee cannot be worn: no such file\nat all"
    assert line["time"].endswith("+00:00")


def test_no_picture_and_no_landmark_gets_in(log):
    logger, file = log
    picture = np.full((4, 4, 3), 173, np.uint8)
    logger.warning("a picture: %s", picture)
    logger.warning(picture)
    logger.warning("a map: %(landmarks)s", {"landmarks": [173.25, 173.5]})
    landmark = 173.75
    try:
        raise RuntimeError("it broke") from ValueError(landmark)
    except RuntimeError:
        logger.exception("told")
    text = file.read_text()
    assert "173" not in text
    last = written(file)[-1]
    assert last["error"] == "RuntimeError"
    assert last["way"][0].endswith("test_no_picture_and_no_landmark_gets_in")


def test_a_long_text_is_cut_and_the_file_is_rotated(log, monkeypatch):
    logger, file = log
    logger.warning("x" * 100_000)
    assert file.stat().st_size < 3000
    for _ in range(100):
        logger.warning("y" * 1500)
    kept = sorted(file.parent.iterdir())
    assert len(kept) == 6
    assert sum(each.stat().st_size for each in kept) <= 6 * 10_000


def test_without_a_place_for_them_the_process_goes_on(tmp_path):
    (tmp_path / "file").touch()
    code = f"from pathlib import Path; from kiosk import logs; logs.set_up('x', Path({str(tmp_path / 'file')!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert "no log is kept" in done.stderr


def test_a_full_disk_is_borne(tmp_path):
    code = (
        f"import logging; from pathlib import Path; from kiosk import logs; logs.set_up('x', Path({str(tmp_path)!r}));"
        "h = logging.FileHandler('/dev/full'); logging.getLogger().addHandler(h);"
        "logging.getLogger().warning('told'); print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ)
    assert "alive" in done.stdout
    assert "Traceback" not in done.stderr.split("told")[0]
