"""What the mirror takes from a calibration that its own steps have measured, and that it runs without one."""

from __future__ import annotations

import logging

import cv2
import numpy as np
import pytest

from calibration.board import PAPERS
from calibration.camera import Camera
from calibration.chart import find_chart, reference_linear
from calibration.colour import to_srgb
from calibration.rendered.boards import on_floor, sheet_of, shot
from calibration.rendered.charts import chart_shot, held_chart, random_colour_sensor
from calibration.rendered.optics import Sensor, random_lens
from calibration.rendered.scene import rotation
from engines.garments.garment import Category, Chart, Garment, Measures
from engines.pose.body import Body, Landmark
from kiosk.calibrate.profile import CameraPart, matrix
from kiosk.calibrate.steps import Bench, colour_step, floor_step
from kiosk.calibrate.store import ProfileStore
from kiosk.calibrate.watching import plate_step
from kiosk.camera.clip import ClipSource
from kiosk.camera.config import FileCamera, WebcamCamera
from kiosk.runtime.calibrated import Calibrated
from kiosk.runtime.phase import Hint
from kiosk.runtime.vision_guidance import hint_for
from kiosk.tryon.colours import DEFAULT_LIGHT, ColourModels
from kiosk.tryon.place import Place

HEIGHT, TILT = 1500.0, 14.0
SOLES = [Landmark.LEFT_HEEL, Landmark.RIGHT_HEEL, Landmark.LEFT_FOOT_INDEX, Landmark.RIGHT_FOOT_INDEX]
CONTROLS = {"gain": 7, "auto_exposure": 1, "exposure_time_absolute": 157}


def clip(path, pictures):
    """A lossless clip of 8 frames a picture."""
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 30.0, (width, height))
    for picture in pictures:
        for _ in range(8):
            writer.write(np.ascontiguousarray(picture[..., ::-1]))
    writer.release()
    return ClipSource(path, paced=False)


def room() -> np.ndarray:
    """An empty scene, (360, 640, 3)."""
    noise = np.random.default_rng(3).integers(60, 200, (9, 16, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(noise, (640, 360), interpolation=cv2.INTER_CUBIC))


@pytest.fixture(scope="module")
def lens():
    return random_lens(np.random.default_rng(7), (720, 1280))


@pytest.fixture(scope="module")
def chart():
    """A chart as a camera with colours of its own sees it."""
    rng = np.random.default_rng(0)
    small = random_lens(rng, (640, 360))
    return chart_shot(small, random_colour_sensor(rng), held_chart(rng, small), rng)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, lens, chart):
    """The calibration of a mirror: floor, colours and empty scene, each measured by its own step."""
    place = tmp_path_factory.mktemp("mirror")
    store = ProfileStore(place / "calibration")
    k = tuple(float(value) for value in lens.distortion)
    store.record("camera", CameraPart(size=lens.size, matrix=matrix(lens.matrix), distortion=k))
    pose = on_floor(HEIGHT, TILT, 0.0, (0.0, 1900.0), 5.0, PAPERS["a1"])
    board = shot(lens, Sensor(), sheet_of(PAPERS["a1"], lens), pose, np.random.default_rng(1))
    floor_step(Bench(clip(place / "floor.avi", [board]), store))
    colour_step(Bench(clip(place / "chart.avi", [chart]), store), CONTROLS)
    plate_step(Bench(clip(place / "empty.avi", [room()]), store))
    return store.folder


def standing(lens, away: float) -> Body:
    """Somebody whose soles are `away` mm from below the camera."""
    points = np.full((33, 2), (360.0, 640.0), np.float32)
    points[Landmark.LEFT_HIP, 1] = points[Landmark.RIGHT_HIP, 1] = 900.0
    places = np.array([[x, HEIGHT, away + z] for z in (50.0, -50.0) for x in (-120.0, 120.0)])
    camera = Camera(lens.size, lens.matrix, lens.distortion)
    points[SOLES] = camera.pixels(places @ rotation(x=TILT).T)
    zeros = np.zeros((33, 3), np.float32)
    return Body(points, zeros, np.ones(33, np.float32), np.zeros((1280, 720), np.uint8))


def garment(colours) -> Garment:
    """A garment with these sRGB colours (n, 3) uint8 on each chart, half transparent."""
    chart = np.dstack([colours[None], np.full((1, len(colours), 1), 128, np.uint8)])
    measures = Measures(2.5, 1.0, 0.85, 0.15, 0.7, 0.36, 0.25, 0.05, 0.9, 0.75, 0.6, 0.4)
    return Garment("card", Category.TEE, measures, dict.fromkeys(Chart, chart), colours[3], back_is_guessed=True)


def test_a_garment_takes_the_tint_in_which_the_camera_sees_it(folder, chart):
    true = (to_srgb(reference_linear()) * 255 + 0.5).astype(np.uint8)
    worn = Calibrated.load(folder).garment(garment(true))
    seen = find_chart(chart).levels

    def tint(levels):
        return levels / levels.sum(1, keepdims=True)

    ours = worn.atlas[Chart.SLEEVE_LEFT][0]
    assert (ours[:, 3] == 128).all()
    before, after = (np.abs(tint(levels.astype(float)) - tint(seen)).mean() for levels in (true, ours[:, :3]))
    assert after < 0.35 * before
    assert np.abs(worn.inside.astype(int) - ours[3, :3]).max() <= 1


