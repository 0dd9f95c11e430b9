"""Photos in, files out: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kiosk.errors import OutputError
from kiosk.imaging import read_photo, staged_output, write_picture


def test_opaque_photos_pass_to_the_bit_and_transparency_lies_over_white(tmp_path: Path) -> None:
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[:10] = (10, 200, 30, 255)
    Image.fromarray(rgba[:, :, :3]).save(tmp_path / "opaque.png")
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    assert np.array_equal(read_photo(tmp_path / "opaque.png"), rgba[..., :3])
    clear = read_photo(tmp_path / "clear.png")
    assert np.array_equal(clear[:10], rgba[:10, :, :3])
    assert (clear[10:] == 255).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_written_png_is_read_back_to_the_bit(tmp_path: Path, channels: int) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (31, 17, channels), np.uint8).squeeze()
    path = tmp_path / "deep" / "out.png"
    write_picture(path, picture)
    assert np.array_equal(np.asarray(Image.open(path)), picture)
    assert [entry.name for entry in path.parent.iterdir()] == ["out.png"]


def test_a_failing_writer_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")

    def fail_midway() -> None:
        with staged_output(path) as stage:
            stage.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_midway()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_unwritable_places_give_typed_errors_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    picture = np.zeros((4, 4, 3), np.uint8)
    for path in [
        tmp_path / "file" / "out.png",
        tmp_path,
        Path("/proc/none/out.png"),
        tmp_path / "out.xyz",
        tmp_path / ("x" * 300 + ".png"),
    ]:
        with pytest.raises(OutputError):
            write_picture(path, picture)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
