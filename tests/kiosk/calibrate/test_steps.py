"""Each step by its command, on clips of rendered scenes: what passes is written, what must not is refused."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from calibration.board import PAPERS, find, screen_board
from calibration.capture import fault
from calibration.errors import CalibrationError
from calibration.rendered.boards import on_floor, sheet_of, shot
from calibration.rendered.charts import chart_shot, held_chart, random_colour_sensor
from calibration.rendered.mirrors import PITCH, SCREEN, held_mirror, mirrored_shot, random_screen, screen_sheet
from calibration.rendered.optics import Sensor, gray_of, random_lens
from calibration.screen import find_mirrored
from kiosk.calibrate import watching
from kiosk.calibrate.guide import Guide
from kiosk.calibrate.profile import CameraPart, matrix
from kiosk.calibrate.steps import Bench
from kiosk.calibrate.store import ProfileStore
from kiosk.calibrate.watching import latency_step
from kiosk.camera.live import LiveSource
from kiosk.cli import app

runner = CliRunner()


def _run(*arguments, store):
    return runner.invoke(app, ["calibrate", *map(str, arguments), "--profile", str(store.folder)])


def _clip(path, pictures, times=3):
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"FFV1"), 30.0, (width, height))
    for picture in pictures:
        for _ in range(times):
            writer.write(np.ascontiguousarray(picture[..., ::-1]))
    writer.release()
    return path


def _know(store, lens):
    k = tuple(float(value) for value in lens.distortion)
    store.record("camera", CameraPart(size=lens.size, matrix=matrix(lens.matrix), distortion=k))


@pytest.fixture(scope="module")
def portrait():
    return random_lens(np.random.default_rng(7), (720, 1280))


def test_the_camera_is_calibrated_from_a_clip(board_clip, store, lens):
    result = _run("camera", "--source", board_clip, store=store)
    assert result.exit_code == 0, result.output
    assert "rms_px" in result.stdout
    profile = store.load()
    assert profile.camera.matrix[0][0] == pytest.approx(lens.matrix[0, 0], rel=0.002)
    assert profile.camera.figures["coverage"] >= 0.8


def test_a_clip_of_nothing_is_refused_and_noted(tmp_path, store):
    clip = _clip(tmp_path / "empty.avi", [np.full((180, 320, 3), 90, np.uint8)])
    result = _run("camera", "--source", clip, store=store)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("kiosk: only 0 pictures")
    assert "only 0 pictures" in store.load().attempts["camera"].reasons[0]
    assert "was refused" in _run("show", store=store).stdout


def test_floor_and_screen_want_a_camera_first(tmp_path, store):
    clip = _clip(tmp_path / "empty.avi", [np.full((180, 320, 3), 90, np.uint8)])
    for step in ("floor", "screen"):
        result = _run(step, "--source", clip, store=store)
        assert result.exit_code == 1
        assert "run 'kiosk calibrate camera' first" in result.stderr


def test_the_floor_from_a_clip_then_advice_on_the_place(tmp_path, store, portrait):
    rng = np.random.default_rng(1)
    _know(store, portrait)
    board = PAPERS["a1"]
    poses = [on_floor(1500.0, 14.0, 0.5, place, 5.0, board) for place in ((0.0, 1800.0), (250.0, 2200.0))]
    pictures = [shot(portrait, Sensor(), sheet_of(board, portrait), pose, rng) for pose in poses]
    result = _run("floor", "--source", _clip(tmp_path / "floor.avi", pictures), store=store)
    assert result.exit_code == 0, result.output
    assert store.load().floor_known().height == pytest.approx(1500, abs=8)
    still = [pictures[0]] * 12
    result = _run("placement", "--source", _clip(tmp_path / "still.avi", still, 1), store=store)
    assert result.exit_code == 0, result.output
    assert store.load().placement.figures["tilt_degrees"] == pytest.approx(14.0, abs=0.2)


def test_the_screen_by_a_mirror_from_a_clip(tmp_path, store, monkeypatch):
    shown = []
    monkeypatch.setattr(Guide, "show", lambda _, picture: shown.append(picture))
    rng = np.random.default_rng(2)
    lens, board = random_lens(rng), screen_board(*SCREEN, PITCH)[0]
    _know(store, lens)
    screen, sheet, pictures = random_screen(rng), screen_sheet(), []
    while len(pictures) < 6:
        picture = mirrored_shot(lens, Sensor(blur=0.8), sheet, screen, held_mirror(rng, lens, screen), rng)
        try:
            view = find_mirrored(gray_of(picture), board)
        except CalibrationError:
            continue
        pictures += [] if fault(gray_of(picture), view) else [picture]
    result = _run("screen", "--source", _clip(tmp_path / "mirror.avi", pictures), store=store)
    assert result.exit_code == 0, result.output
    away = store.load().screen_known().translation - screen.translation
    assert np.linalg.norm(away) < 5.0
    assert all(np.array_equal(picture, shown[0]) for picture in shown)  # the pattern never leaves the screen
    assert find(gray_of(shown[0]), [board]).share == 1.0


def test_colour_from_a_clip(tmp_path, store):
    rng = np.random.default_rng(0)
    lens, sensor = random_lens(rng, (640, 360)), random_colour_sensor(rng)
    picture = chart_shot(lens, sensor, held_chart(rng, lens), rng)
    result = _run("colour", "--source", _clip(tmp_path / "chart.avi", [picture], 2), store=store)
    assert result.exit_code == 0, result.output
    assert store.load().colour.figures["mean_delta_e"] <= 3.0
    assert len(store.load().colour.patches) == 24


def test_plate_then_check_finds_the_moved_camera(tmp_path, store):
    rng = np.random.default_rng(5)
    scene = np.full((480, 640, 3), 120, np.uint8)
    for _ in range(160):
        x, y, w, h = (int(v) for v in rng.integers(0, (600, 440, 60, 60)))
        cv2.rectangle(scene, (x, y), (x + w + 8, y + h + 8), rng.integers(0, 255, 3).tolist(), -1)
    scene = cv2.GaussianBlur(scene, (0, 0), 1.0)
    still = _clip(tmp_path / "scene.avi", [scene], 8)
    moved = _clip(tmp_path / "moved.avi", [np.roll(scene, 14, axis=1)], 1)
    assert "run 'kiosk calibrate plate' first" in _run("check", "--source", still, store=store).stderr
    assert _run("plate", "--source", still, store=store).exit_code == 0
    assert (store.folder / store.load().plate.picture).is_file()
    assert _run("check", "--source", still, store=store).exit_code == 0
    result = _run("check", "--source", moved, store=store)
    assert result.exit_code == 1
    assert "the camera turned by 1." in result.stderr


def test_a_plate_with_somebody_in_it_is_refused(tmp_path, store):
    frames = []
    for number in range(8):
        frame = np.full((240, 320, 3), 120, np.uint8)
        frame[60:220, 100 + 3 * number : 160 + 3 * number] = 40
        frames.append(frame)
    result = _run("plate", "--source", _clip(tmp_path / "busy.avi", frames, 1), store=store)
    assert result.exit_code == 1
    assert "something moved" in result.stderr
    assert store.load().plate is None


def test_history_and_undo_by_command(store, lens):
    _know(store, lens)
    _know(store, lens)
    assert _run("history", store=store).stdout.splitlines()[-1].startswith("* 2 ")
    assert _run("undo", store=store).stdout == "state 1 is in use\n"
    assert _run("undo", store=store).stdout == "nothing is calibrated now\n"
    assert _run("undo", store=store).exit_code == 1


def test_board_and_pattern_by_command(tmp_path):
    assert runner.invoke(app, ["calibrate", "board", "--pdf", str(tmp_path / "b.pdf")]).exit_code == 0
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")
    result = runner.invoke(app, ["calibrate", "board", "--pdf", str(tmp_path / "c.pdf"), "--paper", "b5"])
    assert result.exit_code == 1
    assert runner.invoke(app, ["calibrate", "pattern", "--out", str(tmp_path / "p.png")]).exit_code == 0
    assert cv2.imread(str(tmp_path / "p.png")).shape == (1920, 1080, 3)


class _Loop(ThreadingHTTPServer):
    """A camera on the loopback that sees, in a mirror, a screen that shows what it was told `DELAY` seconds ago."""

    DELAY = 0.12
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Stream)
        self.told = [(0.0, False)]

    def flash(self, white):
        self.told.append((time.monotonic(), white))

    def shows(self, moment):
        return (
            [white for at, white in self.told if at <= moment - self.DELAY][-1] if self.told[0][0] <= moment else False
        )


class _Stream(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=f")
        self.end_headers()
        try:
            while True:
                picture = np.full((120, 160, 3), 50, np.uint8)
                picture[40:80, 60:100] = 220 if self.server.shows(time.monotonic()) else 10
                data = cv2.imencode(".jpg", picture)[1].tobytes()
                self.wfile.write(
                    b"--f\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data) + data + b"\r\n"
                )
                time.sleep(1 / 30)
        except OSError:
            return

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def loop():
    with _Loop() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_delay_of_a_real_stream_is_measured(loop, store, tmp_path, monkeypatch):
    """A real MJPEG stream over HTTP; the machine adds to the true delay, never takes away."""
    timings = tmp_path / "run.json"
    timings.write_text(json.dumps({"latency_ms": {"pose": {"p50": 12.5}, "drape": {"p50": 5.0}}}))
    monkeypatch.setattr(watching, "GATES", replace(watching.GATES, latency_flashes=12))
    url = f"http://127.0.0.1:{loop.server_address[1]}/"
    profile, _ = latency_step(Bench(LiveSource(url, "loop"), store), timings, loop)
    figures = profile.latency.figures
    assert figures["p50_ms"] >= 1e3 * loop.DELAY - 5
    assert figures["share_all_ms"] == pytest.approx(figures["p50_ms"] + 17.5)
    assert len(profile.latency.delays_ms) >= 10


def test_without_a_display_the_delay_says_where_to_go(store, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    result = _run("latency", "--source", "0", store=store)
    assert result.exit_code == 1
    assert "no display here" in result.stderr
    assert ProfileStore(store.folder).load().latency is None