def test_white_stays_as_bright_as_it_can_be_without_clipping(folder):
    white = Calibrated.load(folder).garment(garment(np.full((4, 3), 255, np.uint8))).atlas[Chart.TORSO_FRONT]
    assert white[0, 0, :3].max() == 255
    assert white[0, 0, :3].min() < 250


def test_distance_is_told_in_metres_and_guides(folder, lens):
    calibrated = Calibrated.load(folder)
    picture = np.full((1280, 720, 3), 130, np.uint8)
    for away, hint in ((2000.0, Hint.NONE), (3400.0, Hint.FAR)):
        body = standing(lens, away)
        metres = calibrated.metres(body)
        assert metres == pytest.approx(away / 1e3, abs=0.03)
        assert hint_for(picture, [body], metres=metres) is hint
    assert hint_for(picture, [standing(lens, 2000.0)], metres=1.2) is Hint.NEAR


def test_hidden_feet_and_another_cameras_pictures_tell_no_distance(folder, lens, caplog):
    calibrated, body = Calibrated.load(folder), standing(lens, 2000.0)
    unseen = body.visibility.copy()
    unseen[Landmark.LEFT_HEEL] = 0.1
    assert calibrated.metres(Body(body.landmarks, body.world, unseen, body.silhouette)) is None
    cut = body.landmarks.copy()
    cut[SOLES, 1] += 1000
    assert calibrated.metres(Body(cut, body.world, body.visibility, body.silhouette)) is None
    other = Body(body.landmarks / 3, body.world, body.visibility, np.zeros((480, 640), np.uint8))
    assert calibrated.metres(other) is calibrated.metres(other) is None
    assert caplog.text.count("distances are guessed") == 1
    assert calibrated.metres(body) == pytest.approx(2.0, abs=0.03)


def test_the_empty_scene_is_given_to_frames_of_its_shape_alone(folder):
    place = Calibrated.load(folder).place()
    assert np.abs(place.scene_for(360, 640).astype(int) - room()).max() <= 1
    assert place.scene_for(180, 320).shape == (180, 320, 3)
    assert place.scene_for(480, 640) is None
    assert Place().scene_for(480, 640) is None


def test_the_light_begins_where_the_board_has_seen_it(folder, tmp_path):
    known = Calibrated.load(folder)
    assert np.array_equal(known.place().light.direction, DEFAULT_LIGHT.direction)
    assert 0.7 <= known.place().light.white < 1.0
    store = ProfileStore(tmp_path)
    part = known.profile.camera.model_copy(update={"light_from": (-0.5, -0.3, -0.81), "figures": {"light_share": 0.4}})
    store.record("camera", part)
    light = Calibrated.load(tmp_path).place().light
    x, y, z = light.direction
    assert (x < -0.1, y < -0.1, z > 0.3) == (True, True, True)
    assert light.ambient + z == pytest.approx(1.0, abs=0.05)
    assert ColourModels(light).light is light


@pytest.fixture
def told(tmp_path, monkeypatch):
    """What v4l2-ctl was asked: there is no webcam to set here."""
    log, program = tmp_path / "asked", tmp_path / "v4l2-ctl"
    program.write_text(f'#!/bin/sh\necho "$@" >>{log}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return log


def test_a_webcams_controls_are_set_automatic_ones_first(folder, told):
    calibrated = Calibrated.load(folder)
    calibrated.fix_controls(FileCamera(path=folder))
    assert not told.exists()
    calibrated.fix_controls(WebcamCamera(index=2))
    lines = told.read_text().splitlines()
    assert lines[0] == "--device /dev/video2 --set-ctrl auto_exposure=1"
    assert sorted(line.split()[-1] for line in lines) == sorted(f"{name}={value}" for name, value in CONTROLS.items())


def test_a_webcam_that_refuses_them_is_told_and_used(folder, caplog):
    Calibrated.load(folder).fix_controls(WebcamCamera(index=63))
    assert "colours may differ from those measured" in caplog.text


@pytest.mark.parametrize("damage", [None, "profile.json", "plate"])
def test_without_a_calibration_or_with_a_damaged_one_all_is_as_usual(folder, lens, tmp_path, damage, caplog):
    caplog.set_level(logging.INFO)
    if damage == "profile.json":
        (tmp_path / damage).write_text("{")
    if damage == "plate":
        state = ProfileStore(folder).load()
        ProfileStore(tmp_path).record("plate", state.plate)
    calibrated, card = Calibrated.load(tmp_path), garment(np.full((4, 3), 90, np.uint8))
    assert calibrated.garment(card) is card
    assert calibrated.metres(standing(lens, 2000.0)) is None
    assert calibrated.place().scene is None
    assert calibrated.place().light is DEFAULT_LIGHT
    calibrated.fix_controls(WebcamCamera(index=63))
    words = {None: "not calibrated: camera", "profile.json": "runs uncalibrated", "plate": "learnt anew"}
    assert words[damage] in caplog.text
    assert "colours may differ" not in caplog.text
