"""The pose model's way from a wheel to a checked bundle."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from engines.errors import ModelUnavailableError
from engines.pose import bundle as module
from engines.pose.bundle import BUNDLE_NAME, NETWORKS, cache_dir, ensure_bundle, wheel_name


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip finds nothing, as without a network."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def test_the_built_bundle_is_whole_and_used_again(pose_bundle: Path, offline: None) -> None:
    with zipfile.ZipFile(pose_bundle) as archive:
        for network in NETWORKS:
            content = archive.read(network.in_bundle)
            assert len(content) > 0.99 * network.size  # packed anew, it is a little smaller
            assert b"M001" in content
    assert ensure_bundle(pose_bundle.parent) == pose_bundle


def test_without_network_the_error_names_file_and_place(tmp_path: Path, offline: None) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        ensure_bundle(tmp_path)
    assert "mediapipe-0.10." in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PK nonsense", None])
def test_a_wheel_that_is_not_genuine_is_refused(tmp_path: Path, content: bytes | None, offline: None) -> None:
    wheel = tmp_path / "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
    if content is None:
        with zipfile.ZipFile(wheel, "w") as archive:
            for network in NETWORKS:
                archive.writestr(network.in_wheel, b"\0" * network.size)
    else:
        wheel.write_bytes(content)
    with pytest.raises(ModelUnavailableError, match="genuine"):
        ensure_bundle(tmp_path)
    assert not (tmp_path / BUNDLE_NAME).exists()


def test_a_damaged_bundle_is_not_trusted(tmp_path: Path, pose_bundle: Path, offline: None) -> None:
    data = bytearray(pose_bundle.read_bytes())
    data[5_000_000] ^= 0xFF
    (tmp_path / BUNDLE_NAME).write_bytes(data)
    with pytest.raises(ModelUnavailableError):
        ensure_bundle(tmp_path)


def test_a_wheel_by_hand_replaces_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: None) -> None:
    small = module._Network("a/net.tflite", "pose_detector.tflite", 4, "", 0.0, 1.0, 0.0)
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of b"test"
    monkeypatch.setattr(module, "NETWORKS", (module._Network(**{**small.__dict__, "sha256": digest}),))
    monkeypatch.setattr(module, "with_normalisation", lambda content, *_: content)
    with zipfile.ZipFile(tmp_path / "mediapipe-0.10.21-any.whl", "w") as archive:
        archive.writestr("a/net.tflite", b"test")
    with zipfile.ZipFile(ensure_bundle(tmp_path)) as archive:
        assert archive.read("pose_detector.tflite") == b"test"


def test_unwritable_cache_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelUnavailableError):
        ensure_bundle(tmp_path / "file" / "cache")


def test_the_cache_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "twinmirror"
    assert "0.10.21" in wheel_name("x86_64")
    assert "0.10.18" in wheel_name("aarch64")
