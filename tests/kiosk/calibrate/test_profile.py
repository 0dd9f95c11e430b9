"""The profile is whole or as it was, can be undone, and has a safe default for everything."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from calibration.errors import CalibrationError
from kiosk.calibrate.controls import lock_controls, parse_controls
from kiosk.calibrate.errors import ProfileError
from kiosk.calibrate.profile import STEPS, ColourPart, FloorPart, Profile
from kiosk.calibrate.store import ProfileStore, load_profile

FLOOR = FloorPart(normal=(0.0, -1.0, 0.0), height=1500.0)


def test_a_mirror_that_was_never_calibrated_has_defaults_and_says_what_it_lacks(tmp_path):
    profile = load_profile(tmp_path / "nothing")
    assert len(profile.lacks()) == len(STEPS)
    assert profile.next_step() == "camera"
    assert profile.camera_for((1280, 720)).matrix[0, 0] > 500
    assert profile.floor_known() is None
    assert profile.screen_known() is None
    grey = np.full((4, 4, 3), 77, np.uint8)
    assert np.array_equal(profile.correction_known().corrected(grey), grey)


def test_what_is_recorded_is_loaded_again(full_store, lens):
    profile = ProfileStore(full_store.folder).load()
    assert profile == full_store.load()
    assert np.allclose(profile.camera_for(lens.size).matrix, lens.matrix)
    assert profile.floor_known().height == 1500.0
    assert profile.part("colour").software.startswith("twinmirror ")
    assert [words.split(":")[0] for words in profile.lacks()] == ["screen", "plate"]
    with pytest.raises(CalibrationError):
        profile.camera_for((640, 480))


def test_a_floor_older_than_its_camera_is_not_trusted(store, lens, full_store):
    camera = full_store.load().camera.model_copy(update={"at": "2999-01-01T00:00:00+00:00"})
    full_store.record("camera", camera)
    assert full_store.load().floor_known() is None
    assert full_store.load().next_step() == "floor"
    assert any(words.startswith("floor: measured before") for words in full_store.load().lacks())


def test_undo_goes_back_step_by_step_and_new_states_follow(store):
    store.record("floor", FLOOR)
    store.record("floor", FLOOR.model_copy(update={"height": 1600.0}))
    assert store.undo().floor.height == 1500.0
    assert store.load().floor.height == 1500.0
    store.record("floor", FLOOR.model_copy(update={"height": 1700.0}))
    assert [state.number for state in store.history()] == [1, 2, 3]
    assert store.undo().floor.height == 1500.0
    assert store.undo().number == 0
    assert store.load() == Profile()
    with pytest.raises(ProfileError, match="nothing to undo"):
        store.undo()


def test_a_refusal_keeps_what_was_in_use_and_a_success_forgets_it(store):
    store.record("floor", FLOOR)
    state = store.refuse("floor", ["RMS 2 px"])
    assert state.floor == FLOOR
    assert state.attempts["floor"].reasons == ("RMS 2 px",)
    assert store.record("floor", FLOOR).attempts == {}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 2}', b'{"number": -1}', b"\xff\xfe", b"x" * 2**21])
def test_a_damaged_profile_is_one_line(store, content):
    store.folder.mkdir(parents=True)
    (store.folder / "profile.json").write_bytes(content)
    with pytest.raises(ProfileError) as caught:
        store.load()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("matrix", [np.zeros((3, 3)), np.ones((3, 3)), -np.eye(3)])
def test_colours_that_no_camera_has_are_refused(matrix):
    with pytest.raises(ValidationError, match="no camera's colours"):
        ColourPart(matrix=matrix.tolist(), gamma=2.2, black=0.0)


KEYS = st.sampled_from(["camera", "format", "at", "x"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner),
        max_leaves=12,
    )
)
def test_no_json_does_more_than_refuse(store, value):
    store.folder.mkdir(parents=True, exist_ok=True)
    (store.folder / "profile.json").write_text(json.dumps(value))
    try:
        store.load()
    except ProfileError as error:
        assert "\n" not in str(error)


def test_a_cut_while_writing_leaves_the_old_state(store, monkeypatch):
    store.record("floor", FLOOR)
    before = (store.folder / "profile.json").read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(Exception, match="cannot be written"):
        store.record("floor", FLOOR.model_copy(update={"height": 1800.0}))
    assert (store.folder / "profile.json").read_bytes() == before
    assert [path.name for path in store.folder.rglob(".*")] == []


PRINTED = """
User Controls

                     brightness 0x00980900 (int)    : min=-64 max=64 step=1 default=0 value=-3
        white_balance_automatic 0x0098090c (bool)   : default=1 value=1
           power_line_frequency 0x00980918 (menu)   : min=0 max=2 default=1 value=1 (50 Hz)

Camera Controls

                  auto_exposure 0x009a0901 (menu)   : min=0 max=3 default=3 value=3 (Aperture Priority Mode)
         exposure_time_absolute 0x009a0902 (int)    : min=1 max=5000 step=1 default=157 value=157 flags=inactive
"""


def test_controls_are_read_as_v4l2_ctl_prints_them():
    assert parse_controls(PRINTED) == {
        "brightness": -3,
        "white_balance_automatic": 1,
        "power_line_frequency": 1,
        "auto_exposure": 3,
        "exposure_time_absolute": 157,
    }


@given(st.text(max_size=200))
def test_any_text_is_read_without_harm(text):
    assert all(isinstance(value, int) for value in parse_controls(text).values())


def test_clips_and_absent_webcams_have_no_controls():
    assert lock_controls("clip.mp4") == {}
    assert lock_controls("63") == {}
