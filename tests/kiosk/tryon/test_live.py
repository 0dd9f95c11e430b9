"""`kiosk mirror --headless` end to end on a clip made of a real photo."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from engines.errors import NoPersonError
from kiosk.camera.config import open_source, parse_source
from kiosk.errors import CameraError, OutputError
from kiosk.tryon.live import run_live

FRAMES = 14


def swaying(person: np.ndarray, count: int = FRAMES) -> list[np.ndarray]:
    """The person, a pixel to the side each frame."""
    return [np.roll(person, k, axis=1) for k in range(count)]


def clip(path):
    return open_source(parse_source(str(path), paced=False))


def frames_of(path) -> list[np.ndarray]:
    capture, frames = cv2.VideoCapture(str(path)), []
    while True:
        found, frame = capture.read()
        if not found:
            return frames
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


def test_a_clip_comes_out_dressed(weights, tee, person, film, tmp_path):
    out, report = tmp_path / "out.mp4", tmp_path / "report.json"
    source = film(swaying(person))
    run_live(clip(source), [tee], out, report=report)
    before, after = frames_of(source), frames_of(out)
    assert len(after) == len(before) == FRAMES
    change = abs(after[-1].astype(int) - before[-1])
    assert np.median(change[330:420, 200:270].max(2)) > 20  # the chest wears something else
    assert np.median(change[:60].max(2)) < 8  # above the head only the encoder changed anything
    figures = json.loads(report.read_text())
    assert figures["frames"] == FRAMES
    assert figures["dropped"] == 0
    assert figures["fps"] > 0
    assert set(figures["latency_ms"]["total"]) == {"p50", "p95", "p99"}
    assert {"pose", "drape", "composite"} <= set(figures["latency_ms"])
    assert figures["memory_peak_mb"]["largest_child"] > 50
    assert len(figures["model_sha256"]) == 64
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out.mp4", "report.json"]


def test_it_stops_after_the_frames_asked_for(weights, tee, person, film, tmp_path):
    run_live(clip(film(swaying(person, 8))), [tee], tmp_path / "out.mp4", frames=3)
    assert len(frames_of(tmp_path / "out.mp4")) == 3


def test_a_clip_without_anybody_is_refused(weights, tee, person, film, tmp_path):
    with pytest.raises(NoPersonError, match="no person"):
        run_live(clip(film([np.zeros_like(person)] * 5)), [tee], tmp_path / "out.mp4", report=tmp_path / "report.json")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_missing_clip_leaves_nothing(weights, tee, tmp_path):
    with pytest.raises(CameraError):
        run_live(clip(tmp_path / "none.mp4"), [tee], tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.txt", "taken/out.mp4"])
def test_an_output_that_cannot_be_written_is_refused(weights, tee, person, film, tmp_path, name):
    source = film(swaying(person, 3))
    (tmp_path / "taken").write_text("a file, no folder")
    with pytest.raises(OutputError):
        run_live(clip(source), [tee], tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "taken"]
