"""The bounded decoder, on real files of each kind and on hostile ones."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from engines.errors import BadImageError
from engines.imaging import ImageLimits, read_image


def _gradient(height: int = 40, width: int = 60) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.dstack([rows * 4, columns * 4, 255 - rows * 4]).astype(np.uint8)


def _png_header_only(path: Path, width: int, height: int) -> Path:
    """A PNG that promises `width` x `height` pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff"])
def test_lossless_kinds_are_read_to_the_bit(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(_gradient()).save(path)
    picture = read_image(path)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture[..., :3], _gradient())
    assert (picture[..., 3] == 255).all()


def test_alpha_is_kept_straight(tmp_path: Path) -> None:
    rgba = np.dstack([_gradient(), np.full((40, 60), 128, np.uint8)])
    Image.fromarray(rgba).save(tmp_path / "a.png")
    assert np.array_equal(read_image(tmp_path / "a.png"), rgba)


def test_palette_transparency_becomes_alpha(tmp_path: Path) -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 200, 10, 10])
    image.save(tmp_path / "p.png", transparency=1)
    assert (read_image(tmp_path / "p.png")[..., 3] == 0).all()


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(_gradient(40, 60)).save(tmp_path / "r.png", exif=exif)
    assert np.array_equal(read_image(tmp_path / "r.png")[..., :3], np.rot90(_gradient(40, 60), -1))


def test_sixteen_bit_grey_keeps_its_tones(tmp_path: Path) -> None:
    grey = np.linspace(0, 65535, 400).reshape(20, 20).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "g.png")
    red = read_image(tmp_path / "g.png")[..., 0].astype(float)
    assert np.abs(red - grey / 257.0).max() < 1.0


def test_cmyk_is_read_in_its_colour(tmp_path: Path) -> None:
    Image.new("CMYK", (30, 30), (0, 255, 255, 0)).save(tmp_path / "c.jpg", quality=95)
    red, green, blue, alpha = read_image(tmp_path / "c.jpg")[15, 15]
    assert red > 180
    assert max(green, blue) < 80
    assert alpha == 255


def test_a_bomb_is_refused_from_its_header(tmp_path: Path) -> None:
    for side in (9_999, 40_000, 2**31 - 1):
        with pytest.raises(BadImageError, match="smaller photo"):
            read_image(_png_header_only(tmp_path / "bomb.png", side, side))


def test_truncated_pictures_are_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    for suffix in (".jpg", ".png", ".webp", ".tiff"):
        path = tmp_path / f"t{suffix}"
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(BadImageError):
            read_image(path)


def test_wrong_names_and_kinds_are_refused(tmp_path: Path) -> None:
    Image.fromarray(_gradient()).save(tmp_path / "real.png")
    renamed = tmp_path / "photo.jpg"
    (tmp_path / "real.png").rename(renamed)
    with pytest.raises(BadImageError, match=r"rename it to \.png"):
        read_image(renamed)
    text = tmp_path / "text.png"
    text.write_text("this is no picture, however long it may be")
    with pytest.raises(BadImageError, match="not a picture"):
        read_image(text)


def test_empty_tiny_missing_and_special_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    Image.new("RGB", (4, 400)).save(tmp_path / "thin.png")
    os.mkfifo(tmp_path / "pipe.png")
    for name, words in [
        ("empty.png", "empty"),
        ("thin.png", "4x400"),
        ("none.png", "cannot be read"),
        ("pipe.png", "not a file"),
        (".", "not a file"),
    ]:
        with pytest.raises(BadImageError, match=words):
            read_image(tmp_path / name)


def test_big_files_are_refused_by_their_bytes(tmp_path: Path) -> None:
    Image.fromarray(_gradient()).save(tmp_path / "b.bmp")
    with pytest.raises(BadImageError, match="MiB"):
        read_image(tmp_path / "b.bmp", limits=ImageLimits(max_bytes=100))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    position=st.integers(0, 10**6),
    replacement=st.binary(min_size=1, max_size=8),
    suffix=st.sampled_from([".png", ".jpg", ".webp", ".tiff"]),
)
def test_damage_gives_a_picture_or_a_typed_error(
    tmp_path: Path, position: int, replacement: bytes, suffix: str
) -> None:
    path = tmp_path / f"d{suffix}"
    Image.fromarray(_gradient()).save(path)
    data = bytearray(path.read_bytes())
    start = position % len(data)
    data[start : start + len(replacement)] = replacement
    path.write_bytes(bytes(data))
    try:
        picture = read_image(path)
    except BadImageError as error:
        assert "\n" not in str(error)
    else:
        assert picture.ndim == 3
        assert picture.shape[2] == 4
