"""Cameras on real video files and on a real MJPEG server at the loopback."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kiosk.camera.clip import ClipSource
from kiosk.camera.config import CameraConfig, FileCamera, UrlCamera, WebcamCamera, open_source, parse_source
from kiosk.camera.live import LiveSource
from kiosk.errors import CameraError, CameraStaleError, EndOfClipError


def picture(number: int) -> np.ndarray:
    """BGR; red on the left half, and a brightness that tells the number."""
    image = np.zeros((120, 160, 3), np.uint8)
    image[:, :80, 2] = 200
    image[:, 80:] = 8 * (number % 30)
    return image


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Twelve frames at 20 a second."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (160, 120))
    for number in range(12):
        writer.write(picture(number))
    writer.release()
    return path


class MjpegServer:
    """Serves numbered pictures 25 times a second until it is told to be silent or to hang up."""

    def __init__(self) -> None:
        self.silent = threading.Event()
        self.hang_up = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                number = 0
                while not owner.hang_up.is_set():
                    if not owner.silent.is_set():
                        body = cv2.imencode(".jpg", picture(number))[1].tobytes()
                        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
                        try:
                            self.wfile.write(head.encode() + body + b"\r\n")
                        except OSError:
                            return
                        number += 1
                    time.sleep(0.04)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.hang_up.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def mjpeg():
    server = MjpegServer()
    yield server
    server.close()


def test_a_clip_gives_every_frame_in_rgb_with_its_own_time(clip: Path) -> None:
    with ClipSource(clip, paced=False) as source:
        assert source.fps == pytest.approx(20.0)
        frames = [source.read() for _ in range(12)]
        with pytest.raises(EndOfClipError):
            source.read()
    assert [frame.id for frame in frames] == list(range(12))
    assert np.allclose([frame.source_time for frame in frames], np.arange(12) / 20.0, atol=1e-3)
    red = frames[3].picture[60, 40]
    assert red[0] > 180
    assert red[2] < 30
    assert abs(int(frames[5].picture[60, 120, 0]) - 40) < 6


def test_a_paced_clip_keeps_its_time_and_a_slow_reader_misses_frames(clip: Path) -> None:
    with ClipSource(clip, paced=True) as source:
        start = time.monotonic()
        for _ in range(5):
            last = source.read()
        assert 0.19 < time.monotonic() - start < 1.0
        assert last.captured <= time.monotonic()
        time.sleep(0.25)
        assert source.read_latest(max_age_ms=40).id > last.id + 2


def test_a_real_clip_is_read_through(cases: Path) -> None:
    with ClipSource(cases / "clips" / "book.mkv", paced=False) as source:
        times = []
        with pytest.raises(EndOfClipError):
            while True:
                frame = source.read()
                times.append(frame.source_time)
                assert frame.picture.shape == (480, 640, 3)
    assert len(times) > 30
    assert (np.diff(times) > 0).all()


@pytest.mark.parametrize(
    "content", [b"", b"no video at all" * 50, b"\x00" * 5000, b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n"]
)
def test_hostile_clips_are_typed_errors(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(CameraError):
        ClipSource(path, paced=False).connect()


def test_missing_clips_and_folders_are_typed_errors(tmp_path: Path) -> None:
    for path in [tmp_path, tmp_path / "none.mp4", Path("bad\0name")]:
        with pytest.raises(CameraError):
            ClipSource(path, paced=False).connect()


def test_a_truncated_clip_gives_no_more_than_it_holds(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    read = 0
    with pytest.raises(CameraError), ClipSource(clip, paced=False) as source:
        while True:
            source.read()
            read += 1
    assert read < 12


def test_a_stream_gives_new_frames_and_its_newest(mjpeg: MjpegServer) -> None:
    with LiveSource(mjpeg.url, "stream") as source:
        first, second = source.read(5), source.read(5)
        assert second.id > first.id
        assert second.captured > first.captured
        assert 0 <= first.source_time < second.source_time < 10
        assert first.picture[60, 40, 0] > 150
        assert 0 <= time.monotonic() - source.read_latest(1000).captured < 1.0


def test_a_silent_stream_is_stale_not_shown(mjpeg: MjpegServer) -> None:
    with LiveSource(mjpeg.url, "stream") as source:
        source.read(5)
        mjpeg.silent.set()
        time.sleep(0.5)
        with pytest.raises(CameraStaleError, match="ms"):
            source.read_latest(max_age_ms=200)
        with pytest.raises(CameraStaleError):
            source.read(timeout=0.1)


def test_a_lost_stream_is_connected_again(mjpeg: MjpegServer) -> None:
    opened: list[int] = []
    with LiveSource(mjpeg.url, "stream", opened=lambda: opened.append(1)) as source:
        before = source.read(5)
        assert len(opened) == 1
        mjpeg.hang_up.set()
        time.sleep(0.3)
        mjpeg.hang_up.clear()
        end = time.monotonic() + 15
        while source.reconnects == 0 and time.monotonic() < end:
            time.sleep(0.05)
        assert source.reconnects >= 1
        after = source.read(5)
        assert after.id > before.id
    assert len(opened) == 1 + source.reconnects


def test_absent_cameras_are_typed_errors() -> None:
    with pytest.raises(CameraError):
        LiveSource("http://127.0.0.1:9/", "stream").connect()
    with pytest.raises(CameraError):
        open_source(WebcamCamera(index=63)).connect()


def test_sources_of_the_command_line() -> None:
    assert parse_source("2") == WebcamCamera(index=2)
    assert parse_source("http://cam/x") == UrlCamera(url="http://cam/x")
    assert parse_source("a.mkv", paced=False) == FileCamera(path=Path("a.mkv"), paced=False)
    with pytest.raises(CameraError, match="no camera"):
        parse_source("ftp://cam/x")


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_camera_or_a_typed_error(text: str) -> None:
    try:
        config = parse_source(text)
    except CameraError:
        return
    assert config.type in {"file", "webcam", "url"}


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(CameraConfig).validate_python({"type": "file", "path": "a.mp4", "pased": True})
